// What is said about the unrolled network, under the pointer and beside it: whole sentences, one to a line.

const KINDS = {
  U: ["W_xh", "input to state: for all steps at once"],
  W: ["W_hh", "state to state: each step waits for the one before"],
  V: ["W_hq", "state to output: for all steps at once"],
};
const at = (data, step) => `step ${step}${data.x.kind === "numbers" ? "" : ` ${quoted(data, step)}`}`;
const count = (amount, word) => `${amount} ${word}${amount === 1 ? "" : "s"}`;

// The lines for a thing that `thingAt` found; [] where there is nothing to say.
function linesFor(data, thing, scene) {
  if (!thing) return [];
  return (SAYINGS[thing.kind] ?? (() => []))(data, thing, scene);
}

const SAYINGS = {
  unit: (data, { row, bar, step, unit }) => [sentence(data, bar.state, unit, step, valueAt(bar.state, row, step, unit)), `${cap(row.words)}. Click to look into it.`],
  cell: (data, { row, step }) => [
    `The cell of ${row.words} at ${at(data, step)}: ${row.states.map(({ name, label }) => `${name}, its ${label}`).join(", and ")}, ${count(row.order.length, "unit")}.`,
    "Click to open it.",
  ],
  line: (data, { row, bar, step }, scene) => lineWords(data, row, bar, step, scene),
  weight: (data, { key, step, row }) => weightWords(data, key, step, row),
  x: (data, { step, place }) => inputWords(data, step, place),
  answer: (data, { step, line }, scene) => (scene.answered(step) ? answerWords(data, step, line) : []),
  loss: (data, { step }) => lossWords(data, step),
  fold: () => ["Folded: one cell, whose state comes back to it at the next step.", "Unrolled: the same cell drawn once for each step."],
};

const cap = (text) => text.charAt(0).toUpperCase() + text.slice(1);
const valueAt = (state, row, step, unit) => unpack(state.values)[step * row.order.length + unit];

function weightWords(data, key, step, row) {
  const { sign, kind, name, torch, size } = data.weights[key];
  const lines = [`${sign} (${name}, ${torch}, ${size}): the same numbers in every step.`];
  if (kind === "U") {
    const input = row.level === 0 ? "what is read" : "what the layer below says";
    lines.push(`It only needs ${input}, so no step has to wait for another: all the products x U could be computed at once.`);
  }
  if (kind === "W") {
    const [giver, way] = row.reverse ? [step + 1, "after"] : [step - 1, "before"];
    const who = giver >= 0 && giver < data.tokens.length ? `Step ${step} has to wait for h of step ${giver}` : `Each step has to wait for h of the step ${way}`;
    lines.push(`${who}: this is what cannot be computed at once.`);
  }
  if (kind === "V") lines.push("It only needs the state of its own step: all the answers could be computed at once.");
  return lines;
}

function lineWords(data, row, bar, step, scene) {
  const [giver, taker] = row.reverse ? [step + 1, step] : [step, step + 1];
  if (giver < 0 || taker < 0 || giver >= data.tokens.length || taker >= data.tokens.length) {
    return [data.started ? `${bar.letter} before the first step was given.` : `${bar.letter} before the first step is 0.`];
  }
  const norm = scene.backwards && unpack(data.gradients?.norms[bar.state.quantity])?.[giver];
  const lines = [`${bar.letter} of step ${giver} is handed on to step ${taker}, which has to wait for it.`];
  if (row.bars.length > 1 && bar !== row.bars.at(-1)) lines.push("No matrix stands in its way: only the forget gate, unit by unit.");
  if (typeof norm !== "number") return lines;
  lines.push(`|∂L/∂${bar.letter}| at ${at(data, giver)} = ${number(norm)}: how far the loss moves with it, by way of all that follows.`);
  if (isCut(data, step)) lines.push(`Truncated backpropagation cuts the way back here, after every ${count(data.cut, "step")}; the state itself goes on.`);
  return lines;
}

function inputWords(data, step, place) {
  const { x } = data;
  const k = clamp(Math.floor(place * x.width), 0, x.width - 1);
  if (x.kind === "onehot") return [`x at ${at(data, step)}: a vector of ${x.width} places, 1 at place ${unpack(x.hot)[step]} and 0 at all others.`, "So x U is one row of U."];
  const value = number(unpack(x.values)[step * x.width + k]);
  if (x.kind === "embedding") return [`x${subscript(k)} at ${at(data, step)} = ${value}`, `The embedding of the token: ${count(x.width, "number")} that were learned.`];
  return [`${x.columns[k] ?? `x${subscript(k)}`} at ${at(data, step)} = ${value}`];
}

function answerWords(data, step, line) {
  const { y } = data;
  if (y.kind === "numbers") {
    const values = Array.from({ length: y.width }, (_, k) => number(unpack(y.values)[step * y.width + k]));
    return [`The answer at ${at(data, step)} = ${values.slice(0, 8).join(", ")}${values.length > 8 ? ", …" : ""}`];
  }
  const rows = answersOf(data, y.kind === "end" ? 0 : step).map(({ sign, chance, came }) => [sign, chance, perCent(chance), came]);
  const lead = {
    next: `After ${at(data, step)} the likeliest next are:`,
    each: `The answer at ${at(data, step)}:`,
    sofar: step === data.tokens.length - 1 ? "The answer:" : `The answer, were ${at(data, step)} the last:`,
    end: y.readout === "mean" ? "The answer, from the mean of the states of both directions:" : "The answer, from where both directions end:",
  }[y.kind];
  const came = y.kind === "next" && step + 1 < data.tokens.length ? [`${quoted(data, step + 1)} came.`] : [];
  return [lead, ...rows, ...came];
}

function lossWords(data, step) {
  const value = unpack(data.y.loss)[step];
  if (Number.isNaN(value)) return ["Nothing comes after the last step, so it has no loss."];
  return [`L${subscript(step)} = ${number(value)}: the loss at ${at(data, step)}, −ln of the chance that it gave to ${quoted(data, step + 1)}, which came next.`];
}

// The chosen step in one line.
function stepWords(data, step) {
  if (!data.tokens.length) return "Nothing has been read yet.";
  const parts = [`${cap(at(data, step))}`];
  if (["next", "each", "sofar"].includes(data.y.kind)) {
    const best = answersOf(data, step).reduce((a, b) => (b.chance > a.chance ? b : a));
    const verb = data.y.kind === "next" ? "expects" : data.y.kind === "sofar" && step < data.tokens.length - 1 ? "would answer" : "answers";
    parts.push(`${verb} ${data.y.kind === "next" ? `'${best.sign}'` : best.sign} (${perCent(best.chance)})`);
  }
  if (data.y.kind === "next" && step + 1 < data.tokens.length) parts.push(`${quoted(data, step + 1)} came, L${subscript(step)} = ${number(unpack(data.y.loss)[step])}`);
  if (data.y.kind === "numbers" && data.y.width === 1) parts.push(`answers ${number(unpack(data.y.values)[step])}`);
  return parts.join("; ");
}
