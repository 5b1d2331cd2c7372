// The arithmetic of a sum: its terms at any step, from what was sent once.

// An array that may be empty: of nothing there is nothing to unpack.
const listed = (spec) => (spec.bdata ? unpack(spec) : []);

// Fill a row of N numbers as they are at a step; see `_columns` in products.py.
function fill(out, { fixed, moving, values }, step) {
  out.set(unpack(fixed));
  const [columns, flat] = [listed(moving), listed(values)];
  const wide = shapeOf(values)[1];
  for (let k = 0; k < columns.length; k++) out[columns[k]] = flat[step * wide + (wide === 1 ? 0 : k)];
  return out;
}

// The terms of a gate at a step. A product of two float32 numbers is exact in these 64 bits.
function termsAt(data, gate, step) {
  const count = gate.sources.length;
  const [weight, input, scale] = [gate.weight, data.inputs[gate.input], gate.scale].map((columns) => fill(new Float64Array(count), columns, step));
  const value = new Float64Array(count);
  let sum = 0;
  for (let n = 0; n < count; n++) sum += value[n] = weight[n] * input[n] * scale[n];
  const total = unpack(gate.total)[step];
  return { weight, input, scale, value, sum, total, remainder: total - sum, result: unpack(gate.value)[step] };
}

const ROOM = { identity: 0.5, sigmoid: 2.5, tanh: 1.6, relu: 1 }; // so that an activation shows its bend
const ranges = new WeakMap();

// How far the bars that are shown ever reach, in this gate over all steps: an axis that rests while one steps through.
function rangeOf(data, gate, all) {
  if (!ranges.has(gate)) ranges.set(gate, {});
  return (ranges.get(gate)[all] ??= reachOf(data, gate, all ? largestFirst : (value) => largest(value, data.shown)));
}

// The same for any terms; `pick` says which are shown, and in which order.
function reachOf(data, gate, pick) {
  const room = ROOM[gate.activation];
  let [low, high, tallest] = [-room, room, 0];
  for (let step = 0; step < data.tokens.length; step++) {
    const { value, sum } = termsAt(data, gate, step);
    const shown = pick(value);
    let running = 0;
    for (const n of shown) {
      running += value[n];
      [low, high] = [Math.min(low, running), Math.max(high, running)];
    }
    [low, high] = [Math.min(low, sum), Math.max(high, sum)];
    tallest = Math.max(tallest, Math.abs(value[largest(value, 1)[0]] ?? 0));
  }
  const margin = 0.04 * (high - low);
  return { low: low - margin, high: high + margin, largest: tallest };
}

// What a product's weight is, where it is no weight but another number of the same unit: its gate, and how it is written.
const WEIGHTS = {
  lstm: { c: { c: ["f", "f"], g: ["i", "i"] }, h: { c: ["o", "o"] } },
  gru: { h: { n: ["z", "1 − z"], h: ["z", "z"] } },
};

const UNIT = /^(mean |tanh\()?(l\d+r?)\.([a-z]+)\[(\d+)\]\)?$/;

// Where a term comes from: in a formula, in a sentence, and for a unit the place that can be followed.
function sourceOf(data, gate, n, step) {
  const name = gate.sources[n];
  if (name === "") return { token: data.tokens[step], formula: null, text: "the token", constant: true, words: `The token ${quoted(data, step)}, a one-hot row that picks its weight` };
  const found = UNIT.exec(name);
  if (!found) return plainSource(data, name, step);
  const [, around, layer, letter, digits] = found;
  const unit = Number(digits);
  const carried = layer === data.layer && !around && (letter === "h" || letter === "c");
  const at = carried ? stepBefore(data, step) : step;
  const symbol = around === "tanh(" ? `tanh(${letter}${subscript(unit)})` : `${letter}${subscript(unit)}`;
  const elsewhere = layer === data.layer ? "" : ` of ${layerWords(layer)}`;
  const when = at === null ? "before the first step" : `of step ${at} ${quoted(data, at)}`;
  const told = {
    formula: around === "tanh(" ? `tanh(${letter}_{${unit}})` : `${letter}_{${unit}}`,
    text: layer === data.layer ? (carried ? (at === null ? "start" : `step ${at}`) : "") : shortLayer(layer),
    words: `${around === "mean " ? "the mean of " : ""}${symbol}${elsewhere} ${when}`,
    instead: layer === data.layer ? WEIGHTS[data.cell]?.[gate.letter]?.[letter] : undefined,
  };
  if (at !== null && around !== "mean ") told.follow = { layer, unit, step: at, gate: letter };
  return told;
}

function plainSource(data, name, step) {
  if (/^b_\w+$/.test(name)) return { formula: `b_{${name.slice(2)}}`, text: "bias", constant: true, words: "The bias, the same at every step" };
  const place = /^(emb|x)\[(\d+)\]$/.exec(name);
  if (!place) return { formula: null, text: name, words: `${name} of this step` };
  const what = place[1] === "emb" ? `of the embedding of ${quoted(data, step)}` : "read at this step";
  return { formula: `x_{${place[2]}}`, text: place[1] === "emb" ? "embedding" : "", words: `number ${place[2]} ${what}` };
}

const layerWords = (layer) => `layer ${Number.parseInt(layer.slice(1)) + 1}${layer.endsWith("r") ? ", right to left" : ""}`;
const shortLayer = (layer) => `layer ${Number.parseInt(layer.slice(1)) + 1}${layer.endsWith("r") ? " ←" : ""}`;
