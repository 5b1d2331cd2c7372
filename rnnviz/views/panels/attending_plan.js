// Where everything stands in the picture of an attention. A sentence that is too long for cells that can be read shows a
// window of rows and columns, over a small picture of the whole.

const CELLS = [44, 40, 36, 33, 30, 27, 24, 22, 20, 18, 16, 14, 12, 11, 10]; // pixels; in steps, so that columns rest while a person types
const LETTER = 8.2; // pixels of a letter in a word
const BARS = 64; // pixels, the height of the bars of an answer that looks once
const SIDE = 216; // pixels beside the matrix, for what is guessed and for the whole

const wordWidth = (letters) => Math.min(Math.ceil(letters * LETTER) + 8, 104);

function lookPlan(data, width) {
  const talks = writes(data) || data.guesses !== null;
  const plan = planWithin(data, width, talks && width >= 860);
  return plan.whole || plan.beside || width < 860 ? plan : planWithin(data, width, true);
}

function planWithin(data, width, beside) {
  const [rows, columns] = countOf(data);
  const narrow = width < 560;
  const room = Math.max(width - (beside ? SIDE + 20 : 0), 120);
  const left = gutterOf(data, narrow);
  const across = acrossOf(lengthOf(data.columns), columns, room - left - (narrow ? 2 : 10), narrow);
  const tall = narrow ? 420 : 560;
  const high = data.kind === "pooled" ? BARS : Math.min(clamp(Math.floor(tall / rows), 12, 26), Math.max(across.size, 18));
  const down = { size: high, count: Math.min(rows, Math.floor(tall / high)), of: rows };
  const plot = across.size * across.count;
  const whole = across.count === columns && down.count === rows;
  const top = topOf(data, rows, plot, across);
  const lines = rows === 1 ? 72 : narrow ? 84 : 116;
  return { rows, columns, narrow, beside, left, across, down, top, plot, lines, whole, height: high * down.count, width: room };
}

function gutterOf(data, narrow) {
  if (data.kind === "pooled") return narrow ? 40 : 64;
  const letters = lengthOf(data.rows);
  return letters <= 3 ? (narrow ? 46 : 64) : Math.min(wordWidth(letters) + 28, narrow ? 88 : 132);
}

// {size, count, of, upright, high}: columns in pixels, how many are in sight; words that do not fit across stand upright.
function acrossOf(letters, columns, room, narrow) {
  if (letters <= 3) {
    const size = CELLS.find((each) => each * columns <= room) ?? (narrow ? 12 : 14);
    return { size, count: Math.min(columns, Math.floor(room / size)), of: columns, upright: letters > 1 && size < letters * LETTER, high: 30 };
  }
  const even = Math.floor(room / Math.max(columns, 1));
  const fits = even >= wordWidth(letters);
  const size = fits ? Math.min(even, wordWidth(letters) + 12) : clamp(even, 17, 34);
  return { size, count: Math.min(columns, Math.floor(room / size)), of: columns, upright: !fits, high: fits ? 30 : Math.min(wordWidth(letters) + 4, 96) };
}

// The sentence that looks, above the lines: over the same columns where it is the same sentence, else in the middle.
function topOf(data, rows, plot, across) {
  if (data.kind === "pooled") return { size: Math.min(plot, 120), count: 1, of: 1, left: Math.max((plot - 120) / 2, 0), upright: false, high: 30 };
  if ((data.kind === "asked" || data.kind === "back") && rows === across.of) return { ...across, left: 0 };
  const letters = lengthOf(data.rows);
  const made = acrossOf(letters, rows, plot, plot < 500);
  const size = letters <= 3 ? Math.min(Math.max(made.size, Math.min(plot / rows, 48)), 48) : made.size;
  const count = Math.min(rows, Math.floor(plot / size));
  return { ...made, size, count, left: (plot - size * count) / 2 };
}

// The first of `axis.of` places in sight: where the window stands, moved only as far as is needed to show a place.
function windowOn(axis, first, place) {
  const most = axis.of - axis.count;
  if (place >= first && place < first + axis.count) return clamp(first, 0, most);
  return clamp(Math.round(place - axis.count * (place < first ? 0.7 : 0.3)), 0, most);
}

// Where the sentence above begins: in the middle of the rows in sight, but so that the open one is seen.
function topFirst({ top, down }, { first, cell }) {
  const middle = clamp(Math.round(first.row + (down.count - top.count) / 2), 0, top.of - top.count);
  return windowOn(top, middle, cell.row);
}

const topAt = ({ top }, first, row) => top.left + (row - first + 0.5) * top.size;
const columnAt = ({ across }, first, column) => (column - first + 0.5) * across.size;
