// What stands at each step, over the lines: the token and its numbers, the cells with their states, the answers, the loss.

function drawNodes(canvas, plan, scene) {
  const { data, theme } = scene;
  const palette = LOOK.palettes[theme];
  const pen = brush(canvas, plan.left + plan.room + 10, plan.height);
  pen.imageSmoothingEnabled = false;
  drawNames(pen, plan, scene, palette);
  pen.save();
  if (plan.count < plan.steps && scene.p === 1) (pen.beginPath(), pen.rect(plan.left - 1, 0, plan.plot + 2, plan.height), pen.clip());
  const steps = [...scene.steps.filter((step) => step !== scene.step || scene.p === 1), ...(scene.p < 1 ? [scene.step] : [])];
  const pictures = plan.rows.map((row) => row.bars.map((bar) => brickPicture(unpack(bar.state.values), row, bar.state, steps, theme)));
  steps.forEach((step, place) => {
    const x = Math.round(centre(plan, scene, step));
    pen.globalAlpha = step === scene.step ? 1 : scene.p ** 2;
    drawRead(pen, plan, scene, palette, step, x);
    drawAnswer(pen, plan, scene, palette, step, x);
    pen.globalAlpha = 1;
    plan.rows.forEach((row, r) => drawCell(pen, scene, palette, row, pictures[r], place, x + row.shift));
  });
  pen.restore();
}

// The states of some steps side by side, a pixel for each unit, in the order of the rows.
function brickPicture(values, row, state, steps, theme) {
  const { across, down } = row.bricks;
  const units = row.order.length;
  const picture = Object.assign(document.createElement("canvas"), { width: Math.max(steps.length * across, 1), height: down });
  const pen = picture.getContext("2d");
  const pixels = pen.createImageData(picture.width, down);
  const colours = rgbsOf(state.scale, theme);
  steps.forEach((step, place) => {
    for (let k = 0; k < units; k++) {
      const value = values[step * units + row.order[k]];
      if (Number.isNaN(value)) continue;
      const at = 4 * ((k % down) * picture.width + place * across + Math.floor(k / down));
      const colour = colours[Math.round(placeOn(value, state.low, state.high, state.bent) * (SHADES - 1))];
      pixels.data.set(colour, at);
    }
  });
  pen.putImageData(pixels, 0, 0);
  return picture;
}

const rgbs = {};
const rgbsOf = (role, theme) => (rgbs[`${role} ${theme}`] ??= paintsOf(role, theme).map(({ fill }) => [...fill.match(/\d+/g).map(Number), 255]));

function drawCell(pen, { data }, palette, row, pictures, place, x) {
  const chosen = row.layer === data.layer;
  pen.fillStyle = palette.paper;
  pen.beginPath();
  pen.roundRect(x - row.half, row.top, 2 * row.half, row.bottom - row.top, 5);
  pen.fill();
  pen.strokeStyle = chosen ? palette.faint : palette.line;
  pen.lineWidth = chosen ? 1.25 : 1;
  pen.stroke();
  const { across, down, wide, high } = row.bricks;
  row.bars.forEach((bar, k) => {
    pen.drawImage(pictures[k], place * across, 0, across, down, x + bar.left, bar.top, bar.wide, bar.high);
    if (chosen && data.unit !== null) outlineBrick(pen, palette, row, bar, row.order.indexOf(data.unit), x, wide, high);
  });
}

function outlineBrick(pen, palette, { bricks }, bar, at, x, wide, high) {
  if (at < 0) return;
  pen.strokeStyle = palette.ink;
  pen.lineWidth = 1;
  pen.strokeRect(x + bar.left + Math.floor(at / bricks.down) * wide - 0.5, bar.top + (at % bricks.down) * high - 0.5, wide + 1, high + 1);
}

