// What the panels of a page agree on: the chosen step, the window of columns that is shown, the width of a column.

// One object for the page. step and first are null until somebody chooses: then the last step is meant, and the end.
// gate is the letter of a gate or state that is looked into; null is the first that a panel has.
const hub = (window.rnnviz ??= { step: null, first: null, gate: null, count: 0, steps: 0, text: null, views: new WeakMap(), served: {}, unanswered: [] });

const GUTTERS = { wide: { left: 84, right: 10 }, narrow: { left: 38, right: 4 } };
const COLUMNS = [34, 30, 26, 22, 19, 16, 14, 12]; // pixels; in steps, so that columns rest while a person types

// The columns of a panel: equal for panels of equal width, so that the eye can go down one.
function geometry(width, steps) {
  const { left, right } = width < 560 ? GUTTERS.narrow : GUTTERS.wide;
  const room = Math.max(width - left - right, COLUMNS.at(-1));
  const least = width < 560 ? 12 : 14; // of a column in a window; a text that fits whole may have it narrower
  const column = COLUMNS.find((size) => size * steps <= room) ?? least;
  const count = Math.min(steps, Math.max(1, Math.floor(room / column)));
  const first = Math.min(Math.max(hub.first ?? steps, 0), steps - count);
  return { left, right, column, count, first, steps, plot: column * count, room, width };
}

const clamp = (value, low, high) => Math.min(Math.max(value, low), high);
const chosenStep = (steps) => (hub.step === null ? steps - 1 : clamp(hub.step, 0, steps - 1));
const announce = (name, detail) => window.dispatchEvent(new CustomEvent(name, { detail }));

// Choose a step for all panels; the window follows by most of a page, so that playing does not redraw at each step.
function choose(step, by) {
  hub.step = clamp(step, 0, Math.max(hub.steps - 1, 0));
  const first = hub.first ?? Math.max(hub.steps - hub.count, 0);
  if (hub.step < first) slide(hub.step - Math.floor(hub.count * 0.75));
  else if (hub.step >= first + hub.count) slide(hub.step - Math.floor(hub.count * 0.25));
  announce("rnnviz:step", { step: hub.step, by });
}

// Choose a gate or state for all panels, by its letter.
function chooseGate(letter) {
  hub.gate = letter;
  announce("rnnviz:gate", { gate: letter });
}

function slide(first) {
  hub.first = clamp(Math.round(first), 0, Math.max(hub.steps - hub.count, 0));
  announce("rnnviz:window", { first: hub.first, count: hub.count });
}

// Tell the server of something that was chosen together with a step. When it names that step, it only answers, and
// whoever has gone on meanwhile stays where they are.
function tellServer(view, name, value, step) {
  if (step !== hub.served.step) hub.unanswered.push(step);
  view.args.setTriggerValue?.(name, value);
}

// A new sentence begins at its end, where it is being typed; a step that the server names anew is taken over.
function listenToServer(data) {
  if (!data.tokens) return;
  if (hub.text !== data.text) {
    if (hub.text !== null) Object.assign(hub, { step: null, first: null, unanswered: [] });
    Object.assign(hub, { text: data.text, steps: data.tokens.length });
  }
  if (Number.isInteger(data.step) && hub.served.step !== data.step) {
    const answer = hub.unanswered.indexOf(data.step);
    hub.unanswered.splice(0, answer + 1);
    if (answer < 0) Object.assign(hub, { step: clamp(data.step, 0, Math.max(hub.steps - 1, 0)), first: null });
  }
  hub.served.step = data.step ?? null;
}

// Whether the server still answers what it was asked before: what is told now would interrupt it, and what it has chosen
// on the way would be lost.
const answering = () => ["running", "rerunRequested"].includes(document.querySelector("[data-test-script-state]")?.dataset.testScriptState);

const ARRAYS = { f8: Float64Array, f4: Float32Array, i4: Int32Array, i2: Int16Array, u2: Uint16Array, u1: Uint8Array };
const decoded = new WeakMap();

// A packed array -> a flat typed array; anything else is handed back.
function unpack(spec) {
  if (!spec?.bdata) return spec;
  if (!decoded.has(spec)) {
    const bytes = Uint8Array.from(atob(spec.bdata), (char) => char.charCodeAt(0));
    decoded.set(spec, new ARRAYS[spec.dtype](bytes.buffer));
  }
  return decoded.get(spec);
}

const shapeOf = (spec) => spec.shape.split(",").map(Number);

const SUPERSCRIPT = { "-": "⁻", ...Object.fromEntries([..."⁰¹²³⁴⁵⁶⁷⁸⁹"].map((char, i) => [i, char])) };

// Three significant digits and a true minus, as in rnnviz/views/tokens.py.
function number(value) {
  if (Number.isNaN(value)) return "nothing";
  if (!Number.isFinite(value)) return value > 0 ? "∞" : "−∞";
  if (value === 0) return "0";
  const [digits, exponent] = value.toExponential(2).split("e");
  if (exponent >= 3 && exponent < 6) return Number(value.toPrecision(3)).toLocaleString("en-US").replace("-", "−");
  if (exponent >= -4 && exponent < 3) return String(Number(value.toPrecision(3))).replace("-", "−");
  return `${Number(digits)}×10${[...String(Number(exponent))].map((c) => SUPERSCRIPT[c]).join("")}`.replace("-", "−");
}

function perCent(chance) {
  const share = 100 * chance;
  if (Number.isNaN(share)) return "nothing";
  if (share > 0 && share < 0.1) return "< 0.1 %";
  return share < 9.95 ? `${share.toFixed(1)} %` : `${share.toFixed(0)} %`;
}

const subscript = (index) => [...String(index)].map((digit) => "₀₁₂₃₄₅₆₇₈₉"[digit]).join("");

const RIGHT_TO_LEFT = /\p{Script=Hebrew}|\p{Script=Arabic}|\p{Script=Syriac}|\p{Script=Thaana}|\p{Script=Nko}/u;

// A token inside a sentence; right-to-left letters are isolated, so that they leave the rest in order.
function quoted(data, step) {
  const [token, name] = [data.tokens[step], data.names[step]];
  const shown = RIGHT_TO_LEFT.test(token) ? `\u2068${token}\u2069` : token;
  return `'${shown}'${name ? ` ${name}` : ""}`;
}

// f₁₂ at step 7 'e' = 0.03: the cell forgets
function sentence(data, { name, reading }, unit, step, value) {
  const words = !reading || Number.isNaN(value) ? "" : value <= reading.shut ? reading.low : value >= reading.open ? reading.high : "";
  const said = `${name}${subscript(unit)} at step ${step} ${quoted(data, step)} = ${number(value)}`;
  return words ? `${said}: ${words}` : said;
}

// An element with a class, a text that is never read as markup, and children.
function make(tag, className = "", text = null, ...children) {
  const element = document.createElement(tag);
  if (className) element.className = className;
  if (text !== null) element.textContent = text;
  element.append(...children);
  return element;
}

// Text is only written where it changed: a layout that did not change costs nothing.
function write(element, text) {
  if (element.textContent !== text) element.textContent = text;
}

// A canvas for `width` x `height` CSS pixels, cleared, sharp on any screen.
function brush(canvas, width, height) {
  const ratio = window.devicePixelRatio || 1;
  canvas.width = Math.round(width * ratio);
  canvas.height = Math.round(height * ratio);
  canvas.style.width = `${width}px`;
  canvas.style.height = `${height}px`;
  const context = canvas.getContext("2d");
  context.scale(ratio, ratio);
  return context;
}
