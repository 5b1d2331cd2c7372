// Small multiples over a training: how the numbers of many matrices spread, or which share of many gates is saturated.
// All have one scale; what the pointer is at, it is at in all of them.

const PLOT = { high: 84, left: 34, right: 6, foot: 16, top: 4 }; // pixels
const TICKS = [0, 1, 10, 100, 1000, 10000, 100000, 1000000];

function bandsPainter(root) {
  const head = make("div", "rv-head");
  const grid = make("div", "rv-grid");
  root.append(head, grid);
  const multiples = [];
  let now = null;

  const at = (event, canvas) => {
    const { steps } = now.data;
    const place = now.x(event.clientX - canvas.getBoundingClientRect().left, true);
    return steps.reduce((best, step, k) => (Math.abs(Math.log1p(step) - place) < Math.abs(Math.log1p(steps[best]) - place) ? k : best), 0);
  };
  const point = (k) => {
    for (const { line } of multiples) line.style.display = k === null ? "none" : "block";
    if (k !== null) for (const { line } of multiples) line.style.left = `${now.x(now.data.steps[k])}px`;
  };
  const listen = (multiple, m) => {
    multiple.canvas.onpointermove = (event) => {
      if (!now.data.steps.length) return;
      const k = at(event, multiple.canvas);
      point(k);
      tip.show(event.clientX, event.clientY, now.theme, toldOf(now.data, m, k));
    };
    multiple.canvas.onpointerleave = (event) => (point(null), event.pointerType !== "touch" && tip.hide());
  };

  return {
    draw({ data, theme, columns }) {
      const count = data.names.length;
      while (multiples.length > count) multiples.pop().box.remove();
      while (multiples.length < count) {
        const multiple = oneMultiple();
        listen(multiple, multiples.push(multiple) - 1);
        grid.append(multiple.box);
      }
      head.replaceChildren(...bandsHead(data, theme));
      grid.style.setProperty("--columns", data.columns);
      const width = multiples.length ? multiples[0].box.clientWidth : columns.width;
      now = { data, theme, x: scaleOfSteps(data.steps, width) };
      multiples.forEach((multiple, m) => drawMultiple(multiple, m, now, width));
      point(null);
    },
  };
}

function oneMultiple() {
  const [canvas, name, line] = [make("canvas"), make("span", "rv-name"), make("div", "rv-at")];
  canvas.setAttribute("role", "img");
  return { canvas, name, line, box: make("div", "rv-multiple", null, name, make("div", "rv-body", null, canvas, line)) };
}

function bandsHead({ title, caption, keys }, theme) {
  const colours = sharesOf(theme);
  const legends = keys.map((words, k) => {
    const sample = make("i", "rv-key");
    sample.style.background = colours[k];
    return make("span", "rv-legend", null, sample, words);
  });
  return [make("span", "rv-title", title), ...legends, make("span", "rv-caption", caption)];
}

const sharesOf = (theme) => [LOOK.palettes[theme].diverging[1], LOOK.palettes[theme].diverging[5]];

// Steps stand by ratio, as they were kept: x(step) in pixels, or back from pixels to log(1 + step).
function scaleOfSteps(steps, width) {
  const room = width - PLOT.left - PLOT.right;
  const end = Math.log1p(Math.max(steps.at(-1) ?? 0, 1));
  return (value, back) => (back ? clamp((value - PLOT.left) / room, 0, 1) * end : PLOT.left + (Math.log1p(value) / end) * room);
}