function drawRead(pen, plan, { data, theme }, palette, step, x) {
  const [left, top, width, height] = [x - plan.box / 2, plan.x.top, plan.box, plan.x.height];
  drawVector(pen, data.x, theme, palette, step, left, top, width, height);
  Object.assign(pen, { textAlign: "center", textBaseline: "middle", fillStyle: palette.ink, font: `500 16px ${LOOK.mono}` });
  if (data.x.kind !== "numbers") pen.fillText(data.tokens[step], x, plan.token.top + plan.token.height / 2 + 1, plan.wide - 4);
  else if (data.x.width === 1) say(pen, number(unpack(data.x.values)[step]), x, plan.token.top + 11, plan.wide - 4, 11.5);
  say(pen, String(step), x, plan.step.top + 6, plan.wide, 10, palette.faint);
}

function say(pen, text, x, y, width, size, colour = pen.fillStyle) {
  pen.font = `${size}px ${LOOK.font}`;
  pen.fillStyle = colour;
  pen.fillText(text, x, y, width);
}

// Numbers side by side: a few as bars from their middle line, many as colours; of a one-hot vector the place of its 1.
function drawVector(pen, vector, theme, palette, step, left, top, width, height) {
  pen.fillStyle = palette.paper;
  pen.fillRect(left, top, width, height);
  const each = width / vector.width;
  if (vector.kind === "onehot") {
    pen.fillStyle = paint(vector.scale, theme, 1, vector.low, vector.high).fill;
    pen.fillRect(left + unpack(vector.hot)[step] * each, top, Math.max(each, 1.5), height);
  } else {
    const values = unpack(vector.values);
    for (let k = 0; k < vector.width; k++) {
      const value = values[step * vector.width + k];
      const colour = paint(vector.scale, theme, value, vector.low, vector.high, vector.bent);
      if (!colour) continue;
      const share = vector.width <= 8 && vector.kind !== "embedding" ? barOf(vector, value) : [0, 1];
      pen.fillStyle = share[1] - share[0] < 1 ? barColour(vector, theme, value) : colour.fill;
      pen.fillRect(left + k * each, top + height * (1 - share[1]), Math.max(each - (vector.width <= 8), 1), Math.max(height * (share[1] - share[0]), 1));
    }
  }
  pen.strokeStyle = palette.line;
  pen.lineWidth = 1;
  pen.strokeRect(left - 0.5, top - 0.5, width + 1, height + 1);
}

// From where to where the bar of a value reaches, as shares of the height.
function barOf(vector, value) {
  const [zero, place] = [placeOn(0, vector.low, vector.high, vector.bent), placeOn(value, vector.low, vector.high, vector.bent)];
  return [Math.min(zero, place), Math.max(zero, place)];
}

// A bar is told by its length, so its colour must not fade into the paper where the value is small.
function barColour(vector, theme, value) {
  const place = placeOn(value, vector.low, vector.high, vector.bent);
  const faintest = 0.5 + 0.18 * Math.sign(value || 1);
  return paintAt(vector.scale, theme, vector.low < 0 ? (value < 0 ? Math.min(place, faintest) : Math.max(place, faintest)) : place).fill;
}

// The answers of a step, likeliest first, each with its chance as a bar; the one that came is marked.
function drawAnswer(pen, plan, scene, palette, step, x) {
  const { data, theme } = scene;
  if (!plan.answers || !scene.answered(step)) return;
  const width = plan.wide - 12;
  const left = x - width / 2;
  if (data.y.kind === "numbers") return drawNumbers(pen, plan, scene, palette, step, x);
  const rows = answersOf(data, data.y.kind === "end" ? 0 : step);
  const last = data.y.kind !== "sofar" || step === plan.steps - 1;
  const long = plan.line > ANSWER;
  rows.forEach(({ sign, chance, came }, k) => {
    const y = plan.answers.top + k * plan.line + (k >= shapeOf(data.y.guess)[1] ? EXTRA : 0);
    const strong = came || (last && k === likeliest(rows) && data.y.kind !== "next");
    Object.assign(pen, { textBaseline: "middle", textAlign: "right" });
    say(pen, perCent(chance), left + width, y + (long ? 20 : 6.5), width, 10, came ? palette.accent : palette.faint);
    pen.textAlign = "left";
    pen.fillStyle = came ? palette.accent : last ? palette.ink : palette.faint;
    pen.font = `${strong ? 700 : 500} ${long ? `11px ${LOOK.font}` : `12px ${LOOK.mono}`}`;
    pen.fillText(sign, left, y + 6.5, width - (long ? 0 : 32));
    pen.fillStyle = came ? palette.accent : palette.sequential.at(last ? -2 : -3);
    const room = width - (long ? 34 : 0);
    pen.fillRect(left, y + (long ? 18 : 13), Math.max(room * clamp(chance || 0, 0, 1), 1), long ? 4 : 2);
  });
  if (plan.loss) drawLoss(pen, plan, data, theme, palette, step, x);
}

