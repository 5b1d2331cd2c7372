// The way back of the gradient, beside the lines it runs against, and where truncated backpropagation cuts it.

const BACK = { below: 14, thin: 0.75, wide: 10 }; // pixels under the line that is handed on; widths at the ends of the scale

// The width of a norm: by ratio, from `low` up; what is less is the thinnest line, 0 is none.
function widthOfNorm(value, { low, high }) {
  if (!(value > 0)) return 0;
  const share = clamp(Math.log(value / low) / Math.log(high / low), 0, 1);
  return BACK.thin + (BACK.wide - BACK.thin) * share;
}

const isCut = (data, step) => Boolean(data.cut) && (step + 1) % data.cut === 0; // between this step and the next

function drawBack(pen, plan, scene, palette) {
  const { data } = scene;
  const colour = palette.sequential.at(-2);
  const cuts = new Set();
  for (const row of plan.rows) {
    for (const bar of row.bars) {
      const norms = unpack(data.gradients.norms[bar.state.quantity]);
      if (!norms) continue;
      for (let step = Math.max(scene.steps[0] - 1, 0); step <= Math.min(scene.steps.at(-1), plan.steps - 2); step++) {
        const [from, to] = endsOf(plan, scene, row, step);
        const into = row.reverse ? step + 1 : step; // the step that the gradient comes to
        const width = widthOfNorm(norms[into], data.gradients);
        const cut = isCut(data, step);
        if (cut) cuts.add(step);
        if (width) drawBackLine(pen, colour, from, to, bar.middle + BACK.below, width, cut);
      }
    }
  }
  for (const step of cuts) drawCut(pen, plan, scene, palette, step);
}

// From the later cell to the earlier one, with its head there; a cut leaves a stub at the later one.
function drawBackLine(pen, colour, earlier, later, y, width, cut) {
  const way = Math.sign(earlier - later);
  const head = Math.max(width * 0.9, 4);
  const end = cut ? later + way * 7 : earlier - way * Math.min(head, Math.abs(earlier - later) - 4);
  stroke(pen, colour, width, () => (pen.moveTo(later, y), pen.lineTo(end, y)));
  if (!cut) arrow(pen, colour, earlier, y, way > 0 ? 0 : Math.PI, head);
}

function drawCut(pen, plan, scene, palette, step) {
  const x = Math.round((centre(plan, scene, step) + centre(plan, scene, step + 1)) / 2) + 0.5;
  const [top, bottom] = [plan.rows[0].top - 8, plan.rows.at(-1).bottom + 6];
  pen.save();
  pen.setLineDash([2, 3]);
  stroke(pen, palette.accent, 1, () => (pen.moveTo(x, top), pen.lineTo(x, bottom)));
  pen.restore();
  scissors(pen, palette.accent, x, bottom + 2);
}

// Two rings and two crossing blades that open upwards.
function scissors(pen, colour, x, y) {
  for (const side of [-1, 1]) {
    stroke(pen, colour, 1.25, () => (pen.moveTo(x + side * 3, y + 7), pen.lineTo(x - side * 3.5, y - 4)));
    stroke(pen, colour, 1.25, () => pen.arc(x + side * 4, y + 9, 2.25, 0, 2 * Math.PI));
  }
}
