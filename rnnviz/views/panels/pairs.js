// Which step moved which: hover an output in the text and see which letters before it moved it; below, all pairs at once.

function pairsPainter(root, view) {
  const parts = buildPairs(root);
  let now = null;
  let plan = null;
  let chosen = { s: null, t: null };
  let focus = null; // {s, t} under the pointer; t may be null
  let served = {};

  const rowOf = (s) => {
    const values = unpack(now.data.values);
    const steps = now.columns.steps;
    if (now.data.only !== null && s !== now.data.only) return new Float32Array(steps); // it has not been asked for
    const line = now.data.one || now.data.only !== null ? 0 : s;
    return values.subarray(line * steps, (line + 1) * steps);
  };
  const placed = () => focus ?? chosen;
  const look = () => {
    const { data, columns, theme } = now;
    const { s } = placed();
    const row = rowOf(s);
    const t = focus ? focus.t : chosen.t;
    colourText(parts.text, row, theme, data.one ? null : s, t);
    placePair(parts.open, plan, columns, chosen.s, chosen.t);
    placePair(parts.hover, plan, columns, focus?.s ?? null, focus?.t ?? null);
    placeRow(parts.row, plan, columns, s);
    const best = strongestOf(row);
    parts.said.replaceChildren(...(t !== null && row[t] > 0 ? pairWords(data, row, s, t) : best === null ? rowWords(data, row, s) : pairWords(data, row, s, best)));
  };
  const tell = (place, event, inText) => {
    focus = place;
    look();
    if (!place || !event) return tip.hide();
    const row = rowOf(place.s);
    tip.show(event.clientX, event.clientY, now.theme, place.t === null || inText ? rowWords(now.data, row, place.s) : pairWords(now.data, row, place.s, place.t));
  };
  const open = (s, t) => {
    chosen = { s, t };
    focus = null;
    served = { loss: s, step: t };
    if (t !== null) choose(t, "pairs");
    else if (now.data.only !== null) slide(s - Math.floor(hub.count * 0.75)); // its row will come from the server
    look();
    view.args.setTriggerValue?.("pair", { loss: s, step: t });
  };

  const letterAt = (event) => {
    const step = [...parts.text.children].indexOf(event.target);
    return step < 0 ? null : now.data.one ? { s: 0, t: step } : { s: step, t: null };
  };
  const cellAt = (event) => {
    const t = stepAt(event, parts.cells, now.columns);
    const line = Math.floor((event.clientY - parts.cells.getBoundingClientRect().top) / plan.high);
    return t === null || line < 0 || line >= plan.count ? null : { s: now.data.only ?? plan.first + line, t };
  };
  for (const [element, at, inText] of [[parts.text, letterAt, true], [parts.cells, cellAt, false]]) {
    element.onpointermove = (event) => event.pointerType !== "touch" && tell(at(event), event, inText && !now.data.one);
    element.onpointerleave = (event) => event.pointerType !== "touch" && tell(null);
    element.onclick = (event) => {
      const place = at(event);
      if (!place) return;
      open(place.s, place.t ?? strongestOf(rowOf(place.s)));
      if (event.pointerType === "touch") tell(place, event, inText && !now.data.one);
    };
  }
  parts.cells.onkeydown = (event) => {
    const [down, right] = { ArrowLeft: [0, -1], ArrowRight: [0, 1], ArrowUp: [-1, 0], ArrowDown: [1, 0] }[event.key] ?? [0, 0];
    if (!down && !right) return;
    event.preventDefault();
    const rows = shapeOf(now.data.values)[0];
    open(rows === 1 ? chosen.s : clamp(chosen.s + down, 0, rows - 1), clamp((chosen.t ?? now.columns.steps - 1) + right, 0, now.columns.steps - 1));
  };
  dragAll(parts.whole, () => now);

  return {
    draw({ data, columns, theme, step }) {
      const [rows, steps] = shapeOf(data.values);
      const fresh = now?.data.text !== data.text || now?.data.values !== data.values;
      now = { data: { ...data, one: rows === 1 && data.only === null, ahead: hearsAhead(unpack(data.values), rows, steps) }, columns, theme, step };
      if (fresh || served.loss !== data.loss || served.step !== data.step) {
        const s = now.data.one ? 0 : data.only ?? data.loss ?? rows - 1;
        chosen = { s, t: data.step ?? strongestOf(rowOf(s)) };
        [served, focus] = [{ loss: data.loss, step: data.step }, null];
      }
      plan = matrixPlan(data, columns);
      root.style.setProperty("--left", `${columns.left}px`);
      write(parts.title, data.title);
      write(parts.caption, data.caption);
      parts.legend.replaceChildren(legend("sequential", theme, number(data.low), number(data.high), "colours by ratio"));
      write(parts.hint, hintOf(now.data));
      parts.cells.ariaLabel = `${data.title}. ${data.caption}. Arrow keys go from pair to pair.`;
      Object.assign(parts.stage.style, { height: `${plan.height}px`, width: `${columns.plot}px`, marginLeft: `${columns.left}px` });
      writeText(parts.text, data);
      drawPairs(parts.cells, plan, now);
      drawAll(parts.whole, plan, now);
      drawOutputs(parts.labels, plan, now);
      parts.letters.style.marginLeft = `${columns.left}px`;
      parts.letters.style.fontSize = `${clamp(columns.column * 0.75, 11, 15)}px`;
      letters(parts.letters, columns, (span, at) => write(span, data.tokens[at]));
      parts.letters.onclick = (event) => open(chosen.s, stepAt(event, parts.letters, columns) ?? chosen.t);
    },
    mark({ step }) {
      if (!now) return;
      now.step = step;
      if (hub.step !== null && chosen.t !== null && rowOf(chosen.s)[hub.step] > 0) chosen.t = hub.step;
      look();
    },
  };
}

function hintOf({ one, kind, state }) {
  if (one) return "In colour: what the one loss hears of, the strongest in full.";
  if (kind === "guess") return "Point at a letter: in colour are those that moved the guess of it, the strongest in full.";
  return `Point at a letter: in colour are the steps whose ${state === "x" ? "letter" : "state"} its loss hears of, the strongest in full.`;
}

// Whether an output hears of later steps too, as where a network reads both ways.
function hearsAhead(values, rows, steps) {
  for (let s = 0; s < rows && rows > 1; s++) for (let t = s + 1; t < steps; t++) if (values[s * steps + t] > 0) return true;
  return false;
}

function buildPairs(root) {
  const div = (name) => make("div", `rv-${name}`);
  const [text, said, labels, letters, stage, head] = ["text", "said", "labels", "letters", "stage", "head"].map(div);
  const [title, caption, legend, hint] = [make("span", "rv-title"), make("span", "rv-caption"), make("span", "rv-right"), make("div", "rv-caption")];
  const [cells, whole] = [make("canvas", "rv-cells"), make("canvas", "rv-whole")];
  const [row, open, hover] = ["row", "open", "hover"].map((name) => make("i", `rv-mark rv-mark-${name}`));
  cells.tabIndex = 0;
  cells.setAttribute("role", "img");
  stage.append(cells, labels, whole, row, open, hover);
  head.append(title, caption, legend);
  text.dir = "auto";
  root.append(head, text, hint, said, stage, letters);
  return { head, title, caption, legend, hint, text, said, stage, cells, whole, labels, letters, row, open, hover };
}

export default function pairs(args) {
  return mount(args, "rv-pairs", pairsPainter);
}
