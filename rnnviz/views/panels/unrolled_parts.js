// What the unrolled network is put together from on the page, what the pointer does in it, and the strip that shows where
// in a long sentence its window stands.

function buildUnrolled(root, { play, slider, back: stepBack, on, label, pace }) {
  const toggle = (className, text) => Object.assign(make("button", className, text), { type: "button" });
  const parts = {
    head: make("div", "rv-head"),
    title: make("span", "rv-title"),
    said: make("span", "rv-caption rv-said"),
    scales: make("span", "rv-scales"),
    fold: toggle("rv-fold", "fold"),
    back: toggle("rv-gradient", "gradient"),
    save: Object.assign(toggle("rv-save", "PNG"), { title: "save this picture as PNG" }),
    wires: make("canvas", "rv-wires"),
    nodes: make("canvas", "rv-nodes"),
    strip: make("canvas", "rv-strip"),
    legend: make("div", "rv-shared"),
    key: make("div", "rv-key"),
  };
  parts.stage = make("div", "rv-stage", null, parts.wires, parts.nodes);
  parts.body = make("div", "rv-body", null, parts.stage, parts.strip);
  parts.nodes.setAttribute("role", "img");
  parts.nodes.tabIndex = -1;
  parts.back.title = "the gradient on its way back";
  const right = make("span", "rv-right", null, parts.scales, parts.back, parts.fold, parts.save);
  parts.head.append(parts.title, parts.said, right);
  const buttons = make("span", "rv-buttons", null, stepBack, label, on);
  const foot = make("div", "rv-foot", null, buttons, parts.legend, pace, parts.key);
  root.append(parts.head, parts.body, make("div", "rv-scrub", null, play, slider), foot);
  return parts;
}

function writeFold(parts, data, folded) {
  write(parts.title, folded ? data.foldedTitle : data.title);
  write(parts.fold, folded ? "unroll" : "fold");
  parts.fold.title = folded ? "draw the cell once for each step" : "draw one cell, with its loop";
  parts.nodes.ariaLabel = `${folded ? data.foldedTitle : data.title}: the inputs, the states and the answers of ${count(data.tokens.length, "step")}`;
}

// The three shared matrices in words, the scales of the colours, and that of the gradient.
function writeLegend(parts, data, theme, backwards) {
  const kinds = Object.keys(KINDS).filter((kind) => Object.values(data.weights).some((weight) => weight.kind === kind));
  parts.legend.replaceChildren(
    make("span", "rv-caption", "the same numbers in every step:"),
    ...kinds.map((kind) => {
      const [name, words] = KINDS[kind];
      const [letter, place] = name.split("_");
      const item = make("span", "rv-matrix", null, make("b", "", kind), make("i", "", letter), make("sub", "", place), make("span", "", words));
      item.dataset.kind = kind;
      return item;
    }),
  );
  const scales = data.rows[0].states.map((state) => legend(state.scale, theme, ...state.ends, state.name));
  parts.scales.replaceChildren(...scales.slice(0, 2));
  parts.back.hidden = !data.gradients;
  parts.back.setAttribute("aria-pressed", backwards);
  parts.key.hidden = !data.gradients || !backwards;
  if (data.gradients) parts.key.replaceChildren(...gradientKey(data));
}

function gradientKey({ gradients, cut }) {
  const { low, high, ends } = gradients;
  const lines = [low, Math.sqrt(low * high), high].map((norm, k) => {
    const bar = make("i", "rv-width");
    bar.style.height = `${widthOfNorm(norm, gradients)}px`;
    return make("span", "rv-norm", null, bar, make("span", "", `${k ? "" : "≤ "}${ends[k]}`));
  });
  const words = make("span", "rv-caption", "backwards: |∂L/∂h_t| and |∂L/∂c_t|, width by ratio (log), L the loss of the whole");
  return [words, ...lines, ...(cut ? [make("span", "rv-caption", `cut after every ${count(cut, "step")}, as in training`)] : [])];
}

