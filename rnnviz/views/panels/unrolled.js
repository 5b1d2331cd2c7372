// The unrolled network: one cell with its loop opens into a cell for each step of the sentence. Its window of steps is its
// own, since its columns are wider than those of other panels.

const [OPENING, SLIDING, WAVE] = [700, 220, 60]; // milliseconds; the last for a step that W is lit in
const STRIP_HIGH = 26;

function unrolledPainter(root, view) {
  const walking = transport(view, "unrolled");
  const parts = buildUnrolled(root, walking.parts);
  let plan = null;
  let shown = null; // the text that is drawn
  let seen = null; // the step that was last brought into sight
  let served = null; // whether the server wants it folded
  let given = false; // whether there are gradients
  const scene = { first: 0, p: 1, step: 0, steps: [], weight: null, wave: 0, backwards: false, data: null, theme: null };
  scene.answered = (step) => scene.data.y.kind && (scene.data.y.kind !== "end" || step === plan.steps - 1);

  const wires = () => {
    scene.steps = scene.p === 0 ? [scene.step] : inSight(plan, scene.first);
    drawWires(parts.wires, plan, scene);
  };
  const paintAll = () => {
    wires();
    drawNodes(parts.nodes, plan, scene);
    drawOverview(parts, plan, scene);
  };
  const sliding = glide((value) => (scene.first = value), paintAll);
  const folding = glide((value) => (scene.p = value), paintAll);

  const bringIn = (step, smooth) => {
    const target = sliding.target ?? scene.first;
    if (step >= target && step <= target + plan.count - 1) return;
    const share = step < target ? 0.7 : 0.3;
    sliding.to(clamp(Math.round(step - plan.count * share), 0, plan.steps - plan.count), smooth ? SLIDING : 0);
  };
  const fold = (folded) => {
    folding.to(folded ? 0 : 1, OPENING);
    writeFold(parts, scene.data, folded);
    view.args.setStateValue?.("folded", folded);
  };

  parts.fold.onclick = () => fold((folding.target ?? scene.p) > 0);
  parts.back.onclick = () => {
    scene.backwards = !scene.backwards;
    if (scene.backwards && scene.p < 1) fold(false);
    writeLegend(parts, scene.data, scene.theme, scene.backwards);
    wires();
  };
  parts.save.onclick = () => saveUnrolled(parts, scene.theme);
  const waving = glide((value) => (scene.wave = value), () => wires());
  const light = (weight) => {
    if (weight === scene.weight) return;
    scene.weight = weight;
    waving.to(0, 0);
    if (weight?.[0] === "W") waving.to(plan.count, WAVE * plan.count);
    wires();
  };
  pointAt(parts, () => plan, scene, view, light);
  dragOverview(parts, () => plan, scene, (first) => sliding.to(first, 0));
  parts.legend.onpointerover = (event) => {
    const kind = event.target.closest?.("[data-kind]")?.dataset.kind;
    light(kind ? Object.keys(scene.data.weights).find((key) => key[0] === kind) : null);
  };
  parts.legend.onpointerleave = () => light(null);

  return {
    draw(context) {
      const { data, columns, theme, step } = context;
      walking.draw(context);
      Object.assign(scene, { data, theme, step });
      parts.body.hidden = !data.tokens.length;
      if (!data.tokens.length) return;
      const before = plan?.count;
      plan = planOf(data, columns);
      placeSlider(root, walking.parts.slider, { ...plan, column: plan.wide });
      if (shown !== data.text) [shown, seen] = [data.text, null];
      if (served !== data.folded) {
        served = data.folded;
        folding.to(served ? 0 : 1, 0);
      }
      writeFold(parts, data, (folding.target ?? scene.p) === 0);
      if (given !== Boolean(data.gradients)) scene.backwards = given = Boolean(data.gradients); // who asked for them sees them
      writeLegend(parts, data, theme, scene.backwards);
      sliding.to(clamp(sliding.target ?? scene.first, 0, plan.steps - plan.count), 0);
      if (seen !== step || plan.count !== before) bringIn(step, false); // else the window stays where it was dragged
      seen = step;
      paintAll();
    },
    mark(context) {
      walking.mark(context);
      const { data, step } = context;
      write(parts.said, stepWords(data, step));
      if (!data.tokens.length || seen === step) return;
      [scene.step, seen] = [step, step];
      bringIn(step, true);
      wires();
      if (scene.p < 1) drawNodes(parts.nodes, plan, scene);
      markOverview(parts, plan, scene);
    },
    close() {
      sliding.stop();
      folding.stop();
      waving.stop();
      walking.close();
    },
  };
}

// A number that moves to where it is sent, over some milliseconds, or at once for who wants no motion.
function glide(set, paint) {
  const self = { target: null, frame: null, at: 0 };
  const still = matchMedia("(prefers-reduced-motion: reduce)");
  self.stop = () => (cancelAnimationFrame(self.frame), (self.target = null));
  self.to = (target, duration) => {
    self.stop();
    if (!duration || still.matches || target === self.at) {
      const moved = target !== self.at;
      set((self.at = target));
      return moved && paint();
    }
    const [from, start] = [self.at, performance.now()];
    self.target = target;
    const go = (time) => {
      const share = clamp((time - start) / duration, 0, 1);
      set((self.at = from + (target - from) * share * share * (3 - 2 * share)));
      if (share === 1) set((self.at = self.target)), (self.target = null);
      else self.frame = requestAnimationFrame(go);
      paint();
    };
    self.frame = requestAnimationFrame(go);
  };
  return self;
}

// The steps of which something is in the window.
function inSight(plan, first) {
  const from = Math.max(Math.floor(first), 0);
  const to = Math.min(Math.ceil(first + plan.count), plan.steps);
  return Array.from({ length: to - from }, (_, k) => from + k);
}

export default function unrolled(args) {
  return mount(args, "rv-unrolled", unrolledPainter);
}
