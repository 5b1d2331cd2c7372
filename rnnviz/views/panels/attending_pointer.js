// What the pointer, a finger and the keys do in the picture of an attention; and the picture as a file.

const STEPS = { ArrowLeft: [0, -1], ArrowRight: [0, 1], ArrowUp: [-1, 0], ArrowDown: [1, 0] };

function hoverLooks(parts, planNow, scene, focusOn, open) {
  const place = (event, element, axis, first) => {
    const at = Math.floor((event.clientX - element.getBoundingClientRect().left) / axis.size);
    return at >= 0 && at < axis.count ? first + at : null;
  };
  const rowAt = (event) => {
    const { down } = planNow();
    const row = scene.first.row + clamp(Math.floor((event.clientY - parts.cells.getBoundingClientRect().top) / down.size), 0, down.count - 1);
    return row <= scene.frontier ? row : null;
  };
  // What is under the pointer: {row}, {column} or both; what has not been written is nothing yet.
  const under = {
    top: (event) => {
      const row = place(event, parts.top, planNow().top, topFirst(planNow(), scene));
      return row === null || hidden(scene.data, row, scene.frontier) ? null : { row };
    },
    bottom: (event) => {
      const column = place(event, parts.bottom, planNow().across, scene.first.column);
      return column === null || yetToCome(scene.data, column, scene.frontier) ? null : { column };
    },
    cells: (event) => {
      const [row, column] = [rowAt(event), place(event, parts.cells, planNow().across, scene.first.column)];
      return row === null || column === null ? null : { row, column };
    },
    labels: (event) => {
      const row = rowAt(event);
      return row === null ? null : { row };
    },
  };
  const tell = (focus, x, y) => {
    focusOn(focus);
    if (!focus) return tip.hide();
    tip.show(x, y, scene.theme, focusWords(scene, focus));
  };
  for (const [name, find] of Object.entries(under)) {
    const element = parts[name];
    element.onpointermove = (event) => event.pointerType !== "touch" && tell(find(event), event.clientX, event.clientY);
    element.onpointerleave = (event) => event.pointerType !== "touch" && tell(null);
    element.onclick = (event) => {
      const focus = find(event);
      if (!focus) return;
      const row = focus.row ?? scene.cell.row;
      open(row, focus.column ?? strongest(scene.data, row));
      if (event.pointerType === "touch") tell(focus, event.clientX, event.clientY);
    };
  }
  parts.cells.onblur = () => tell(null);
  parts.cells.onkeydown = (event) => {
    const way = STEPS[event.key];
    if (!way) return;
    event.preventDefault();
    const { rows, columns, across, down } = planNow();
    const row = clamp(scene.cell.row + way[0], 0, Math.min(rows - 1, scene.frontier));
    const column = clamp(scene.cell.column + way[1], 0, columns - 1);
    open(row, column);
    const box = parts.cells.getBoundingClientRect();
    tell({ row, column }, box.left + (column - scene.first.column + 1) * across.size, box.top + (row - scene.first.row + 1) * down.size);
  };
}

// A word of a sequence that looks at itself does both: it looks, and is looked at.
function focusWords({ data, frontier }, { row, column }) {
  if (row !== undefined && column !== undefined) return cellWords(data, row, column);
  if (data.kind === "asked") return [...rowWords(data, row ?? column), ...columnWords(data, row ?? column, frontier)];
  return row !== undefined ? rowWords(data, row) : columnWords(data, column, frontier);
}

// The picture as it is seen: its title, both sentences, the lines, the matrix with the tokens of its rows.
function saveLooks({ lines, cells, top, bottom, labels, title, caption }, plan, { theme, data }) {
  const palette = LOOK.palettes[theme];
  const [left, head] = [plan.left + 16, 62];
  const at = { lines: head + plan.top.high, bottom: head + plan.top.high + plan.lines };
  at.cells = at.bottom + plan.across.high + 4;
  const canvas = document.createElement("canvas");
  const pen = brush(canvas, Math.max(left + plan.plot + 20, 420), at.cells + plan.height + 20);
  pen.fillStyle = palette.paper;
  pen.fillRect(0, 0, canvas.width, canvas.height);
  const say = (text, x, y, fill, font, textAlign = "left") => {
    Object.assign(pen, { fillStyle: fill, font, textAlign, textBaseline: "middle" });
    pen.fillText(text, x, y);
  };
  say(title.textContent, 16, 20, palette.ink, `600 15px ${LOOK.font}`);
  say([caption.textContent, "weight from 0 to 1"].filter(Boolean).join("; "), 16, 42, palette.faint, `12px ${LOOK.font}`);
  const sentence = (row, axis, x, y) => [...row.children].forEach((span, k) => {
    const { color, backgroundColor } = getComputedStyle(span);
    pen.fillStyle = backgroundColor;
    pen.fillRect(x + k * axis.size, y, axis.size - 1, axis.high);
    pen.save();
    pen.translate(x + (k + 0.5) * axis.size, y + axis.high / 2);
    if (axis.upright || span.classList.contains("rv-tall")) pen.rotate(-Math.PI / 2);
    say(span.textContent, 0, 0, color, span.classList.contains("rv-end") ? `10.5px ${LOOK.font}` : `${row.style.fontSize} ${LOOK.mono}`, "center");
    pen.restore();
  });
  sentence(top, plan.top, left + plan.top.left, head);
  sentence(bottom, plan.across, left, at.bottom);
  pen.drawImage(lines, left, at.lines, plan.plot, plan.lines);
  pen.drawImage(cells, left, at.cells, plan.plot, plan.height);
  for (const label of labels.children) {
    say(label.lastChild.textContent, left - 8, at.cells + parseFloat(label.style.top) + plan.down.size / 2, palette.ink, `${label.style.fontSize} ${LOOK.mono}`, "right");
  }
  canvas.toBlob((blob) => {
    const link = Object.assign(document.createElement("a"), { href: URL.createObjectURL(blob) });
    link.download = `rnnviz-attention${data.where ? `-${data.where.replace(/[^a-z0-9]+/g, "-")}` : ""}.png`;
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
  });
}
