// Where everything of the unrolled network stands: columns of steps, rows of layers, and what is under the pointer.

const WIDTHS = { narrow: 58, wide: 64, most: 104 }; // pixels of a step
const GAP = 30; // pixels between the cells of two steps, for the line that is handed on
const ASIDE = 10; // pixels: two directions stand that far to the left and right of their step
const PAST = 5; // pixels: their lines up, past each other's cells
const [PAD, BETWEEN] = [4, 7]; // pixels around the bars of a cell, and between them
const RISE = 32; // pixels of a line up, with room for its mark
const BRIDGE = 12; // pixels between two directions and the line that joins what they say
const APART_ROWS = 16; // pixels between the two directions of a layer
const [ANSWER, LONG, EXTRA] = [17, 29, 4]; // pixels of an answer, of one with a long name, and before one that was not guessed
const LOOP = { over: 13, reach: 74 }; // pixels of a folded line beyond its cell, and of its bends
const NEAR = 10; // pixels from a mark that are still on it

// How many columns and rows of bricks a vector of `units` has, filled downwards, column after column: each at least
// 2 x 2 pixels. A vector too long for that makes its cell higher.
function bricksFor(units, width, height) {
  const most = Math.max(Math.floor(width / 2), 1);
  for (let across = 1; across <= most; across++) {
    const down = Math.ceil(units / across);
    const high = Math.floor(height / down);
    if (high >= 2) return { across, down, wide: Math.floor(width / across), high: Math.min(high, 14) };
  }
  return { across: most, down: Math.ceil(units / most), wide: Math.floor(width / most), high: 1 };
}

// The columns: as wide as fits between the least and the most; what does not fit is shown through a window.
function planColumns(columns, steps, both) {
  const room = columns.room - (both ? 2 * PAST : 0); // for what comes into the last step from the right
  const least = columns.width < 560 ? WIDTHS.narrow : WIDTHS.wide;
  const count = Math.max(Math.min(steps, Math.floor(room / least)), 1);
  const wide = Math.min(Math.floor(room / count), WIDTHS.most);
  return { left: columns.left, wide, count, steps, plot: wide * count, room: columns.room, narrow: columns.width < 560 };
}

// The rows, from the answers above to the tokens below. `lines` are what is handed on, `rises` what is handed up.
function planOf(data, columns) {
  const both = data.rows.some((row) => row.reverse);
  const plan = planColumns(columns, data.tokens.length, both);
  const box = Math.min(plan.wide - GAP, 60);
  const states = data.rows.reduce((sum, row) => sum + row.states.length, 0);
  const high = states <= 2 ? 56 : states <= 4 ? 44 : 36;
  const beside = both ? box / 2 - ASIDE + PAST : 0;
  Object.assign(plan, { box, both, beside, rows: [], lines: [], rises: [], bridges: [] });

  let y = 8;
  if (data.y.kind === "next") (plan.loss = { top: y, height: 36 }), (y += 46);
  plan.line = data.y.signs?.some((sign) => [...sign].length > 2) && data.y.kind !== "next" ? LONG : ANSWER;
  if (data.y.kind) {
    const answers = data.y.kind === "numbers" ? 2 : (shapeOf(data.y.guess)[1] + (data.y.kind === "next"));
    plan.answers = { top: y, height: answers * plan.line + (data.y.kind === "next" ? EXTRA : 0) };
    y += plan.answers.height + 3;
  }
  const foot = y; // where V ends
  const levels = Math.max(...data.rows.map((row) => row.level)) + 1;
  let above = foot;
  for (let level = levels - 1; level >= 0; level--) {
    const mine = data.rows.filter((row) => row.level === level);
    const top = level === levels - 1;
    const mute = top && !data.y.kind; // a layer alone: nothing is answered
    y = above + (mute ? 8 : RISE + (both ? BRIDGE : 0));
    if (both && !mute) plan.bridges.push({ y: y - BRIDGE + 0.5, level, top });
    for (const row of [...mine].reverse()) {
      const shift = both ? (row.reverse ? ASIDE : -ASIDE) : 0;
      plan.rows.push(placeRow(row, y, shift, bricksFor(row.order.length, box - 2 * PAD, high), box));
      y = plan.rows.at(-1).bottom + (row.reverse ? APART_ROWS : 0);
    }
    above = plan.rows.at(-1).bottom;
  }
  plan.x = { top: above + RISE, height: 14 };
  plan.token = { top: plan.x.top + plan.x.height + 3, height: data.x.kind === "numbers" && data.x.width > 1 ? 2 : 22 };
  plan.step = { top: plan.token.top + plan.token.height, height: 14 };
  plan.height = plan.step.top + plan.step.height + 4;
  plan.foot = foot;
  for (const row of plan.rows) planRises(plan, row, levels, data);
  return plan;
}

// A cell with its states one below the other; what it hands on leaves in the middle of each.
function placeRow(row, top, shift, bricks, box) {
  const bar = { wide: bricks.wide * bricks.across, high: bricks.high * bricks.down };
  const bars = row.states.map((state, k) => {
    const at = top + PAD + k * (bar.high + BETWEEN);
    return { state, letter: state.name, left: -bar.wide / 2, top: at, middle: Math.round(at + bar.high / 2) + 0.5, ...bar };
  });
  const key = `W${row.level}${row.reverse ? "r" : ""}`;
  return { ...row, top, shift, bricks, bars, key, bottom: bars.at(-1).top + bar.high + PAD, half: box / 2 };
}

