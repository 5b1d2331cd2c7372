// The cell opened: its circuit with the numbers of one unit on every wire, and the equations that light it part by part.

const PACE = 1500; // milliseconds for each equation in sequence

function circuitPainter(root, view) {
  const parts = buildCircuit(root);
  let now = null;
  let drawing = null;
  let lines = [];
  let pinned = null; // the part whose equation was clicked; null lights all
  let pointed = null; // the part under the pointer
  let timer = null;
  let place = -1; // in the sequence

  const halt = () => {
    clearTimeout(timer);
    [timer, place] = [null, -1];
    light();
  };
  const next = () => {
    place += 1;
    if (place >= lines.length) return halt();
    light();
    timer = setTimeout(next, PACE);
  };
  const choice = (part) => {
    pinned = pinned === part && place < 0 ? null : part;
    halt();
    chooseGate(gateOf(part));
  };
  parts.sequence.onclick = () => {
    if (timer) return halt();
    pinned = null;
    next();
  };
  parts.once.onclick = () => {
    pinned = null;
    halt();
  };

  // What is lit: a part and its equation; in sequence those that come later are still dark.
  function light() {
    const shown = place >= 0 ? lines[place].part : (pointed ?? pinned);
    const later = place < 0 ? [] : lines.slice(place + 1).map(({ part }) => part);
    root.classList.toggle("rv-some", shown !== null);
    root.classList.toggle("rv-walking", place >= 0);
    for (const element of root.querySelectorAll("[data-part]")) {
      const { part } = element.dataset;
      element.classList.toggle("rv-lit", part === shown);
      element.classList.toggle("rv-later", later.includes(part));
    }
    for (const { part, button } of lines) button.setAttribute("aria-pressed", gateOf(part) === hub.gate);
    write(parts.sequence, timer ? "❚❚ in sequence" : "▶ in sequence");
    parts.once.setAttribute("aria-pressed", shown === null);
  }

  const point = (part) => {
    if (part === pointed) return;
    pointed = part || null;
    light();
  };
  const say = (event) => {
    const { value } = event.target.closest?.("[data-value]")?.dataset ?? {};
    const { data, step, theme } = now;
    if (value) return tip.show(event.clientX, event.clientY, theme, [valueSays(data, value, step, drawing.values[value])]);
    if (drawing.hosts.includes(event.target.closest("text, path"))) return tip.show(event.clientX, event.clientY, theme, busSays(data, step));
    tip.hide();
  };
  parts.svg.onpointermove = (event) => {
    point(event.target.closest?.("[data-part]")?.dataset.part);
    say(event);
  };
  parts.svg.onpointerleave = (event) => event.pointerType !== "touch" && (point(null), tip.hide());
  parts.svg.onclick = (event) => {
    const part = event.target.closest?.("[data-part]")?.dataset.part;
    if (part) choice(part);
    if (event.pointerType === "touch") (point(null), say(event));
  };
  parts.list.onpointermove = (event) => event.pointerType !== "touch" && point(event.target.closest("[data-part]")?.dataset.part);
  parts.list.onpointerleave = () => point(null);

  return {
    draw(context) {
      now = context;
      const { data, theme } = now;
      pointed = null;
      writeHead(parts, now);
      drawing = drawCircuit(parts.svg, now);
      lines = buildEquations(data, choice);
      parts.list.replaceChildren(...lines.map(({ button }) => button));
      if (place >= lines.length || !lines.some(({ part }) => part === pinned)) pinned = null;
      drawing.theme = theme;
    },
    mark({ step }) {
      const { data } = now;
      if (!data.tokens.length) return write(parts.when, "Nothing has been read yet.");
      now.step = step;
      drawing.values = valuesAt(data, step);
      paintCircuit(drawing, step, drawing.values);
      writeEquations(lines, data, step, drawing.values);
      write(parts.when, ` at step ${step} ${quoted(data, step)}`);
      light();
    },
    close: () => clearTimeout(timer),
  };
}

function buildCircuit(root) {
  const [sequence, once] = [make("button", "", "▶ in sequence"), make("button", "", "all at once")];
  for (const button of [sequence, once]) button.type = "button";
  const [head, when, list] = [make("div", "rv-head"), make("span", "rv-when"), make("div", "rv-list")];
  const svg = drawn("svg", { class: "rv-drawing", role: "img" });
  root.append(head, make("div", "rv-opened", null, svg, make("div", "rv-beside", null, make("div", "rv-buttons", null, sequence, once), list)));
  return { head, when, svg, list, sequence, once };
}

function writeHead({ head, when }, { data, theme }) {
  const { h, c } = data.bands;
  const gate = Object.values(data.bands).find(({ scale }) => scale === "sequential");
  const far = c && c.bent ? `; c ${c.ends.join(" … ")}, by ratio` : "";
  const scales = [...(gate ? [legend("sequential", theme, ...gate.ends, "gates")] : []), legend(h.scale, theme, ...h.ends, "states")];
  const title = make("span", "rv-title", `Inside unit ${data.unit}${data.where ? `, ${data.where}` : ""}`);
  title.append(when);
  const caption = make("span", "rv-caption", `a wire is as wide as its number is large; sums −${REACH} … ${REACH}${far}`);
  head.replaceChildren(title, caption, make("span", "rv-right", null, ...scales));
}

// The bundle of wires that every sum reads: all units, and the input.
function busSays(data, step) {
  const at = stepBefore(data, step);
  const state = at === null ? "before the first step" : `of step ${at} ${quoted(data, at)}`;
  return [`Every sum reads all ${data.units} numbers of h ${state}, and x: ${data.reads} for ${quoted(data, step)}.`, "Each with a weight of its own; the products stand below."];
}

export default function circuit(args) {
  return mount(args, "rv-circuit", circuitPainter);
}
