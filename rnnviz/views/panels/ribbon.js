// The ribbon: every character in its cell, coloured by surprise; the first guess for its place; the bits. A text longer
// than the window has a strip above it that shows all of it, with the window to drag.

const BITS = { height: 54, usual: 8, most: 16 }; // the axis ends at one of two, so that it rests while a person types
const STRIP = 20;

function ribbonPainter(root) {
  const parts = buildRibbon(root);
  let now = null;

  const guessesFor = (data, step) => {
    if (step < 1) return [];
    const [guess, chance] = [unpack(data.guess), unpack(data.chance)];
    const ranks = shapeOf(data.guess)[1];
    const at = (step - 1) * ranks;
    return Array.from({ length: Math.min(ranks, 5) }, (_, k) => ({ place: guess[at + k], chance: chance[at + k] }));
  };

  const note = (step) => {
    const { data } = now;
    const bits = unpack(data.surprise)[step];
    const lines = [`step ${step} ${quoted(data, step)}`];
    if (!data.tokens[step]) return lines; // a gap between two sentences that are aligned
    if (data.unknown.includes(step)) lines[0] += ": unknown to this model, read as <unk>";
    if (step === 0) return [...lines, "Nothing was expected before the first character."];
    if (Number.isFinite(bits)) lines.push(`${number(bits)} bits of surprise: it came with ${perCent(2 ** -bits)}. Expected here:`);
    const rows = guessesFor(data, step).filter(({ chance }) => !Number.isNaN(chance)).map(({ place, chance }) => [data.signs[place], chance, perCent(chance), place === data.came[step]]);
    return [...lines, ...rows];
  };

  for (const row of [parts.read, parts.guess, parts.bits]) {
    const say = (event, step) => tip.show(event.clientX, event.clientY, now.theme, note(step));
    row.onpointermove = (event) => {
      const step = stepAt(event, row, now.columns);
      if (step === null) return tip.hide();
      say(event, step);
    };
    row.onpointerleave = (event) => event.pointerType !== "touch" && tip.hide();
    row.onclick = (event) => {
      const step = stepAt(event, row, now.columns);
      if (step === null) return;
      choose(step, "ribbon");
      if (event.pointerType === "touch") say(event, step);
    };
  }
  dragStrip(parts.strip, () => now);

  return {
    draw(context) {
      now = context;
      const { data, columns, theme } = now;
      const surprise = unpack(data.surprise);
      parts.root.style.setProperty("--left", `${columns.left}px`);
      const wide = columns.width >= 560;
      write(parts.labels.read, "read");
      write(parts.labels.guess, wide ? "expected" : "guess");
      parts.head.replaceChildren(...ribbonHead(data, theme));
      parts.strip.hidden = columns.count >= columns.steps;
      if (!parts.strip.hidden) drawStrip(parts.strip, surprise, data, columns, theme);

      letters(parts.read, columns, (span, step) => {
        write(span, data.tokens[step]);
        const colour = paint("surprise", theme, surprise[step], 0, data.ceiling);
        span.style.background = colour?.fill ?? "";
        span.style.color = colour?.ink ?? "";
        span.className = [
          colour ? "" : "rv-empty",
          data.unknown.includes(step) ? "rv-unknown" : "",
          data.written_from !== null && step >= data.written_from ? "rv-written" : "",
        ].join(" ");
      });
      letters(parts.guess, columns, (span, step) => {
        const [first] = guessesFor(data, step);
        const colour = first && paint("sequential", theme, first.chance, 0, 1);
        write(span, first ? data.signs[first.place] : "");
        span.style.background = colour?.fill ?? "";
        span.style.color = colour?.ink ?? "";
        span.className = first && first.place === data.came[step] ? "rv-right-guess" : "";
      });
      for (const row of [parts.read, parts.guess]) row.style.fontSize = `${clamp(columns.column * 0.82, 12, 18)}px`;
      drawBits(parts, surprise, data.highest, columns, theme);
    },
    mark({ columns, step }) {
      outline(parts.cursor, columns, step);
    },
  };
}