const likeliest = (rows) => rows.reduce((best, row, k) => (row.chance > rows[best].chance ? k : best), 0);

// The answers that are told of a step: {sign, chance, came}; the token that came is told even if it was none of them.
function answersOf({ y, tokens }, step) {
  const ranks = shapeOf(y.guess)[1];
  const [guess, chance] = [unpack(y.guess), unpack(y.chance)];
  const rows = Array.from({ length: ranks }, (_, k) => {
    const place = guess[step * ranks + k];
    return { sign: y.signs[place], chance: chance[step * ranks + k], came: y.came?.[step] === place };
  });
  if (y.kind !== "next" || step + 1 >= tokens.length || rows.some((row) => row.came)) return rows;
  return [...rows, { sign: tokens[step + 1], chance: Math.exp(-unpack(y.loss)[step]), came: true }];
}

function drawNumbers(pen, plan, { data, theme }, palette, step, x) {
  const top = plan.answers.top;
  drawVector(pen, { ...data.y, kind: "numbers" }, theme, palette, step, x - plan.box / 2, top + ANSWER + 2, plan.box, 14);
  if (data.y.width > 1) return;
  Object.assign(pen, { textAlign: "center", textBaseline: "middle" });
  say(pen, number(unpack(data.y.values)[step]), x, top + 8, plan.wide - 4, 11.5, palette.ink);
}

function drawLoss(pen, plan, data, theme, palette, step, x) {
  const value = unpack(data.y.loss)[step];
  if (Number.isNaN(value)) return;
  const { top, height } = plan.loss;
  const high = Math.max((height - 13) * clamp(value / data.y.ceiling, 0, 1), 1);
  pen.fillStyle = paintAt("surprise", theme, clamp(value / data.y.ceiling, 0.3, 1)).fill; // told by its height: it must not fade
  pen.fillRect(x - 9, top + height - high, 18, high);
  Object.assign(pen, { textAlign: "center", textBaseline: "middle" });
  say(pen, number(value), x, top + height - high - 7, plan.wide - 4, 10.5, palette.ink);
}

// What the rows are, in the margin.
function drawNames(pen, plan, { data }, palette) {
  const name = (text, y, strong) => {
    Object.assign(pen, { textAlign: "right", textBaseline: "middle", fillStyle: strong ? palette.ink : palette.faint });
    pen.font = `${strong ? 600 : 400} 11px ${LOOK.font}`;
    pen.fillText(text, plan.left - 26, y, plan.left - 28);
  };
  const letter = (text, y) => {
    Object.assign(pen, { textAlign: "right", textBaseline: "middle", fillStyle: palette.ink, font: `italic 12px ${LOOK.font}` });
    pen.fillText(text, plan.left - (plan.narrow ? 22 : 24), y);
  };
  if (plan.loss) plan.narrow ? letter("L", plan.loss.top + 26) : name("loss L", plan.loss.top + 26);
  if (plan.answers) plan.narrow ? letter("y", plan.answers.top + 8) : name(ANSWERS_NAMES[data.y.kind], plan.answers.top + 8);
  for (const row of plan.rows) {
    for (const bar of row.bars) letter(bar.letter, bar.middle);
    const words = row.reverse ? "← reverse" : plan.both || data.rows.length > 1 ? `layer ${row.level + 1}` : "";
    if (!plan.narrow && words) name(words, row.top + 1, row.layer === data.layer);
  }
  plan.narrow ? letter("x", plan.x.top + 7) : name("input x", plan.x.top + 7);
  if (!plan.narrow) name("step", plan.step.top + 6);
}

const ANSWERS_NAMES = { next: "expects y", each: "answer y", sofar: "answer y", end: "answer y", numbers: "answer y" };
