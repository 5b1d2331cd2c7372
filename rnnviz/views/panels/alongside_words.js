// What is lit in all matrices when one letter is pointed at, and what is said of it.

// The row and the column that a focus means in another model: the same column, since all read one text; the same row only
// where rows stand for the same.
function focusIn(models, focus, place) {
  const kind = kindOf(models[focus.model]);
  const same = place === focus.model || kindOf(models[place]) === kind;
  return { row: same ? focus.row : null, column: focus.column };
}

// What the rows of a model stand for; those of one that writes are the same whether it looks back or not.
const kindOf = ({ writes, looks }) => (writes ? "written" : looks?.kind ?? "blind");

function light(grid, { data, focus }) {
  [...grid.children].forEach((card, place) => {
    const there = focus ? focusIn(data.models, focus, place) : { row: null, column: null };
    for (const letter of card.querySelectorAll("[data-row]")) letter.classList.toggle("rv-lit", there.row !== null && letter.dataset.row === String(there.row));
    const stage = card.querySelector(".rv-stage");
    if (stage) frame(stage, data.models[place].looks, there);
  });
}

// Frames around a row and a column of a matrix; hidden where it has none of that number.
function frame(stage, looks, { row, column }) {
  const [across, down] = [stage.querySelector(".rv-frame-row"), stage.querySelector(".rv-frame-column")];
  const { left, top, wide, tall } = JSON.parse(stage.dataset.size);
  const [rows, columns] = countOf(looks);
  const put = (mark, seen, x, y, w, h) => {
    mark.style.display = seen ? "block" : "none";
    Object.assign(mark.style, { left: `${x - 2}px`, top: `${y - 2}px`, width: `${w + 3}px`, height: `${h + 3}px` });
  };
  put(across, row !== null && row < rows && looks.kind !== "pooled", left, top + row * tall, columns * wide, tall);
  put(down, column !== null && column < columns, left + column * wide, top, wide, rows * tall);
}

// A line for each model: how sure it was of the letter, and where it looked for it.
function focusTold(models, focus) {
  return models.map((model, place) => {
    if (model.problem) return null;
    const { row, column } = focusIn(models, focus, place);
    const said = model.looks ? lookTold(model, row, column) : blindTold(model, row);
    return said && `${model.name}: ${said}`;
  }).filter(Boolean);
}

function lookTold(model, row, column) {
  const { looks } = model;
  const [rows] = countOf(looks);
  if (row !== null && row >= rows) return "it has ended before.";
  const sure = row === null ? "" : sureOf(model, row);
  if (row !== null && column !== null) return `${cellWords(looks, row, column).join(" ")}${sure}`;
  return row !== null ? `${rowWords(looks, row, 2).join(" ")}${sure}` : columnWords(looks, column, Infinity, 2).join(" ");
}

function blindTold(model, row) {
  if (row === null || !model.writes) return "";
  return row < model.steps.tokens.length ? `writing ${quoted(model.steps, row)} at step ${row} it looks at nothing.${sureOf(model, row)}` : "it has ended before.";
}

function sureOf({ chances, writes }, row) {
  const chance = writes ? unpack(chances)[row] : undefined;
  return chance === undefined ? "" : ` It is ${perCent(chance)} sure.`;
}
