// The small matrices side by side: all with cells of one size, so that one sees at once who reads and writes how much.

const BETWEEN = 36; // pixels between two models
const LEAST_WIDE = 250; // pixels of a model
const SMALL_CELL = 22; // pixels of a cell at most
const TALLEST = 400; // pixels of a matrix at most
const LETTERED = 8; // pixels of a cell whose letter can be read
const LOW = 84; // pixels of the frame where there is no matrix, at least
const POOLED = 26; // pixels of the one row of an answer that looks once

// How many models stand in a row, and how large their cells are.
function alongsidePlan(models, width) {
  const per = clamp(Math.floor((width + BETWEEN) / (LEAST_WIDE + BETWEEN)), 1, Math.max(models.length, 1));
  const room = Math.max(Math.floor((width - BETWEEN * (per - 1)) / per), 120);
  const shown = models.map(({ looks }) => looks).filter(Boolean);
  const most = (counts) => Math.max(1, ...counts);
  const columns = most(shown.map((looks) => countOf(looks)[1]));
  const rows = most(shown.map((looks) => (looks.kind === "pooled" ? 1 : Math.min(countOf(looks)[0], columns + 1)))); // one that comes to no end is an exception
  const left = shown.some(({ kind }) => kind !== "pooled") ? 22 : 0;
  const wide = Math.min((room - left - 2) / columns, SMALL_CELL);
  const even = wide >= 4 ? Math.floor(wide) : wide;
  const top = even >= LETTERED ? 20 : 4;
  const frame = { high: per === 1 ? LOW : clamp(top + Math.min(rows * even, TALLEST), LOW, 230), wide: Math.max(left + columns * even, 240) };
  return { per, left, wide: even, top, frame };
}

// Draws one and tells where its cells are: {left, top, wide, tall, rows, columns}.
function drawSmall(canvas, looks, plan, theme) {
  const [rows, columns] = countOf(looks);
  const pooled = looks.kind === "pooled";
  const size = { left: pooled ? 0 : plan.left, top: plan.top, wide: plan.wide, tall: pooled ? POOLED : Math.min(plan.wide, TALLEST / rows), rows, columns };
  const pen = brush(canvas, size.left + columns * size.wide + 2, size.top + rows * size.tall + 2);
  if (size.wide >= 4 && size.tall >= 4) drawApart(pen, looks, size, theme);
  else drawDense(pen, looks, size, theme);
  writeAround(pen, looks, size, theme);
  return size;
}

// Cells with a gap between them; what the mask shuts is left empty.
function drawApart(pen, looks, { left, top, wide, tall, rows, columns }, theme) {
  const weights = unpack(looks.weights);
  const gap = Math.min(wide, tall) >= 8 ? 1 : 0.5;
  for (let row = 0; row < rows; row++) {
    for (let column = 0; column < columns; column++) {
      if (isShut(looks, row, column, columns)) continue;
      const colour = paint("sequential", theme, weights[row * columns + column], 0, 1);
      if (!colour) continue;
      pen.fillStyle = colour.fill;
      pen.fillRect(left + column * wide, top + row * tall, wide - gap, tall - gap);
    }
  }
}

// Cells too small to stand apart: a picture of them, in which neighbours are averaged where there is no pixel for each.
function drawDense(pen, looks, { left, top, wide, tall, rows, columns }, theme) {
  const band = { scale: "sequential", low: 0, high: 1 };
  pen.imageSmoothingEnabled = false;
  const ratio = window.devicePixelRatio || 1;
  const small = cellsOf(unpack(looks.weights), columns, [0, rows - 1], [0, columns], band, theme, Math.round(columns * wide * ratio), Math.round(rows * tall * ratio));
  pen.drawImage(small, left, top, columns * wide, rows * tall);
}

// The letters of both sides, as far as there is room for them.
function writeAround(pen, { rows, columns, kind }, { left, top, wide, tall }, theme) {
  const palette = LOOK.palettes[theme];
  pen.textBaseline = "middle";
  const put = (token, x, y, room, align) => {
    const word = [...token].length > 1;
    const size = word ? 9.5 : clamp(room, 9, 14);
    Object.assign(pen, { font: `${size}px ${word ? LOOK.font : LOOK.mono}`, fillStyle: word ? palette.faint : palette.ink, textAlign: align });
    pen.fillText(token, x, y);
  };
  if (wide >= LETTERED) columns.tokens.forEach((token, k) => put(token, left + (k + 0.5) * wide, top - 9, wide, "center"));
  if (tall >= LETTERED && kind !== "pooled") rows.tokens.forEach((token, k) => put(token, left - 5, top + (k + 0.5) * tall, tall, "right"));
}
