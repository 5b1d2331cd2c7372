// The player: walk through the steps in the browser, and see what the model expects after each of them.

const PACES = [2, 4, 8, 16]; // steps a second
const CONTEXT = 20; // tokens before a prediction that are shown
const THUMB = 14; // pixels, as in player.css
const REST = 400; // milliseconds of rest after which the server hears of the step
const TYPING = "input:not([type=range]), textarea, select, [contenteditable=''], [contenteditable=true]";

function playerPainter(root, view) {
  const parts = buildPlayer(root);
  let now = null;
  let timer = null;
  let rest = null;
  let told = null;
  let text = null;

  const last = () => now.data.tokens.length - 1;
  const go = (step) => choose(clamp(step, 0, last()), "player");
  const pause = () => {
    clearInterval(timer);
    timer = null;
    writePlay(parts, false);
  };
  const play = () => {
    if (chosenStep(last() + 1) >= last()) go(0);
    clearInterval(timer);
    timer = setInterval(() => {
      const step = chosenStep(last() + 1) + 1;
      if (step <= last()) go(step);
      if (step >= last()) pause();
    }, 1000 / Number(parts.pace.value));
    writePlay(parts, true);
  };
  const toggle = () => (timer ? pause() : play());

  // Only a step at rest is told to the server, and only once.
  const report = () => {
    clearTimeout(rest);
    rest = setTimeout(() => {
      if (timer) return report();
      if (told !== hub.step) view.args.setStateValue?.("step", (told = hub.step));
    }, REST);
  };

  parts.play.onclick = toggle;
  parts.back.onclick = () => (pause(), go(chosenStep(last() + 1) - 1));
  parts.on.onclick = () => (pause(), go(chosenStep(last() + 1) + 1));
  parts.slider.oninput = () => (pause(), go(Number(parts.slider.value)));
  parts.pace.onchange = () => timer && play();

  const keys = {
    ArrowLeft: () => (pause(), go(chosenStep(last() + 1) - 1)),
    ArrowRight: () => (pause(), go(chosenStep(last() + 1) + 1)),
    Home: () => (pause(), go(0)),
    End: () => (pause(), go(last())),
    " ": toggle,
  };
  const onKey = (event) => {
    if (!now?.data.tokens.length || event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey) return;
    const target = event.composedPath()[0];
    if (target.closest?.(TYPING) || (event.key === " " && target.closest?.("button, a, summary, [role]"))) return;
    const outside = target.closest?.("[role=radio], [role=tab], [role=slider], [role=option], [role=grid]");
    if (outside || !keys[event.key]) return;
    event.preventDefault();
    keys[event.key]();
  };
  document.addEventListener("keydown", onKey);

  return {
    draw(context) {
      now = context;
      if (text !== now.data.text) {
        if (text !== null) (pause(), report());
        else told = Number.isInteger(now.data.step) ? now.data.step : null;
        text = now.data.text;
      }
      const empty = !now.data.tokens.length;
      for (const control of [parts.play, parts.back, parts.on, parts.slider]) control.disabled = empty;
      parts.slider.max = Math.max(last(), 0);
      placeSlider(root, parts.slider, now.columns);
    },
    mark({ data, step }) {
      if (!data.tokens.length) return parts.said.replaceChildren("Nothing has been read yet."), parts.list.replaceChildren();
      parts.slider.value = step;
      parts.slider.setAttribute("aria-valuetext", `step ${step}, ${data.tokens[step]}`);
      write(parts.label, String(step));
      parts.label.title = `step ${step} of ${last()}`;
      drawExpected(parts, data, step);
      if (hub.step !== told) report();
    },
    close() {
      pause();
      clearTimeout(rest);
      document.removeEventListener("keydown", onKey);
    },
  };
}

function buildPlayer(root) {
  const button = (text, words) => {
    const element = make("button", "", text);
    element.type = "button";
    element.title = element.ariaLabel = words;
    return element;
  };
  const [back, play, on] = [button("‹", "one step back (←)"), button("▶", "play (space)"), button("›", "one step on (→)")];
  play.classList.add("rv-play");
  const slider = make("input");
  Object.assign(slider, { type: "range", min: 0, step: 1, ariaLabel: "step" });
  const pace = make("select");
  pace.ariaLabel = pace.title = "steps a second";
  pace.append(...PACES.map((steps) => Object.assign(make("option", "", `${steps}/s`), { value: steps })));
  pace.value = "8";
  const label = make("span", "rv-step");
  const [said, list] = [make("div", "rv-said"), make("div", "rv-list")];
  const buttons = make("div", "rv-buttons", null, back, label, on);
  root.append(make("div", "rv-scrub", null, play, slider), make("div", "rv-next", null, buttons, said, list, pace));
  return { back, play, on, slider, pace, label, said, list };
}

// Where all columns are shown, the slider's thumb stands under the chosen one.
function placeSlider(root, slider, columns) {
  const whole = columns.count === columns.steps && columns.steps > 1;
  const [width, shift] = whole ? [columns.plot - columns.column + THUMB, (columns.column - THUMB) / 2] : [columns.plot, 0];
  root.style.setProperty("--left", `${columns.left}px`);
  slider.style.width = `${Math.max(width, 60)}px`;
  slider.style.marginLeft = `${shift}px`;
}

function writePlay({ play }, playing) {
  write(play, playing ? "❚❚" : "▶");
  play.title = play.ariaLabel = playing ? "pause (space)" : "play (space)";
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
