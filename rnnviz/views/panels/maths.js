// Formulas as people write them: letters slanted, indices below, words upright. They are only ever put in as text.

const FORMULA = /_\{[^}]*\}|_.|tanh|relu|[A-Za-z]|[^A-Za-z_]+/g;

// "W_{if} x_t + b" -> elements. What is in braces is an index of any length.
function formula(text) {
  return (text.match(FORMULA) ?? []).map((part) => {
    if (part[0] === "_") return make("sub", "", part[1] === "{" ? part.slice(2, -1) : part.slice(1));
    if (part.length === 1 && /[A-Za-z]/.test(part)) return make("i", "", part);
    return make("span", "", part);
  });
}

const ROMAN = { sigmoid: "σ", tanh: "tanh", relu: "relu", identity: "" };
const ACTIVATE = {
  sigmoid: (a) => 1 / (1 + Math.exp(-a)),
  tanh: Math.tanh,
  relu: (a) => Math.max(a, 0),
  identity: (a) => a,
};

const rounded = (value) => Number(value.toPrecision(3));

// The sign between a sum and its parts, all told in three digits: "=" only where the digits told add up to those told.
function equals(parts, total) {
  return rounded(parts.reduce((sum, part) => sum + rounded(part), 0)) === rounded(total) ? "=" : "≈";
}

// The sign between an activation and its value: as above.
const gives = (activation, total, value) => (rounded(ACTIVATE[activation](rounded(total))) === rounded(value) ? "=" : "≈");

// A number inside a product or behind a sign: (−0.3)
const bracketed = (value) => (value < 0 ? `(${number(value)})` : number(value));

// The colour of a bar or a wire: told by its length or width, so it must not fade into the paper where it is small.
function strongPaint(role, theme, place, middle) {
  if (role === "diverging") return paintAt(role, theme, place < middle ? Math.min(place, 0.25) : Math.max(place, 0.75)).fill;
  return paintAt(role, theme, Math.max(place, 0.4)).fill;
}

const SVG = "http://www.w3.org/2000/svg";

// An element of a drawing, with its attributes, and children.
function drawn(tag, attributes = {}, ...children) {
  const element = document.createElementNS(SVG, tag);
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
  element.append(...children);
  return element;
}

// The step that a layer has read before this one: in the reverse direction it stands at the right. null before the first.
function stepBefore({ backwards, tokens }, step) {
  const before = backwards ? step + 1 : step - 1;
  return before >= 0 && before < tokens.length ? before : null;
}
