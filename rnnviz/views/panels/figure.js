// A Plotly figure, drawn in place: zoom kept, nothing remounted, no blank frame. Where its columns are steps it shows the
// window of columns that all panels show, says each cell in a sentence, and outlines the chosen step and row.

const CONFIG = { displayModeBar: false, responsive: false, doubleClick: "reset", showTips: false };
const STILL = 4; // pixels that a pointer may stray and still be a click
const AIR = 5; // pixels above and below the cells, for the halves of the outermost labels
const COARSE = matchMedia("(pointer: coarse)");

function figurePainter(root, view) {
  const parts = buildFigure(root);
  let now = null;
  let row = null; // the chosen row, as a number of the quantity's own

  const place = () => placeRow(parts, now, row);
  const cellAt = (event) => {
    const step = stepAt(event, parts.letters, now.columns);
    const axis = parts.plot._fullLayout?.yaxis;
    if (!axis || step === null || !now.data.rows) return null;
    const line = Math.round(axis.p2l(event.clientY - parts.plot.getBoundingClientRect().top - axis._offset));
    return line >= 0 && line < now.data.rows.length ? { step, line, unit: now.data.rows[line] } : null;
  };
  const say = (event) => {
    const cell = now && cellAt(event);
    if (!cell) return tip.hide();
    const value = unpack(now.data.spec.data[0].z)[cell.line * now.columns.steps + cell.step];
    tip.show(event.clientX, event.clientY, now.theme, [sentence(now.data, now.data, cell.unit, cell.step, value)]);
  };

  let pressed = null;
  parts.stage.addEventListener("pointerdown", (event) => (pressed = [event.clientX, event.clientY]), true);
  const onUp = (event) => {
    const still = pressed && Math.hypot(event.clientX - pressed[0], event.clientY - pressed[1]) <= STILL;
    pressed = null;
    const cell = still && now?.data.tokens && cellAt(event);
    if (!cell) return;
    row = cell.unit;
    choose(cell.step, "figure");
    place();
    if (event.pointerType === "touch") say(event);
    tellServer(view, "cell", { step: cell.step, unit: cell.unit }, cell.step);
  };
  window.addEventListener("pointerup", onUp, true);
  parts.stage.onpointermove = (event) => now?.data.tokens && !event.buttons && say(event);
  parts.stage.onpointerleave = (event) => event.pointerType !== "touch" && tip.hide();
  parts.letters.onclick = (event) => choose(stepAt(event, parts.letters, now.columns) ?? now.step, "figure");
  parts.save.onclick = () => saveFigure(now);

  return {
    draw(context) {
      now = context;
      const { data, columns } = now;
      if (data.row !== undefined && data.row !== parts.served) row = parts.served = data.row;
      parts.head.replaceChildren(...figureHead(now, parts.save));
      drawLetters(parts, now);
      const { data: traces, layout } = dressed(now);
      parts.plot.ariaLabel = `${data.title ?? "figure"}. ${data.caption ?? ""}`;
      parts.stage.style.minHeight = `${layout.height}px`;
      loadPlotly(data.plotly_url).then(
        (Plotly) => {
          if (now !== context || !root.isConnected) return;
          parts.note.hidden = true;
          Plotly.react(parts.plot, traces, layout, CONFIG);
          if (!parts.listening) parts.plot.on("plotly_afterplot", place);
          parts.listening = true;
          place();
        },
        () => {
          parts.note.hidden = false;
          write(parts.note, "The drawing library (plotly.js) could not be loaded, so this picture is missing. Reload the page to try again.");
        },
      );
    },
    mark({ columns, step, data }) {
      now.step = step;
      if (data.tokens) outline(parts.cursor, columns, step);
    },
    close() {
      window.removeEventListener("pointerup", onUp, true);
      if (parts.listening) window.Plotly?.purge(parts.plot);
    },
  };
}

function buildFigure(root) {
  const [plot, cursor, marker, gaps] = ["rv-plot", "rv-cursor", "rv-row", "rv-gaps"].map((name) => make("div", name));
  const note = make("p", "rv-caption");
  note.hidden = true;
  const stage = make("div", "rv-stage", null, plot, gaps, marker);
  const letters = make("div", "rv-letters");
  const save = make("button", "", "PNG");
  Object.assign(save, { type: "button", title: "save this picture as PNG" });
  const head = make("div", "rv-head");
  plot.setAttribute("role", "img");
  root.append(head, make("div", "rv-body", null, note, stage, letters, cursor));
  return { head, stage, plot, cursor, marker, gaps, letters, save, note, served: undefined, listening: false };
}

function figureHead({ data, theme }, save) {
  const scales = data.spec.data.filter((trace) => trace.meta?.scale && trace.zmax !== undefined).slice(0, 1);
  const legends = scales.map((trace) => legend(trace.meta.scale, theme, number(trace.zmin), number(trace.zmax)));
  const right = make("span", "rv-right", null, ...legends, save);
  return [make("span", "rv-title", data.title ?? ""), make("span", "rv-caption", data.caption ?? ""), right];
}