// The picture as it is seen, with its title, as a file.
function saveUnrolled({ wires, nodes, title, said }, theme) {
  const palette = LOOK.palettes[theme];
  const [wide, high] = [nodes.clientWidth, nodes.clientHeight];
  const whole = document.createElement("canvas");
  const pen = brush(whole, wide + 16, high + 48);
  pen.fillStyle = palette.paper;
  pen.fillRect(0, 0, wide + 16, high + 48);
  pen.textBaseline = "middle";
  say(pen, title.textContent, 12, 18, wide, 15, palette.ink);
  say(pen, said.textContent, 12, 38, wide, 12, palette.faint);
  for (const canvas of [wires, nodes]) pen.drawImage(canvas, 8, 48, wide, high);
  whole.toBlob((blob) => {
    const link = Object.assign(document.createElement("a"), { href: URL.createObjectURL(blob), download: "rnnviz-unrolled.png" });
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
  });
}

// The pointer: what is under it is said, its weight is lit everywhere; a click chooses the step, and what is looked into.
function pointAt({ nodes }, plan, scene, view, light) {
  const find = (event) => {
    const box = nodes.getBoundingClientRect();
    return plan() && thingAt(plan(), scene, event.clientX - box.left, event.clientY - box.top);
  };
  const tell = (event, thing) => {
    const lines = linesFor(scene.data, thing, scene);
    if (lines.length) tip.show(event.clientX, event.clientY, scene.theme, lines);
    else tip.hide();
    light(thing?.kind === "weight" ? thing.key : null);
  };
  nodes.onpointermove = (event) => event.pointerType !== "touch" && tell(event, find(event));
  nodes.onpointerleave = (event) => event.pointerType !== "touch" && (tip.hide(), light(null));
  nodes.onclick = (event) => {
    const thing = find(event);
    if (!thing) return;
    const step = clamp(thing.step, 0, plan().steps - 1);
    choose(step, "unrolled");
    if (thing.kind === "unit") tellServer(view, "node", { layer: thing.row.layer, unit: thing.unit, step }, step);
    if (thing.kind === "cell") tellServer(view, "node", { layer: thing.row.layer, step }, step);
    tell(event, thing);
  };
}

// The whole sentence as a strip: a tick for each step, as high as its loss where there is one; the window stands over it.
function drawOverview(parts, plan, scene) {
  parts.strip.hidden = plan.count >= plan.steps || scene.p < 1;
  if (!parts.strip.hidden) markOverview(parts, plan, scene);
}

function markOverview({ strip }, plan, { data, theme, step: chosen, first }) {
  if (strip.hidden) return;
  const palette = LOOK.palettes[theme];
  const pen = brush(strip, plan.plot, STRIP_HIGH);
  const each = plan.plot / plan.steps;
  const losses = data.y.kind === "next" ? unpack(data.y.loss) : null;
  pen.fillStyle = palette.zero;
  pen.fillRect(0, 0, plan.plot, STRIP_HIGH);
  for (let step = 0; step < plan.steps; step++) {
    const share = losses ? clamp((losses[step] || 0) / data.y.ceiling, 0.08, 1) : 0.35;
    pen.fillStyle = step === chosen ? palette.accent : palette.faint;
    const wide = Math.max(Math.min(each - 1, 6), step === chosen ? 2 : 0.75);
    const high = (STRIP_HIGH - 6) * (step === chosen ? Math.max(share, 0.5) : share);
    pen.fillRect((step + 0.5) * each - wide / 2, STRIP_HIGH - 3 - high, wide, high);
  }
  pen.strokeStyle = palette.ink;
  pen.lineWidth = 1.5;
  pen.strokeRect(first * each + 0.75, 0.75, plan.count * each - 1.5, STRIP_HIGH - 1.5);
}

function dragOverview({ strip }, plan, scene, slideTo) {
  let grip = null; // where in the window it was taken
  const stepOf = (event) => ((event.clientX - strip.getBoundingClientRect().left) / plan().plot) * plan().steps;
  const move = (event) => grip !== null && slideTo(clamp(Math.round(stepOf(event) - grip), 0, plan().steps - plan().count));
  strip.onpointerdown = (event) => {
    const place = stepOf(event);
    const inWindow = place >= scene.first && place < scene.first + plan().count;
    grip = inWindow ? place - scene.first : plan().count / 2;
    strip.setPointerCapture(event.pointerId);
    move(event);
  };
  strip.onpointermove = move;
  strip.onpointerup = strip.onpointercancel = () => (grip = null);
}
