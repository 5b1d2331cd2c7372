// One unit's story: a band of bars for each gate and state, each on its own fixed scale, over the sentence coloured by one
// of them. Signed values grow from the middle of their band, shares from its foot.

const BAND = 46;

function unitPainter(root) {
  const parts = buildUnit(root);
  let now = null;
  let lead = null; // the band that colours the sentence

  const bandAt = (event) => {
    const place = Math.floor((event.clientY - parts.bands.getBoundingClientRect().top) / BAND);
    return now.data.bands[place] ?? null;
  };
  const say = (event, element, band) => {
    const step = stepAt(event, element, now.columns);
    if (step === null || !band) return tip.hide();
    const value = unpack(band.values)[step];
    tip.show(event.clientX, event.clientY, now.theme, [sentence(now.data, band, now.data.unit, step, value)]);
  };
  const leading = () => now.data.bands.find((band) => band.quantity === lead) ?? now.data.bands[0];
  const pick = (band) => {
    lead = band.quantity;
    drawSentence(parts, now, band);
  };
  for (const [row, bandOf] of [[parts.bands, bandAt], [parts.letters, leading]]) {
    row.onpointermove = (event) => say(event, row, bandOf(event));
    row.onpointerleave = (event) => event.pointerType !== "touch" && tip.hide();
    row.onclick = (event) => {
      choose(stepAt(event, row, now.columns) ?? now.step, "unit");
      if (event.pointerType === "touch") say(event, row, bandOf(event));
    };
  }

  return {
    draw(context) {
      now = context;
      const { data, columns, theme } = now;
      if (data.lead !== parts.served) lead = parts.served = data.lead;
      parts.root.style.setProperty("--left", `${columns.left}px`);
      const caption = make("span", "rv-caption", "click a name to colour the sentence by it");
      parts.head.replaceChildren(make("span", "rv-title", data.title), caption, parts.right);
      parts.names.replaceChildren(...data.bands.map((band) => nameOf(band, columns, () => pick(band))));
      drawBands(parts.bands, data.bands, columns, theme);
      drawSentence(parts, now, leading());
    },
    mark({ columns, step, data }) {
      now.step = step;
      outline(parts.cursor, columns, step);
      data.bands.forEach((band, index) => {
        write(parts.names.children[index].querySelector("em"), number(unpack(band.values)[step]));
      });
    },
  };
}

function buildUnit(root) {
  const [head, letters, bands, names] = [make("div", "rv-head"), make("div", "rv-letters"), make("canvas", "rv-bands"), make("div", "rv-names")];
  const [cursor, right] = [make("div", "rv-cursor"), make("span", "rv-right")];
  const stage = make("div", "rv-line", null, names, bands);
  bands.setAttribute("role", "img");
  bands.ariaLabel = "all gates and states of the unit, step by step";
  root.append(head, make("div", "rv-body", null, letters, stage, cursor));
  return { root, head, letters, bands, names, cursor, right };
}

// The name of a band in the gutter, as a button, with its value at the chosen step and the ends of its scale.
function nameOf(band, columns, pick) {
  const button = make("button", "rv-name", null, make("span", "", null, make("b", "", band.name), make("em")));
  if (columns.width >= 560) button.append(make("span", "", band.label), make("span", "", rangeOf(band)));
  Object.assign(button, { type: "button", title: `${band.label}, ${rangeOf(band)}: colour the sentence by it`, onclick: pick });
  button.dataset.quantity = band.quantity;
  return button;
}

const rangeOf = (band) => (band.bent ? `±${band.ends[1]}, by ratio` : band.ends.join(" … "));

function drawSentence(parts, { data, columns, theme }, band) {
  const values = unpack(band.values);
  parts.letters.style.fontSize = `${clamp(columns.column * 0.8, 12, 17)}px`;
  letters(parts.letters, columns, (span, step) => {
    const colour = paint(band.scale, theme, values[step], band.low, band.high, band.bent);
    write(span, data.tokens[step]);
    span.style.background = colour?.fill ?? "";
    span.style.color = colour?.ink ?? "";
  });
  parts.right.replaceChildren(legend(band.scale, theme, ...band.ends, `sentence: ${band.name}`));
  for (const button of parts.names.children) button.setAttribute("aria-pressed", button.dataset.quantity === band.quantity);
}

function drawBands(canvas, bands, columns, theme) {
  const palette = LOOK.palettes[theme];
  const pen = brush(canvas, columns.plot, BAND * bands.length);
  bands.forEach((band, index) => {
    const [top, height] = [index * BAND + 5, BAND - 9];
    const y = (value) => top + height * (1 - placeOn(value, band.low, band.high, band.bent));
    const zero = y(0);
    pen.fillStyle = palette.zero;
    pen.fillRect(0, top, columns.plot, height);
    const values = unpack(band.values);
    for (let place = 0; place < columns.count; place++) {
      const value = values[columns.first + place];
      if (!Number.isFinite(value)) continue;
      pen.fillStyle = barColour(band, theme, value);
      pen.fillRect(place * columns.column + 1, Math.min(y(value), zero) - 0.5, columns.column - 1, Math.max(Math.abs(zero - y(value)), 1));
    }
    pen.fillStyle = palette.faint;
    pen.fillRect(0, Math.round(zero) - 0.5, columns.plot, 0.5);
  });
}

// A bar is told by its length, so its colour must not fade into the paper where the value is small.
function barColour(band, theme, value) {
  const place = placeOn(value, band.low, band.high, band.bent);
  const faintest = placeOn(0, band.low, band.high) + Math.sign(value || 1) * (band.low < 0 ? 0.18 : 0.35);
  return paintAt(band.scale, theme, value < 0 ? Math.min(place, faintest) : Math.max(place, faintest)).fill;
}

export default function unit(args) {
  return mount(args, "rv-unit", unitPainter);
}