function drawLetters({ letters: row, cursor, gaps }, { data, columns }) {
  row.hidden = cursor.hidden = gaps.hidden = !data.tokens;
  if (!data.tokens) return;
  Object.assign(gaps.style, { left: `${columns.left}px`, width: `${columns.plot}px`, backgroundSize: `${columns.column}px 100%` });
  row.style.marginLeft = `${columns.left}px`;
  row.style.fontSize = `${clamp(columns.column * 0.75, 11, 15)}px`;
  letters(row, columns, (span, step) => write(span, data.tokens[step]));
}

// The rows of a matrix between two columns, without a copy where all columns are shown.
function cut(spec, first, count) {
  const [values, [rows, steps]] = [unpack(spec), shapeOf(spec)];
  return Array.from({ length: rows }, (_, row) => values.subarray(row * steps + first, row * steps + first + count));
}

// The figure in the colours of the page; where its columns are steps, cut to the window and set to the shared columns.
function dressed({ data, columns, theme }) {
  const { spec } = data;
  const palette = LOOK.palettes[theme];
  const colour = (axis) => ({ ...axis, tickfont: { ...axis.tickfont, color: palette.faint } });
  const traces = spec.data.map((trace) => {
    const { scale, bent } = trace.meta ?? {};
    const stops = scale && stopsOf(scale, theme, trace.zmax, bent);
    if (!data.tokens) return stops ? { ...trace, colorscale: stops } : trace;
    // Without gaps Plotly hands the cells to the browser as one small image: 9 ms where gaps take 40.
    const window = { z: cut(trace.z, columns.first, columns.count), x0: columns.first, dx: 1, xgap: 0 };
    return { ...trace, ...window, colorscale: stops, showscale: false, hoverinfo: "none", hovertemplate: undefined };
  });
  const base = spec.layout;
  const layout = {
    ...base,
    title: undefined,
    font: { ...base.font, color: palette.ink },
    paper_bgcolor: "rgba(0,0,0,0)",
    plot_bgcolor: "rgba(0,0,0,0)",
    width: columns.width,
    xaxis: colour(base.xaxis ?? {}),
    yaxis: colour(base.yaxis ?? {}),
  };
  if (!data.tokens) return { data: traces, layout };
  layout.margin = { l: columns.left, r: columns.width - columns.left - columns.plot, t: AIR, b: AIR };
  layout.height = base.height - base.margin.t - base.margin.b + 2 * AIR;
  layout.hovermode = false;
  layout.dragmode = COARSE.matches ? false : "zoom";
  layout.xaxis = { ...layout.xaxis, range: [columns.first - 0.5, columns.first + columns.count - 0.5], fixedrange: true, showticklabels: false };
  layout.yaxis = { ...layout.yaxis, fixedrange: COARSE.matches };
  return { data: traces, layout };
}

// The marker of the chosen row, with its number in the gutter; away while the row is zoomed out of sight.
function placeRow({ marker, plot }, now, row) {
  const axis = plot._fullLayout?.yaxis;
  const line = now?.data.rows?.indexOf(row) ?? -1;
  const seen = axis && line >= 0 && now.data.tokens;
  const [top, bottom] = seen ? [line - 0.5, line + 0.5].map((place) => axis._offset + axis.l2p(place)) : [0, 0];
  marker.style.display = seen && bottom > axis._offset && top < axis._offset + axis._length ? "block" : "none";
  if (!seen) return;
  Object.assign(marker.style, {
    top: `${Math.min(top, bottom) - 1}px`,
    height: `${Math.max(Math.abs(bottom - top), 3) + 2}px`,
    left: `${now.columns.left - 1}px`,
    width: `${now.columns.plot + 1}px`,
  });
  marker.dataset.row = row;
}

// The picture as it is seen, with its title, its colour bar and its letters.
function saveFigure(now) {
  const { data, columns, theme } = now;
  const { data: traces, layout } = dressed(now);
  const { paper, ink } = LOOK.palettes[theme];
  const whole = { ...layout, paper_bgcolor: paper, title: data.spec.layout.title, margin: { l: 64, r: 84, t: 64, b: 40 } };
  if (data.tokens) {
    const letter = data.spec.layout.xaxis.tickfont;
    whole.xaxis = { ...layout.xaxis, showticklabels: true, tickfont: { ...letter, color: ink } };
    whole.width = columns.plot + 148;
    whole.height = layout.height + 104;
  }
  const shown = traces.map((trace) => ({ ...trace, showscale: true, ...(data.tokens && { xgap: 1 }) }));
  const name = (data.title ?? "figure").toLowerCase().replace(/[^a-z0-9]+/g, "-").replace(/^-|-$/g, "");
  window.Plotly?.downloadImage({ data: shown, layout: whole }, { format: "png", scale: 2, width: whole.width, height: whole.height ?? 450, filename: `rnnviz-${name}` });
}

export default function figure(args) {
  return mount(args, "rv-figure", figurePainter);
}
