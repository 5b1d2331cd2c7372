// Linked hover: the column under the pointer is shaded in every panel whose columns are steps.

function linkHover(root, context) {
  const body = root.querySelector(".rv-cursor")?.parentElement;
  if (!body) return () => {};
  const mark = body.appendChild(make("div", "rv-hover"));
  const tell = (step) => hub.hover !== step && announce("rnnviz:hover", { step: (hub.hover = step) });
  const moved = (event) => {
    const { data, columns } = context();
    if (!data.tokens?.length || event.pointerType === "touch") return;
    const place = Math.floor((event.clientX - body.getBoundingClientRect().left - columns.left) / columns.column);
    tell(place >= 0 && place < columns.count ? columns.first + place : null);
  };
  const left = () => tell(null);
  const show = ({ detail }) => {
    const { data, columns } = context();
    if (detail.step === null || detail.step >= (data.tokens?.length ?? 0)) mark.style.display = "none";
    else outline(mark, columns, detail.step);
  };
  body.addEventListener("pointermove", moved);
  body.addEventListener("pointerleave", left);
  window.addEventListener("rnnviz:hover", show);
  return () => window.removeEventListener("rnnviz:hover", show);
}
