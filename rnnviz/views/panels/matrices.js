// Lines of matrices and operators. A matrix is a canvas with its sizes at two edges; where its numbers have room they are
// written into its cells. A cell under the pointer is told as the sum that it is, and what it is made of is framed.

const CLOSING = [")", "]", ","]; // stay with what stands before them, all other signs with what follows
const KEYS = { ArrowLeft: [0, -1], ArrowRight: [0, 1], ArrowUp: [-1, 0], ArrowDown: [1, 0] };

function matricesPainter(root) {
  const [head, body] = [make("div", "rv-head"), make("div", "rv-lines")];
  root.append(head, body);
  let grids = []; // of all matrices in all places: {matrix, line, step, canvas, cell, frame(rows, columns), clear()}
  let now = null;

  const light = (grid, row, column) => {
    for (const each of grids) each.clear();
    if (grid === null) return tip.hide();
    const { matrices } = now.data;
    grid.frame([row, 1], [column, 1], "rv-this");
    if (!grid.matrix.made) return;
    for (const part of partsOf(matrices, grid.matrix.made, row, column)) {
      const places = grids.filter((each) => each.matrix === matrices[part.matrix]);
      (places.find((each) => each.line === grid.line) ?? places[0]).frame(part.rows, part.columns, "rv-part");
    }
  };
  const tell = (grid, row, column, x, y) => {
    light(grid, row, column);
    tip.show(x, y, now.theme, cellSentences(now.data.matrices, grid.matrix, grid.step, row, column));
  };
  const listen = (grid) => {
    const { canvas, cell, matrix } = grid;
    const move = (event) => {
      const box = canvas.getBoundingClientRect();
      const row = clamp(Math.floor((event.clientY - box.top) / cell[1]), 0, matrix.shape[1] - 1);
      const column = clamp(Math.floor((event.clientX - box.left) / cell[0]), 0, matrix.shape[2] - 1);
      tell(grid, row, column, event.clientX, event.clientY);
    };
    canvas.onpointermove = (event) => event.pointerType !== "touch" && move(event);
    canvas.onclick = move;
    canvas.onpointerleave = (event) => event.pointerType !== "touch" && light(null);
    canvas.onblur = () => light(null);
    let at = [0, 0];
    canvas.onkeydown = (event) => {
      if (!KEYS[event.key]) return;
      event.preventDefault();
      at = at.map((place, axis) => clamp(place + KEYS[event.key][axis], 0, matrix.shape[axis + 1] - 1));
      const box = canvas.getBoundingClientRect();
      tell(grid, ...at, box.left + (at[1] + 0.5) * cell[0], box.top + (at[0] + 0.5) * cell[1]);
    };
  };

  return {
    draw(context) {
      now = context;
      const { data, theme, columns } = context;
      drawHead(head, data, theme);
      grids = [];
      const sizes = sizesOf(data, columns.width);
      body.replaceChildren(...data.lines.map(({ title, items }, line) => {
        const blocks = items.map((item) => (typeof item === "string" ? make("span", "rv-operator", item) : matrixBlock(data.matrices[item], sizes[item], context, line, grids)));
        const row = make("div", "rv-equation", null, ...joined(blocks, items));
        return make("div", "rv-row", null, ...(title ? [make("div", "rv-row-title", title)] : []), row);
      }));
      grids.forEach(listen);
    },
  };
}

function drawHead(head, data, theme) {
  const legends = data.scales.map(({ scale, ends, bent }) => legend(scale, theme, ...ends, bent ? "even up to ±1, then by ratio" : ""));
  const title = data.title ? [make("span", "rv-title", data.title)] : [];
  const caption = data.caption ? [make("span", "rv-caption", data.caption)] : [];
  head.replaceChildren(...title, ...caption, make("span", "rv-right", null, ...legends));
}

// Operators and the matrix they belong to never part where a line breaks.
function joined(blocks, items) {
  const groups = [];
  let waiting = [];
  blocks.forEach((block, i) => {
    if (CLOSING.includes(items[i])) groups.at(-1)?.append(block);
    else if (typeof items[i] === "string") waiting.push(block);
    else {
      groups.push(make("div", "rv-group", null, ...waiting, block));
      waiting = [];
    }
  });
  return groups;
}

function matrixBlock(matrix, size, { data, theme }, line, grids) {
  const scale = matrix.scale === null ? null : data.scales[matrix.scale];
  const [steps, rows, columns] = matrix.shape;
  const piles = Array.from({ length: steps }, (_, step) => {
    const grid = gridOf(matrix, size, scale, theme, step);
    grids.push({ ...grid, matrix, line, step });
    const name = matrix.deep ? make("div", "rv-step-name", stepName(matrix, step)) : make("div", "rv-name", matrix.name);
    const sized = [
      make("div", "rv-across", null, sizeMark(matrix.axes[2], columns, columns * size.cell[0])),
      make("div", "rv-down", null, sizeMark(matrix.axes[1], rows, rows * size.cell[1])),
    ];
    const marks = [...(size.sized ? sized : []), ...columnMarks(matrix, size), ...rowMarks(matrix, size)];
    return make("div", `rv-matrix ${size.sized ? "" : "rv-single"}`, null, name, ...marks, grid.stage);
  });
  if (!matrix.deep) return piles[0];
  return make("div", "rv-block", null, make("div", "rv-name", `${matrix.name}  (${matrix.shape.join(", ")})`), make("div", "rv-pile", null, ...piles));
}

