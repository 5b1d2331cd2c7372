// Rows by steps as colours, on a canvas: drawn in a millisecond, zoomed by drawing a frame around rows, each cell told in
// a sentence, the chosen step and row outlined. Its columns are those of all panels.

const STILL = 4; // pixels that a pointer may stray and still be a click
const COARSE = matchMedia("(pointer: coarse)");

function heatmapPainter(root, view) {
  const parts = buildHeatmap(root);
  let now = null;
  let row = null; // the chosen row, as a number of the quantity's own
  let zoom = null; // first and last line in sight, null for all
  let pressed = null;

  const lines = () => zoom ?? [0, now.data.rows.length - 1];
  const high = () => now.data.height / (lines()[1] - lines()[0] + 1);
  const lineAt = (y) => lines()[0] + Math.floor(clamp(y - parts.canvas.getBoundingClientRect().top, 0, now.data.height - 1) / high());
  const cellAt = (event) => {
    const step = stepAt(event, parts.canvas, now.columns);
    const line = lineAt(event.clientY);
    return step === null ? null : { step, line, unit: now.data.rows[line] };
  };
  const say = (event) => {
    const cell = cellAt(event);
    if (!cell) return tip.hide();
    const value = unpack(now.data.z)[cell.line * now.columns.steps + cell.step];
    tip.show(event.clientX, event.clientY, now.theme, [sentence(now.data, now.data, cell.unit, cell.step, value)]);
  };
  const paintAll = () => {
    const { data, columns, theme } = now;
    drawCells(parts.canvas, unpack(data.z), columns.steps, lines(), [columns.first, columns.count], data, theme, columns.plot, data.height);
    drawLabels(parts.labels, data.labels, lines(), high());
    placeRow(parts, now, lines(), high(), row);
  };
  const click = (event) => {
    const cell = cellAt(event);
    if (!cell) return;
    row = cell.unit;
    choose(cell.step, "heatmap");
    placeRow(parts, now, lines(), high(), row);
    if (event.pointerType === "touch") say(event);
    tellServer(view, "cell", { step: cell.step, unit: cell.unit }, cell.step);
  };

  parts.canvas.onpointerdown = (event) => {
    pressed = { x: event.clientX, y: event.clientY, line: lineAt(event.clientY) };
    if (!COARSE.matches) parts.canvas.setPointerCapture(event.pointerId);
  };
  parts.canvas.onpointermove = (event) => {
    if (!now) return;
    if (!pressed || COARSE.matches) return void (event.pointerType !== "touch" && say(event));
    const strayed = Math.abs(event.clientY - pressed.y) > STILL;
    parts.frame.style.display = strayed ? "block" : "none";
    if (strayed) placeFrame(parts.frame, now, lines(), high(), pressed.line, lineAt(event.clientY));
    tip.hide();
  };
  parts.canvas.onpointerup = (event) => {
    const start = pressed;
    pressed = null;
    if (!start) return;
    if (parts.frame.style.display === "block") {
      zoom = [start.line, lineAt(event.clientY)].sort((a, b) => a - b);
      parts.frame.style.display = "none";
      paintAll();
    } else if (Math.hypot(event.clientX - start.x, event.clientY - start.y) <= STILL) click(event);
  };
  parts.canvas.onpointercancel = () => ((pressed = null), (parts.frame.style.display = "none"));
  parts.canvas.onpointerleave = (event) => event.pointerType !== "touch" && tip.hide();
  parts.canvas.ondblclick = () => ((zoom = null), paintAll());
  parts.letters.onclick = (event) => choose(stepAt(event, parts.letters, now.columns) ?? now.step, "heatmap");
  parts.save.onclick = () => savePicture(parts.canvas, now, lines());

  return {
    draw(context) {
      if (now && now.data.rows.length !== context.data.rows.length) zoom = null;
      now = context;
      const { data, columns } = now;
      if (data.row !== parts.served) row = parts.served = data.row;
      parts.head.replaceChildren(...headOf(now, parts.save));
      Object.assign(parts.stage.style, { height: `${data.height}px`, marginLeft: `${columns.left}px` });
      Object.assign(parts.gaps.style, { width: `${columns.plot}px`, backgroundSize: `${columns.column}px 100%` });
      parts.canvas.ariaLabel = `${data.title}. ${data.caption}`;
      parts.letters.style.marginLeft = `${columns.left}px`;
      parts.letters.style.fontSize = `${clamp(columns.column * 0.75, 11, 15)}px`;
      letters(parts.letters, columns, (span, step) => write(span, data.tokens[step]));
      paintAll();
    },
    mark({ columns, step }) {
      now.step = step;
      outline(parts.cursor, columns, step);
    },
  };
}

function buildHeatmap(root) {
  const canvas = make("canvas", "rv-cells");
  canvas.setAttribute("role", "img");
  const [labels, gaps, frame, marker, cursor] = ["rv-labels", "rv-gaps", "rv-frame", "rv-row", "rv-cursor"].map((name) => make("div", name));
  const stage = make("div", "rv-stage", null, canvas, gaps, labels, frame, marker);
  const letters = make("div", "rv-letters");
  const save = make("button", "", "PNG");
  Object.assign(save, { type: "button", title: "save this picture as PNG" });
  const head = make("div", "rv-head");
  root.append(head, make("div", "rv-body", null, stage, letters, cursor));
  return { head, stage, canvas, labels, gaps, frame, marker, cursor, letters, save, served: undefined };
}

function headOf({ data, theme }, save) {
  const right = make("span", "rv-right", null, legend(data.scale, theme, ...data.ends), save);
  return [make("span", "rv-title", data.title), make("span", "rv-caption", data.caption), right];
}

// The marker of the chosen row, with its number in the gutter, where it covers no other label by half; away
// while the row is zoomed out of sight.
function placeRow({ marker, labels }, { data, columns }, [first, last], high, row) {
  const line = data.rows.indexOf(row);
  const middle = (line - first + 0.5) * high;
  for (const label of labels.children) label.style.opacity = Math.abs(parseFloat(label.style.top) - middle) < ROOMY ? 0 : 1;
  marker.style.display = line >= first && line <= last ? "block" : "none";
  Object.assign(marker.style, { top: `${(line - first) * high - 1}px`, height: `${Math.max(high, 3) + 2}px`, width: `${columns.plot + 1}px` });
  marker.dataset.row = row;
}

function placeFrame(frame, { columns }, [first], high, one, other) {
  const [top, bottom] = [Math.min(one, other), Math.max(one, other) + 1].map((line) => (line - first) * high);
  Object.assign(frame.style, { top: `${top}px`, height: `${bottom - top}px`, width: `${columns.plot}px` });
}

export default function heatmap(args) {
  return mount(args, "rv-heatmap", heatmapPainter);
}
