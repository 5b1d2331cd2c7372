// Numbers of several readers over the text, as lines or bars in a colour for each, with the value of each at the chosen
// step beside its name.

const PLOT = 96; // pixels

function linesPainter(root) {
  const parts = buildLines(root);
  let now = null;

  const say = (event, element) => {
    const step = stepAt(event, element, now.columns);
    if (step === null) return tip.hide();
    const { data } = now;
    const told = data.series.map(({ name, values }) => `${name}: ${sizeOf(unpack(values)[step], data.unit)}`);
    tip.show(event.clientX, event.clientY, now.theme, [`step ${step} ${quoted(data, step)}`, ...told]);
  };
  for (const row of [parts.plot, parts.rows]) {
    row.onpointermove = (event) => say(event, row);
    row.onpointerleave = (event) => event.pointerType !== "touch" && tip.hide();
    row.onclick = (event) => {
      choose(stepAt(event, row, now.columns) ?? now.step, "lines");
      if (event.pointerType === "touch") say(event, row);
    };
  }

  return {
    draw(context) {
      now = context;
      const { data, columns, theme } = now;
      root.style.setProperty("--left", `${columns.left}px`);
      parts.head.replaceChildren(make("span", "rv-title", data.title), make("span", "rv-caption", data.caption), parts.legend);
      parts.legend.replaceChildren(...data.series.map(({ name, colours }) => seriesName(name, colours[theme])));
      parts.plot.ariaLabel = `${data.title}. ${data.caption}`;
      drawSeries(parts, data, columns, theme);
      drawRows(parts.rows, data, columns);
    },
    mark({ data, columns, step }) {
      now.step = step;
      outline(parts.cursor, columns, step);
      data.series.forEach(({ values }, k) => write(parts.legend.children[k].lastChild, sizeOf(unpack(values)[step], data.unit)));
    },
  };
}

const sizeOf = (value, unit) => (Number.isFinite(value) ? `${number(value)} ${unit}` : "–");

function buildLines(root) {
  const [head, plot, rows, cursor, axis] = [make("div", "rv-head"), make("canvas", "rv-lines-plot"), make("div", "rv-lines-rows"), make("div", "rv-cursor"), make("span", "rv-axis")];
  const legend = make("span", "rv-right");
  plot.setAttribute("role", "img");
  root.append(head, make("div", "rv-body", null, make("div", "rv-line", null, axis, plot), rows, cursor));
  return { head, plot, rows, cursor, axis, legend };
}

function seriesName(name, colour) {
  const dot = make("i", "rv-dot");
  dot.style.background = colour;
  return make("span", "rv-series", null, dot, make("span", "", name), make("b"));
}

function drawSeries({ plot, axis }, data, columns, theme) {
  const palette = LOOK.palettes[theme];
  const pen = brush(plot, columns.plot, PLOT);
  const y = (value) => 2 + (PLOT - 4) * (1 - (clamp(value, data.low, data.high) - data.low) / (data.high - data.low));
  const middle = (data.low + data.high) / 2;
  pen.fillStyle = palette.line;
  for (const value of [data.low, middle, data.high]) pen.fillRect(0, Math.round(y(value)) - 0.5, columns.plot, 1);
  (data.bars ? drawBars : drawCurves)(pen, data, columns, theme, y);
  if (data.rule !== null) {
    Object.assign(pen, { strokeStyle: palette.ink, lineWidth: 1 });
    pen.setLineDash([5, 4]);
    pen.strokeRect(-2, Math.round(y(data.rule)) + 0.5, columns.plot + 4, PLOT * 2);
    pen.setLineDash([]);
  }
  const words = columns.width >= 560 ? ` ${data.unit}` : "";
  axis.replaceChildren(...[`${number(data.high)}${words}`, number(middle), number(data.low)].map((text) => make("span", "", text)));
}

// A line breaks where there is no value; what stands alone is seen as a dot.
function drawCurves(pen, data, columns, theme, y) {
  for (const { values, colours } of data.series) {
    const all = unpack(values);
    const x = (step) => (step - columns.first + 0.5) * columns.column;
    Object.assign(pen, { strokeStyle: colours[theme], fillStyle: colours[theme], lineWidth: 1.8, lineJoin: "round" });
    pen.beginPath();
    let drawing = false;
    for (let step = Math.max(columns.first - 1, 0); step < Math.min(columns.first + columns.count + 1, all.length); step++) {
      if (!Number.isFinite(all[step])) { drawing = false; continue; }
      drawing ? pen.lineTo(x(step), y(all[step])) : pen.moveTo(x(step), y(all[step]));
      drawing = true;
      pen.fillRect(x(step) - 1.5, y(all[step]) - 1.5, 3, 3);
    }
    pen.stroke();
  }
}

function drawBars(pen, data, columns, theme, y) {
  const wide = (columns.column - 2) / data.series.length;
  data.series.forEach(({ values, colours }, k) => {
    const all = unpack(values);
    pen.fillStyle = colours[theme];
    for (let place = 0; place < columns.count; place++) {
      const value = all[columns.first + place];
      if (!Number.isFinite(value)) continue;
      const [top, height] = [Math.min(y(value), y(0)), Math.max(Math.abs(y(0) - y(value)), 1)];
      pen.fillRect(place * columns.column + 1 + k * wide, top, Math.max(wide - (wide > 3 ? 1 : 0), 1), height);
    }
  });
}

// The sentences below; where two stand there, what only one of them has is stressed.
function drawRows(place, data, columns) {
  const rows = data.rows.length ? data.rows : [data.tokens];
  while (place.childElementCount > rows.length) place.lastChild.remove();
  while (place.childElementCount < rows.length) place.append(make("div", "rv-letters"));
  rows.forEach((row, k) => {
    const line = place.children[k];
    line.style.fontSize = `${clamp(columns.column * 0.75, 11, 15)}px`;
    letters(line, columns, (span, step) => {
      write(span, row[step]);
      span.className = rows.some((other) => other[step] !== row[step]) ? (row[step] ? "rv-own" : "rv-gap") : "";
    });
  });
}

export default function lines(args) {
  return mount(args, "rv-lines", linesPainter);
}