// The canvas of a matrix, in a stage on which frames are drawn.
function gridOf(matrix, { cell, font, numbers }, scale, theme, step) {
  const [, rows, columns] = matrix.shape;
  const [width, height] = [cell[0] * columns, cell[1] * rows];
  const canvas = make("canvas", "rv-numbers");
  canvas.tabIndex = 0;
  canvas.setAttribute("role", "img");
  const values = unpack(matrix.values).subarray(step * rows * columns, (step + 1) * rows * columns);
  const told = numbers ? `: ${[...values].map(number).join(" ")}` : "";
  canvas.ariaLabel = `${matrix.name}, ${matrix.axes[1]} ${rows}, ${matrix.axes[2]} ${columns}${told}`;
  if (numbers || !scale) drawNumbers(brush(canvas, width, height), values, matrix.whole, columns, cell, font, scale, theme);
  else drawCells(canvas, values, columns, [0, rows - 1], [0, columns], scale, theme, width, height);
  const stage = make("div", "rv-stage", null, canvas);
  const frame = ([top, down], [left, across], name) => {
    const mark = make("i", `rv-frame ${name}`);
    const [x, y] = [left * cell[0], top * cell[1]];
    Object.assign(mark.style, { left: `${x - 1}px`, top: `${y - 1}px`, width: `${Math.max(across * cell[0], 3) + 1}px`, height: `${Math.max(down * cell[1], 3) + 1}px` });
    stage.append(mark);
  };
  for (const [axis, parts] of matrix.parts.entries()) cuts(stage, parts, axis, cell);
  const clear = () => stage.querySelectorAll(".rv-frame").forEach((mark) => mark.remove());
  return { canvas, stage, cell, frame, clear };
}

function drawNumbers(pen, values, whole, columns, cell, font, scale, theme) {
  Object.assign(pen, { font: `${font}px ${LOOK.mono}`, textAlign: "center", textBaseline: "middle" });
  values.forEach((value, i) => {
    const [x, y] = [(i % columns) * cell[0], Math.floor(i / columns) * cell[1]];
    const { zero: fill, ink } = LOOK.palettes[theme];
    const colour = scale ? paint(scale.scale, theme, value, scale.low, scale.high, scale.bent) : { fill, ink };
    pen.fillStyle = colour.fill;
    pen.fillRect(x, y, cell[0] - 1, cell[1] - 1);
    pen.fillStyle = colour.ink;
    pen.fillText(short(value, whole), x + (cell[0] - 1) / 2, y + cell[1] / 2);
  });
}

// A line where one part ends and the next begins.
function cuts(stage, parts, axis, cell) {
  let at = 0;
  for (const [, size] of parts.slice(0, -1)) {
    at += size;
    const cut = make("i", axis ? "rv-cut-down" : "rv-cut-across");
    cut.style[axis ? "left" : "top"] = `${at * cell[axis ? 0 : 1] - 1.5}px`;
    stage.append(cut);
  }
}

// |—— 4 ——|: how many there are, and of what if there is room.
function sizeMark(axis, count, length) {
  const text = (axis.length + 4) * 6.2 < length ? `${axis} ${count}` : String(count);
  const looks = [text === String(count) && "rv-upright", length < 36 && "rv-tight"].filter(Boolean);
  return Object.assign(make("span", ["rv-size", ...looks].join(" "), null, make("span", "", text)), { title: `${axis}: ${count}` });
}

// The labels of rows or columns, or the names of the parts; nothing where they have no room.
function columnMarks({ labels, parts }, { cell, font }) {
  const signs = labels[1].length && cell[0] >= 13 ? labels[1].map((label) => [label, 1]) : parts[1];
  if (!signs.length) return [];
  return [make("div", "rv-column-labels", null, ...signs.map(([label, size]) => sized("width", label, size * cell[0], font)))];
}

function rowMarks({ labels, parts, mark }, { cell, font, left }) {
  const signs = labels[0].length && cell[1] >= 11 ? labels[0].map((label) => [label, 1]) : parts[0];
  if (!signs.length) return [];
  const marks = signs.map(([label, size]) => sized("height", label, size * cell[1], font));
  marks[mark ?? -1]?.classList.add("rv-marked");
  for (const each of marks) Object.assign(each.style, { lineHeight: each.style.height, maxWidth: left ? `${left - 5}px` : "" });
  return [make("div", "rv-row-labels", null, ...marks)];
}

function sized(side, label, length, font) {
  const mark = Object.assign(make("span", "", label), { title: label });
  Object.assign(mark.style, { [side]: `${length}px`, fontSize: `${font}px` });
  return mark;
}

export default function matrices(args) {
  return mount(args, "rv-matrices", matricesPainter);
}
