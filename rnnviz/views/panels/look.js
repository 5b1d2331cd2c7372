// Colours in the browser: day or night is read off the page itself, so a change of theme needs no server.

const INKS = ["#000000", "#ffffff"];
const hexToRgb = (hex) => [1, 3, 5].map((i) => parseInt(hex.slice(i, i + 2), 16));
const rgbToCss = (rgb) => `rgb(${rgb.map(Math.round).join(",")})`;

function luminance(rgb) {
  const [r, g, b] = rgb.map((v) => v / 255).map((c) => (c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4));
  return 0.2126 * r + 0.7152 * g + 0.0722 * b;
}

function contrast(a, b) {
  const [low, high] = [luminance(a), luminance(b)].sort((x, y) => x - y);
  return (high + 0.05) / (low + 0.05);
}

// Letters on a colour: the theme's ink or paper where it can be read (4.5 : 1), else black or white.
function inkOn(rgb, palette) {
  const readable = [palette.ink, palette.paper].find((ink) => contrast(hexToRgb(ink), rgb) >= 4.5);
  return readable ?? INKS.reduce((a, b) => (contrast(hexToRgb(a), rgb) > contrast(hexToRgb(b), rgb) ? a : b));
}

// The first opaque background on the way up from an element; null if the page sets none.
function backgroundOf(element) {
  for (let e = element; e instanceof Element; e = e.parentElement ?? e.getRootNode().host) {
    const parts = getComputedStyle(e).backgroundColor.match(/[\d.]+/g)?.map(Number);
    if (parts && (parts.length < 4 || parts[3] > 0.5)) return parts.slice(0, 3);
  }
  return null;
}

function themeOf(element) {
  const named = getComputedStyle(element).getPropertyValue("--st-background-color").trim();
  const rgb = /^#[0-9a-f]{6}$/i.test(named) ? hexToRgb(named) : backgroundOf(element);
  if (rgb) return luminance(rgb) < 0.2 ? "dark" : "light";
  return matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light";
}

const SHADES = 128;
const paints = {};

// The colours of a scale in `SHADES` even steps, each with the ink that can be read on it.
function paintsOf(role, theme) {
  return (paints[`${role} ${theme}`] ??= Array.from({ length: SHADES }, (_, i) => {
    const palette = LOOK.palettes[theme];
    const stops = palette[role];
    const place = (i / (SHADES - 1)) * (stops.length - 1);
    const left = Math.min(Math.floor(place), stops.length - 2);
    const [a, b] = [hexToRgb(stops[left]), hexToRgb(stops[left + 1])];
    const rgb = a.map((v, k) => v + (b[k] - v) * (place - left));
    return { fill: rgbToCss(rgb), ink: inkOn(rgb, palette) };
  }));
}

// Where a value stands on a scale, 0..1. A bent scale is even up to about 1 and goes by ratio beyond (see theme.py).
function placeOn(value, low, high, bent = false) {
  const place = bent ? 0.5 + Math.asinh(value) / Math.asinh(high) / 2 : (value - low) / (high - low);
  return Math.min(Math.max(place, 0), 1);
}

const paintAt = (role, theme, place) => paintsOf(role, theme)[Math.round(place * (SHADES - 1))];

// The colour of a value between two ends; null for a missing one.
function paint(role, theme, value, low, high, bent = false) {
  return Number.isNaN(value) ? null : paintAt(role, theme, placeOn(value, low, high, bent));
}

// A scale as Plotly wants it: [[0, colour], ..., [1, colour]], straight pieces between.
function stopsOf(role, theme, high, bent) {
  const stops = LOOK.palettes[theme][role];
  if (!bent) return stops.map((stop, i) => [i / (stops.length - 1), stop]);
  const places = Array.from({ length: LOOK.bends }, (_, i) => i / (LOOK.bends - 1));
  const share = (place) => (place % 1 ? 0.5 + Math.sinh((2 * place - 1) * Math.asinh(high)) / high / 2 : place); // ends exactly
  return places.map((place) => [share(place), paintAt(role, theme, place).fill]);
}

function gradient(role, theme) {
  return `linear-gradient(to right, ${LOOK.palettes[theme][role].join(", ")})`;
}

// The theme's plain colours and fonts, for the style sheets of the panels.
function dress(element, theme) {
  const { paper, ink, faint, line, zero, accent, sequential } = LOOK.palettes[theme];
  const values = { paper, ink, faint, line, zero, accent, bar: sequential.at(-2), font: LOOK.font, mono: LOOK.mono };
  for (const [name, value] of Object.entries(values)) element.style.setProperty(`--rv-${name}`, value);
  element.dataset.theme = theme;
}
