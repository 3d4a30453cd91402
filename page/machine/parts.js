// What all levels draw with: text, waves of numbers, bars, threads, words, parts that can be pressed.
import { END, START, tidy } from "./numbers.js";
import { h } from "./tree.js";

export const px = (x) => Math.round(x * 100) / 100;
export const NARROW = 600;
export const WIDE = 920;
// Type has three sizes, whatever the picture's width: numbers and notes, words, titles. machine.css has the same.
export const TYPE = { small: 12, text: 14, head: 18 };

export const text = (x, y, words, cls = "", more = {}) => h("text", { x: px(x), y: px(y), class: cls || null, ...more }, words);
export const middle = (x, y, words, cls = "", more = {}) => text(x, y, words, cls, { "text-anchor": "middle", ...more });
export const end = (x, y, words, cls = "", more = {}) => text(x, y, words, cls, { "text-anchor": "end", ...more });
export const rect = (x, y, width, height, cls, more = {}) =>
  h("rect", { x: px(x), y: px(y), width: px(Math.max(width, 0)), height: px(Math.max(height, 0)), class: cls, ...more });
export const line = (x1, y1, x2, y2, cls, more = {}) => h("path", { d: `M${px(x1)} ${px(y1)}L${px(x2)} ${px(y2)}`, class: cls, ...more });

