// Sums as rows of bars: which terms are largest, and a bar from where a sum stood to where it stands then.

// The terms from the largest to the smallest, whatever their sign; equal ones as they stand.
const largestFirst = (value) => Array.from(value.keys()).sort((a, b) => Math.abs(value[b]) - Math.abs(value[a]) || a - b);

// How many of them are shown: of many only those that are not 0.
function visible(order, value, shown) {
  if (order.length <= shown) return order.length;
  return Math.min(shown, order.findLastIndex((n) => value[n] !== 0) + 1);
}

// The first few of them, without sorting all.
function largest(value, count) {
  const top = [];
  for (let n = 0; n < value.length; n++) {
    const size = Math.abs(value[n]);
    if (top.length === count && size <= Math.abs(value[top[count - 1]])) continue;
    let place = top.length;
    while (place > 0 && Math.abs(value[top[place - 1]]) < size) place -= 1;
    top.splice(place, 0, n);
    if (top.length > count) top.pop();
  }
  return top;
}

// A bar from where the sum stood to where it stands then.
function placeBar(bar, before, value, { low, high, largest }, theme) {
  const [a, b] = [before, before + value].map((end) => 100 * placeOn(end, low, high));
  bar.style.left = `${Math.min(a, b)}%`;
  bar.style.width = `${Math.abs(b - a)}%`;
  bar.style.background = strongPaint("diverging", theme, placeOn(value, -largest || -1, largest || 1), 0.5);
  bar.style.setProperty("--from", value < 0 ? "100%" : "0%");
  bar.style.setProperty("--to", value < 0 ? "0%" : "100%");
}
