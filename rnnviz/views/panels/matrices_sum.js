// What a cell of a matrix is: its name and value, and the sum that it came about by, with the cells that took part.

const TERMS = 9; // as many terms of a sum are written; of more, the largest, and what the others come to

const entry = (matrix, row, column, step = 0) => unpack(matrix.values)[(step * matrix.shape[1] + row) * matrix.shape[2] + column];

// The terms of the sum at a place: [value, words, [[matrix, rows, columns], ...]]; a matrix of one row serves all rows.
function termsOf(matrices, { products, pairs, added }, row, column) {
  const rowOf = (matrix) => (matrix.shape[1] === 1 ? 0 : row);
  const terms = [];
  for (const [left, right] of products) {
    for (let k = 0; k < matrices[left].shape[2]; k++) terms.push([entry(matrices[left], rowOf(matrices[left]), k), entry(matrices[right], k, column)]);
  }
  for (const [left, right] of pairs) terms.push([left, right].map((each) => entry(matrices[each], rowOf(matrices[each]), column)));
  for (const each of added) terms.push([entry(matrices[each], rowOf(matrices[each]), column)]);
  return terms;
}

// The cells that take part in the sum at a place: {matrix, rows: [first, count], columns: [first, count]}.
function partsOf(matrices, { products, pairs, added }, row, column) {
  const rows = (place) => [matrices[place].shape[1] === 1 ? 0 : row, 1];
  const cell = (place) => ({ matrix: place, rows: rows(place), columns: [column, 1] });
  const across = products.flatMap(([left, right]) => [
    { matrix: left, rows: rows(left), columns: [0, matrices[left].shape[2]] },
    { matrix: right, rows: [0, matrices[right].shape[1]], columns: [column, 1] },
  ]);
  return [...across, ...pairs.flat().map(cell), ...added.map(cell)];
}

const product = (factors) => factors.reduce((a, b) => a * b, 1);
const bracketed = (value) => (value < 0 ? `(${number(value)})` : number(value));

// [0.2, -1] as 0.2·(−1); the sign of the first is left to the plus or minus before it.
function written(factors, first) {
  const [head, ...rest] = factors;
  const sign = head < 0 ? (first ? "−" : " − ") : first ? "" : " + ";
  return sign + [number(Math.abs(head)), ...rest.map(bracketed)].join("·");
}

// tanh(0.2·1 + 0.5·(−1)) = tanh(−0.3) = −0.291; where the written digits do not give the result, ≈ stands for =.
function expression(matrices, made, row, column, value) {
  const terms = termsOf(matrices, made, row, column);
  const total = terms.reduce((sum, factors) => sum + product(factors), 0);
  const largest = [...terms].sort((a, b) => Math.abs(product(b)) - Math.abs(product(a)));
  const shown = terms.length > TERMS ? largest.slice(0, TERMS - 3) : terms;
  const rest = total - shown.reduce((sum, factors) => sum + product(factors), 0);
  const left = terms.length - shown.length;
  const more = left ? ` + ${bracketed(rest)} from ${left} more` : "";
  const sum = shown.map((factors, i) => written(factors, i === 0)).join("") + more;
  const digits = shown.reduce((all, factors) => all + product(factors.map(rounded)), left ? rounded(rest) : 0);
  const sign = number(digits) === number(total) ? "=" : "≈";
  if (!made.function) return `${sum} ${sign} ${number(value)}`;
  return `${made.function}(${sum}) ${sign} ${made.function}(${number(total)}) = ${number(value)}`;
}

const rounded = (value) => Number(value.toPrecision(3));

// "batch 0, unit 3": an axis is named in the plural, its places in the singular; tokens stand for themselves, and what was
// put together is counted part by part.
function placeName(matrix, step, row, column) {
  const at = (axis, place) => partName(matrix.parts[axis - 1], place) ?? `${singular(matrix.axes[axis])} ${matrix.labels[axis - 1][place] ?? place}`;
  return [...(matrix.deep ? [stepName(matrix, step)] : []), at(1, row), at(2, column)].join(", ");
}

function partName(parts, place) {
  let first = 0;
  for (const [name, size] of parts) {
    if (place < first + size) return `${name} ${place - first}`;
    first += size;
  }
}

const singular = (word) => word.replace(/s$/, "");
const stepName = ({ axes, stepLabels }, step) => stepLabels[step] ?? `${singular(axes[0])} ${step}`;

function cellSentences(matrices, matrix, step, row, column) {
  if (matrix.told.length) return [matrix.told[row][column]];
  const value = entry(matrix, row, column, step);
  const place = matrix.shape.every((size) => size === 1) ? "" : `, ${placeName(matrix, step, row, column)}`;
  const said = `${matrix.name}${place} = ${number(value)}`;
  return matrix.made ? [said, expression(matrices, matrix.made, row, column, value)] : [said];
}
