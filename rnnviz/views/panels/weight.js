// One weight opened, in three sums of which each begins where the last ended: the score, the softmax of its row, the
// context. All cells of a head are here, so that another one opens at once.

const MANY = 4000; // cells, of which all bars are not tried out

function weightPainter(root, view) {
  const blocks = [weightBlock("1", "the score"), weightBlock("2", "the weight"), weightBlock("3", "the context")];
  const [title, caption, scales] = [make("span", "rv-title"), make("span", "rv-caption"), make("span", "rv-right")];
  const grid = make("div", "rv-blocks", null, ...blocks.map(({ element }) => element));
  root.append(make("div", "rv-head", null, title, caption, scales), grid);
  const deaf = hearCells(() => view.mark());
  let now = null;
  let unit = null; // of the context; null for the one to which the cell adds most
  let served = null;
  let axes = null; // {score, units: {unit: ...}, ends}: they rest while cells are opened

  const paintAll = () => {
    const { data, theme } = now;
    const cell = openCell(data, now.step);
    const opened = openedWeight(data, cell);
    const at = unit ?? fullestUnit(data, opened, cell.column);
    const scene = { data, theme, cell, opened, axes, again: paintAll, unit: at, pick: (column) => chooseCell(data, cell.row, column, view), choose: (each) => ((unit = each), paintAll()) };
    write(title, `${(opened.shut ? mayNot : looksAt)(data, cell.row)} ${columnName(data, cell.column)}: ${number(opened.weight)}`);
    write(caption, [data.where, ...forcedWords(data, cell.row).map((words) => words.slice(0, -1))].filter(Boolean).join("; "));
    drawScore(blocks[0], scene);
    drawSoftmax(blocks[1], scene);
    drawContext(blocks[2], scene);
  };

  return {
    draw(context) {
      now = context;
      const { data, theme } = now;
      const [rows, columns] = countOf(data);
      grid.hidden = !rows || !columns;
      if (grid.hidden) return write(title, "Nothing has been read yet.");
      if (served !== data.version) {
        if (served === null || data.unit !== null) unit = data.unit;
        if (unit !== null && unit >= shapeOf(data.v)[1]) unit = null;
        served = data.version;
        const score = rows * columns > MANY ? boundOfSums(allProducts(data)) : reachOfSums(allProducts(data), data.shown);
        axes = { score, units: {}, qk: reachOfAll(data.q, data.k), v: reachOfAll(data.v, data.context) };
      }
      const ends = (reach) => [`−${number(reach)}`, number(reach)];
      scales.replaceChildren(legend("diverging", theme, ...ends(axes.qk), "q, k"), legend("diverging", theme, ...ends(axes.v), "values"));
    },
    mark({ step }) {
      if (grid.hidden) return;
      now.step = step;
      paintAll();
    },
    close: deaf,
  };
}

const roundingLine = (data, left) => closingLine([left === 0 ? `${data.precision} rounding leaves nothing` : `what ${data.precision} rounding leaves`], left === 0 ? "" : number(left), { small: true });

const widthOf = ({ element }) => element.clientWidth || 320;
const zeroAt = (block, { low, high }) => block.element.style.setProperty("--zero", `${100 * placeOn(0, low, high)}%`);

const SCORES = { dot: "q · k", scaled_dot: "q · k / √d", general: "q · W k", additive: "w · tanh(q + k)" };

function drawScore(block, { data, theme, opened, axes, again, cell }) {
  const { q, k, products, sum, root, scaled, score } = opened;
  const additive = data.form === "additive";
  const reach = Math.max(...products.map(Math.abs)) || 1;
  const pair = (i) => (additive ? `${number(unpack(data.vector)[i])} × tanh(${number(q[i])} ${k[i] < 0 ? "−" : "+"} ${number(Math.abs(k[i]))})` : `${number(q[i])} × ${bracketed(k[i])}`);
  const say = (i) => [`Number ${i}: q${subscript(i)} of ${rowName(data, cell.row)} is ${number(q[i])}, k${subscript(i)} of ${columnName(data, cell.column)} is ${number(k[i])}; ${additive ? `w${subscript(i)} tanh(q + k)` : "their product"} adds ${number(products[i])}.`];
  block.formula.replaceChildren(...formula(SCORES[data.form]));
  block.element.classList.toggle("rv-additive", additive);
  drawStrips(block.picture, [{ name: "q", values: q, reach: axes.qk }, { name: "k", values: k, reach: axes.qk }, { name: additive ? "product" : "q × k", values: products, reach }], { theme, width: widthOf(block), say });
  zeroAt(block, axes.score);
  const place = (bar, before, value) => placeBar(bar, before, value, axes.score, theme);
  const term = (i) => ({ source: formula(additive ? `w_{${i}}` : `q_{${i}} k_{${i}}`), product: [pair(i)], say: say(i) });
  drawTerms(block, { value: products, shown: data.shown, order: largestFirst(products), term, place, theme, again });
  const lines = [closingLine(formula(additive ? "w · tanh(q + k)" : "q · k"), number(sum), { bar: (bar) => placeBar(bar, 0, sum, axes.score, theme) })];
  if (root !== 1) lines.push(closingLine([`divided by √${data.width} = ${number(root)}`], number(scaled), { small: true }));
  lines.push(roundingLine(data, score - scaled));
  block.lines.replaceChildren(...lines);
  const mask = opened.shut ? "the mask shuts it: −∞" : data.shut ? "the mask leaves it open" : "no mask";
  block.result.replaceChildren("score ", make("b", "", number(score)), make("span", "rv-note", mask));
}

