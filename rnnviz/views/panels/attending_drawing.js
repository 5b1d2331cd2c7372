// The lines between two sentences, the matrix below them, and the whole of it in small.

const LEAST = { strong: 0.004, weak: 0.02 }; // a weaker line cannot be seen
const BEND = 0.5; // of the height of the lines, where they turn

// Lines as strong as their weight: those of the row or column that is looked at in colour, the others behind them in grey.
function drawLines(canvas, plan, scene) {
  const { data, theme, first, lit } = scene;
  const pen = brush(canvas, plan.plot, plan.lines);
  const palette = LOOK.palettes[theme];
  const begin = topFirst(plan, scene);
  const weights = unpack(data.weights);
  const line = (row, column, weight, strong) => {
    const [from, to] = [topAt(plan, begin, row), columnAt(plan, first.column, column)];
    pen.beginPath();
    pen.moveTo(from, 0);
    pen.bezierCurveTo(from, plan.lines * BEND, to, plan.lines * (1 - BEND), to, plan.lines);
    Object.assign(pen, { strokeStyle: strong ? palette.sequential.at(-2) : palette.faint, globalAlpha: strong ? 0.12 + 0.88 * weight : 0.42 * weight, lineWidth: strong ? 0.8 + 5 * weight : 0.5 + 2 * weight });
    pen.stroke();
  };
  for (const strong of [false, true]) {
    for (let row = begin; row < begin + plan.top.count; row++) {
      if (row > scene.frontier) break;
      for (let column = 0; column < plan.columns; column++) {
        const weight = weights[row * plan.columns + column];
        const chosen = (lit.row === null || lit.row === row) && (lit.column === null || lit.column === column);
        if (weight >= (strong ? LEAST.strong : LEAST.weak) && chosen === strong) line(row, column, weight, strong);
      }
    }
  }
}

// The cells in sight. What the mask shuts is left empty, and so is what has not been written yet.
function drawLooks(canvas, plan, scene) {
  const { data, theme, first } = scene;
  const { across, down } = plan;
  const pen = brush(canvas, plan.plot, plan.height);
  const weights = unpack(data.weights);
  const gap = across.size >= 10 ? 1 : 0;
  for (let row = first.row; row < first.row + down.count && row <= scene.frontier; row++) {
    for (let column = first.column; column < first.column + across.count; column++) {
      if (isShut(data, row, column, plan.columns)) continue;
      const colour = paint("sequential", theme, weights[row * plan.columns + column], 0, 1);
      if (!colour) continue;
      pen.fillStyle = colour.fill;
      if (data.kind === "pooled") drawShare(pen, plan, scene, column, weights[column]);
      else pen.fillRect((column - first.column) * across.size, (row - first.row) * down.size, across.size - gap, down.size - 1);
    }
  }
}

// The weights of an answer that looks once, as bars from 0 to 1.
function drawShare(pen, { across, height }, { theme, first }, column, weight) {
  const [left, wide] = [(column - first.column) * across.size, across.size - 1];
  const { zero, faint, sequential } = LOOK.palettes[theme];
  const high = (height - 1) * weight;
  for (const [fill, top, tall] of [[zero, 0, height - 1], [sequential.at(-2), height - 1 - high, high], [faint, height - 1, 1]]) {
    pen.fillStyle = fill;
    pen.fillRect(left, top, wide, tall);
  }
}

// The whole matrix in small, as far as it has been written, and the window on it. Its picture is made once.
function drawWhole(canvas, plan, scene) {
  const { data, theme, first } = scene;
  canvas.hidden = plan.whole;
  if (plan.whole) return;
  const most = plan.narrow ? 150 : 200;
  const scale = most / Math.max(plan.rows, plan.columns);
  const [wide, high] = [Math.max(plan.columns * scale, 40), Math.max(plan.rows * scale, 24)];
  const pen = brush(canvas, wide, high);
  pen.imageSmoothingEnabled = false;
  const small = (scene.small ??= smallOf(data, plan, theme, canvas));
  const part = Math.min(plan.rows, scene.frontier + 1) / plan.rows;
  pen.drawImage(small, 0, 0, small.width, Math.max(small.height * part, 1), 0, 0, wide, high * part);
  const [x, y] = [wide / plan.columns, high / plan.rows];
  pen.strokeStyle = LOOK.palettes[theme].ink;
  pen.lineWidth = 1.5;
  pen.strokeRect(first.column * x + 0.75, first.row * y + 0.75, Math.max(plan.across.count * x - 1.5, 4), Math.max(plan.down.count * y - 1.5, 4));
}

function smallOf(data, plan, theme, { width, height }) {
  const band = { scale: "sequential", low: 0, high: 1 };
  return cellsOf(unpack(data.weights), plan.columns, [0, plan.rows - 1], [0, plan.columns], band, theme, width, height);
}

// Drag the window: its middle follows the pointer.
function dragWhole(canvas, context, moved) {
  const move = (event) => {
    const box = canvas.getBoundingClientRect();
    const { across, down } = context();
    const place = (share, { of, count }) => clamp(Math.round(share * of - count / 2), 0, of - count);
    moved({ row: place((event.clientY - box.top) / box.height, down), column: place((event.clientX - box.left) / box.width, across) });
  };
  canvas.onpointerdown = (event) => (canvas.setPointerCapture(event.pointerId), move(event));
  canvas.onpointermove = (event) => canvas.hasPointerCapture(event.pointerId) && move(event);
}

// A frame around cells of the matrix; hidden where they are out of sight.
function placeMark(mark, plan, first, [row, rows], [column, columns]) {
  const [top, left] = [(row - first.row) * plan.down.size, (column - first.column) * plan.across.size];
  const [high, wide] = [rows * plan.down.size - 1, columns * plan.across.size - 1];
  const seen = row >= 0 && column >= 0 && top >= 0 && left >= 0 && top < plan.height && left < plan.plot;
  mark.style.display = seen ? "block" : "none";
  Object.assign(mark.style, { left: `${left - 2}px`, top: `${top - 2}px`, width: `${wide + 4}px`, height: `${high + 4}px` });
}
