// The life of a panel in a page: made once, redrawn in place, told of steps and windows, and what floats above all.

// One root for each parent, kept over all runs. A painter is {draw(context), mark(context)?, close?()}: draw when data,
// width, window or theme changed; mark when another step or gate was chosen.
function mount(given, className, create) {
  const args = { ...given, data: parsed(given.data) };
  const { parentElement, data } = args;
  let view = hub.views.get(parentElement);
  if (!view?.root.isConnected) {
    view?.close();
    view = open(parentElement, className, create);
    hub.views.set(parentElement, view);
  }
  view.args = args;
  if (data.plotly_url) loadPlotly(data.plotly_url).catch(() => {}); // the panel that needs it says what is missing
  listenToServer(data);
  view.draw();
  return view.close;
}

// plotly.js, fetched once for the page; the first panel that knows where it is begins, whether it draws with it or not.
function loadPlotly(url) {
  if (window.Plotly) return Promise.resolve(window.Plotly);
  return (hub.plotly ??= new Promise((done, fail) => {
    const script = Object.assign(document.createElement("script"), { src: url, charset: "utf-8" });
    script.onload = () => (window.Plotly ? done(window.Plotly) : fail(new Error("no Plotly in it")));
    script.onerror = () => fail(new Error("not found"));
    document.head.append(script);
  }).catch((error) => {
    hub.plotly = undefined;
    throw error;
  }));
}

// Data may come as an object, or as the JSON of one, in a string or in bytes.
function parsed(data) {
  if (data instanceof ArrayBuffer || ArrayBuffer.isView(data)) return JSON.parse(new TextDecoder().decode(data));
  return typeof data === "string" ? JSON.parse(data) : data;
}

function open(parentElement, className, create) {
  const root = make("div", `rv ${className}`);
  parentElement.append(root);
  const view = { root, args: null, drawn: "" };
  const painter = create(root, view);

  const context = () => {
    const { data } = view.args;
    const columns = geometry(root.clientWidth || 640, data.tokens?.length ?? 1);
    if (data.tokens && data.tokens.length) Object.assign(hub, { count: columns.count });
    return { data, columns, step: chosenStep(data.tokens?.length ?? 1), theme: themeOf(parentElement), args: view.args };
  };
  view.draw = () => {
    if (!view.args) return;
    const now = context();
    const { columns, theme, data } = now;
    const state = [data.version, theme, columns.width, columns.first, columns.count].join(" ");
    if (data.version && state === view.drawn) return view.mark();
    view.drawn = state;
    dress(root, theme);
    painter.draw(now);
    painter.mark?.(now);
    root.dataset.version = data.version ?? "";
  };
  view.mark = () => view.args && painter.mark?.(context());

  const unlink = linkHover(root, context);
  const onStep = () => view.mark();
  const night = matchMedia("(prefers-color-scheme: dark)");
  const resized = new ResizeObserver(() => view.draw());
  resized.observe(root);
  window.addEventListener("rnnviz:step", onStep);
  window.addEventListener("rnnviz:gate", onStep);
  window.addEventListener("rnnviz:window", view.draw);
  window.addEventListener("rnnviz:theme", view.draw);
  night.addEventListener("change", view.draw);
  view.close = () => {
    resized.disconnect();
    unlink();
    window.removeEventListener("rnnviz:step", onStep);
    window.removeEventListener("rnnviz:gate", onStep);
    window.removeEventListener("rnnviz:window", view.draw);
    window.removeEventListener("rnnviz:theme", view.draw);
    night.removeEventListener("change", view.draw);
    painter.close?.();
    tip.hide();
    root.remove();
    if (hub.views.get(parentElement) === view) hub.views.delete(parentElement);
  };
  return view;
}

// One floating note for the page. Its lines are text, or rows [sign, share, words, strong]. A finger that taps leaves it
// standing; the next touch or scroll takes it away.
const tip = {
  element: null,
  open() {
    for (const event of ["pointerdown", "scroll"]) window.addEventListener(event, tip.hide, { capture: true, passive: true });
    return document.querySelector("body > .rv-tip") ?? document.body.appendChild(make("div", "rv rv-tip"));
  },
  show(x, y, theme, lines) {
    tip.element ??= tip.open();
    dress(tip.element, theme);
    tip.element.replaceChildren(...lines.map((line) => (typeof line === "string" ? make("div", "", line) : chanceRow(...line))));
    tip.element.style.display = "block";
    const { offsetWidth: width, offsetHeight: height } = tip.element;
    tip.element.style.left = `${clamp(x + 14, 4, Math.max(innerWidth - width - 4, 4))}px`;
    tip.element.style.top = `${y + 18 + height > innerHeight ? Math.max(y - height - 12, 4) : y + 18}px`;
  },
  hide() {
    if (tip.element) tip.element.style.display = "none";
  },
};

// A guess with its bar: e ▇▇▇▇ 83 %
function chanceRow(sign, chance, words, strong) {
  const bar = make("i", "rv-bar");
  bar.style.setProperty("--share", `${100 * clamp(chance || 0, 0, 1)}%`);
  const row = make("div", "rv-chance", null, make("b", "", sign), make("span", "rv-track", null, bar), make("em", "", words));
  row.classList.toggle("rv-came", Boolean(strong));
  return row;
}

// A slim colour bar with a word at each end.
function legend(role, theme, low, high, words = "") {
  const bar = make("i", "rv-legend-bar");
  bar.style.background = gradient(role, theme);
  const parts = [make("span", "", low), bar, make("span", "", high)];
  return make("span", "rv-legend", null, ...(words ? [make("span", "", words)] : []), ...parts);
}

// The step under the pointer, null beside the columns; and its opposite.
function stepAt(event, element, columns) {
  const place = Math.floor((event.clientX - element.getBoundingClientRect().left) / columns.column);
  return place >= 0 && place < columns.count ? columns.first + place : null;
}

// Letters under (or over) the columns: spans that are used again from draw to draw.
function letters(row, columns, cell) {
  while (row.childElementCount > columns.count) row.lastChild.remove();
  while (row.childElementCount < columns.count) row.append(make("span"));
  row.style.width = `${columns.plot}px`;
  for (let place = 0; place < columns.count; place++) cell(row.children[place], columns.first + place);
}

// The outline of the chosen column, over the rows of a panel.
function outline(cursor, columns, step) {
  const place = step - columns.first;
  cursor.style.display = place >= 0 && place < columns.count ? "block" : "none";
  cursor.style.left = `${columns.left + place * columns.column}px`;
  cursor.style.width = `${columns.column}px`;
}
