// The heads of all layers side by side, each as a small matrix: rows look at columns. A click chooses one.

const [SMALLEST, LARGEST] = [56, 132]; // pixels of a small matrix
const [BESIDE, NAMED] = [16, 80]; // between layers side by side; the name of a layer, and the line before the mean
const FEW = 0.75; // of that, where there are more than two layers

function headsPainter(root, view) {
  const [head, grid] = [make("div", "rv-head"), make("div", "rv-grid")];
  root.append(head, grid);
  let chosen = null;
  let served = null; // what the server named last, as one string

  const choice = (layer, each) => {
    chosen = { layer, head: each.head };
    mark();
    view.args.setTriggerValue?.("head", chosen);
  };
  const mark = () => {
    for (const button of grid.querySelectorAll("button")) button.setAttribute("aria-pressed", button.dataset.place === `${chosen.layer} ${chosen.head}`);
  };

  return {
    draw({ data, theme, columns }) {
      const named = `${data.chosen.layer} ${data.chosen.head}`;
      if (named !== served) [served, chosen] = [named, data.chosen];
      const { size, wide, across } = headsPlan(data, columns.width);
      drawHeadsHead(head, data, theme);
      grid.style.gridTemplateColumns = `repeat(${across}, minmax(0, 1fr))`;
      grid.replaceChildren(...data.layers.map((layer) => {
        const buttons = layer.pictures.map((each) => headButton(layer, each, [size, wide], theme, () => choice(layer.layer, each)));
        return make("div", "rv-layer", null, make("span", "rv-layer-name", layer.name), make("div", "rv-heads-row", null, ...buttons));
      }));
      mark();
    },
  };
}

// {size, wide, across}: pixels of a small matrix and of its button, and layers side by side. Where there is an encoder, a row of the grid is a
// kind of attention and a column is a layer, if that fits; a layer by itself takes a row.
function headsPlan({ layers }, width) {
  const narrow = width < 560;
  const most = Math.max(...layers.map(({ pictures }) => pictures.length));
  const several = layers.length > 2;
  const room = (across) => (width - (across - 1) * BESIDE) / across - (narrow ? 0 : NAMED);
  const sizeOf = (across) => Math.floor(room(across) / Math.min(most, narrow ? (several ? 5 : 3) : 9)) - (narrow ? 12 : 20);
  const both = layers.filter(({ layer }) => layer?.startsWith("enc.")).length;
  const across = both > 1 && sizeOf(both) >= SMALLEST ? both : 1;
  const size = clamp(sizeOf(across), SMALLEST, several ? FEW * LARGEST : LARGEST);
  return { size, wide: size + (narrow ? 10 : 14), across };
}

function drawHeadsHead(head, { layers }, theme) {
  const each = Math.max(...layers.flatMap(({ pictures }) => pictures.map((picture) => picture.each)));
  const pooled = each > 1 ? `; a pixel is the largest of ${each} × ${each}` : "";
  const caption = `rows look at columns${pooled}; below, where most of the weight falls on average`;
  head.replaceChildren(make("span", "rv-title", "All heads"), make("span", "rv-caption", caption), make("span", "rv-right", null, legend("sequential", theme, "0", "1", "weight")));
}

function headButton(layer, each, [size, wide], theme, choose) {
  const canvas = drawHead(each, size, theme);
  const name = make("span", "rv-head-name", null, make("b", "", each.name), make("span", "", each.short));
  const button = Object.assign(make("button", `rv-pick ${each.head === null ? "rv-mean" : ""}`, null, canvas, name), { type: "button", onclick: choose });
  button.style.width = `${wide}px`; // a matrix that is not square keeps the place of one that is
  button.dataset.place = `${layer.layer} ${each.head}`;
  button.ariaLabel = each.said;
  button.onpointermove = (event) => event.pointerType !== "touch" && tip.show(event.clientX, event.clientY, theme, [each.said]);
  button.onpointerleave = tip.hide;
  return button;
}

// Its longer side is as long as is asked for; its shares come as bytes.
function drawHead(each, size, theme) {
  const [rows, columns] = shapeOf(each.values);
  const scale = size / Math.max(rows, columns, 1);
  const [wide, high] = [Math.max(columns * scale, 8), Math.max(rows * scale, 8)];
  const canvas = make("canvas");
  const pen = brush(canvas, wide, high);
  pen.imageSmoothingEnabled = false;
  const band = { scale: "sequential", low: 0, high: 255 };
  pen.drawImage(cellsOf(unpack(each.values), columns, [0, rows - 1], [0, columns], band, theme, canvas.width, canvas.height), 0, 0, wide, high);
  return canvas;
}

export default function heads(args) {
  return mount(args, "rv-heads", headsPainter);
}