function buildRibbon(root) {
  const line = (name, child) => {
    const label = make("span", "rv-label", "");
    return { label, line: make("div", `rv-line rv-${name}`, null, label, child) };
  };
  const strip = make("canvas", "rv-strip");
  strip.setAttribute("aria-label", "the surprise of the whole text; drag to move the window");
  const [read, guess, bits] = [make("div", "rv-letters"), make("div", "rv-letters"), make("canvas", "rv-bits")];
  const cursor = make("div", "rv-cursor");
  const rows = { read: line("read", read), guess: line("guess", guess), bits: line("bits-line", bits) };
  const body = make("div", "rv-body", null, rows.read.line, rows.guess.line, rows.bits.line, cursor);
  const head = make("div", "rv-head");
  root.append(head, strip, body);
  for (const [element, words] of [[read, "the text read, coloured by surprise"], [guess, "the first guess for each place"], [bits, "bits of surprise"]]) {
    element.setAttribute("role", "img");
    element.ariaLabel = words;
  }
  const axis = make("span", "rv-axis");
  rows.bits.line.append(axis);
  return { root, head, strip, read, guess, bits, cursor, axis, labels: { read: rows.read.label, guess: rows.guess.label } };
}

function ribbonHead(data, theme) {
  const right = make("span", "rv-right", null, legend("surprise", theme, "0", `${number(data.ceiling)} bits`, "surprise"),
    legend("sequential", theme, "0", "100 %", "expected with"));
  const marks = [];
  if (data.written_from !== null) marks.push("underlined: written by the model");
  if (data.unknown.length) marks.push("hatched: unknown to the model");
  return [make("span", "rv-title", data.title), make("span", "rv-caption", marks.join("; ")), right];
}

// The bits as bars; one that is higher than the axis is notched at its top.
function drawBits(parts, surprise, least, columns, theme) {
  const palette = LOOK.palettes[theme];
  const highest = surprise.reduce((top, bits) => (bits > top ? bits : top), least);
  const top = highest <= BITS.usual ? BITS.usual : BITS.most;
  const pen = brush(parts.bits, columns.plot, BITS.height);
  const scale = (BITS.height - 2) / top;
  pen.fillStyle = palette.line;
  for (const bits of [top / 2, top]) pen.fillRect(0, Math.round(BITS.height - bits * scale) - 1, columns.plot, 1);
  for (let place = 0; place < columns.count; place++) {
    const bits = surprise[columns.first + place];
    if (Number.isNaN(bits)) continue;
    const [left, width, height] = [place * columns.column + 1, columns.column - 2, Math.min(bits, top) * scale];
    pen.fillStyle = palette.surprise[3];
    pen.fillRect(left, BITS.height - 1 - height, width, height);
    pen.fillStyle = palette.paper;
    if (bits > top) pen.fillRect(left, BITS.height - 1 - height + 4, width, 2);
  }
  pen.fillStyle = palette.faint;
  pen.fillRect(0, BITS.height - 1, columns.plot, 1);
  parts.axis.replaceChildren(make("span", "", columns.width >= 560 ? `${top} bits` : String(top)), make("span", "", String(top / 2)), make("span", "", "0"));
}

function drawStrip(strip, surprise, data, columns, theme) {
  const palette = LOOK.palettes[theme];
  const pen = brush(strip, columns.plot, STRIP);
  const width = columns.plot / columns.steps;
  for (let step = 0; step < columns.steps; step++) {
    pen.fillStyle = paint("surprise", theme, surprise[step], 0, data.ceiling)?.fill ?? palette.zero;
    pen.fillRect(step * width, 2, Math.max(width, 1), STRIP - 4);
  }
  pen.strokeStyle = palette.ink;
  pen.lineWidth = 2;
  pen.strokeRect(columns.first * width + 1, 1, Math.max(columns.count * width - 2, 4), STRIP - 2);
}

// The window follows the pointer, with its middle under it.
function dragStrip(strip, context) {
  const move = (event) => {
    const { columns } = context();
    const share = (event.clientX - strip.getBoundingClientRect().left) / columns.plot;
    slide(share * columns.steps - columns.count / 2);
  };
  strip.onpointerdown = (event) => {
    strip.setPointerCapture(event.pointerId);
    move(event);
  };
  strip.onpointermove = (event) => strip.hasPointerCapture(event.pointerId) && move(event);
}

export default function ribbon(args) {
  return mount(args, "rv-ribbon", ribbonPainter);
}
