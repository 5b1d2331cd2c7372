// The circuit as a drawing: wires as wide and as strong in colour as the number that they carry, the numbers beside them.

const WIRE = { thin: 1.5, wide: 9 };

// Made anew for another cell, size or theme; `paintCircuit` then changes it from step to step.
function drawCircuit(svg, { data, theme }) {
  const layout = LAYOUTS[data.cell];
  svg.setAttribute("viewBox", `0 0 ${layout.width} ${layout.height}`);
  const [wires, nodes, labels] = [layout.wires.map(wire), layout.nodes.map((each) => node(each, data)), layout.labels.map(label)];
  const bus = [...layout.bus, ...(layout.plain ?? [])].map((d) => drawn("path", { class: "rv-bus", d }));
  const taps = layout.taps.map(([cx, cy]) => drawn("circle", { class: "rv-tap", cx, cy, r: 3.5 }));
  const [sx, sy] = layout.slash;
  const upright = data.cell === "gru";
  const slash = drawn("path", { class: "rv-slash", d: upright ? `M${sx - 6} ${sy + 5}L${sx + 6} ${sy - 5}` : `M${sx - 4} ${sy + 7}L${sx + 4} ${sy - 7}` });
  const many = drawn("text", { class: "rv-many", x: upright ? sx + 9 : sx, y: upright ? sy + 4 : sy + 20, "text-anchor": upright ? "start" : "middle" }, String(data.units));
  const token = drawn("text", { class: "rv-x", x: layout.x[0] - (data.says ? 8 : 0), y: layout.x[1] + 18, "text-anchor": data.says ? "start" : "middle" });
  const parts = [...wires, ...nodes, ...labels];
  svg.replaceChildren(...bus, ...taps, slash, many, token, ...wires.map(({ group }) => group), ...nodes.map(({ group }) => group), ...labels.map(({ group }) => group));
  svg.ariaLabel = `the circuit of the cell, with the numbers of unit ${data.unit}`;
  return { data, theme, wires, nodes, labels, token, parts, hosts: [slash, many, token, ...svg.querySelectorAll(".rv-bus")] };
}

function grouped(part, name, kind, ...children) {
  const group = drawn("g", { class: `rv-part rv-${kind}` }, ...children);
  group.dataset.part = part;
  if (name) group.dataset.value = name;
  return { part, name, group };
}

function wire([part, name, points, over]) {
  const d = points.map(([x, y], k) => `${k ? "L" : "M"}${x} ${y}`).join("");
  const [[x0, y0], [x1, y1]] = points.slice(-2);
  const turn = (Math.atan2(y1 - y0, x1 - x0) * 180) / Math.PI;
  const ends = [drawn("path", { class: "rv-rail", d }), drawn("path", { class: "rv-flow", d, pathLength: 1 })];
  const head = drawn("path", { class: "rv-arrow", d: "M-7 -4L0 0L-7 4Z", transform: `translate(${x1} ${y1}) rotate(${turn})` });
  const halo = over ? [drawn("path", { class: "rv-halo", d })] : [];
  return { ...grouped(part, name, "wire", ...halo, drawn("path", { class: "rv-catch", d }), ...ends, head), flow: ends[1], head };
}

function node([part, kind, x, y, what, name], data) {
  if (kind === "op") {
    return grouped(part, name, "op", drawn("circle", { cx: x, cy: y, r: OP }), drawn("text", { class: what.length > 1 ? "rv-short" : "", x, y: y + (what.length > 1 ? 4.5 : 6), "text-anchor": "middle" }, what));
  }
  const box = drawn("rect", { x: x - BOX.wide / 2, y: y - BOX.high / 2, width: BOX.wide, height: BOX.high, rx: 5 });
  if (kind === "sum") {
    return grouped(part, name, "box", box, slanted(drawn("text", { class: "rv-inside", x, y: y + 4.5, "text-anchor": "middle" }), what));
  }
  const activation = kind === "tanh" && data.cell === "rnn" ? data.squash : kind;
  const dot = drawn("circle", { class: "rv-dot", r: 4 });
  const curve = drawn("path", { class: "rv-bend", d: bend(activation, x, y) });
  const word = drawn("text", { class: "rv-inside", x: x - BOX.wide / 2 + 5, y: y - BOX.high / 2 + 13 }, ROMAN[activation]);
  return { ...grouped(part, name, "box", box, curve, word, dot), dot, what, at: (a) => onBend(activation, x, y, a) };
}

