// One sum under the microscope: a bar for every product, each beginning where the last ended, down to the activation. All
// of it is on one axis, so that the point on the curve stands below the end of the sum.

const TALL = { wide: 24, narrow: 38 }; // pixels of a row, as in products.css
const MOST = { wide: 20, narrow: 12 }; // rows in sight once all are shown

function productsPainter(root, view) {
  const parts = buildProducts(root);
  const path = trailOf(() => now, view);
  let now = null;
  let terms = null; // of the chosen gate at the chosen step
  let order = []; // of the terms, from top to bottom
  let running = []; // the sum before each of them
  let held = null; // the order that is held while one steps, and the gate that it is of
  let all = false;
  let range = null; // of the axis
  let served = null; // the gate that the server named last
  let told = []; // the gates that it was told of, and has not named yet

  const gate = () => now.data.gates.find(({ letter }) => letter === hub.gate) ?? now.data.gates[0];
  const choice = (letter) => {
    path.leave();
    chooseGate(letter);
  };
  // The server hears of the gate, whichever panel it was chosen in; what it answers may be older than the last choice.
  const tell = (letter) => {
    if (letter === told.at(-1)) return;
    told.push(letter);
    view.args.setTriggerValue?.("gate", letter);
  };
  const listen = (letter) => {
    if (!letter || letter === served) return;
    served = letter;
    const echo = told.indexOf(letter);
    told.splice(0, Math.max(echo, 0));
    if (echo >= 0) return;
    [hub.gate, told] = [letter, [letter]];
    queueMicrotask(() => announce("rnnviz:gate", { gate: letter })); // the panels above have been drawn already
  };
  const size = () => (now.columns.width < 560 ? "narrow" : "wide");
  const tall = () => TALL[size()];
  const top = () => Math.min(now.data.shown, order.length);
  const rows = () => {
    const { scroller } = parts;
    const first = all ? Math.floor(scroller.scrollTop / tall()) : 0;
    const count = all ? Math.min(MOST[size()] + 2, order.length - first) : visible(order, terms.value, now.data.shown);
    drawRows(parts, now, gate(), terms, { order, running, first, count, tall: tall(), range }, path);
  };

  parts.scroller.onscroll = () => now && all && rows();
  parts.rest.onclick = () => {
    all = !all;
    parts.scroller.scrollTop = 0;
    paintAll();
  };
  parts.hold.onclick = () => {
    held = held === null ? { gate: gate(), order, axes: {} } : null;
    paintAll();
  };
  hoverCurve(parts, () => ({ now, gate: gate(), terms }));

  function paintAll() {
    const { data, step } = now;
    if (held?.gate !== gate()) held = null;
    range = held ? (held.axes[all] ??= reachOf(data, gate(), () => (all ? order : order.slice(0, top())))) : rangeOf(data, gate(), all);
    terms = termsAt(data, gate(), step);
    if (held === null) order = largestFirst(terms.value);
    running = [];
    let sum = 0;
    for (const n of order) (running.push(sum), (sum += terms.value[n]));
    root.style.setProperty("--zero", `${100 * placeOn(0, range.low, range.high)}%`);
    parts.hold.setAttribute("aria-pressed", held !== null);
    for (const button of parts.gates.children) button.setAttribute("aria-pressed", button.dataset.gate === gate().letter);
    parts.scroller.style.height = `${(all ? Math.min(MOST[size()], order.length) : top()) * tall()}px`;
    parts.scroller.classList.toggle("rv-all", all);
    parts.inner.style.height = `${(all ? order.length : top()) * tall()}px`;
    rows();
    writeTitle(parts, now, gate(), terms);
    writeSums(parts, now, gate(), terms, { order, running, top: top(), all, range });
    const state = [gate().letter, now.theme, now.columns.width, all, held !== null].join(" ");
    if (parts.drawnFor !== state) drawCurve(parts, now, gate(), range);
    parts.drawnFor = state;
    markCurve(parts, now, gate(), terms, range);
    path.write(parts.trail, gate().letter);
  }

  return {
    draw(context) {
      now = context;
      const { data } = now;
      listen(data.gate);
      if (!told.length) told = [gate().letter];
      path.arrive(data);
      parts.gates.replaceChildren(...data.gates.map((each) => gateButton(each, data.unit, choice)));
      parts.drawnFor = null;
    },
    mark({ step }) {
      if (!now.data.tokens.length) return parts.title.replaceChildren("Nothing has been read yet.");
      now.step = step;
      paintAll();
      tell(gate().letter);
    },
  };
}

