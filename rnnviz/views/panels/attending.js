// Where a network looks: two sentences with lines between their words, and below them the matrix of all weights. What is
// under the pointer is told and lit; a click opens a cell for all panels; what is written appears step by step.

function attendingPainter(root, view) {
  const walking = transport(view, "attending");
  const parts = buildAttending(root, walking.parts);
  const scene = { data: null, theme: null, first: { row: 0, column: 0 }, frontier: Infinity, focus: null, cell: null, lit: null };
  let plan = null;
  let text = null;
  let seen = null; // the cell that was last brought into sight

  // Rows up to the step that was walked to have been written; a click looks back and takes nothing away.
  const walked = ({ detail }) => {
    if (detail.by !== "cell") scene.frontier = detail.step;
    else scene.frontier = Math.max(scene.frontier, detail.step);
  };
  window.addEventListener("rnnviz:step", walked);
  const deaf = hearCells(() => view.mark());

  const unfolds = () => writes(scene.data) || (scene.data.kind === "asked" && isShut(scene.data, 0, plan.columns - 1, plan.columns));
  const look = () => {
    const { focus, cell } = scene;
    scene.lit = focus ? { row: focus.row ?? null, column: focus.column ?? null } : { row: cell.row, column: null };
    drawLines(parts.lines, plan, scene);
    writeSides(parts, plan, scene);
    const marked = focus?.row === undefined || focus?.column === undefined ? [-1, -1] : [focus.row, focus.column];
    placeMark(parts.hover, plan, scene.first, [marked[0], 1], [marked[1], 1]);
    const framed = focus?.column === undefined ? [[focus?.row ?? -1, 1], [scene.first.column, plan.across.count]] : [[scene.first.row, plan.down.count], [focus.column, 1]];
    placeMark(parts.line, plan, scene.first, ...framed);
  };
  const paintAll = () => {
    const { first, cell, data } = scene;
    drawLooks(parts.cells, plan, scene);
    drawWhole(parts.whole, plan, scene);
    placeMark(parts.open, plan, first, [cell.row, 1], [cell.column, 1]);
    placeMark(parts.row, plan, first, [plan.rows > 1 ? cell.row : -1, 1], [first.column, plan.across.count]);
    parts.forced.replaceChildren(...data.forced.map((row) => {
      const mark = make("i", "rv-mark rv-mark-forced");
      placeMark(mark, plan, first, [row, 1], [first.column, plan.across.count]);
      return mark;
    }));
    look();
    writeLabels(parts.labels, plan, scene);
    writeAside(parts, scene);
  };
  const focusOn = (focus) => {
    if (focus?.row === scene.focus?.row && focus?.column === scene.focus?.column) return;
    scene.focus = focus;
    look();
  };
  const bringIn = ({ row, column }) => {
    scene.first = { row: windowOn(plan.down, scene.first.row, row), column: windowOn(plan.across, scene.first.column, column) };
  };
  hoverLooks(parts, () => plan, scene, focusOn, (row, column) => chooseCell(scene.data, row, column, view));
  dragWhole(parts.whole, () => plan, (first) => ((scene.first = first), paintAll()));
  parts.save.onclick = () => saveLooks(parts, plan, scene);

  return {
    draw({ data, columns, theme, step }) {
      Object.assign(scene, { data, theme, focus: null, small: null });
      walking.draw({ data, columns, theme, step });
      const [rows, count] = countOf(data);
      parts.body.hidden = parts.foot.hidden = !rows || !count;
      write(parts.title, data.title);
      write(parts.caption, [data.where, data.judged && !data.judged.right ? "underlined: not as it should be" : "", data.forced.length ? "✎ a row set by hand" : "", data.shut ? "empty: shut by the mask" : ""].filter(Boolean).join("; "));
      parts.legend.replaceChildren(legend("sequential", theme, "0", "1", "weight"));
      if (parts.body.hidden) return write(parts.caption, "Nothing has been read yet.");
      if (text !== data.text) [text, seen, scene.frontier] = [data.text, null, Infinity];
      plan = lookPlan(data, columns.width);
      placeLooks(root, parts, plan, data);
      parts.foot.hidden = !stepsAreRows(data);
      seen = null;
    },
    mark(context) {
      walking.mark(context);
      if (parts.body.hidden) return;
      if (!unfolds()) scene.frontier = Infinity;
      scene.cell = openCell(scene.data, context.step);
      const place = `${scene.cell.row} ${scene.cell.column}`;
      if (seen !== place) bringIn(scene.cell);
      seen = place;
      paintAll();
    },
    close() {
      window.removeEventListener("rnnviz:step", walked);
      deaf();
      walking.close();
    },
  };
}

function buildAttending(root, { play, slider, back, on, pace, label }) {
  const piece = (names) => Object.fromEntries(names.split(" ").map((name) => [name, make("div", `rv-${name}`)]));
  const { top, bottom, labels, marks, forced, side, aside, sofar, verdict, list } = piece("top bottom labels marks forced side aside sofar verdict list");
  const [lines, cells, whole] = ["lines", "cells", "whole"].map((name) => make("canvas", `rv-${name}`));
  const [row, line, open, hover] = ["row", "line", "open", "hover"].map((name) => make("i", `rv-mark rv-mark-${name}`));
  for (const each of [top, bottom]) each.classList.add("rv-letters");
  const [above, below] = [make("span", "rv-label"), make("span", "rv-label")];
  marks.append(forced, row, line, open, hover);
  cells.tabIndex = 0;
  const stage = make("div", "rv-stage", null, cells, marks, labels);
  const main = make("div", "rv-main", null, make("div", "rv-line", null, above, top), lines, make("div", "rv-line", null, below, bottom), stage);
  aside.append(sofar, verdict, list);
  side.append(aside, whole);
  const body = make("div", "rv-looks", null, main, side);
  const buttons = make("div", "rv-buttons", null, back, label, on);
  const foot = make("div", "rv-foot", null, make("div", "rv-scrub", null, play, slider), make("div", "rv-pacing", null, buttons, pace));
  const save = Object.assign(make("button", "rv-save", "PNG"), { type: "button", title: "save this picture as PNG" });
  const [title, caption, scale] = [make("span", "rv-title"), make("span", "rv-caption"), make("span")];
  root.append(make("div", "rv-head", null, title, caption, make("span", "rv-right", null, scale, save)), body, foot);
  for (const canvas of [lines, cells]) canvas.setAttribute("role", "img");
  lines.ariaLabel = "lines between the words, as strong as the weights";
  return { title, caption, legend: scale, save, body, main, foot, top, bottom, above, below, lines, cells, stage, labels, forced, row, line, open, hover, side, aside, sofar, verdict, list, whole };
}

function placeLooks(root, parts, plan, data) {
  parts.body.classList.toggle("rv-beside", plan.beside);
  root.style.setProperty("--left", `${plan.left}px`);
  parts.foot.style.maxWidth = `${Math.max(plan.left + plan.plot, 420)}px`;
  for (const element of [parts.lines, parts.bottom, parts.stage]) element.style.marginLeft = `${plan.left}px`;
  Object.assign(parts.stage.style, { width: `${plan.plot}px`, height: `${plan.height}px` });
  parts.cells.ariaLabel = `${data.title}, ${data.where || "all weights"}: ${plan.rows} rows of ${plan.columns} columns. Arrow keys go from cell to cell.`;
}

export default function attending(args) {
  return mount(args, "rv-attending", attendingPainter);
}