function drawMultiple({ canvas, name, box }, m, { data, theme, x }, width) {
  const palette = LOOK.palettes[theme];
  const values = unpack(data.values);
  const [steps, numbers] = shapeOf(data.values).slice(1);
  const value = (k, q) => values[(m * steps + k) * numbers + q];
  const bend = (v) => (data.unit ? Math.asinh(v / data.unit) / Math.asinh(data.high / data.unit) : v / data.high);
  const share = (v) => (data.kind === "shares" ? v : (1 + bend(v)) / 2);
  const y = (v) => PLOT.top + (1 - clamp(share(v), 0, 1)) * PLOT.high;

  write(name, data.names[m]);
  canvas.ariaLabel = `${data.names[m]}. ${data.caption}`;
  const pen = brush(canvas, width, PLOT.top + PLOT.high + PLOT.foot);
  drawAxes(pen, data, palette, x, y, width);

  // Between two values that each step tells; a step that tells none is a gap.
  const band = (low, high, colour) => {
    pen.fillStyle = colour;
    for (const run of runsOf(steps, (k) => Number.isNaN(low(k) + high(k)))) {
      pen.beginPath();
      for (const k of run) pen.lineTo(x(data.steps[k]), y(high(k)));
      for (const k of run.reverse()) pen.lineTo(x(data.steps[k]), y(low(k)));
      pen.fill();
    }
  };
  if (data.kind === "shares") {
    const [shut, open] = sharesOf(theme);
    band(() => 0, (k) => value(k, 0), shut);
    band((k) => 1 - value(k, 1), () => 1, open);
    return;
  }
  band((k) => value(k, 0), (k) => value(k, 4), palette.sequential[1]);
  band((k) => value(k, 1), (k) => value(k, 3), palette.sequential[2]);
  pen.strokeStyle = palette.sequential[4];
  pen.lineWidth = 1.5;
  pen.beginPath();
  for (let k = 0; k < steps; k++) if (!Number.isNaN(value(k, 2))) pen.lineTo(x(data.steps[k]), y(value(k, 2)));
  pen.stroke();
}

// The places 0, 1, ... in runs without a gap.
function runsOf(count, isGap) {
  const runs = [[]];
  for (let k = 0; k < count; k++) isGap(k) ? runs.push([]) : runs.at(-1).push(k);
  return runs.filter((run) => run.length);
}

function drawAxes(pen, data, palette, x, y, width) {
  const middle = data.kind === "shares" ? 0.5 : 0;
  pen.fillStyle = palette.line;
  for (const level of [data.low, middle, data.high]) pen.fillRect(PLOT.left, Math.round(y(level)), width - PLOT.left - PLOT.right, 1);
  Object.assign(pen, { fillStyle: palette.faint, font: `10px ${LOOK.font}`, textBaseline: "middle", textAlign: "right" });
  pen.fillText(data.ends[1], PLOT.left - 4, y(data.high) + 2);
  pen.fillText(data.kind === "shares" ? "50 %" : "0", PLOT.left - 4, y(middle));
  pen.fillText(data.ends[0], PLOT.left - 4, y(data.low) - 2);
  pen.textAlign = "center";
  const last = data.steps.at(-1) ?? 0;
  for (const tick of TICKS.filter((tick) => tick <= last)) {
    if (tick === 1 && last > 100) continue;
    pen.fillText(tick < 10000 ? tick.toLocaleString("en-US") : `${tick / 1000}k`, x(tick), PLOT.top + PLOT.high + 10);
  }
}

function toldOf(data, m, k) {
  const [steps, numbers] = shapeOf(data.values).slice(1);
  const told = unpack(data.values).subarray((m * steps + k) * numbers, (m * steps + k + 1) * numbers);
  const step = data.steps[k];
  const when = `${data.names[m]}, ${step ? `after ${step.toLocaleString("en-US")} step${step === 1 ? "" : "s"}` : "before training"}`;
  if (Number.isNaN(told[0])) return [when, "nothing was told"];
  if (data.kind === "shares") return [when, `below 0.1: ${perCent(told[0])}`, `above 0.9: ${perCent(told[1])}`];
  const between = (low, high) => `from ${number(told[low])} to ${number(told[high])}`;
  return [when, `half of them ${between(1, 3)}, around ${number(told[2])}`, `nine in ten ${between(0, 4)}`];
}

export default function bands(args) {
  return mount(args, "rv-bands", bandsPainter);
}
