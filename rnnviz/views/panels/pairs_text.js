// The text as a paragraph: every letter coloured by how much it moved the output that is looked at.

// One span a token, used again from draw to draw, so that a hover recolours and builds nothing.
function writeText(place, data) {
  while (place.childElementCount > data.tokens.length) place.lastChild.remove();
  while (place.childElementCount < data.tokens.length) place.append(make("span"));
  data.tokens.forEach((token, step) => write(place.children[step], token));
}

// The colours of a row, normalised by its strongest; `out` is the place of the output, null for one of the whole.
function colourText(place, row, theme, out, open) {
  const strongest = row.reduce((top, value) => (value > top ? value : top), 0);
  [...place.children].forEach((span, step) => {
    const share = strongest > 0 ? row[step] / strongest : 0;
    const painted = share > 0 ? paint("sequential", theme, share, 0, 1) : null;
    span.style.background = painted?.fill ?? "";
    span.style.color = painted?.ink ?? "";
    span.className = step === out ? "rv-output" : step === open ? "rv-opened" : "";
  });
}

const totalOf = (row) => row.reduce((sum, value) => sum + value, 0);

// Whole sentences about a pair, or about a row alone.
function pairWords(data, row, s, t) {
  const value = row[t];
  const [output, since] = [data.one ? "" : ` at step ${s} ${quoted(data, s)}`, `step ${t} ${quoted(data, t)}`];
  if (!(value > 0)) return [`The ${data.kind}${output} hears nothing of ${since}.`];
  const size = `|${formula(data, s)} / d${data.state}${subscript(t)}| = ${number(value)}, ${perCent(value / totalOf(row))} of all that`;
  return data.kind === "guess"
    ? [`${capital(since)} moved the guess${output}: ${size} moved it.`]
    : [`The loss${output} hears of ${data.state === "x" ? "" : "the state at "}${since}: ${size} it hears.`];
}

const formula = (data, s) => (data.kind === "guess" ? `d log P(x${subscript(s)})` : data.one ? "dL" : `dL${subscript(s)}`);
const capital = (text) => text[0].toUpperCase() + text.slice(1);

function strongestOf(row) {
  let best = -1;
  row.forEach((value, t) => value > 0 && (best < 0 || value > row[best]) && (best = t));
  return best < 0 ? null : best;
}

// What moved an output most, as rows with bars; the strongest first.
function rowWords(data, row, s, most = 5) {
  if (data.only !== null && s !== data.only) return [`Click to see what the ${data.kind} at step ${s} ${quoted(data, s)} hears of.`];
  const total = totalOf(row);
  const order = [...row.keys()].filter((t) => row[t] > 0).sort((a, b) => row[b] - row[a]).slice(0, most);
  const where = data.one ? "" : ` at step ${s} ${quoted(data, s)}`;
  if (!order.length) return [data.kind === "guess" ? `Nobody guessed step ${s} ${quoted(data, s)}: nothing was read before it.` : `There is no loss${where}.`];
  const head = data.kind === "guess" ? `The guess${where} was moved by` : `The loss${where} hears of${data.state === "x" ? "" : " the states at"}`;
  return [head, ...order.map((t) => [data.tokens[t], row[t] / total, `step ${t}: ${number(row[t])}, ${perCent(row[t] / total)}`])];
}
