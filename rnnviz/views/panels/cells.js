// Rows by steps as colours: what all panels share that draw a heatmap. `band` says how values become colours.

const [ROOMY, APART] = [13, 28]; // pixels: rows as high as that are all labelled, else labels stand that far apart

// A piece of rows x steps as a picture of a pixel for each value; a missing value is left empty. Where there are more
// values than `wide` x `high` pixels, neighbours are averaged, so that none is dropped.
function cellsOf(values, steps, [first, last], [from, count], band, theme, wide = Infinity, high = Infinity) {
  const colours = paintsOf(band.scale, theme).map(({ fill }) => fill.match(/\d+/g).map(Number));
  const rows = last - first + 1;
  const small = Object.assign(document.createElement("canvas"), { width: Math.min(count, wide), height: Math.min(rows, high) });
  const pen = small.getContext("2d");
  const pixels = pen.createImageData(small.width, small.height);
  const block = (start, i, length, pixels) => [start + Math.floor((i * length) / pixels), start + Math.floor(((i + 1) * length) / pixels)];
  let at = 0;
  for (let y = 0; y < small.height; y++) {
    const lines = block(first, y, rows, small.height);
    for (let x = 0; x < small.width; x++, at += 4) {
      const value = meanOf(values, steps, lines, block(from, x, count, small.width));
      if (Number.isNaN(value)) continue;
      const colour = colours[Math.round(placeOn(value, band.low, band.high, band.bent) * (SHADES - 1))];
      [pixels.data[at], pixels.data[at + 1], pixels.data[at + 2], pixels.data[at + 3]] = [colour[0], colour[1], colour[2], 255];
    }
  }
  pen.putImageData(pixels, 0, 0);
  return small;
}

function meanOf(values, steps, [top, bottom], [left, right]) {
  if (bottom - top === 1 && right - left === 1) return values[top * steps + left];
  let [sum, count] = [0, 0];
  for (let line = top; line < bottom; line++) {
    for (let step = left; step < right; step++) {
      const value = values[line * steps + step];
      if (!Number.isNaN(value)) [sum, count] = [sum + value, count + 1];
    }
  }
  return count ? sum / count : NaN;
}

// The rows and columns in sight, on a canvas of width x height CSS pixels.
function drawCells(canvas, values, steps, lines, range, band, theme, width, height) {
  const pen = brush(canvas, width, height);
  pen.imageSmoothingEnabled = false;
  pen.drawImage(cellsOf(values, steps, lines, range, band, theme, canvas.width, canvas.height), 0, 0, width, height);
}

// The lines that carry a label, evenly apart.
function labelled([first, last], high) {
  const every = high >= ROOMY ? 1 : Math.ceil(APART / high);
  return Array.from({ length: Math.floor((last - first) / every) + 1 }, (_, i) => first + i * every);
}

function drawLabels(place, labels, lines, high) {
  place.replaceChildren(...labelled(lines, high).map((line) => {
    const label = make("span", "", labels[line]);
    label.style.top = `${(line - lines[0] + 0.5) * high}px`;
    return label;
  }));
}

// The picture as it is seen, with its title, its scale, its row labels and its letters.
function savePicture(canvas, { data, columns, theme }, lines) {
  const palette = LOOK.palettes[theme];
  const [left, top, foot] = [64, 58, 34];
  const whole = document.createElement("canvas");
  const pen = brush(whole, left + columns.plot + 24, top + data.height + foot);
  const say = (text, x, y, colour, font, align = "left") => {
    Object.assign(pen, { fillStyle: colour, font, textAlign: align, textBaseline: "middle" });
    pen.fillText(text, x, y);
  };
  pen.fillStyle = palette.paper;
  pen.fillRect(0, 0, whole.width, whole.height);
  say(data.title, left, 18, palette.ink, `600 15px ${LOOK.font}`);
  say(`${data.caption}; colour from ${data.ends[0]} to ${data.ends[1]}`, left, 40, palette.faint, `12px ${LOOK.font}`);
  pen.imageSmoothingEnabled = false;
  pen.drawImage(canvas, left, top, columns.plot, data.height);
  pen.fillStyle = palette.paper;
  for (let place = 1; place < columns.count; place++) pen.fillRect(left + place * columns.column - 1, top, 1, data.height);
  const high = data.height / (lines[1] - lines[0] + 1);
  for (const line of labelled(lines, high)) say(data.labels[line], left - 6, top + (line - lines[0] + 0.5) * high, palette.faint, `11px ${LOOK.font}`, "right");
  for (let place = 0; place < columns.count; place++) {
    const x = left + (place + 0.5) * columns.column;
    say(data.tokens[columns.first + place], x, top + data.height + 16, palette.ink, `13px ${LOOK.mono}`, "center");
  }
  whole.toBlob((blob) => {
    const link = Object.assign(document.createElement("a"), { href: URL.createObjectURL(blob) });
    link.download = `rnnviz-${data.title.toLowerCase().replace(/[^a-z0-9]+/g, "-").replace(/^-|-$/g, "")}.png`;
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
  });
}
