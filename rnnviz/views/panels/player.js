// The player: walk through the steps in the browser, and see what the model expects after each of them.

const CONTEXT = 20; // tokens before a prediction that are shown

function playerPainter(root, view) {
  const walking = transport(view, "player");
  const [said, list] = [make("div", "rv-said"), make("div", "rv-list")];
  const { back, play, on, slider, pace, label } = walking.parts;
  const buttons = make("div", "rv-buttons", null, back, label, on);
  root.append(make("div", "rv-scrub", null, play, slider), make("div", "rv-next", null, buttons, said, list, pace));

  return {
    draw(context) {
      walking.draw(context);
      placeSlider(root, slider, context.columns);
    },
    mark(context) {
      walking.mark(context);
      const { data, step } = context;
      if (data.tokens.length) return drawExpected({ said, list }, data, step);
      said.replaceChildren("Nothing has been read yet.");
      list.replaceChildren();
    },
    close: walking.close,
  };
}

// What was read last, and the likeliest next: the one that really came is marked; if it was none of them, it comes last.
function drawExpected(parts, data, step) {
  const ranks = shapeOf(data.guess)[1];
  const shown = Math.min(data.shown, ranks);
  const [guess, chance] = [unpack(data.guess), unpack(data.chance)];
  const context = data.tokens.slice(Math.max(step + 1 - CONTEXT, 0), step + 1).join("");
  parts.said.replaceChildren(make("b", "rv-read-so-far", `${step >= CONTEXT ? "…" : ""}${context}`), make("span", "rv-caption", "has been read; it expects"));

  const next = step + 1 < data.tokens.length ? data.came[step + 1] : null;
  const rows = [];
  for (let k = 0; k < shown; k++) {
    const [place, share] = [guess[step * ranks + k], chance[step * ranks + k]];
    rows.push([data.signs[place], share, perCent(share), next !== null && place === next]);
  }
  if (next !== null && !rows.some((row) => row[3])) {
    const share = 2 ** -unpack(data.surprise)[step + 1];
    rows.push([data.tokens[step + 1], share, Number.isFinite(share) ? perCent(share) : "unknown", true]);
  }
  parts.list.replaceChildren(...rows.map((row) => chanceRow(...row)));
}

export default function player(args) {
  return mount(args, "rv-player", playerPainter);
}
