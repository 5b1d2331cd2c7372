// Readers side by side: walk through the steps in the browser, and see what each expects after each of them.

function rivalsPainter(root, view) {
  const walking = transport(view, "rivals");
  const { back, play, on, slider, pace, label } = walking.parts;
  const [cards, said] = [make("div", "rv-rival-cards"), make("b", "rv-read-so-far")];
  const so = make("span", "rv-so-far", null, said, make("span", "rv-caption", "has been read"));
  const buttons = make("div", "rv-buttons", null, back, label, on);
  const bar = make("div", "rv-rival-bar", null, buttons, so, pace);
  root.append(make("div", "rv-scrub", null, play, slider), bar, cards);

  return {
    draw(context) {
      walking.draw(context);
      placeSlider(root, slider, context.columns);
    },
    mark(context) {
      walking.mark(context);
      const { data, step, theme } = context;
      if (!data.tokens.length) return cards.replaceChildren();
      so.hidden = data.several; // two sentences: each card tells its own
      write(said, readSoFar(data.tokens, step));
      cards.replaceChildren(...data.cards.map((card) => rivalCard(card, step, theme, data.several)));
    },
    close: walking.close,
  };
}

const SO_FAR = 24; // tokens before the chosen step that are shown

function readSoFar(tokens, step) {
  return `${step >= SO_FAR ? "…" : ""}${tokens.slice(Math.max(step + 1 - SO_FAR, 0), step + 1).join("")}`;
}

// One reader: its name in its colour, what it has read where that is its own, what it has paid, and its guesses.
function rivalCard(card, step, theme, several) {
  const at = unpack(card.at)[step];
  const dot = make("i", "rv-dot");
  dot.style.background = card.colours[theme];
  const head = make("div", "rv-rival-head", null, dot, make("b", "", card.name));
  if (at < 0) return make("div", "rv-rival", null, head, make("span", "rv-caption", "has read nothing yet"));
  const paid = card.paid ? `${number(unpack(card.paid)[at])} bits paid so far; expects` : card.words;
  const own = several ? [make("b", "rv-read-so-far", readSoFar(card.tokens, at))] : [];
  head.append(make("span", "rv-caption", paid));
  return make("div", "rv-rival", null, head, ...own, ...guessRows(card, at));
}

// Its guesses, likeliest first; the token that really came is marked, and comes last if it was none of them.
function guessRows(card, at) {
  const ranks = shapeOf(card.guess)[1];
  const [guess, chance] = [unpack(card.guess), unpack(card.chance)];
  const next = card.surprise && at + 1 < card.tokens.length ? card.came[at + 1] : null;
  const rows = Array.from({ length: ranks }, (_, k) => {
    const [place, share] = [guess[at * ranks + k], chance[at * ranks + k]];
    return [card.signs[place], share, perCent(share), next !== null && place === next];
  });
  if (next !== null && !rows.some((row) => row[3])) {
    const share = 2 ** -unpack(card.surprise)[at + 1];
    rows[rows.length - 1] = [card.tokens[at + 1], share, Number.isFinite(share) ? perCent(share) : "unknown", true];
  }
  return rows.map((row) => chanceRow(...row));
}

export default function rivals(args) {
  return mount(args, "rv-rivals", rivalsPainter);
}