function drawSoftmax(block, { data, theme, opened, again, cell, pick }) {
  const { exps, scores, highest, all, share, weight } = opened;
  block.formula.replaceChildren(...formula("e"), make("sup", "", "score"), " / Σ ", ...formula("e"), make("sup", "", "score"));
  drawShares(block.picture, { data, theme, opened, width: widthOf(block), cell, pick });
  const empty = !all;
  const term = (column) => ({
    source: columnParts(data, column),
    product: isShut(data, cell.row, column, scores.length) ? ["shut: 0"] : [...formula("e"), make("sup", "", `${number(scores[column])} − ${bracketed(highest)}`)],
    say: [`${capital(columnName(data, column))}: its score ${number(scores[column])} less the largest, ${number(highest)}, gives ${number(exps[column])}, ${perCent(all ? exps[column] / all : 0)} of all.`],
    own: column === cell.column,
    pick: () => pick(column),
  });
  const place = (bar, _, value, own) => placeShare(bar, theme, value, own);
  drawTerms(block, { value: exps, shown: data.shown, order: largestFirst(exps), chosen: cell.column, term, place, theme, again });
  const forced = data.forced.includes(cell.row);
  const lines = [closingLine(["all together"], number(all)), closingLine([`its share: ${number(exps[cell.column])} of ${number(all)}`], number(share), { small: true })];
  block.lines.replaceChildren(...lines, forced ? closingLine(["set by hand instead"], number(weight), { small: true }) : roundingLine(data, weight - share));
  const note = empty ? "it may look at nothing" : forced ? "set by hand" : "the largest score is taken off each, which changes no share";
  block.result.replaceChildren("weight ", make("b", "", number(weight)), make("span", "rv-note", note));
}

// A token and its step, in a line of a sum.
function columnParts(data, column) {
  const [token, step] = [data.columns.tokens[column], stepOf(data, column)];
  return [make("span", "rv-token", token), ...(step < 0 ? [] : [make("span", "rv-where", String(step))])];
}

// All e^score of the row in the order of the sentence; letters below them where there is room.
function drawShares(place, { data, theme, opened, width, cell, pick }) {
  const { exps } = opened;
  const canvas = make("canvas", "rv-shares");
  const palette = LOOK.palettes[theme];
  const wide = Math.min(width / exps.length, 26);
  const lettered = wide >= lengthOf(data.columns) * 8;
  const pen = brush(canvas, wide * exps.length, 58);
  Object.assign(pen, { textAlign: "center", textBaseline: "middle", font: `11.5px ${LOOK.mono}` });
  exps.forEach((value, column) => {
    const own = column === cell.column;
    pen.fillStyle = own ? palette.accent : palette.sequential.at(-2);
    const high = Math.max(40 * value, value > 0 ? 0.75 : 0);
    pen.fillRect(column * wide + 0.5, 41 - high, Math.max(wide - 1, 0.8), high);
    pen.fillStyle = own ? palette.accent : palette.faint;
    if (lettered && !data.columns.marks.includes(column)) pen.fillText(data.columns.tokens[column], (column + 0.5) * wide, 51);
  });
  pen.fillStyle = palette.line;
  pen.fillRect(0, 41, wide * exps.length, 1);
  const at = (event) => clamp(Math.floor((event.clientX - canvas.getBoundingClientRect().left) / wide), 0, exps.length - 1);
  canvas.onpointermove = (event) => event.pointerType !== "touch" && tip.show(event.clientX, event.clientY, theme, [`${capital(columnName(data, at(event)))}: e to its score, less the largest, is ${number(exps[at(event)])}; weight ${number(opened.weights[at(event)])}.`]);
  canvas.onpointerleave = tip.hide;
  canvas.onclick = (event) => pick(at(event));
  place.replaceChildren(canvas);
}

function drawContext(block, { data, theme, opened, axes, again, cell, pick, unit, choose }) {
  const value = partsOfContext(data, opened, unit);
  const [context, own] = [rowsOf(data.context, cell.row), rowsOf(data.v, cell.column)];
  const weighed = Float64Array.from(own, (each) => each * opened.weight);
  const range = (axes.units[unit] ??= reachOfSums(allParts(data, unit), data.shown));
  const say = (u) => [`Unit ${u}: the weight ${number(opened.weight)} times v${subscript(u)} = ${number(own[u])} adds ${number(weighed[u])} to the context, which is ${number(context[u])} there.`, "Click to see the sum of this unit."];
  block.formula.replaceChildren("Σ weight · ", ...formula("v"));
  drawStrips(block.picture, [{ name: "v", values: own, reach: axes.v }, { name: "weight·v", values: weighed, reach: axes.v }, { name: "context", values: context, reach: axes.v }], { theme, width: widthOf(block), say, pick: choose, chosen: unit });
  zeroAt(block, range);
  const values = (column) => unpack(data.v)[column * own.length + unit];
  const term = (column) => ({
    source: columnParts(data, column),
    product: [`${number(opened.weights[column])} × ${bracketed(values(column))}`],
    say: [`${capital(columnName(data, column))}: its weight ${number(opened.weights[column])} times v${subscript(unit)} = ${number(values(column))} adds ${number(value[column])}.`],
    own: column === cell.column,
    pick: () => pick(column),
  });
  const place = (bar, before, each) => placeBar(bar, before, each, range, theme);
  drawTerms(block, { value, shown: data.shown, order: largestFirst(value), chosen: cell.column, term, place, theme, again });
  const sum = total(value);
  block.lines.replaceChildren(closingLine(["all together"], number(sum), { bar: (bar) => placeBar(bar, 0, sum, range, theme) }), roundingLine(data, context[unit] - sum));
  block.result.replaceChildren(`context, unit ${unit} `, make("b", "", number(context[unit])), make("span", "rv-note", "choose another unit in the strips above"));
}

export default function weight(args) {
  return mount(args, "rv-weight", weightPainter);
}
