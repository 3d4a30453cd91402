// A little SVG: elements with attributes and text, never markup from strings.
const TITLE = 13; // px
const TITLE_LETTER = 7.1; // px, of a letter of that size, bold
const NAMESPACE = "http://www.w3.org/2000/svg";

export function element(name, attributes = {}, ...children) {
  const node = document.createElementNS(NAMESPACE, name);
  for (const [key, value] of Object.entries(attributes)) node.setAttribute(key, value);
  for (const child of children) node.append(child);
  return node;
}

export function panel(spec) {
  return element("svg", { viewBox: `0 0 ${spec.width} ${spec.height}`, role: "group", tabindex: 0, class: "live-drawing" });
}

// A title as large as its line has room for.
export const titleSize = ({ title: text, width }) => Math.min(TITLE, (TITLE * (width - 4)) / (TITLE_LETTER * text.length));

export function title(spec) {
  const size = titleSize(spec);
  const style = size < TITLE ? { style: `font-size: ${size.toFixed(1)}px` } : {};
  return element("text", { x: 2, y: 14, class: "live-title", ...style }, spec.title);
}

// Width that the longest of these labels needs, at 12 px.
export const gutter = (labels, most) => Math.min(most, 10 + 6.9 * Math.max(...labels.map((label) => label.length)));

// The class that writes the words under a field of a drawing ("rows", "top" …) in the colour of their language.
export const tongue = (spec, field) => (spec.languages?.[field] ? ` live-${spec.languages[field]}` : "");

// The colour of a value from 0 to 1, mixed between two stops of the map, so that a theme may change the stops.
export function colour(value) {
  const place = Math.min(Math.max(value, 0), 1) * 6;
  const stop = Math.min(Math.floor(place), 5);
  const share = Math.round((place - stop) * 100);
  return `color-mix(in srgb, var(--map-${stop + 1}) ${share}%, var(--map-${stop}))`;
}

// The class whose ink can be read on the colour of a value: a theme's map has light, middle and dark shades.
const INKS = [[0.1, "faint"], [0.28, "light"], [0.42, "low"], [0.64, "mid"], [Infinity, "high"]];
export const inkOn = (value) => `live-on-${INKS.find(([end]) => value < end)[1]}`;

// Seven digits are enough for a float32 on screen.
export const exact = (value) => String(Number(value.toPrecision(7)));

export const short = (value) => (Number.isFinite(value) ? value.toFixed(2) : "none");

// A picture's labels, or the names that a drawing brings itself.
export const namesOf = (given, labels) => (typeof given === "string" ? labels[given] : given);

// A number with so many decimals, a true minus sign, and no minus before zero.
export function tidy(value, digits = 2) {
  if (!Number.isFinite(value)) return "–";
  const text = value.toFixed(digits);
  return Number(text) === 0 ? text.replace("-", "") : text.replace("-", "−");
}

// The same without trailing zeros.
export const brief = (value, digits = 2) => tidy(Number(value.toFixed(digits)), 0) === tidy(value, digits)
  ? tidy(value, 0)
  : tidy(value, digits).replace(/(\.\d*?)0+$/, "$1").replace(/\.$/, "");

// The smallest of 1, 2, 5, 10, 20 … and their tenths that is at least so large.
export function niceStep(least) {
  const power = 10 ** Math.floor(Math.log10(least));
  return [1, 2, 5, 10].find((k) => k * power >= least * (1 - 1e-9)) * power;
}

// An element of the page, where text should wrap or be a table.
export function html(name, attributes = {}, ...children) {
  const node = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) node.setAttribute(key, value);
  node.append(...children);
  return node;
}

// Several attributes at once.
export function set(node, attributes) {
  for (const [name, value] of Object.entries(attributes)) node.setAttribute(name, value);
}
