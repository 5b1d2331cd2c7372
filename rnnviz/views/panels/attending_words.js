// The words in the picture of an attention: both sentences, the labels of the rows, and what is told beside them.

const SIDES = { written: ["written", "read"], back: ["written", "before"], asked: ["it looks", "at these"], pooled: ["", "at these"], "by unit": ["unit", "read"] };

// A sentence as letters over or under the lines; `colour(place)` gives a weight or null.
function writeSentence(row, side, axis, first, scene, { colour, named = (place) => side.tokens[place], looks = () => "" }) {
  row.style.height = `${axis.high}px`;
  row.classList.toggle("rv-upright", axis.upright);
  row.style.fontSize = `${clamp(axis.size * (lengthOf(side) > 3 ? 1 : 0.72), 10.5, lengthOf(side) > 3 ? 13 : 17)}px`;
  letters(row, { count: axis.count, plot: axis.size * axis.count, first }, (span, place) => {
    const weight = colour(place);
    const painted = weight === null ? null : paint("sequential", scene.theme, weight, 0, 1);
    write(span, named(place));
    span.title = "";
    span.style.background = painted?.fill ?? "";
    span.style.color = painted?.ink ?? "";
    span.className = `${looks(place)} ${side.marks.includes(place) ? markLooks(side.tokens[place], axis) : ""}`;
  });
}

function writeSides(parts, plan, scene) {
  const { data, first, lit, frontier, cell } = scene;
  const weights = unpack(data.weights);
  const at = (row, column) => weights[row * plan.columns + column];
  const open = lit.row === null ? null : rowOf(data, lit.row, plan.columns);
  writeSentence(parts.bottom, data.columns, plan.across, first.column, scene, {
    colour: (column) => (open && lit.row <= frontier ? (isShut(data, lit.row, column, plan.columns) ? null : open[column]) : null),
    named: (column) => (yetToCome(data, column, frontier) ? "" : data.columns.tokens[column]),
    looks: (column) => (column === lit.column ? "rv-looked" : ""),
  });
  writeSentence(parts.top, data.rows, plan.top, topFirst(plan, scene), scene, {
    colour: (row) => (lit.column === null || lit.row !== null || row > frontier ? null : at(row, lit.column)),
    named: (row) => (data.kind === "pooled" ? "the answer" : hidden(data, row, frontier) ? "" : data.rows.tokens[row]),
    looks: (row) => [row === (lit.row ?? cell.row) && data.kind !== "pooled" ? "rv-looked" : "", ...tokenLooks(data, row)].join(" "),
  });
  parts.top.style.marginLeft = `${plan.left + plan.top.left}px`;
  const [above, below] = SIDES[data.kind];
  write(parts.above, above);
  write(parts.below, below);
}

// What is written is not known before it is written; what is read is there from the start.
const hidden = (data, row, frontier) => writes(data) && row > frontier;
const yetToCome = (data, column, frontier) => data.kind === "back" && column > frontier;

// The words for the start and the end stand upright where they would not fit.
const markLooks = (word, { size }) => (size < 6 * word.length ? "rv-end rv-tall" : "rv-end");

function tokenLooks(data, row) {
  return [data.rows.marks.includes(row) ? "rv-end" : "", data.judged?.wrong.includes(row) ? "rv-wrong" : "", data.kind === "pooled" ? "rv-answer" : ""];
}

function writeLabels(place, plan, scene) {
  const { data, first, frontier, lit } = scene;
  const { down } = plan;
  const steps = stepsAreRows(data);
  const labels = [];
  for (let row = first.row; data.kind !== "pooled" && row < first.row + down.count; row++) {
    const token = make("b", tokenLooks(data, row).filter(Boolean).join(" "), hidden(data, row, frontier) ? "" : data.rows.tokens[row]);
    const label = make("div", row === lit.row ? "rv-looked" : "", null, ...(steps && !plan.narrow ? [make("span", "", String(row))] : []), ...(data.forced.includes(row) ? [make("span", "rv-hand", "✎")] : []), token);
    Object.assign(label.style, { top: `${(row - first.row) * down.size}px`, height: `${down.size - 1}px`, fontSize: `${clamp(down.size - 3, 10, 15)}px` });
    labels.push(label);
  }
  place.replaceChildren(...labels);
}

// Beside the matrix: what has been written, whether it is right, and the guesses of the step.
function writeAside(parts, scene) {
  const { data, cell, frontier } = scene;
  const row = cell.row;
  parts.aside.hidden = !writes(data) && !data.guesses;
  if (parts.aside.hidden) return;
  parts.sofar.hidden = parts.verdict.hidden = !writes(data);
  if (writes(data)) writeSoFar(parts, data, frontier);
  if (!data.guesses || row > frontier) return parts.list.replaceChildren();
  const { signs, came } = data.guesses;
  const [guess, chance] = [unpack(data.guesses.guess), unpack(data.guesses.chance)];
  const ranks = shapeOf(data.guesses.guess)[1];
  const rows = Array.from({ length: ranks }, (_, k) => {
    const [place, share] = [guess[row * ranks + k], chance[row * ranks + k]];
    return chanceRow(signs[place], share, perCent(share), place === came[row]);
  });
  const words = writes(data) ? `${capital(rowName(data, row))}, it had the choice:` : `After ${rowName(data, row)} it expects:`;
  parts.list.replaceChildren(make("div", "rv-caption", words), ...rows);
}

function writeSoFar(parts, data, frontier) {
  const { tokens } = data.rows;
  const done = frontier >= tokens.length - 1;
  const spans = tokens.slice(0, (data.ends ? tokens.length - 1 : tokens.length)).map((token, row) => (row > frontier ? null : make("span", data.judged?.wrong.includes(row) ? "rv-wrong" : "", token)));
  parts.sofar.replaceChildren(...spans.filter(Boolean), ...(done ? [] : [make("i", "rv-caret")]));
  const { judged } = data;
  const wanted = judged?.ended ? `wrong: right is ${judged.wanted}` : `it came to no end; right is ${judged?.wanted}`;
  write(parts.verdict, !judged || !done ? "" : judged.right ? "✓ right" : `✗ ${wanted}`);
  parts.verdict.className = `rv-verdict ${judged?.right ? "" : "rv-false"}`;
}
