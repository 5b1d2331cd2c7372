// The arithmetic of one weight: its score as a sum of products, the row's softmax, the context as a sum of weighed values.

const rowsOf = (spec, row) => {
  const wide = shapeOf(spec)[1];
  return unpack(spec).subarray(row * wide, (row + 1) * wide);
};

// Products of two single-precision numbers are exact in these 64 bits, so what differs from the trace is its rounding.
function productsOf(data, row, column, out) {
  const [q, k] = [rowsOf(data.q, row), rowsOf(data.k, column)];
  const vector = data.vector && unpack(data.vector);
  for (let i = 0; i < q.length; i++) out[i] = vector ? vector[i] * Math.tanh(q[i] + k[i]) : q[i] * k[i];
  return out;
}

const total = (values) => values.reduce((sum, value) => sum + value, 0);

function openedWeight(data, { row, column }) {
  const count = data.columns.tokens.length;
  const products = productsOf(data, row, column, new Float64Array(data.width));
  const sum = total(products);
  const root = data.form === "scaled_dot" ? Math.sqrt(data.width) : 1;
  const scores = Float64Array.from(rowsOf(data.scores, row));
  const open = (each) => !isShut(data, row, each, count);
  const highest = scores.reduce((most, score, each) => (open(each) && score > most ? score : most), -Infinity);
  const exps = scores.map((score, each) => (open(each) ? Math.exp(score - highest) : 0));
  const all = total(exps);
  const weights = Float64Array.from(rowsOf(data.weights, row));
  return {
    q: rowsOf(data.q, row), k: rowsOf(data.k, column), products, sum, root, scores, highest, exps, all, weights,
    score: scores[column], scaled: sum / root, shut: !open(column), share: all ? exps[column] / all : 0, weight: weights[column],
  };
}

// The parts of a unit of the context: all weights times the unit's values.
function partsOfContext(data, { weights }, unit) {
  const wide = shapeOf(data.v)[1];
  const values = unpack(data.v);
  return weights.map((weight, column) => weight * values[column * wide + unit]);
}

// The unit to which this cell adds most.
function fullestUnit(data, { weight }, column) {
  const values = rowsOf(data.v, column);
  return values.reduce((best, value, unit) => (Math.abs(weight * value) > Math.abs(weight * values[best]) ? unit : best), 0);
}

// How far bars reach that begin where the last ended, in any of several sums: an axis that rests from cell to cell.
function reachOfSums(sums, shown) {
  let [low, high, tallest] = [0, 0, 0];
  for (const value of sums) {
    let running = 0;
    const top = largest(value, shown);
    for (const n of top) {
      running += value[n];
      [low, high] = [Math.min(low, running), Math.max(high, running)];
    }
    const sum = total(value);
    [low, high, tallest] = [Math.min(low, sum), Math.max(high, sum), Math.max(tallest, Math.abs(value[top[0]] ?? 0))];
  }
  const margin = 0.04 * (high - low) || 1;
  return { low: low - margin, high: high + margin, largest: tallest || 1 };
}

// The same of very many sums, in less time: none of their bars reaches beyond what all terms of one sign come to.
function boundOfSums(sums) {
  let [low, high, tallest] = [0, 0, 0];
  for (const value of sums) {
    let [below, above] = [0, 0];
    for (const term of value) {
      if (term < 0) below += term;
      else above += term;
      tallest = Math.max(tallest, Math.abs(term));
    }
    [low, high] = [Math.min(low, below), Math.max(high, above)];
  }
  return { low: low || -1, high: high || 1, largest: tallest || 1 };
}

function* allProducts(data) {
  const out = new Float64Array(data.width);
  const [rows, columns] = countOf(data);
  for (let row = 0; row < rows; row++) for (let column = 0; column < columns; column++) yield productsOf(data, row, column, out);
}

function* allParts(data, unit) {
  for (let row = 0; row < countOf(data)[0]; row++) yield partsOfContext(data, { weights: Float64Array.from(rowsOf(data.weights, row)) }, unit);
}

const reachOfAll = (...specs) => specs.flatMap((spec) => [...unpack(spec)]).reduce((most, value) => Math.max(most, Math.abs(value)), 0) || 1;
