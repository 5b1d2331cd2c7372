// The film strip: one sentence at each kept step of a training, as small heatmaps from left to right, the chosen one
// large above them. Scrubbed here, without the server; frames that are added do not move what is looked at.

const STRIP = { high: 72, least: 46, most: 112, gap: 6 }; // pixels of the small frames
const PACES = [2, 4, 8, 16]; // frames a second
const THUMB = 14; // pixels, as in film.css
const STILL = 4; // pixels that a pointer may stray and still be a click
const REST = 400; // milliseconds of rest after which the server hears of the frame
const NEWEST = -1;

function filmPainter(root, view) {
  const parts = buildFilm(root);
  let now = null;
  let picked = null; // the step of training that is looked at; null is the newest, whichever that is
  let served; // what the server named last
  let told = NEWEST; // what the server was told last
  const pending = []; // what it was told and has not answered yet: such an answer undoes nothing
  let timer = null;
  let rest = null;

  const last = () => now.data.trained.length - 1;
  const place = () => (picked === null ? last() : nearest(now.data.trained, picked));
  const frame = (k) => {
    const size = now.data.rows.length * now.columns.steps;
    return unpack(now.data.frames).subarray(k * size, (k + 1) * size);
  };
  const lines = () => [0, now.data.rows.length - 1];
  const paintChosen = () => {
    const k = place();
    const { data, columns, theme } = now;
    drawCells(parts.canvas, frame(k), columns.steps, lines(), [columns.first, columns.count], data, theme, columns.plot, data.height);
    parts.frames.forEach((small, i) => small.classList.toggle("rv-chosen", i === k));
    parts.slider.value = k;
    parts.slider.setAttribute("aria-valuetext", after(now.data, k));
    write(parts.said, after(now.data, k) + (k === last() && last() > 0 ? ", the newest" : ""));
    bringIntoSight(parts.strip, parts.frames[k]);
  };

  // Only a frame at rest is told to the server, and only once.
  const report = () => {
    clearTimeout(rest);
    rest = setTimeout(() => {
      if (timer || answering()) return report();
      const frame = picked === null ? NEWEST : place();
      if (frame === told) return;
      pending.push((told = frame));
      view.args.setTriggerValue?.("frame", frame);
    }, REST);
  };
  const go = (k) => {
    const to = clamp(k, 0, last());
    picked = to === last() ? null : now.data.trained[to];
    paintChosen();
    report();
  };
  const pause = () => {
    clearInterval(timer);
    timer = null;
    writePlay(parts, false);
  };
  const play = () => {
    if (place() >= last()) go(0);
    clearInterval(timer);
    timer = setInterval(() => {
      go(place() + 1);
      if (place() >= last()) pause();
    }, 1000 / Number(parts.pace.value));
    writePlay(parts, true);
  };
  const toggle = () => (timer ? pause() : play());

  parts.play.onclick = toggle;
  parts.slider.oninput = () => (pause(), go(Number(parts.slider.value)));
  parts.pace.onchange = () => timer && play();
  parts.save.onclick = () => {
    const caption = `${after(now.data, place())}; ${now.data.caption}`;
    savePicture(parts.canvas, { ...now, data: { ...now.data, caption } }, lines());
  };
  const keys = {
    ArrowLeft: () => (pause(), go(place() - 1)),
    ArrowRight: () => (pause(), go(place() + 1)),
    Home: () => (pause(), go(0)),
    End: () => (pause(), go(last())),
    " ": toggle,
  };
  // What is done here is not done by the page's player as well: it looks whether somebody took the key.
  root.onkeydown = (event) => {
    if (!now || !keys[event.key] || event.ctrlKey || event.metaKey || event.altKey || event.target === parts.pace) return;
    if (event.key === " " && event.target.closest("button")) return event.stopPropagation();
    event.preventDefault();
    keys[event.key]();
  };
  dragLetters(parts.letters, () => now);
  cellsTold(parts, () => now, (line, step) => frame(place())[line * now.columns.steps + step]);

  return {
    draw(context) {
      now = context;
      const { data, columns, theme } = now;
      if (data.chosen !== served) {
        served = data.chosen;
        const echo = pending.indexOf(served);
        pending.splice(0, echo + 1);
        if (echo < 0) [picked, told] = [served < 0 || served >= last() ? null : data.trained[served], served];
      }
      parts.head.replaceChildren(...filmHead(now, parts.save));
      root.style.setProperty("--left", `${columns.left}px`);
      Object.assign(parts.stage.style, { height: `${data.height}px`, marginLeft: `${columns.left}px` });
      Object.assign(parts.gaps.style, { width: `${columns.plot}px`, backgroundSize: `${columns.column}px 100%` });
      parts.canvas.ariaLabel = `${data.title}. ${data.caption}`;
      parts.letters.style.marginLeft = `${columns.left}px`;
      parts.letters.style.fontSize = `${clamp(columns.column * 0.75, 11, 15)}px`;
      const end = `rv-end ${columns.column < 22 ? "rv-tall" : ""}`; // upright where it would not fit
      letters(parts.letters, columns, (span, step) => (write(span, data.tokens[step]), (span.className = data.marks.includes(step) ? end : "")));
      drawLabels(parts.labels, data.labels, lines(), data.height / data.rows.length);
      drawStrip(parts, now, theme, frame, (k) => (pause(), go(k), parts.slider.focus({ preventScroll: true })));
      paintChosen();
    },
    mark({ columns, step }) {
      now.step = step;
      outline(parts.cursor, columns, step);
    },
    close() {
      clearInterval(timer);
      clearTimeout(rest);
    },
  };
}