// How wide a word will be, about.
const SLIM = /[iljtfr.,;:!|'’‹› ]/;
const BROAD = /[mwMWœ—]/;
export const breadth = (word, size = TYPE.text) => [...word].reduce((sum, c) => sum + (SLIM.test(c) ? 0.36 : BROAD.test(c) ? 0.9 : 0.6), 0) * size;
export const shortened = (word, width, size = TYPE.text) => {
  if (breadth(word, size) <= width) return word;
  let kept = word;
  while (kept.length > 1 && breadth(`${kept}…`, size) > width) kept = kept.slice(0, -1);
  return `${kept}…`;
};

// A vector: one bar for each number, up or down from y. `most` is the number that fills half the height.
export function wave(x, y, width, height, values, cls, most, more = {}) {
  const pitch = width / values.length;
  const bar = Math.max(pitch * (pitch > 4 ? 0.74 : 0.86), 0.5);
  const unit = height / 2 / (most || 1);
  // along the line from bar to bar, so that a wave that is moved differs from before in its first numbers alone
  let [d, at] = [`M${px(x)} ${px(y)}`, 0];
  values.forEach((value, i) => {
    const [tall, next] = [px(value * unit), px((i + 1) * pitch)];
    const wide = px(bar);
    d += `v${-tall}h${wide}v${tall}h${px(next - at - wide)}`;
    at = next;
  });
  return h("path", { d, class: `m-wave ${cls}`, ...more });
}

// The same as an outline, to lay over another.
export function outline(x, y, width, height, values, cls, most, more = {}) {
  const pitch = width / values.length;
  const unit = height / 2 / (most || 1);
  const steps = Array.from(values, (value, i) => `${i ? "L" : "M"}${px(x + i * pitch)} ${px(y - value * unit)}L${px(x + (i + 0.92) * pitch)} ${px(y - value * unit)}`);
  return h("path", { d: steps.join(""), class: `m-outline ${cls}`, ...more });
}

export const hair = (x, y, width) => line(x, y, x + width, y, "m-hair");

// From one place up to another, wider the more weight it carries.
export function thread(x1, y1, x2, y2, weight, cls, key, width = 5) {
  const bend = (y1 - y2) * 0.5;
  return h("path", {
    key, class: `m-thread ${cls}`, "stroke-width": px(0.6 + width * weight),
    d: `M${px(x1)} ${px(y1)}C${px(x1)} ${px(y1 - bend)} ${px(x2)} ${px(y2 + bend)} ${px(x2)} ${px(y2)}`,
  });
}

/** A path on which light runs when the next word is written: in which stage, in the colour of which role. */
export const pulsed = (path, stage, tone) => h(path.tag, { ...path.attributes, "data-pulse": stage, "data-tone": tone }, ...path.children);
/** The same for a way that is not drawn. */
export const route = (d, stage, tone, key) => pulsed(h("path", { key, d, class: "m-route" }), stage, tone);

export function arrow(x1, y1, x2, y2, cls = "m-line") {
  const [dx, dy] = [Math.sign(x2 - x1), Math.sign(y2 - y1)];
  const tip = dx ? `M${px(x2)} ${px(y2)}l${-7 * dx} -4v8z` : `M${px(x2)} ${px(y2)}l-4 ${-7 * dy}h8z`;
  return h("g", { class: cls }, line(x1, y1, x2 - 5 * dx, y2 - 5 * dy, "m-shaft"), h("path", { d: tip, class: "m-tip" }));
}

/** A part of the drawing that can be pressed. `act` holds data-attributes: go, word, list, look … */
export function part(act, label, { cls = "", key = null } = {}, ...children) {
  const data = Object.fromEntries(Object.entries(act).map(([name, value]) => [`data-${name}`, value]));
  return h("g", { key, class: `m-part ${cls}`.trim(), role: "button", tabindex: -1, "aria-label": named(label, children.flat(9)), ...data }, ...children.flat(9).map(spaced));
}

// The letters that a part shows, in their order.
const letters = (node) => {
  if (!node) return "";
  return typeof node === "object" ? node.children.map(letters).join(node.tag === "text" ? "" : " ") : String(node);
};
const plain = (text) => text.toLowerCase().replace(/[^\p{L}\p{N}]+/gu, " ").trim();

// A part is called what can be read on it: one who speaks to the page says that.
function named(label, children) {
  const seen = children.map(letters).join(" ").replace(/\s+/g, " ").trim();
  return plain(label).includes(plain(seen)) ? label : `${label}: ${seen}`;
}

// Letters of two places are two words, to whom reads the page without seeing it.
function spaced(node) {
  if (!node || typeof node !== "object") return node;
  return node.tag === "text" ? h("g", {}, node, " ") : { ...node, children: node.children.map(spaced) };
}

export const hit = (x, y, width, height, radius = 8) => rect(x, y, width, height, "m-hit", { rx: radius });

/** A word as a chip, centred on x. */
export function chip(x, y, width, height, word, { stack, size = TYPE.text, chosen = false, empty = false }) {
  const cls = `m-chip m-${stack}${chosen ? " m-chosen" : ""}${empty ? " m-empty" : ""}`;
  return h("g", { class: cls },
    rect(x - width / 2, y, width, height, "m-chip-ground", { rx: 8 }),
    empty ? null : middle(x, y + height / 2 + size * 0.36, shortened(word, width - 6, size), size === TYPE.head ? "m-big m-chip-word" : "m-chip-word"));
}

// The places that are shown of many, around the one that is chosen.
export function shown(count, chosen, most) {
  if (count <= most) return Array.from({ length: count }, (_, i) => i);
  const first = Math.min(Math.max(chosen - Math.floor(most / 2), 0), count - most);
  return Array.from({ length: most }, (_, i) => first + i);
}

export const cutNote = (list, count) => (list.length < count ? `words ${list[0] + 1}–${list.at(-1) + 1} of ${count}` : "");

export const said = (word) => (word === START || word === END ? word : `“${word}”`);

/** A bar with its number behind it. */
export function meter(x, y, width, height, share, words, { cls = "m-stream", textCls = "m-number", key = null } = {}) {
  const long = Math.max(Math.abs(share) * width, 1);
  return h("g", { key }, rect(x, y, long, height, `${cls}${share < 0 ? " m-hollow" : ""}`, { rx: 1.5 }), text(x + long + 6, y + height / 2 + 4, words, textCls));
}

export const number = tidy;