// A small picture of the activation inside its box, from −6 to 6.
const SMALL = { wide: 44, high: 26, down: 4 };
function onBend(activation, x, y, a) {
  const within = clamp(a, -REACH, REACH);
  const [low, high] = { sigmoid: [0, 1], tanh: [-1, 1], relu: [-REACH, REACH] }[activation];
  const value = ACTIVATE[activation](within);
  return [x + (within / REACH) * (SMALL.wide / 2), y + SMALL.down + SMALL.high / 2 - ((value - low) / (high - low)) * SMALL.high];
}

function bend(activation, x, y) {
  const points = Array.from({ length: 41 }, (_, k) => onBend(activation, x, y, (k / 20 - 1) * REACH));
  return points.map(([px, py], k) => `${k ? "L" : "M"}${px.toFixed(1)} ${py.toFixed(1)}`).join("");
}

function label([part, name, x, y, anchor]) {
  const text = drawn("text", { class: "rv-label-text", x, y, "text-anchor": anchor });
  return { ...grouped(part, name, "number", text), text };
}

// A formula inside a drawing: letters slanted, indices small and lower.
function slanted(text, written) {
  for (const part of written.match(FORMULA) ?? []) {
    const below = part[0] === "_";
    const words = below ? part.replace(/[_{}]/g, "") : part;
    const kind = below ? "rv-below" : part.length === 1 && /[A-Za-z]/.test(part) ? "rv-slanted" : "";
    text.append(drawn("tspan", kind ? { class: kind } : {}, words));
  }
  return text;
}

// This step's numbers: on every wire its width and colour, beside it the number, on every bend the point.
function paintCircuit({ data, theme, wires, nodes, labels, token }, step, values) {
  for (const { name, flow, head } of wires) {
    const { scale, low, high, bent } = scaleOf(data, name);
    const place = placeOn(values[name], low, high, bent);
    const share = scale === "diverging" ? Math.abs(2 * place - 1) : place;
    const colour = values[name] === 0 ? "var(--rv-line)" : strongPaint(scale, theme, place, 0.5);
    flow.style.stroke = head.style.fill = colour;
    flow.style.strokeWidth = WIRE.thin + share * (WIRE.wide - WIRE.thin);
  }
  for (const { dot, what, at } of nodes) {
    if (!dot) continue;
    const [cx, cy] = at(values[what]);
    dot.setAttribute("cx", cx);
    dot.setAttribute("cy", cy);
  }
  for (const { name, text } of labels) {
    const { formula: written, before } = NAMES[data.cell][name];
    text.replaceChildren();
    if (written) slanted(text, before ? `${written}_{t${data.backwards ? "+" : "−"}1}` : written);
    text.append(drawn("tspan", written ? { dx: 5, class: "rv-value" } : { class: "rv-value" }, number(values[name])));
  }
  const read = data.says ? drawn("tspan", { dx: 6, class: "rv-reads" }, data.says) : drawn("tspan", { dx: 6, class: "rv-read" }, data.tokens[step]);
  token.replaceChildren(drawn("tspan", { class: "rv-slanted" }, "x"), drawn("tspan", { class: "rv-below" }, "t"), read);
}

// One number of the circuit in a sentence.
function valueSays(data, name, step, value) {
  const { words, before, scale } = NAMES[data.cell][name];
  if (words) return `${words}${words.includes(",") ? "," : ""} of unit ${data.unit} at step ${step} ${quoted(data, step)} = ${number(value)}`;
  if (before) {
    const at = stepBefore(data, step);
    if (at === null) return `${name[0]}${subscript(data.unit)} before the first step = ${number(value)}`;
    return sentence(data, { ...data.bands[scale], name: name[0] }, data.unit, at, value);
  }
  return sentence(data, data.bands[name], data.unit, step, value);
}