// The lines up into a row and, from the highest, up to the answer.
function planRises(plan, row, levels, data) {
  const aside = row.reverse ? plan.beside : -plan.beside;
  const bridge = (level) => plan.bridges.find((each) => each.level === level)?.y;
  const below = row.level === 0 ? plan.x.top : plan.both ? bridge(row.level - 1) : plan.rows.find((each) => each.level === row.level - 1).top;
  plan.rises.push({ key: `U${row.level}${row.reverse ? "r" : ""}`, row, aside, from: below, to: row.bottom });
  const highest = row.level === levels - 1;
  if (highest && !data.y.kind) return;
  if (plan.both) plan.rises.push({ key: null, row, aside, from: row.top, to: bridge(row.level), out: true });
  if (plan.both && highest && !row.reverse) plan.rises.push({ key: "V", row, aside: 0, from: bridge(row.level), to: plan.foot, answer: true });
  if (!plan.both && highest) plan.rises.push({ key: data.weights.V ? "V" : null, row, aside, from: row.top, to: plan.foot, answer: true });
}

// Where the centre of a step stands: p = 0 folded, all on one place; p = 1 unrolled.
function centre(plan, scene, step) {
  const open = plan.left + (step - scene.first + 0.5) * plan.wide;
  return scene.p === 1 ? open : foldedAt(plan) + (open - foldedAt(plan)) * scene.p;
}

const foldedAt = (plan) => plan.left + (plan.narrow ? 96 : Math.min(plan.room / 2, 380));

// Where the mark of a line stands: in its middle, leaving room for the lines up of the other direction; folded, where the
// loop leaves the cell.
function markOf(plan, scene, row, step) {
  const [start, bend, turn, end] = pathOf(plan, scene, row, row.bars.length - 1, step);
  const share = 0.5 - 0.28 * (1 - scene.p);
  const along = (k) => (1 - share) ** 3 * start[k] + 3 * share * (1 - share) ** 2 * bend[k] + 3 * share ** 2 * (1 - share) * turn[k] + share ** 3 * end[k];
  const nudge = plan.both ? (row.reverse ? -2.5 : 2.5) : -2;
  return { x: along(0) + nudge * scene.p, y: along(1) };
}

// The line of a state from one cell to the next, as the four points of a curve: straight, but for what is folded.
function pathOf(plan, scene, row, place, step) {
  const [from, to] = endsOf(plan, scene, row, step);
  const lift = 1 - scene.p;
  const { middle } = row.bars[place];
  const upper = place < row.bars.length - 1;
  const drop = lift * (upper ? row.top - middle - LOOP.over : row.bottom - middle + LOOP.over) / 0.75;
  const reach = lift * LOOP.reach * (row.reverse ? -1 : 1);
  return [[from, middle], [from + reach, middle + drop], [to - reach, middle + drop], [to, middle]];
}

// What is handed on leaves one cell and enters the next: to the right, or in the reverse direction to the left.
function endsOf(plan, scene, row, step) {
  const right = centre(plan, scene, step) + row.shift + row.half;
  const left = centre(plan, scene, step + 1) + row.shift - row.half;
  return row.reverse ? [left, right] : [right, left];
}

// What is at a place of the picture: {kind, step, ...}, or null.
function thingAt(plan, scene, x, y) {
  const folded = scene.p < 1;
  const step = folded ? scene.step : Math.floor((x - plan.left) / plan.wide + scene.first);
  const beyond = !folded && (x < plan.left || x >= plan.left + plan.plot); // only lines reach out of the window
  if (step < 0 || step >= plan.steps || x < plan.left - 20 || x > plan.left + plan.room) return null;
  if (folded && Math.abs(x - foldedAt(plan)) > plan.wide * 1.4) return null;
  const dx = x - centre(plan, scene, step);
  const inside = (part, rim = 0) => part && y >= part.top - rim && y < part.top + part.height + rim;
  for (const row of plan.rows) {
    for (const at of folded ? [step] : [step - 1, step]) {
      const mark = markOf(plan, scene, row, at);
      const there = folded || (at >= 0 && at + 1 < plan.steps);
      if (there && Math.hypot(x - mark.x, y - mark.y) < NEAR) return { kind: "weight", key: row.key, step: row.reverse ? at : at + 1, row };
    }
    if (y >= row.top && y < row.bottom) {
      if (!beyond && Math.abs(dx - row.shift) <= row.half) return inCell(row, dx - row.shift, y, step);
      const bar = row.bars.find((each) => Math.abs(y - each.middle - 7) < 15);
      if (bar && !folded) return { kind: "line", row, bar, step: dx < row.shift ? step - 1 : step };
    }
  }
  if (beyond) return null;
  const rise = plan.rises.find((each) => each.key && y > each.to && y < each.from && Math.abs(dx - each.aside) < NEAR);
  if (rise && (rise.key !== "V" || scene.answered(step))) return { kind: "weight", key: rise.key, step, row: rise.row };
  if (Math.abs(dx) > plan.wide / 2) return null;
  if (inside(plan.x) || inside(plan.token) || inside(plan.step)) return { kind: "x", step, place: (dx + plan.box / 2) / plan.box };
  if (inside(plan.loss)) return { kind: "loss", step };
  if (inside(plan.answers)) return { kind: "answer", step, line: Math.floor((y - plan.answers.top) / plan.line) };
  return { kind: "column", step };
}

// The unit under the pointer, or the cell around the bars.
function inCell(row, dx, y, step) {
  const bar = row.bars.find((each) => y >= each.top && y < each.top + each.high && Math.abs(dx) < each.wide / 2);
  if (!bar) return { kind: "cell", row, step };
  const { across, down, wide, high } = row.bricks;
  const place = Math.min(Math.floor((dx - bar.left) / wide), across - 1) * down + Math.floor((y - bar.top) / high);
  return place < row.order.length ? { kind: "unit", row, bar, step, unit: row.order[place] } : { kind: "cell", row, step };
}
