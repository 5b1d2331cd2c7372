// How large the cells of a picture are. Its numbers are written where there is room for them, in columns that are equally
// wide wherever they are of one kind, such as units, and as large as lets each line stand unbroken.

const [MOST_WIDE, MOST_HIGH, MOST_CELL] = [560, 230, 24]; // pixels, of a matrix whose numbers have no room
const WRITTEN_CELLS = 900; // more numbers than that nobody reads
const DIGIT = 0.62; // of the font's size, how wide a digit is
const [SIZE_EDGE, GAP] = [17, 10]; // pixels: as in matrices.css

function sizesOf(data, width) {
  const tiny = data.matrices.every(({ shape }) => shape.every((size) => size === 1));
  const fonts = width < 560 ? [tiny ? 13 : 10.5] : tiny ? [17, 14, 12] : [12, 11.25, 10.5];
  const tried = fonts.map((font) => sizesAt(data, width, font, tiny));
  return tried.find((sizes) => data.lines.every(({ items }) => lineWidth(items, data, sizes) <= width)) ?? tried[0];
}

// {cell: [width, height], font, numbers, sized, left} of each matrix: whether its numbers are written, and its sizes said;
// left: pixels for the labels of its rows.
function sizesAt(data, width, font, tiny) {
  const wanted = data.matrices.map((matrix) => wantedCell(matrix, font));
  const shared = (matrix) => Math.max(...wanted.filter((_, i) => data.matrices[i].axes[2] === matrix.axes[2]));
  return data.matrices.map((matrix, i) => {
    const [[, rows, columns], sized] = [matrix.shape, matrix.sized && !tiny];
    const left = labelRoom(matrix, font, width);
    const room = width - SIZE_EDGE - left - 30;
    const across = [shared(matrix), wanted[i]].find((cell) => cell > 0 && cell * columns <= room);
    if (wanted[i] && (across || matrix.scale === null)) return { cell: [across ?? room / columns, font + 13], font, numbers: true, sized, left };
    const fit = (most, count) => Math.min(most / count, MOST_CELL) * count;
    const [whole, down] = [Math.max(Math.floor(fit(Math.min(room, MOST_WIDE), columns)), 12), Math.max(Math.floor(fit(MOST_HIGH, rows)), 16)];
    return { cell: [whole / columns, down / rows], font: Math.min(font, 11), numbers: false, sized, left };
  });
}

// The width of a cell that holds the longest number and the longest label; 0 where there are too many to be written.
function wantedCell(matrix, font) {
  const values = unpack(matrix.values);
  if (values.length > WRITTEN_CELLS) return 0;
  const longest = values.reduce((most, value) => Math.max(most, short(value, matrix.whole).length), 1);
  const labels = matrix.labels[1].reduce((most, label) => Math.max(most, wide(label) * font), 0);
  return Math.max(longest * font * DIGIT + 8, matrix.whole ? font + 5 : 2 * font, labels + 4);
}

// The widest label of the rows; long ones are cut, so that the numbers keep half of a narrow page.
const labelRoom = (matrix, font, width) => (matrix.labels[0].length ? Math.min(5 + font * Math.max(...matrix.labels[0].map(wide)), width * 0.42) : 0);

function lineWidth(items, { matrices }, sizes) {
  const width = (item) => (typeof item === "string" ? item.length * 10 : SIZE_EDGE + sizes[item].left + sizes[item].cell[0] * matrices[item].shape[2]);
  return items.reduce((sum, item) => sum + width(item) + GAP, 0);
}

// A number in a cell has three decimals at most, since columns are narrow; the pointer is told three digits of it. Whole
// numbers, such as counts, are written as they are.
function short(value, whole) {
  if (whole) return value.toLocaleString("en-US").replace("-", "−");
  if (value !== 0 && Math.abs(value) < 5e-4) return "≈0";
  return Math.abs(value) < 0.1 ? number(Number(value.toFixed(3))) : number(value);
}

// How wide a sign is, in the size of its font: Chinese characters are twice as wide as letters.
const wide = (text) => [...text].reduce((sum, char) => sum + (char.codePointAt(0) > 0x2e7f ? 1.05 : 0.64), 0);
