// The activation below its sum, on the same axis: the sum falls straight down onto the curve.

const CURVE = { high: 132, top: 10, foot: 26 };
const ENDS = { sigmoid: [0, 1], tanh: [-1, 1] };

// The ends of a curve's values: those of the activation; of relu as high as the axis goes.
const heights = (gate, range) => ENDS[gate.activation] ?? [0, Math.max(range.high, 1)];

function yOf(gate, range, value) {
  const [low, high] = heights(gate, range);
  return CURVE.top + (1 - (value - low) / (high - low)) * (CURVE.high - CURVE.top - CURVE.foot);
}

function drawCurve({ curve, foot }, now, gate, range) {
  const linear = gate.activation === "identity";
  foot.classList.toggle("rv-plain", linear);
  const width = curve.parentElement.clientWidth || 300;
  const high = linear ? CURVE.foot : CURVE.high;
  for (const [name, value] of Object.entries({ width, height: high, viewBox: `0 0 ${width} ${high}` })) curve.setAttribute(name, value);
  const x = (value) => placeOn(value, range.low, range.high) * width;
  const floor = high - CURVE.foot + 6;
  const axis = drawn("path", { class: "rv-axis", d: `M0 ${floor}H${width}` });
  const ticks = ticksBetween(range.low, range.high, width).map((value) => mark(x(value), floor, number(value), width));
  const shape = linear ? [] : shapeOfCurve(gate, range, x, width);
  const point = linear ? [] : [drawn("path", { class: "rv-drop" }), drawn("circle", { class: "rv-point", r: 5 })];
  curve.replaceChildren(axis, ...ticks.flat(), ...shape, ...point);
  curve.ariaLabel = linear ? "the axis of the sum" : `the curve of ${gate.activation}`;
}

function mark(x, floor, text, width) {
  const place = { class: "rv-tick", x: clamp(x, 8, width - 8), y: floor + 14, "text-anchor": "middle" };
  return [drawn("path", { class: "rv-axis", d: `M${x} ${floor}v4` }), drawn("text", place, text)];
}

function shapeOfCurve(gate, range, x, width) {
  const phi = ACTIVATE[gate.activation];
  const points = Array.from({ length: 121 }, (_, k) => range.low + (k / 120) * (range.high - range.low));
  const line = points.map((a, k) => `${k ? "L" : "M"}${x(a).toFixed(1)} ${yOf(gate, range, phi(a)).toFixed(1)}`).join("");
  const [low, high] = heights(gate, range);
  const ends = [low, high].flatMap((value) => {
    const y = yOf(gate, range, value);
    return [drawn("path", { class: "rv-guide", d: `M0 ${y}H${width}` }), drawn("text", { class: "rv-tick", x: width + 6, y: y + 4 }, number(value))];
  });
  const zero = drawn("path", { class: "rv-guide", d: `M${x(0)} 0V${CURVE.high - CURVE.foot}` });
  return [...ends, zero, drawn("path", { class: "rv-shape", d: line })];
}

// Round numbers along the axis, not closer than they can be read.
function ticksBetween(low, high, width) {
  const least = (high - low) / Math.max(Math.floor(width / 52), 4);
  const decade = 10 ** Math.floor(Math.log10(least));
  const step = [1, 2, 5, 10].map((by) => by * decade).find((each) => each >= least);
  const first = Math.ceil(low / step);
  return Array.from({ length: Math.floor(high / step) - first + 1 }, (_, k) => rounded((first + k) * step));
}

// The point, the line that falls onto it, and the value in words.
function markCurve({ curve, says, total }, now, gate, terms, range) {
  const { data } = now;
  const place = 100 * placeOn(terms.total, range.low, range.high);
  total.children[2].style.setProperty("--at", `${place}%`);
  const value = terms.result;
  const linear = gate.activation === "identity";
  const words = linear ? [" = ", make("b", "", number(value))] : [" = ", ...formula(ROMAN[gate.activation]), `(${number(terms.total)}) ${gives(gate.activation, terms.total, value)} `, make("b", "", number(value))];
  const reading = gate.reading;
  const meaning = !reading ? "" : value <= reading.shut ? reading.low : value >= reading.open ? reading.high : "";
  says.replaceChildren(make("div", "rv-result", null, ...formula(symbolOf(now, gate)), ...words), make("div", "rv-meaning", meaning));
  if (linear) return;
  const width = Number(curve.getAttribute("width"));
  const [x, y] = [(place / 100) * width, yOf(gate, range, value)];
  curve.querySelector(".rv-drop").setAttribute("d", `M${x} 0V${y}H0`);
  const point = curve.querySelector(".rv-point");
  point.setAttribute("cx", x);
  point.setAttribute("cy", y);
  point.style.fill = gatePaint(gate, now.theme, value, range);
  curve.dataset.value = String(value);
  curve.dataset.unit = String(data.unit);
}

function gatePaint(gate, theme, value, range) {
  if (gate.activation === "sigmoid") return strongPaint("sequential", theme, value, 0);
  const end = gate.activation === "relu" ? Math.max(range.high, 1) : 1;
  return strongPaint("diverging", theme, placeOn(value, -end, end), 0.5);
}

function hoverCurve({ curve }, context) {
  curve.onpointermove = (event) => {
    const { now, gate, terms } = context();
    if (gate.activation === "identity") return;
    const [a, value] = [number(terms.total), number(terms.result)];
    const name = `${gate.symbol}${subscript(now.data.unit)}`;
    tip.show(event.clientX, event.clientY, now.theme, [`The sum is ${a}; ${ROMAN[gate.activation]}(${a}) = ${value}, and that is ${name} at step ${now.step} ${quoted(now.data, now.step)}.`]);
  };
  curve.onpointerleave = tip.hide;
}
