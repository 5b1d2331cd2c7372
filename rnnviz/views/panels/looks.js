// Who looks at what: what the panels of attention agree on. The chosen cell is the page's, as the step is: hub.cell is null
// until somebody chooses one, and the step's row is meant, with what it looks at most.

hub.cell ??= null;
hub.told ??= new Set(); // the cells that the server was told of: when it names one of them, that is an answer

// The letters of a side's longest token; the words for its start and its end, which are none, do not count.
const lengthOf = ({ tokens, marks }) => tokens.reduce((most, token, place) => (marks.includes(place) ? most : Math.max(most, [...token].length)), 1);
const countOf = ({ rows, columns }) => [rows.tokens.length, columns.tokens.length];
const rowOf = ({ weights }, row, count) => unpack(weights).subarray(row * count, (row + 1) * count);
const isShut = ({ shut }, row, column, count) => Boolean(shut && unpack(shut)[row * count + column]);

// What is written looks at what was read, or back at what was written before.
const writes = ({ kind }) => kind === "written" || kind === "back";

// Steps are rows where something is written or asks, and columns where one answer looks at all steps.
const stepsAreRows = (data) => writes(data) || data.kind === "asked";

// The cell that is open: the chosen one if it is of this step, else what the step's row looks at most.
function openCell(data, step) {
  listenForCell(data);
  const [rows, columns] = countOf(data);
  const [side, count] = stepsAreRows(data) ? ["row", rows] : ["column", columns];
  const chosen = hub.cell;
  if (chosen && chosen[side] === step && chosen.row < rows && chosen.column < columns) return chosen;
  const place = clamp(step, 0, count - 1);
  if (side === "row") return { row: place, column: strongest(data, place) };
  const row = clamp(chosen?.row ?? 0, 0, rows - 1);
  return { row, column: hub.step === null ? strongest(data, row) : place };
}

// A new sentence forgets the cell of the last; one that the server names anew is taken over.
function listenForCell({ cell, text }) {
  if (hub.cellText !== text) Object.assign(hub, { cell: null, cellText: text });
  if (!cell) return;
  const named = JSON.stringify(cell);
  if (hub.served.cell !== named && !hub.told.has(named)) hub.cell = cell;
  hub.served.cell = named;
}

function strongest(data, row) {
  const values = rowOf(data, row, data.columns.tokens.length);
  return values.reduce((best, value, column) => (value > values[best] ? column : best), 0);
}

// Choose a cell for all panels, and its step with it; the server hears of it, since this is a click.
function chooseCell(data, row, column, view) {
  hub.cell = { row, column };
  hub.told.add(JSON.stringify(hub.cell));
  choose(stepsAreRows(data) ? row : column, "cell");
  announce("rnnviz:cell", hub.cell);
  view.args.setTriggerValue?.("cell", { row, column, head: data.head, layer: data.layer });
}

// A panel that hears of cells; to be undone when it closes.
function hearCells(heard) {
  window.addEventListener("rnnviz:cell", heard);
  return () => window.removeEventListener("rnnviz:cell", heard);
}

const capital = (text) => text.charAt(0).toUpperCase() + text.slice(1);

// The step of a column; of what was written before, the start has none.
const stepOf = ({ kind }, column) => (kind === "back" ? column - 1 : column);

// 'N' at place 3; a step that is read or written has its number as everywhere.
function columnName(data, column) {
  if (stepOf(data, column) < 0) return "the start";
  return `${quoted(data.columns, column)} at ${data.kind === "written" ? "place" : "step"} ${stepOf(data, column)}`;
}

function rowName(data, row) {
  if (writes(data)) return data.ends && row === data.rows.tokens.length - 1 ? `ending at step ${row}` : `writing ${quoted(data.rows, row)} at step ${row}`;
  if (data.kind === "asked") return `${quoted(data.rows, row)} at step ${row}`;
  return data.kind === "pooled" ? "the answer" : `unit ${row} of the answer`;
}

// Writing '1' at step 5 it looks at …
const looksAt = (data, row) => `${capital(rowName(data, row))} ${writes(data) ? "it looks" : "looks"} ${data.kind === "back" ? "back at" : "at"}`;

const mayNot = (data, row) => `${capital(rowName(data, row))} ${writes(data) ? "it may not look" : "may not look"} at`;

function cellWords(data, row, column) {
  const [, count] = countOf(data);
  if (isShut(data, row, column, count)) return [`${mayNot(data, row)} ${columnName(data, column)}: the mask shuts it.`];
  const lines = [`${looksAt(data, row)} ${columnName(data, column)} with ${number(rowOf(data, row, count)[column])}.`];
  return [...lines, ...forcedWords(data, row)];
}

const forcedWords = (data, row) => (data.forced.includes(row) ? ["The weights of this row were set by hand."] : []);

// What a row looks at, the most first: a sentence, and what is left over.
function rowWords(data, row, most = 4) {
  const values = rowOf(data, row, data.columns.tokens.length);
  const order = Array.from(values.keys()).sort((a, b) => values[b] - values[a]).filter((column) => values[column] >= 0.005);
  if (!order.length) return [`${capital(rowName(data, row))} may look at nothing.`];
  const shown = order.slice(0, most);
  const left = values.reduce((sum, value) => sum + value, 0) - shown.reduce((sum, column) => sum + values[column], 0);
  const others = values.filter((_, column) => !isShut(data, row, column, values.length)).length - shown.length;
  const rest = left >= 0.005 && others > 0 ? `; ${number(left)} is left for the other ${others}` : "";
  return [`${looksAt(data, row)} ${listedWords(shown.map((column) => `${columnName(data, column)} with ${number(values[column])}`))}${rest}.`, ...forcedWords(data, row)];
}

// What looks at a column, among the rows there are.
function columnWords(data, column, until = Infinity, most = 4) {
  const [rows, count] = countOf(data);
  const values = Array.from({ length: Math.min(rows, until + 1) }, (_, row) => unpack(data.weights)[row * count + column]);
  const order = Array.from(values.keys()).sort((a, b) => values[b] - values[a]).filter((row) => values[row] >= 0.005);
  const name = columnName(data, column);
  if (!order.length) return [`Nothing looks at ${name}.`];
  const shown = order.slice(0, most);
  const rest = order.length - shown.length;
  const told = listedWords(shown.map((row) => `${rowName(data, row)} with ${number(values[row])}`));
  return [`${capital(name)} is looked at ${writes(data) ? "when " : "by "}${told}${rest ? `; by ${rest} more with less` : ""}.`];
}

const listedWords = (parts) => (parts.length < 2 ? parts.join("") : `${parts.slice(0, -1).join(", ")} and ${parts.at(-1)}`);
