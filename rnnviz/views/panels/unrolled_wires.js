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
  pen.rect(plan.left - 16, 0, (plan.count === plan.steps || scene.p < 1 ? plan.room : plan.plot) + 26, plan.height);
  pen.clip();
  lightColumn(pen, plan, scene, palette);
  for (const step of scene.steps) {
    for (const rise of plan.rises) drawRise(pen, plan, scene, palette, rise, step, marks);
    for (const bridge of plan.bridges) drawBridge(pen, plan, scene, palette, bridge, step);
  }
  for (const row of plan.rows) drawRow(pen, plan, scene, palette, row, marks);
  if (scene.p === 1 && data.gradients && scene.backwards) drawBack(pen, plan, scene, palette);
  for (const mark of marks) drawMark(pen, palette, mark, scene.weight);
  pen.restore();
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

// How a line is drawn: lit by its weight under the pointer, into the chosen step, before it, or after it.
function inkOf(scene, palette, key, now, before) {
  if (key && scene.weight === key) return [palette.accent, LIT];
  if (now) return [palette.ink, LIT - 0.25];
  return before ? [palette.faint, THIN + 0.25] : [palette.line, THIN + 0.25];
}

function drawRise(pen, plan, scene, palette, rise, step, marks) {
  if (rise.answer && !scene.answered(step)) return;
  if (rise.out && plan.both && isRail(plan, scene.data, rise.row.level) && !joinsRail(scene.data, rise.row, step)) return;
  const x = Math.round(centre(plan, scene, step) + rise.aside) + 0.5;
  const [colour, width] = inkOf(scene, palette, rise.key, step === scene.step, takesPart(plan, scene, rise.row, step));
  const end = rise.to + 1;
  stroke(pen, colour, width, () => (pen.moveTo(x, rise.from), pen.lineTo(x, end + (rise.key ? 3 : 0))));
  if (rise.key || rise.answer) arrow(pen, colour, x, end, -Math.PI / 2);
  if (rise.key) marks.push({ key: rise.key, sign: scene.data.weights[rise.key].sign, x, y: rise.answer ? rise.to + 18 : rise.from - 13, now: step === scene.step });
}

// Two directions are joined before they are handed up; a model that answers once has one rail along all steps.
const isRail = (plan, data, level) => data.y.kind === "end" && level === plan.rows[0].level;
const joinsRail = (data, row, step) => data.y.readout === "mean" || step === (row.reverse ? 0 : data.tokens.length - 1);

function drawBridge(pen, plan, scene, palette, bridge, step) {
  const x = Math.round(centre(plan, scene, step)) + 0.5;
  const [from, to] = isRail(plan, scene.data, bridge.level)
    ? [step === 0 ? x + BESIDE : x - plan.wide / 2, step === plan.steps - 1 ? x : x + plan.wide / 2]
    : [x - BESIDE, x + BESIDE];
  const [colour, width] = inkOf(scene, palette, null, step === scene.step, true);
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
    row.bars.forEach((bar, place) => {
      const weight = place === row.bars.length - 1 ? row.key : null; // no matrix stands in the way of c
      drawOn(pen, plan, scene, row, place, step, inkOf(scene, palette, weight, now, before));
    });
    marks.push({ key: row.key, sign: scene.data.weights[row.key].sign, ...markOf(plan, scene, row, step), now });
  }
  const start = row.reverse ? plan.steps - 1 : 0;
  if (scene.p === 1 && scene.steps.includes(start)) drawStart(pen, plan, scene, palette, row, start);
}

function drawOn(pen, plan, scene, row, place, step, [colour, width]) {
  const [from, to] = endsOf(plan, scene, row, step);
  const y = row.bars[place].middle;
  const way = row.reverse ? -1 : 1;
  const lift = 1 - scene.p;
  const { reach, drop } = loopOf(place, row);
  stroke(pen, colour, width, () => {
    pen.moveTo(from, y);
    if (lift) pen.bezierCurveTo(from + way * reach * lift, y + drop * lift, to - way * reach * lift, y + drop * lift, to - way * 4, y);
    else pen.lineTo(to - way * 4, y);
  });
  const angle = lift ? Math.atan2(-drop * lift, way * (reach * lift + 12 * scene.p)) : way > 0 ? 0 : Math.PI;
  arrow(pen, colour, to, y, angle);
}

// The state before the first step, which is 0 unless another was given.
function drawStart(pen, plan, scene, palette, row, step) {
  const way = row.reverse ? -1 : 1;
  const to = centre(plan, scene, step) + row.shift - way * row.half;
  const [colour, width] = inkOf(scene, palette, null, step === scene.step, takesPart(plan, scene, row, step));
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
function drawMark(pen, palette, { key, sign, x, y, now }, weight) {
  const lit = weight === key;
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
