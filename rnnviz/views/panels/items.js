// The gradient at each step as stacked bars, one band for each distance of the losses that it comes from; near is dark.

const TALL = 170; // pixels of the highest bar

function itemsPainter(root) {
  const parts = buildItems(root);
  let now = null;
  const say = (event) => {
    const step = stepAt(event, parts.plot, now.columns);
    if (step === null) return tip.hide();
    tip.show(event.clientX, event.clientY, now.theme, itemWords(now.data, step));
  };
  parts.plot.onpointermove = say;
  parts.plot.onpointerleave = (event) => event.pointerType !== "touch" && tip.hide();
  for (const row of [parts.plot, parts.letters]) {
    row.onclick = (event) => {
      choose(stepAt(event, row, now.columns) ?? now.step, "items");
      if (event.pointerType === "touch" && row === parts.plot) say(event);
    };
  }
  return {
    draw(context) {
      now = context;
      const { data, columns, theme } = now;
      root.style.setProperty("--left", `${columns.left}px`);
      write(parts.title, data.title);
      write(parts.caption, `${data.caption}; L is the mean loss of ${data.of}`);
      parts.keys.replaceChildren(...data.keys.map((words, band) => itemKey(words, shadeOf(band, data.keys.length, theme))));
      parts.plot.ariaLabel = `${data.title}. ${data.caption}`;
      drawItems(parts, now);
      parts.letters.style.fontSize = `${clamp(columns.column * 0.75, 11, 15)}px`;
      letters(parts.letters, columns, (span, step) => write(span, data.tokens[step]));
    },
    mark({ columns, step }) {
      now.step = step;
      outline(parts.cursor, columns, step);
    },
  };
}

function buildItems(root) {
  const [title, caption, keys, axis] = [make("span", "rv-title"), make("span", "rv-caption"), make("div", "rv-keys"), make("span", "rv-axis")];
  const [plot, letters, cursor] = [make("canvas", "rv-plot"), make("div", "rv-letters"), make("div", "rv-cursor")];
  plot.setAttribute("role", "img");
  root.append(make("div", "rv-head", null, title, caption), keys, make("div", "rv-body", null, make("div", "rv-line", null, axis, plot), letters, cursor));
  return { title, caption, keys, axis, plot, letters, cursor };
}

// One hue: what comes from near is strongest, what comes from far is palest.
const shadeOf = (band, count, theme) => paintAt("sequential", theme, 1 - (0.82 * band) / Math.max(count - 1, 1)).fill;

function itemKey(words, colour) {
  const dot = make("i", "rv-key");
  dot.style.background = colour;
  return make("span", "rv-legend", null, dot, words);
}

function drawItems({ plot, axis }, { data, columns, theme }) {
  const palette = LOOK.palettes[theme];
  const [bands, whole] = [unpack(data.bands), unpack(data.whole)];
  const [count, steps] = shapeOf(data.bands);
  const heard = (step) => Array.from({ length: count }, (_, band) => bands[band * steps + step]);
  const most = Math.max(...Array.from({ length: columns.count }, (_, k) => totalOfBands(heard(columns.first + k))), 1e-45);
  const top = Number.isFinite(most) ? most : 1;
  const scale = (TALL - 4) / top;
  const pen = brush(plot, columns.plot, TALL);
  pen.fillStyle = palette.line;
  for (const share of [0.5, 1]) pen.fillRect(0, Math.round(TALL - share * top * scale) - 1, columns.plot, 1);
  for (let k = 0; k < columns.count; k++) {
    let y = TALL;
    heard(columns.first + k).forEach((size, band) => {
      const high = Math.min(size * scale, TALL);
      pen.fillStyle = shadeOf(band, count, theme);
      pen.fillRect(k * columns.column + 1, y - high, columns.column - 2, high);
      y -= high;
    });
  }
  Object.assign(pen, { strokeStyle: palette.ink, lineWidth: 1.8, lineJoin: "round" });
  pen.beginPath();
  for (let k = 0; k < columns.count; k++) pen.lineTo((k + 0.5) * columns.column, TALL - Math.min(whole[columns.first + k] * scale, TALL));
  pen.stroke();
  axis.replaceChildren(...[top, top / 2, 0].map((value) => make("span", "", number(value))));
}

const totalOfBands = (sizes) => sizes.reduce((sum, size) => sum + size, 0);

function itemWords(data, step) {
  const [bands, whole] = [unpack(data.bands), unpack(data.whole)];
  const [count, steps] = shapeOf(data.bands);
  const sizes = Array.from({ length: count }, (_, band) => bands[band * steps + step]);
  const total = totalOfBands(sizes);
  const at = `|dL/d${data.symbol}${subscript(step)}| at step ${step} ${quoted(data, step)} = ${number(whole[step])}`;
  if (!(total > 0)) return [`${at}: no loss hears of it.`];
  return [`${at}; what was sent adds up to ${number(total)}, from losses`, ...sizes.flatMap((size, band) => (size > 0 ? [["", size / total, `${data.keys[band]}: ${perCent(size / total)}`]] : []))];
}

export default function items(args) {
  return mount(args, "rv-items", itemsPainter);
}
