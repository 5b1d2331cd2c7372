// Half-lives of all units on an axis by ratio, and for each gate a dot a unit: how often it is shut, how often open.

const LIVES = { high: 170, left: 44, foot: 18 }; // pixels
const SQUARE = { most: 210, left: 40, foot: 30, top: 6, right: 18 };
const NEAR = 14; // pixels within which a dot is met

function keepingPainter(root, view) {
  const parts = buildKeeping(root);
  let now = null;
  let [unit, served, over] = [null, undefined, null];
  let figures = [];

  const paintAll = () => {
    const shown = over ?? unit;
    drawLives(figures[0], now, unit, over);
    now.data.plots.forEach((plot, k) => drawSquare(figures[k + 1], plot, now, unit, over));
    parts.said.replaceChildren(...(shown === null ? [] : [unitWords(now.data, shown)]));
  };
  const meet = (figure) => (event) => {
    const box = figure.canvas.getBoundingClientRect();
    const found = nearest(figure.dots, event.clientX - box.left, event.clientY - box.top, figure.anyHeight);
    if (found !== over) {
      over = found;
      paintAll();
    }
    return found;
  };
  const listen = (figure) => {
    const met = meet(figure);
    figure.canvas.onpointermove = (event) => {
      if (event.pointerType === "touch") return;
      const found = met(event);
      if (found === null) return tip.hide();
      tip.show(event.clientX, event.clientY, now.theme, figure.words(now.data, found));
    };
    figure.canvas.onpointerleave = () => ((over = null), paintAll(), tip.hide());
    figure.canvas.onclick = (event) => {
      const found = met(event);
      if (found === null) return;
      [unit, over] = [found, null];
      paintAll();
      view.args.setTriggerValue?.("unit", found);
    };
  };

  return {
    draw({ data, theme, columns }) {
      now = { data, theme, width: columns.width };
      if (served !== data.unit) unit = served = data.unit;
      if (unit >= shapeOf(data.steps)[0]) unit = null;
      over = null;
      write(parts.title, data.title);
      write(parts.caption, data.caption);
      if (figures.length !== data.plots.length + 1) {
        figures = [{ words: (of, u) => [unitWords(of, u)], anyHeight: true }, ...data.plots.map((_, k) => ({ words: (of, u) => gateWords(of, of.plots[k], u) }))];
        for (const figure of figures) Object.assign(figure, { canvas: make("canvas"), name: make("div", "rv-name"), dots: [] });
        parts.lives.replaceChildren(figures[0].canvas);
        parts.squares.replaceChildren(...figures.slice(1).map(({ canvas, name }) => make("div", "rv-square", null, name, canvas)));
        for (const figure of figures) (listen(figure), figure.canvas.setAttribute("role", "img"));
      }
      figures[0].canvas.ariaLabel = `${data.title}. ${data.caption}`;
      data.plots.forEach((plot, k) => (write(figures[k + 1].name, `${plot.letter}: ${plot.name}`), (figures[k + 1].canvas.ariaLabel = `Share of steps at which ${plot.letter} is shut and open, a dot for each unit`)));
      paintAll();
    },
  };
}

function buildKeeping(root) {
  const [title, caption, lives, said, squares] = [make("span", "rv-title"), make("span", "rv-caption"), make("div"), make("div", "rv-said"), make("div", "rv-squares")];
  const words = make("div", "rv-head", null, make("span", "rv-title", "How often each gate is shut or open"), make("span", "rv-caption", "a dot for each unit; to the right: share of steps below 0.1, upwards: above 0.9; click a dot"));
  root.append(make("div", "rv-head", null, title, caption), lives, said, words, squares);
  return { title, caption, lives, said, squares };
}

function nearest(dots, x, y, anyHeight) {
  let [best, least] = [null, NEAR];
  for (const dot of dots) {
    const far = anyHeight ? Math.abs(dot.x - x) : Math.hypot(dot.x - x, dot.y - y);
    if (far < least) [best, least] = [dot.unit, far];
  }
  return best;
}

// A ring on the chosen unit, and one in the accent's colour on that under the pointer.
function drawRings(pen, dots, theme, unit, over) {
  const palette = LOOK.palettes[theme];
  for (const [which, colour] of [[unit, palette.ink], [over, palette.accent]]) {
    const dot = dots.find((each) => each.unit === which);
    if (!dot) continue;
    Object.assign(pen, { strokeStyle: colour, fillStyle: colour, lineWidth: 2 });
    pen.beginPath();
    pen.arc(dot.x, dot.y, 6, 0, 2 * Math.PI);
    pen.stroke();
  }
}