function buildProducts(root) {
  const [title, caption, gates, trail] = [make("span", "rv-title"), make("span", "rv-caption"), make("span", "rv-gates"), make("div", "rv-trail")];
  const hold = Object.assign(make("button", "rv-hold", "hold the order"), { type: "button", title: "keep the terms in this order while stepping" });
  const head = make("div", "rv-head", null, title, caption, make("span", "rv-right", null, hold, gates));
  const names = make("div", "rv-term rv-names", null, ...["from", "weight × input", "adding up, the largest first", "product", "so far"].map((name) => make("span", "", name)));
  const factors = names.children[1];
  const inner = make("div", "rv-inner");
  const scroller = make("div", "rv-terms", null, inner);
  const sums = { rest: termRow("button"), rounding: termRow(), total: termRow() };
  for (const [name, row] of Object.entries(sums)) row.classList.add(`rv-${name}`);
  const curve = drawn("svg", { class: "rv-curve", role: "img" });
  const says = make("div", "rv-says");
  const foot = make("div", "rv-foot", null, says, make("div", "rv-lane", null, curve));
  const body = make("div", "rv-body", null, names, scroller, sums.rest, sums.rounding, sums.total, foot);
  root.append(head, trail, body);
  return { root, title, caption, gates, trail, hold, factors, inner, scroller, ...sums, curve, says, foot };
}

// A row: where from, what times what, the bar in its lane, the product, the sum so far.
function termRow(tag = "div") {
  const bar = make("i", "rv-part");
  const row = make(tag, "rv-term", null, make("span", "rv-source"), make("span", "rv-product"), make("span", "rv-lane", null, bar), make("span", "rv-value"), make("span", "rv-sofar"));
  if (tag === "button") row.type = "button";
  return row;
}

function gateButton({ letter, label }, unit, choice) {
  const button = make("button", "", null, make("i", "", letter));
  Object.assign(button, { type: "button", title: `${label}, unit ${unit}`, onclick: () => choice(letter) });
  button.dataset.gate = letter;
  return button;
}

// The trail of what was followed, to go back on. Another unit comes from the server; it is waited for.
function trailOf(context, view) {
  let [steps, awaited, place, text] = [[], null, null, null];
  const here = (letter) => ({ layer: context().data.layer, unit: context().data.unit, step: context().step, gate: letter });
  const stand = ({ gate, step }) => (chooseGate(gate), choose(step, "products"));
  const go = (target, behind) => {
    const { data } = context();
    tip.hide();
    if (target.layer === data.layer && target.unit === data.unit) {
      steps = behind;
      return stand(target);
    }
    awaited = { target, behind };
    view.args.setTriggerValue?.("follow", target);
  };
  return {
    follow: (target, letter) => go(target, [...steps, here(letter)]),
    leave: () => (steps = []),
    arrive({ layer, unit, text: now }) {
      const moved = place !== null && (place.layer !== layer || place.unit !== unit);
      if (awaited?.target.layer === layer && awaited.target.unit === unit) {
        steps = awaited.behind;
        queueMicrotask(stand.bind(null, awaited.target));
      } else if (moved || now !== text) steps = [];
      if (moved) awaited = null;
      [place, text] = [{ layer, unit }, now];
    },
    write(row, letter) {
      row.hidden = !steps.length;
      const crumb = ({ unit, step, gate, layer }) => `${gate}${subscript(unit)}${layer === context().data.layer ? "" : ` ${shortLayer(layer)}`} step ${step}`;
      const back = steps.map((each, k) => {
        const button = Object.assign(make("button", "", crumb(each)), { type: "button", title: "back to here" });
        button.onclick = () => go(each, steps.slice(0, k));
        return button;
      });
      row.replaceChildren("followed: ", ...back.flatMap((button) => [button, " ‹ "]), make("b", "", crumb(here(letter))));
    },
  };
}

export default function products(args) {
  return mount(args, "rv-products", productsPainter);
}