function buildFilm(root) {
  const canvas = make("canvas", "rv-cells");
  canvas.setAttribute("role", "img");
  const [labels, gaps, cursor, strip] = ["rv-labels", "rv-gaps", "rv-cursor", "rv-strip"].map((name) => make("div", name));
  const stage = make("div", "rv-stage", null, canvas, gaps, labels);
  const letters = make("div", "rv-letters");
  const [save, play] = [make("button", "", "PNG"), make("button", "rv-play", "▶")];
  Object.assign(save, { type: "button", title: "save the large frame as PNG" });
  Object.assign(play, { type: "button" });
  const slider = Object.assign(make("input"), { type: "range", min: 0, step: 1, ariaLabel: "step of training" });
  const pace = make("select");
  pace.ariaLabel = pace.title = "frames a second";
  pace.append(...PACES.map((frames) => Object.assign(make("option", "", `${frames}/s`), { value: frames })));
  pace.value = "4";
  const head = make("div", "rv-head");
  const said = make("span", "rv-said");
  root.append(head, make("div", "rv-body", null, stage, letters, cursor), make("div", "rv-when", null, said, pace), strip,
    make("div", "rv-scrub", null, play, slider));
  const parts = { head, stage, canvas, labels, gaps, cursor, letters, save, strip, play, slider, pace, said, frames: [] };
  writePlay(parts, false);
  return parts;
}

function filmHead({ data, theme }, save) {
  const right = make("span", "rv-right", null, legend(data.scale, theme, ...data.ends), save);
  const crowded = data.rows.length > STRIP.high * devicePixelRatio ? "; the small frames average neighbours" : "";
  return [make("span", "rv-title", `${data.title}, while it learns`), make("span", "rv-caption", data.caption + crowded), right];
}

