// The lines of the unrolled network, under its cells: what is handed on, what is handed up, the marks of the shared
// weights. They are drawn anew when another step is chosen, and nothing else is.

const [THIN, LIT] = [1, 2]; // pixels

function drawWires(canvas, plan, scene) {
  const { data, theme } = scene;
  const palette = LOOK.palettes[theme];
  const pen = brush(canvas, plan.left + plan.room + 10, plan.height);
  const marks = [];
  pen.save();
  pen.beginPath();
  pen.rect(plan.left - 22, 0, (scene.p < 1 ? plan.room : plan.plot) + (plan.both ? 46 : 32), plan.height);
  pen.clip();
  lightColumn(pen, plan, scene, palette);
  for (const step of scene.steps) {
    for (const rise of plan.rises) drawRise(pen, plan, scene, palette, rise, step, marks);
    for (const bridge of plan.bridges) drawBridge(pen, plan, scene, palette, bridge, step);
  }
  for (const row of plan.rows) drawRow(pen, plan, scene, palette, row, marks);
  if (scene.p === 1 && data.gradients && scene.backwards) drawBack(pen, plan, scene, palette);
  for (const mark of marks) drawMark(pen, palette, mark, data.weights[mark.key].sign);
  pen.restore();
  if (scene.p < 1) drawFoldedWords(pen, plan, scene, palette);
}

// The chosen step stands on a band of its own, from its token to its answer.
function lightColumn(pen, plan, scene, palette) {
  if (scene.p < 1) return;
  pen.fillStyle = palette.zero;
  pen.beginPath();
  pen.roundRect(Math.round(centre(plan, scene, scene.step) - plan.wide / 2) + 1, 0, plan.wide - 2, plan.height, 6);
  pen.fill();
}

// Whether what a row has at a step takes part in the state of the chosen step.
function takesPart(plan, scene, row, step) {
  const highest = plan.rows[0].level;
  if (plan.both && row.level < highest) return true;
  return row.reverse ? step >= scene.step : step <= scene.step;
}

function stroke(pen, colour, width, path) {
  pen.strokeStyle = colour;
  pen.lineWidth = width;
  pen.beginPath();
  path();
  pen.stroke();
}

// The head of an arrow that points by the angle.
function arrow(pen, colour, x, y, angle, size = 4.5) {
  pen.fillStyle = colour;
  pen.beginPath();
  pen.moveTo(x, y);
  for (const turn of [2.65, -2.65]) pen.lineTo(x + size * Math.cos(angle + turn) * 1.25, y + size * Math.sin(angle + turn) * 1.25);
  pen.fill();
}

// Whether a copy of a matrix is lit. All are at once, but for W: it is lit step by step, as it must be used.
function isLit(plan, scene, key, step) {
  if (!key || scene.weight !== key) return false;
  return key[0] !== "W" || (key.endsWith("r") ? scene.steps.at(-1) - step : step - scene.steps[0]) <= scene.wave;
}

// How a line is drawn: lit by its weight under the pointer, into the chosen step, before it, or after it.
function inkOf(scene, palette, lit, now, before) {
  if (lit) return [palette.accent, LIT];
  if (now) return [palette.ink, LIT - 0.25];
  return before ? [palette.faint, THIN + 0.25] : [palette.line, THIN + 0.25];
}

function drawRise(pen, plan, scene, palette, rise, step, marks) {
  if (rise.answer && !scene.answered(step)) return;
  if (rise.out && plan.both && isRail(plan, scene.data, rise.row.level) && !joinsRail(scene.data, rise.row, step)) return;
  const x = Math.round(centre(plan, scene, step) + rise.aside) + 0.5;
  const lit = isLit(plan, scene, rise.key, step);
  const [colour, width] = inkOf(scene, palette, lit, step === scene.step, takesPart(plan, scene, rise.row, step));
  const end = rise.to + 1;
  stroke(pen, colour, width, () => (pen.moveTo(x, rise.from), pen.lineTo(x, end + (rise.key ? 3 : 0))));
  if (rise.key || rise.answer) arrow(pen, colour, x, end, -Math.PI / 2);
  if (rise.key) marks.push({ key: rise.key, lit, x, y: rise.answer ? rise.to + 18 : rise.from - 13, now: step === scene.step });
}

// Two directions are joined before they are handed up; a model that answers once has one rail along all steps.
const isRail = (plan, data, level) => data.y.kind === "end" && level === plan.rows[0].level;
const joinsRail = (data, row, step) => data.y.readout === "mean" || step === (row.reverse ? 0 : data.tokens.length - 1);

function drawBridge(pen, plan, scene, palette, bridge, step) {
  const x = Math.round(centre(plan, scene, step)) + 0.5;
  const [from, to] = isRail(plan, scene.data, bridge.level) && scene.p === 1
    ? [step === 0 ? x + plan.beside : x - plan.wide / 2, step === plan.steps - 1 ? x : x + plan.wide / 2]
    : [x - plan.beside, x + plan.beside];
  const [colour, width] = inkOf(scene, palette, false, step === scene.step, true);
  stroke(pen, colour, width, () => (pen.moveTo(Math.min(from, to), bridge.y), pen.lineTo(Math.max(from, to), bridge.y)));
}