function drawLives(figure, { data, theme, width }, unit, over) {
  const palette = LOOK.palettes[theme];
  const [steps, order] = [unpack(data.steps), unpack(data.order)];
  const [low, high] = data.ends.map(Math.log10);
  const wide = Math.max(width - LIVES.left - 6, 60);
  const y = (value) => 6 + (LIVES.high - 12) * (1 - clamp((Math.log10(Math.max(value, 1e-9)) - low) / (high - low), 0, 1));
  const x = (place) => LIVES.left + ((place + 0.5) / order.length) * wide;
  const pen = brush(figure.canvas, width, LIVES.high + LIVES.foot);
  Object.assign(pen, { font: `10px ${LOOK.font}`, textBaseline: "middle", textAlign: "right" });
  const ticks = Array.from({ length: Math.round(high - low) + 1 }, (_, k) => 10 ** (low + k));
  const endless = steps.some((value) => value === Infinity);
  for (const tick of ticks) {
    pen.fillStyle = palette.line;
    pen.fillRect(LIVES.left, Math.round(y(tick)), wide, 1);
    pen.fillStyle = palette.faint;
    pen.fillText(tick === ticks[0] ? `≤ ${number(tick)}` : tick === ticks.at(-1) && endless ? "∞" : number(tick), LIVES.left - 6, y(tick));
  }
  figure.dots = Array.from(order, (of, place) => ({ unit: of, x: x(place), y: y(steps[of]) }));
  pen.fillStyle = paintAt("sequential", theme, 0.75).fill;
  const bar = Math.max(wide / order.length - 1, 1);
  for (const dot of figure.dots) pen.fillRect(dot.x - bar / 2, dot.y, bar, LIVES.high - 6 - dot.y + 1);
  Object.assign(pen, { fillStyle: palette.faint, textAlign: "left" });
  pen.fillText("the longest memory", LIVES.left, LIVES.high + 8);
  pen.textAlign = "right";
  pen.fillText(`the shortest of ${order.length} units`, LIVES.left + wide, LIVES.high + 8);
  drawRings(pen, figure.dots, theme, unit, over);
}

function drawSquare(figure, plot, { data, theme, width }, unit, over) {
  const palette = LOOK.palettes[theme];
  const side = Math.min(SQUARE.most, Math.max((width - 20) / Math.min(data.plots.length, width < 560 ? 2 : 3) - SQUARE.left - 24, 80));
  const [shut, open] = [unpack(plot.shut), unpack(plot.open)];
  const pen = brush(figure.canvas, SQUARE.left + side + SQUARE.right, SQUARE.top + side + SQUARE.foot);
  const [x, y] = [(share) => SQUARE.left + share * side, (share) => SQUARE.top + (1 - share) * side];
  Object.assign(pen, { font: `10px ${LOOK.font}`, textBaseline: "middle", lineWidth: 1 });
  for (const share of [0, 0.5, 1]) {
    pen.fillStyle = palette.line;
    pen.fillRect(x(0), Math.round(y(share)), side, 1);
    pen.fillRect(Math.round(x(share)), y(1), 1, side);
    pen.fillStyle = palette.faint;
    pen.textAlign = "right";
    pen.fillText(`${100 * share} %`, SQUARE.left - 4, y(share));
    pen.textAlign = "center";
    pen.fillText(`${100 * share} %`, x(share), SQUARE.top + side + 9);
  }
  pen.fillText(`${plot.letter} < ${data.limits[0]}`, x(0.5), SQUARE.top + side + 22);
  pen.save();
  pen.translate(8, y(0.5));
  pen.rotate(-Math.PI / 2);
  pen.fillText(`${plot.letter} > ${data.limits[1]}`, 0, 0);
  pen.restore();
  figure.dots = Array.from(shut, (share, of) => ({ unit: of, x: x(share), y: y(open[of]) }));
  Object.assign(pen, { fillStyle: palette.sequential.at(-2), globalAlpha: 0.55 });
  for (const dot of figure.dots) {
    pen.beginPath();
    pen.arc(dot.x, dot.y, 3.2, 0, 2 * Math.PI);
    pen.fill();
  }
  pen.globalAlpha = 1;
  drawRings(pen, figure.dots, theme, unit, over);
}

function unitWords(data, unit) {
  const [steps, mean] = [unpack(data.steps)[unit], unpack(data.mean)[unit]];
  const rank = unpack(data.order).indexOf(unit) + 1;
  const long = steps === 0 ? `lets all of it go, ${data.gate} being shut once` : Number.isFinite(steps) ? `forgets half of what it holds in ${number(steps)} step${number(steps) === "1" ? "" : "s"}` : "never forgets";
  return `Unit ${unit} ${long}: the mean of ${data.gate} is ${number(mean)}. Its memory is number ${rank} of ${unpack(data.order).length}.`;
}

function gateWords({ limits }, plot, unit) {
  return [`${plot.letter}${subscript(unit)}, the ${plot.name} of unit ${unit}, is below ${limits[0]} at ${perCent(unpack(plot.shut)[unit])} of the steps and above ${limits[1]} at ${perCent(unpack(plot.open)[unit])}.`];
}

export default function keeping(args) {
  return mount(args, "rv-keeping", keepingPainter);
}
