// The page that stands alone: which quantity and which unit its panels show. `panels` and `extra` come from document.py.

const [, , picture, story] = panels;
const choices = extra;
let choice = choices[0];
let unit = picture.data.row;

const matrix = (spec) => {
  const bytes = Uint8Array.from(atob(spec.bdata), (char) => char.charCodeAt(0));
  return new Float32Array(bytes.buffer);
};

// The values of the chosen unit in another quantity of the same layer, packed as the panels expect them.
function bandOf({ panel, band }) {
  const steps = panel.tokens.length;
  const row = panel.rows.indexOf(unit);
  const values = (panel.matrix ??= matrix(panel.z)).slice(row * steps, (row + 1) * steps);
  return { ...band, values };
}

function show() {
  picture.data = { ...choice.panel, row: unit, version: `${choice.panel.version} ${unit}` };
  const alike = choices.filter((other) => other.layer === choice.layer && other.kind !== "preactivation");
  const title = `Unit ${unit}, ${choice.layerName}`;
  story.data = { ...story.data, title, unit, lead: choice.band.quantity, bands: alike.map(bandOf) };
  story.data.version = `${choice.band.quantity} ${unit}`;
  picture.render();
  story.render();
  for (const button of picker.querySelectorAll("button")) button.setAttribute("aria-pressed", button.choice === choice);
  number.value = unit;
}

const picker = document.createElement("div");
picker.className = "picker";
picker.setAttribute("role", "group");
picker.setAttribute("aria-label", "what the heatmap shows");
for (const [index, each] of choices.entries()) {
  if (each.layer !== choices[index - 1]?.layer) {
    picker.append(Object.assign(document.createElement("span"), { textContent: each.layerName }));
  }
  const button = Object.assign(document.createElement("button"), { type: "button", textContent: each.band.name, title: each.band.label });
  button.choice = each;
  button.onclick = () => ((choice = each), show());
  picker.append(button);
}
const number = Object.assign(document.createElement("input"), { type: "number", min: 0, max: choice.panel.rows.length - 1, ariaLabel: "unit" });
number.onchange = () => {
  const wanted = Number(number.value);
  if (choice.panel.rows.includes(wanted)) unit = wanted;
  show();
};
picker.append(Object.assign(document.createElement("span"), { textContent: "unit" }), number);
picture.host.before(picker);

picture.host.addEventListener("panel:cell", (event) => ((unit = event.detail.unit), show()));
document.getElementById("theme").onclick = () => {
  const root = document.documentElement;
  const dark = root.dataset.theme ? root.dataset.theme === "dark" : matchMedia("(prefers-color-scheme: dark)").matches;
  root.dataset.theme = dark ? "light" : "dark";
  window.dispatchEvent(new CustomEvent("rnnviz:theme"));
};

for (const panel of panels.slice(0, 2)) panel.render();
show();
