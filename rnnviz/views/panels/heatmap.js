// Rows by steps as colours, on a canvas: drawn in a millisecond, zoomed by drawing a frame around rows, each cell told in
// a sentence, the chosen step and row outlined. Its columns are those of all panels.

const STILL = 4; // pixels that a pointer may stray and still be a click
const [ROOMY, APART] = [13, 28]; // pixels: rows as high as that are all labelled, else labels stand that far apart
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
    drawCells(parts.canvas, now, lines());
    drawLabels(parts.labels, now, lines(), high());
    placeRow(parts, now, lines(), high(), row);
  };
  const click = (event) => {
    const cell = cellAt(event);
    if (!cell) return;
    row = cell.unit;
    choose(cell.step, "heatmap");
    placeRow(parts, now, lines(), high(), row);
    if (event.pointerType === "touch") say(event);
    view.args.setTriggerValue?.("cell", { step: cell.step, unit: cell.unit });
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
  parts.save.onclick = () => savePicture(parts, now, lines());

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

// The cells in sight as a picture of one pixel each; a missing value is left empty.
function cellsOf({ data, columns, theme }, [first, last]) {
  const values = unpack(data.z);
  const colours = paintsOf(data.scale, theme).map(({ fill }) => fill.match(/\d+/g).map(Number));
  const small = document.createElement("canvas");
  [small.width, small.height] = [columns.count, last - first + 1];
  const pen = small.getContext("2d");
  const pixels = pen.createImageData(small.width, small.height);
  let at = 0;
  for (let line = first; line <= last; line++) {
    for (let step = columns.first; step < columns.first + columns.count; step++, at += 4) {
      const value = values[line * columns.steps + step];
      if (Number.isNaN(value)) continue;
      const colour = colours[Math.round(placeOn(value, data.low, data.high, data.bent) * (SHADES - 1))];
      [pixels.data[at], pixels.data[at + 1], pixels.data[at + 2], pixels.data[at + 3]] = [colour[0], colour[1], colour[2], 255];
    }
  }
  pen.putImageData(pixels, 0, 0);
  return small;
}

function drawCells(canvas, now, lines) {
  const pen = brush(canvas, now.columns.plot, now.data.height);
  pen.imageSmoothingEnabled = false;
  pen.drawImage(cellsOf(now, lines), 0, 0, now.columns.plot, now.data.height);
}

// The lines that carry a label, evenly apart.
function labelled([first, last], high) {
  const every = high >= ROOMY ? 1 : Math.ceil(APART / high);
  return Array.from({ length: Math.floor((last - first) / every) + 1 }, (_, i) => first + i * every);
}

function drawLabels(labels, { data }, lines, high) {
  labels.replaceChildren(...labelled(lines, high).map((line) => {
    const label = make("span", "", data.labels[line]);
    label.style.top = `${(line - lines[0] + 0.5) * high}px`;
    return label;
  }));
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

// The picture as it is seen, with its title, its scale, its row labels and its letters.
function savePicture({ canvas }, now, lines) {
  const { data, columns, theme } = now;
  const palette = LOOK.palettes[theme];
  const [left, top, foot] = [64, 58, 34];
  const whole = document.createElement("canvas");
  const pen = brush(whole, left + columns.plot + 24, top + data.height + foot);
  const say = (text, x, y, colour, font, align = "left") => {
    Object.assign(pen, { fillStyle: colour, font, textAlign: align, textBaseline: "middle" });
    pen.fillText(text, x, y);
  };
  pen.fillStyle = palette.paper;
  pen.fillRect(0, 0, whole.width, whole.height);
  say(data.title, left, 18, palette.ink, `600 15px ${LOOK.font}`);
  say(`${data.caption}; colour from ${data.ends[0]} to ${data.ends[1]}`, left, 40, palette.faint, `12px ${LOOK.font}`);
  pen.imageSmoothingEnabled = false;
  pen.drawImage(canvas, left, top, columns.plot, data.height);
  pen.fillStyle = palette.paper;
  for (let place = 1; place < columns.count; place++) pen.fillRect(left + place * columns.column - 1, top, 1, data.height);
  const high = data.height / (lines[1] - lines[0] + 1);
  for (const line of labelled(lines, high)) say(data.labels[line], left - 6, top + (line - lines[0] + 0.5) * high, palette.faint, `11px ${LOOK.font}`, "right");
  for (let place = 0; place < columns.count; place++) {
    const x = left + (place + 0.5) * columns.column;
    say(data.tokens[columns.first + place], x, top + data.height + 16, palette.ink, `13px ${LOOK.mono}`, "center");
  }
  whole.toBlob((blob) => {
    const link = Object.assign(document.createElement("a"), { href: URL.createObjectURL(blob) });
    link.download = `rnnviz-${data.title.toLowerCase().replace(/[^a-z0-9]+/g, "-").replace(/^-|-$/g, "")}.png`;
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
  });
}

export default function heatmap(args) {
  return mount(args, "rv-heatmap", heatmapPainter);
}