// The small frames, and below them the slider: where all are in sight, its thumb stands under the chosen one.
function drawStrip({ strip, slider, frames }, { data, columns }, theme, frame, pick) {
  const count = data.trained.length;
  const state = [data.version, theme, columns.room].join(" ");
  if (strip.dataset.state === state) return; // the window over the sentence moved, no more
  strip.dataset.state = state;
  const wide = clamp(Math.floor((columns.room - (count - 1) * STRIP.gap) / count), STRIP.least, STRIP.most);
  const whole = count * (wide + STRIP.gap) - STRIP.gap <= columns.room;
  while (frames.length > count) frames.pop().remove();
  while (frames.length < count) strip.append((frames[frames.length] = smallFrame()));
  frames.forEach((small, k) => {
    const [canvas, step, measured] = small.children;
    drawCells(canvas, frame(k), columns.steps, [0, data.rows.length - 1], [0, columns.steps], data, theme, wide, STRIP.high);
    write(step, data.trained[k].toLocaleString("en-US"));
    write(measured, data.measured[k]);
    small.style.width = `${wide}px`;
    small.title = small.ariaLabel = after(data, k);
    small.onclick = () => pick(k);
  });
  slider.max = count - 1;
  slider.disabled = count < 2;
  slider.style.width = `${whole ? (count - 1) * (wide + STRIP.gap) + THUMB : columns.room}px`;
  slider.style.marginLeft = `${whole ? (wide - THUMB) / 2 : 0}px`;
}

function smallFrame() {
  const small = make("button", "rv-small", null, make("canvas"), make("span", "rv-trained"), make("span", "rv-measured"));
  return Object.assign(small, { type: "button", tabIndex: -1 });
}

const nearest = (steps, step) => steps.reduce((best, at, k) => (Math.abs(at - step) < Math.abs(steps[best] - step) ? k : best), 0);

// after 128 steps: perplexity 6.4
function after({ trained, measured, metric }, k) {
  const steps = trained[k] === 1 ? "1 step" : `${trained[k].toLocaleString("en-US")} steps`;
  const when = trained[k] === 0 ? "before training" : `after ${steps}`;
  return measured[k] ? `${when}: ${metric} ${measured[k]}` : when;
}

// The chosen frame in sight, and a neighbour on each side.
function bringIntoSight(strip, small) {
  const beside = small.offsetWidth + STRIP.gap;
  const [left, right] = [small.offsetLeft - beside, small.offsetLeft + 2 * beside];
  if (left < strip.scrollLeft) strip.scrollLeft = left;
  else if (right > strip.scrollLeft + strip.clientWidth) strip.scrollLeft = right - strip.clientWidth;
}

// Each cell of the large frame in a sentence; a click chooses its step of the sentence for all panels.
function cellsTold({ canvas }, context, valueAt) {
  const say = (event) => {
    const { data, columns, theme } = context();
    const step = stepAt(event, canvas, columns);
    const line = Math.floor(((event.clientY - canvas.getBoundingClientRect().top) / data.height) * data.rows.length);
    if (step === null || line < 0 || line >= data.rows.length) return tip.hide();
    tip.show(event.clientX, event.clientY, theme, [sentence(data, data, data.rows[line], step, valueAt(line, step))]);
  };
  canvas.onpointermove = (event) => event.pointerType !== "touch" && say(event);
  canvas.onpointerleave = (event) => event.pointerType !== "touch" && tip.hide();
  canvas.onclick = (event) => {
    choose(stepAt(event, canvas, context().columns) ?? context().step, "film");
    if (event.pointerType === "touch") say(event);
  };
}

// The letters choose a step as well; dragged, they move the window over a sentence that is longer.
function dragLetters(row, context) {
  let held = null;
  row.onpointerdown = (event) => {
    held = { x: event.clientX, first: context().columns.first, moved: false };
    row.setPointerCapture(event.pointerId);
  };
  row.onpointermove = (event) => {
    if (!held) return;
    held.moved ||= Math.abs(event.clientX - held.x) > STILL;
    if (held.moved) slide(held.first - (event.clientX - held.x) / context().columns.column);
  };
  row.onpointerup = (event) => {
    if (held && !held.moved) choose(stepAt(event, row, context().columns) ?? context().step, "film");
    held = null;
  };
  row.onpointercancel = () => (held = null);
}

function writePlay({ play }, playing) {
  write(play, playing ? "❚❚" : "▶");
  play.title = play.ariaLabel = playing ? "pause (space)" : "play the training (space)";
}

export default function film(args) {
  return mount(args, "rv-film", filmPainter);
}