// What one row hands on from step to step. Folded, all its lines lie on each other as one loop.
function drawRow(pen, plan, scene, palette, row, marks) {
  const folded = scene.p === 0;
  const first = folded ? scene.step : Math.max(scene.steps[0] - 1, 0);
  const last = folded ? scene.step : Math.min(scene.steps.at(-1), plan.steps - 2);
  for (let step = first; step <= last; step++) {
    const [giver, taker] = folded ? [step, step] : row.reverse ? [step + 1, step] : [step, step + 1];
    const now = taker === scene.step;
    const before = takesPart(plan, scene, row, giver) && takesPart(plan, scene, row, taker);
    const lit = isLit(plan, scene, row.key, taker);
    row.bars.forEach((bar, place) => {
      const matrix = place === row.bars.length - 1; // none stands in the way of c
      drawOn(pen, plan, scene, row, place, step, inkOf(scene, palette, lit && matrix, now, before));
    });
    marks.push({ key: row.key, lit, ...markOf(plan, scene, row, step), now });
  }
  const start = row.reverse ? plan.steps - 1 : 0;
  if (scene.p === 1 && scene.steps.includes(start)) drawStart(pen, plan, scene, palette, row, start);
}

function drawOn(pen, plan, scene, row, place, step, [colour, width]) {
  const [start, bend, turn, end] = pathOf(plan, scene, row, place, step);
  stroke(pen, colour, width, () => (pen.moveTo(...start), pen.bezierCurveTo(...bend, ...turn, ...end)));
  const slant = scene.p < 1 ? [end[0] - turn[0], end[1] - turn[1]] : [end[0] - start[0], 0];
  arrow(pen, colour, ...end, Math.atan2(slant[1], slant[0]));
}

// The state before the first step, which is 0 unless another was given.
function drawStart(pen, plan, scene, palette, row, step) {
  const way = row.reverse ? -1 : 1;
  const to = centre(plan, scene, step) + row.shift - way * row.half;
  const [colour, width] = inkOf(scene, palette, false, step === scene.step, takesPart(plan, scene, row, step));
  pen.font = `11px ${LOOK.font}`;
  Object.assign(pen, { textAlign: "center", textBaseline: "middle" });
  for (const bar of row.bars) {
    stroke(pen, colour, width, () => (pen.moveTo(to - way * 13, bar.middle), pen.lineTo(to - way * 4, bar.middle)));
    arrow(pen, colour, to, bar.middle, way > 0 ? 0 : Math.PI);
    pen.fillStyle = palette.faint;
    pen.fillText(scene.data.started ? "·" : "0", to - way * 18, bar.middle + 0.5);
  }
}

// The mark of a matrix: the same sign wherever the same numbers are used.
function drawMark(pen, palette, { lit, x, y, now }, sign) {
  pen.font = `italic ${lit ? 600 : 500} 11.5px ${LOOK.font}`;
  const half = Math.max(pen.measureText(sign).width / 2 + 3.5, 7);
  pen.fillStyle = lit ? palette.accent : palette.paper;
  pen.beginPath();
  pen.roundRect(x - half, y - 7.5, 2 * half, 15, 7);
  pen.fill();
  stroke(pen, lit ? palette.accent : now ? palette.ink : palette.line, 1, () => pen.roundRect(x - half, y - 7.5, 2 * half, 15, 7));
  Object.assign(pen, { fillStyle: lit ? palette.paper : now ? palette.ink : palette.faint, textAlign: "center", textBaseline: "middle" });
  pen.fillText(sign, x, y + 0.5);
}

// What the loop means, beside it.
function drawFoldedWords(pen, plan, { data, p }, palette) {
  const row = plan.rows.find(({ layer }) => layer === data.layer);
  const x = foldedAt(plan) + plan.box / 2 + (plan.narrow ? 46 : 64);
  const y = (row.top + row.bottom) / 2;
  Object.assign(pen, { globalAlpha: (1 - p) ** 2, textAlign: "left", textBaseline: "middle", fillStyle: palette.ink });
  pen.font = `italic ${plan.narrow ? 13 : 16}px ${LOOK.font}`;
  const state = row.bars.map(({ letter }) => letter).reverse();
  const to = row.reverse ? "ₜ₊₁" : "ₜ₋₁";
  pen.fillText(`${state.map((letter) => `${letter}ₜ`).join(", ")} = ${data.cell}(xₜ, ${state.map((letter) => letter + to).join(", ")})`, x, y - 10, plan.left + plan.room - x);
  pen.font = `12px ${LOOK.font}`;
  pen.fillStyle = palette.faint;
  pen.fillText("what it says comes back to it", x, y + 12, plan.left + plan.room - x);
  pen.fillText(`at the step ${row.reverse ? "before" : "after"}`, x, y + 28, plan.left + plan.room - x);
}
