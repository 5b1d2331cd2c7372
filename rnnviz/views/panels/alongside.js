// Models of one task side by side: what each writes, and a small matrix of where it looked. A letter under the pointer is
// found again in all of them: the same row where a row stands for the same, and the same column, since all read one text.

function alongsidePainter(root) {
  const [head, grid] = [make("div", "rv-head"), make("div", "rv-models")];
  root.append(head, grid);
  const scene = { data: null, theme: null, focus: null, at: null };

  // focus: {model, row, column}, row or column null where a whole line is meant.
  const tell = (focus, x, y) => {
    scene.focus = focus;
    light(grid, scene);
    if (focus) tip.show(x, y, scene.theme, focusTold(scene.data.models, focus));
    else tip.hide();
  };

  return {
    draw({ data, theme, columns }) {
      Object.assign(scene, { data, theme, focus: null });
      head.replaceChildren(make("span", "rv-title", data.title), make("span", "rv-caption", hintOf(data.models)), make("span", "rv-right", null, legend("sequential", theme, "0", "1", "weight")));
      const plan = alongsidePlan(data.models, columns.width);
      Object.assign(grid.style, { gridTemplateColumns: `repeat(${plan.per}, minmax(0, 1fr))`, columnGap: `${BETWEEN}px` });
      grid.replaceChildren(...data.models.map((model, place) => modelCard(model, place, plan, theme, tell)));
    },
  };
}

function hintOf(models) {
  const rows = models.some(({ writes }) => writes) ? "rows: what it writes; " : "";
  return `${rows}columns: what it has read; point at a letter to find it in all of them`;
}

// One model: what it is, what it writes, whether that is right, and where it looked.
function modelCard(model, place, plan, theme, tell) {
  const dot = make("i", "rv-dot");
  dot.style.background = model.colours[theme];
  const name = make("div", "rv-model-name", null, dot, make("b", "", model.name));
  const card = make("section", "rv-model", null, name, make("div", "rv-caption", model.facts));
  card.ariaLabel = model.name;
  if (model.problem) {
    card.append(make("div", "rv-problem", model.problem));
    return card;
  }
  card.append(answerOf(model, place, tell), verdictOf(model), pictureOf(model, place, plan, theme, tell));
  return card;
}

function answerOf(model, place, tell) {
  const letters = model.letters.map(({ sign, kind, row }) => {
    const letter = make("span", kind === "same" ? "" : kind === "missing" ? "rv-missing" : "rv-wrong", sign);
    if (row !== null) letter.dataset.row = row;
    return letter;
  });
  const answer = make("div", `rv-writes ${model.writes ? "" : "rv-answers"}`, null, ...(letters.length ? letters : [make("span", "rv-nothing", "nothing")]));
  const point = (event) => {
    const row = event.target.dataset?.row;
    tell(row === undefined ? null : { model: place, row: Number(row), column: null }, event.clientX, event.clientY);
  };
  answer.onpointermove = (event) => event.pointerType !== "touch" && point(event);
  answer.onpointerleave = (event) => event.pointerType !== "touch" && tell(null);
  answer.onclick = point;
  return answer;
}

function verdictOf({ right, verdict, note }) {
  const said = make("div", `rv-verdict ${right === true ? "rv-true" : right === false ? "rv-false" : ""}`, `${right === true ? "✓ " : right === false ? "✗ " : ""}${verdict}`);
  if (note) said.append(make("div", "rv-note", note));
  return said;
}

// The matrix with what is under the pointer framed; of a model that does not look, a quiet frame with the reason.
function pictureOf(model, place, plan, theme, tell) {
  const { looks } = model;
  if (!looks) {
    const frame = make("div", "rv-blind", null, make("span", "", model.why));
    Object.assign(frame.style, { height: `${plan.frame.high}px`, maxWidth: `${plan.frame.wide}px` });
    return make("div", "", null, frame);
  }
  const canvas = make("canvas", "rv-small");
  const [row, column] = ["row", "column"].map((which) => make("i", `rv-frame rv-frame-${which}`));
  const stage = make("div", "rv-stage", null, canvas, row, column);
  const size = drawSmall(canvas, looks, plan, theme);
  stage.dataset.size = JSON.stringify(size);
  canvas.tabIndex = 0;
  canvas.setAttribute("role", "img");
  canvas.ariaLabel = `Where ${model.name} looks${looks.where ? `: ${looks.where}` : ""}. Arrow keys go from weight to weight.`;
  const at = (event) => {
    const box = canvas.getBoundingClientRect();
    const [x, y] = [event.clientX - box.left - size.left, event.clientY - box.top - size.top];
    const cell = { model: place, row: Math.floor(y / size.tall), column: Math.floor(x / size.wide) };
    if (cell.row >= size.rows || cell.column >= size.columns || (cell.row < 0 && cell.column < 0)) return null;
    return { ...cell, row: cell.row < 0 ? null : cell.row, column: cell.column < 0 ? null : cell.column };
  };
  canvas.onpointermove = (event) => event.pointerType !== "touch" && tell(at(event), event.clientX, event.clientY);
  canvas.onpointerleave = (event) => event.pointerType !== "touch" && tell(null);
  canvas.onclick = (event) => tell(at(event), event.clientX, event.clientY);
  canvas.onblur = () => tell(null);
  walkCells(canvas, size, place, tell);
  return make("div", "", null, stage, make("div", "rv-caption", looks.where));
}

// Arrow keys go from cell to cell.
function walkCells(canvas, size, place, tell) {
  let [row, column] = [0, -1];
  canvas.onkeydown = (event) => {
    const way = { ArrowUp: [-1, 0], ArrowDown: [1, 0], ArrowLeft: [0, -1], ArrowRight: [0, 1] }[event.key];
    if (event.key === "Escape") return tell(null);
    if (!way) return;
    event.preventDefault();
    row = clamp(row + way[0], 0, size.rows - 1);
    column = clamp(column + way[1], 0, size.columns - 1);
    const box = canvas.getBoundingClientRect();
    tell({ model: place, row, column }, box.left + size.left + (column + 1) * size.wide, box.top + size.top + (row + 1) * size.tall);
  };
}

export default function alongside(args) {
  return mount(args, "rv-alongside", alongsidePainter);
}
