// A sum as a list: its largest terms, the rest of them in a row, and lines for what comes of it.

// A block is a heading, a picture, a list, and its last lines.
function weightBlock(number, name) {
  const [formulaOf, picture, list, lines, result] = ["rv-formula", "rv-picture", "rv-terms", "rv-closing", "rv-result"].map((each) => make("div", each));
  const heading = make("div", "rv-heading", null, make("b", "", number), make("span", "", name), formulaOf);
  const rest = Object.assign(make("button", "rv-rest"), { type: "button" });
  const element = make("section", "rv-block", null, heading, picture, list, rest, lines, result);
  return { element, formula: formulaOf, picture, list, rest, lines, result, all: false };
}

// One line: where from, what times what, a bar, what comes of it.
function weightRow(source, product, value) {
  const bar = make("i", "rv-bar-part");
  const row = make("div", "rv-term", null, make("span", "rv-source", null, ...source), make("span", "rv-product", null, ...product), make("span", "rv-lane", null, bar), make("span", "rv-value", value));
  return { row, bar };
}

// The terms in their order; `chosen` is always among them. `term(n)` gives {source, product, say, pick, own}; `place` draws a bar.
function drawTerms(block, { value, shown, order, chosen = -1, term, place, theme, again }) {
  const few = visible(order, value, shown);
  const seen = block.all ? order : order.slice(0, few);
  if (chosen >= 0 && !seen.includes(chosen)) seen.splice(-1, 1, chosen);
  let before = 0;
  const rows = seen.map((n) => {
    const { source, product, say, pick, own } = term(n);
    const { row, bar } = weightRow(source, product, number(value[n]));
    place(bar, before, value[n], own);
    before += value[n];
    row.classList.toggle("rv-own", Boolean(own));
    const told = [...say, ...(place === placeShare ? [] : [`So far the sum is ${number(before)}.`])];
    row.onpointermove = (event) => event.pointerType !== "touch" && tip.show(event.clientX, event.clientY, theme, told);
    row.onpointerleave = tip.hide;
    if (pick) {
      row.classList.add("rv-picks");
      Object.assign(row, { tabIndex: 0, role: "button", onclick: pick, onkeydown: (event) => [" ", "Enter"].includes(event.key) && (event.preventDefault(), pick()) });
    }
    return row;
  });
  block.list.replaceChildren(...rows);
  block.list.classList.toggle("rv-scrolls", block.all && order.length > shown);
  const hidden = value.length - few;
  block.rest.hidden = hidden <= 0;
  const left = total(value) - before;
  block.rest.replaceChildren(make("span", "rv-source", block.all ? `show only the largest ${few}` : `and ${hidden} more`), make("span", "rv-value", block.all ? "" : number(left)));
  block.rest.setAttribute("aria-expanded", block.all);
  block.rest.onclick = () => ((block.all = !block.all), again());
}

// A bar of a share: it begins at 0.
function placeShare(bar, theme, share, own) {
  Object.assign(bar.style, { left: "0", width: `${100 * share}%`, background: own ? LOOK.palettes[theme].accent : strongPaint("sequential", theme, share) });
}

// A line that says what comes of the sum; the last one is written large.
function closingLine(words, value, { small = false, bar = null } = {}) {
  const { row, bar: part } = weightRow(words, [], value);
  row.classList.add(small ? "rv-small" : "rv-total");
  bar?.(part);
  return row;
}

// Rows of numbers as colours; a cell is told, and may be chosen.
function drawStrips(place, strips, { theme, width, say, pick, chosen = -1 }) {
  place.replaceChildren(...strips.map(({ name, values, reach }) => {
    const canvas = make("canvas");
    const wide = Math.min(width - 58, 24 * values.length);
    drawCells(canvas, values, values.length, [0, 0], [0, values.length], { scale: "diverging", low: -reach, high: reach }, theme, wide, 13);
    const at = (event) => clamp(Math.floor(((event.clientX - canvas.getBoundingClientRect().left) / wide) * values.length), 0, values.length - 1);
    canvas.onpointermove = (event) => event.pointerType !== "touch" && tip.show(event.clientX, event.clientY, theme, say(at(event)));
    canvas.onpointerleave = tip.hide;
    canvas.onclick = (event) => pick?.(at(event));
    const mark = make("i", "rv-unit");
    const cell = wide / values.length;
    Object.assign(mark.style, { display: chosen < 0 ? "none" : "block", left: `${58 + chosen * cell - 2}px`, width: `${Math.max(cell, 3) + 3}px` });
    const strip = make("div", `rv-strip ${pick ? "rv-picks" : ""}`, null, make("span", "", null, ...formula(name)), canvas, mark);
    return strip;
  }));
}
