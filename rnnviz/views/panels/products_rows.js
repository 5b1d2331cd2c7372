// The rows of a sum, and what stands below them: the rest, what rounding left, the total, the activation.

function drawRows({ inner }, now, gate, terms, { order, running, first, count, tall, range }, path) {
  while (inner.childElementCount > count) inner.lastChild.remove();
  while (inner.childElementCount < count) inner.append(termRow());
  inner.style.paddingTop = `${first * tall}px`;
  for (let k = 0; k < count; k++) {
    const n = order[first + k];
    const from = sourceOf(now.data, gate, n, now.step);
    drawRow(inner.children[k], now, gate, terms, n, running[first + k], from, range, path);
  }
}

function drawRow(row, now, gate, terms, n, before, from, range, path) {
  const { data, theme } = now;
  const [source, product, lane, value, sofar] = row.children;
  const symbol = from.token === undefined ? formula(from.formula ?? "") : [make("span", "rv-token", from.token)];
  source.replaceChildren(...symbol, make("span", symbol.length ? "rv-where" : "", from.text));
  product.replaceChildren(...productOf(data, gate, terms, n, from, path));
  write(value, number(terms.value[n]));
  write(sofar, number(before + terms.value[n]));
  placeBar(lane.firstChild, before, terms.value[n], range, theme);
  row.classList.toggle("rv-follows", Boolean(from.follow));
  row.tabIndex = from.follow ? 0 : -1;
  if (from.follow) row.setAttribute("role", "button");
  else row.removeAttribute("role");
  const open = () => from.follow && path.follow(from.follow, gate.letter);
  row.onclick = open;
  row.onkeydown = (event) => {
    if (event.target !== row || !["Enter", " "].includes(event.key)) return;
    event.preventDefault();
    open();
  };
  row.onpointermove = (event) => tip.show(event.clientX, event.clientY, theme, rowSays(data, gate, terms, n, before, from));
  row.onpointerleave = tip.hide;
}

// −1.2 × 0.43, and of a state, whose factors are numbers of the cell themselves: f₁₂ 0.98 × 0.43
function productOf(data, gate, terms, n, from, path) {
  const [weight, input] = [terms.weight[n], number(terms.input[n])];
  if (/^b_\w+$/.test(gate.sources[n]) && !scaleAt(data, gate, n)) return [number(weight)];
  const parts = [`${number(weight)} × ${input}`];
  if (from.instead) {
    const [letter, written] = from.instead;
    const button = Object.assign(make("button", "rv-factor", null, ...formula(`${written}_{${data.unit}}`)), { type: "button", title: `follow ${letter}${subscript(data.unit)}` });
    button.onclick = (event) => (event.stopPropagation(), path.follow({ layer: data.layer, unit: data.unit, step: chosenStep(data.tokens.length), gate: letter }, gate.letter));
    parts.unshift(button, " ");
  }
  if (scaleAt(data, gate, n)) parts.push(" × ", make("i", "", "r"));
  return parts;
}

// Whether a term has a scale of its own at all: the state's half of the GRU's candidate, whose r is told in the head.
const scaleAt = (data, gate, n) => unpack(gate.scale.fixed)[n] !== 1 || listed(gate.scale.moving).includes(n);

function rowSays(data, gate, terms, n, before, from) {
  const [weight, input, scale, value] = [terms.weight, terms.input, terms.scale, terms.value].map((each) => number(each[n]));
  const by = from.instead ? `${from.instead[1]} = ${weight}` : `its weight ${weight}`;
  const scaled = scaleAt(data, gate, n) ? ` and by r = ${scale}` : "";
  const told = !from.constant
    ? `${from.words} = ${input}; times ${by}${scaled} that adds ${value}.`
    : scaled ? `${from.words}, is ${weight}; times r = ${scale} that adds ${value}.` : `${from.words}, adds ${value}.`;
  const lines = [told, `So far the sum is ${number(before + terms.value[n])}.`];
  if (from.follow) lines.push(`Click to follow it: where did that ${input} come from?`);
  return lines;
}

const symbolOf = ({ data }, gate) => `${gate.symbol}_{${data.unit}}`;
const sumName = ({ data }, gate) => (gate.activation === "identity" ? symbolOf({ data }, gate) : `a_{${data.cell === "rnn" ? "" : `${gate.letter},`}${data.unit}}`);

function writeTitle({ title, caption, factors }, now, gate, terms) {
  const { data, step } = now;
  const scaled = gate.sources.findLastIndex((_, n) => scaleAt(data, gate, n));
  factors.replaceChildren("weight × input", ...(scaled < 0 ? [] : [" × ", make("i", "", "r"), `, r = ${number(terms.scale[scaled])}`]));
  const count = terms.value.length;
  title.replaceChildren(...formula(symbolOf(now, gate)), ` at step ${step} ${quoted(data, step)}`);
  const what = count === 1 ? "one product" : `the sum of ${count} products`;
  const carried = gate.sources.some((source) => source.startsWith(`${data.layer}.${gate.letter === "c" ? "c" : "h"}[`));
  const begins = stepBefore(data, step) === null && carried ? `; the state before the first step is ${data.start}` : "";
  write(caption, `${gate.label}${data.where ? `, ${data.where}` : ""}: ${what}${begins}`);
}

// The rest of the terms in a row, what rounding left, and the total as the network computed it.
function writeSums(parts, now, gate, terms, { order, running, top, all, range }) {
  const { theme, data } = now;
  const count = visible(order, terms.value, data.shown);
  const hidden = order.length - count;
  const before = count < order.length ? running[count] : terms.sum;
  const rest = terms.sum - before;
  const [source, product, lane, value, sofar] = parts.rest.children;
  parts.rest.style.display = hidden ? "" : "none";
  parts.rest.setAttribute("aria-expanded", all);
  parts.rest.classList.toggle("rv-open", all);
  write(source, all ? `show only the largest ${top}` : `and ${hidden} more`);
  write(product, all ? "" : "show all");
  write(value, all ? "" : number(rest));
  write(sofar, all ? "" : number(terms.sum));
  placeBar(lane.firstChild, before, all ? 0 : rest, range, theme);

  const exact = terms.remainder === 0;
  const left = exact ? `${data.precision} rounding leaves nothing` : `what ${data.precision} rounding leaves`;
  writeRow(parts.rounding, [left], number(terms.remainder), number(terms.total));
  placeBar(parts.rounding.children[2].firstChild, terms.sum, terms.remainder, range, theme);
  writeRow(parts.total, [...formula(sumName(now, gate)), make("span", "rv-where", "the sum, as the network has it")], number(terms.total), "");
  const bar = parts.total.children[2].firstChild;
  placeBar(bar, 0, terms.total, range, theme);
  bar.style.background = "var(--rv-ink)";
  const words = `The network adds in ${data.precision}: its sum is ${exactly(terms.total)}; the products, added without rounding, come to ${exactly(terms.sum)}.`;
  for (const row of [parts.rounding, parts.total]) {
    row.onpointermove = (event) => tip.show(event.clientX, event.clientY, theme, [words]);
    row.onpointerleave = tip.hide;
  }
}

const exactly = (value) => value.toPrecision(12).replace("-", "−");

function writeRow(row, source, value, sofar) {
  row.children[0].replaceChildren(...source);
  write(row.children[3], value);
  write(row.children[4], sofar);
}
