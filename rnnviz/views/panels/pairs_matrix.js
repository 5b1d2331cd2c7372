// Every pair as a cell: rows are outputs s, columns are steps t; colours by ratio. What cannot be heard of is empty.

const HIGHEST = 460; // pixels of the matrix

// The rows in sight are the columns in sight, so that the diagonal goes through the corner; one loss is one row.
function matrixPlan(data, columns) {
  const [rows] = shapeOf(data.values);
  if (rows === 1) return { first: 0, count: 1, high: 30, height: 30 };
  const high = Math.max(Math.min(columns.column, Math.floor(HIGHEST / columns.count)), 4);
  return { first: columns.first, count: columns.count, high, height: high * columns.count };
}

const logs = new WeakMap();

// The logarithms of the values, once for each array; NaN, which is left empty, for 0.
function logsOf(values) {
  if (!logs.has(values)) logs.set(values, Float32Array.from(values, (value) => (value > 0 ? Math.log10(value) : NaN)));
  return logs.get(values);
}

const bandOf = (data) => ({ scale: "sequential", low: Math.log10(data.low) - 0.6, high: Math.log10(data.high) });

function drawPairs(canvas, plan, { data, columns, theme }) {
  const pen = brush(canvas, columns.plot, plan.height);
  pen.imageSmoothingEnabled = false;
  const cells = cellsOf(logsOf(unpack(data.values)), columns.steps, [plan.first, plan.first + plan.count - 1], [columns.first, columns.count], bandOf(data), theme);
  pen.drawImage(cells, 0, 0, columns.plot, plan.height);
  pen.fillStyle = LOOK.palettes[theme].paper;
  if (plan.high >= 8) for (let k = 1; k < plan.count; k++) pen.fillRect(0, k * plan.high - 0.5, columns.plot, 0.5);
  if (columns.column >= 8) for (let k = 1; k < columns.count; k++) pen.fillRect(k * columns.column - 0.5, 0, 0.5, plan.height);
}

// All pairs in small, in the corner that is empty because nothing hears of what comes later; the frame is what is in sight.
function drawAll(canvas, plan, { data, columns, theme }) {
  const [rows, steps] = shapeOf(data.values);
  canvas.hidden = rows === 1 || columns.count === steps || data.ahead;
  if (canvas.hidden) return;
  const side = Math.floor(Math.min(columns.plot, plan.height) * 0.4);
  const pen = brush(canvas, side, side);
  pen.drawImage(cellsOf(logsOf(unpack(data.values)), steps, [0, rows - 1], [0, steps], bandOf(data), theme, canvas.width, canvas.height), 0, 0, side, side);
  pen.strokeStyle = LOOK.palettes[theme].line;
  pen.strokeRect(0.5, 0.5, side - 1, side - 1);
  const scale = side / steps;
  Object.assign(pen, { strokeStyle: LOOK.palettes[theme].ink, lineWidth: 1.5 });
  pen.strokeRect(columns.first * scale + 1, columns.first * scale + 1, columns.count * scale - 2, columns.count * scale - 2);
}

function dragAll(canvas, context) {
  const move = (event) => {
    const box = canvas.getBoundingClientRect();
    const { columns } = context();
    slide(((event.clientX - box.left) / box.width) * columns.steps - columns.count / 2);
  };
  canvas.onpointerdown = (event) => (canvas.setPointerCapture(event.pointerId), move(event));
  canvas.onpointermove = (event) => canvas.hasPointerCapture(event.pointerId) && move(event);
}

function placePair(mark, plan, columns, s, t) {
  const [row, column] = [plan.count === 1 && s !== null ? 0 : s - plan.first, t - columns.first];
  const seen = s !== null && t !== null && row >= 0 && row < plan.count && column >= 0 && column < columns.count;
  mark.style.display = seen ? "block" : "none";
  Object.assign(mark.style, { left: `${column * columns.column - 2}px`, top: `${row * plan.high - 2}px`, width: `${columns.column + 3}px`, height: `${plan.high + 3}px` });
}

function placeRow(mark, plan, columns, s) {
  const row = plan.count === 1 ? 0 : s - plan.first;
  mark.style.display = s !== null && plan.count > 1 && row >= 0 && row < plan.count ? "block" : "none";
  Object.assign(mark.style, { top: `${row * plan.high - 1}px`, height: `${plan.high + 1}px`, width: `${columns.plot}px` });
}

// The letters of the rows, as many as can be read.
function drawOutputs(place, plan, { data, columns }) {
  const every = plan.high >= 11 ? 1 : Math.ceil(12 / plan.high);
  const spans = [];
  for (let k = 0; k < plan.count && plan.count > 1; k += every) {
    const span = make("span", "", columns.width < 560 || every > 1 ? data.tokens[plan.first + k] : `${plan.first + k} ${data.tokens[plan.first + k]}`);
    span.style.top = `${(k + 0.5) * plan.high}px`;
    spans.push(span);
  }
  place.replaceChildren(...spans);
}
