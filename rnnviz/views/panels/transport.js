// Walking through the steps in the browser: play, pause, a step back or on, a slider, a pace, the keys. The server hears
// only of a step at rest, and only once; not of one that a click on a picture has told it.

const PACES = [2, 4, 8, 16]; // steps a second
const THUMB = 14; // pixels, as in shared.css
const REST = 400; // milliseconds of rest after which the server hears of the step
const TYPING = "input:not([type=range]), textarea, select, [contenteditable=''], [contenteditable=true]";

// The controls, for the panel to place, and the life in them; `by` names the panel in what it announces.
function transport(view, by) {
  const parts = buildTransport();
  let now = null;
  let timer = null;
  let rest = null;
  let told = null;
  let text = null;

  const last = () => now.data.tokens.length - 1;
  const go = (step) => choose(clamp(step, 0, last()), by);
  const walk = (steps) => (pause(), go(chosenStep(last() + 1) + steps));
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

  const known = () => hub.served.step ?? told;
  const report = () => {
    clearTimeout(rest);
    rest = setTimeout(() => {
      if (timer || answering()) return report();
      if (known() !== hub.step) tellServer(view, "step", (told = hub.step), hub.step);
    }, REST);
  };

  parts.play.onclick = toggle;
  parts.back.onclick = () => walk(-1);
  parts.on.onclick = () => walk(1);
  parts.slider.oninput = () => (pause(), go(Number(parts.slider.value)));
  parts.pace.onchange = () => timer && play();

  const keys = {
    ArrowLeft: () => walk(-1),
    ArrowRight: () => walk(1),
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
    parts,
    pause,
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
    },
    mark({ data, step }) {
      if (!data.tokens.length) return;
      parts.slider.value = step;
      parts.slider.setAttribute("aria-valuetext", `step ${step}, ${data.tokens[step]}`);
      write(parts.label, String(step));
      parts.label.title = `step ${step} of ${last()}`;
      if (hub.step !== known()) report();
    },
    close() {
      pause();
      clearTimeout(rest);
      document.removeEventListener("keydown", onKey);
    },
  };
}

function buildTransport() {
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
  return { back, play, on, slider, pace, label: make("span", "rv-step") };
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
