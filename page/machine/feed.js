// Beside the levels: the feed-forward network. The units of one word in one layer, what they add, and for the most active
// ones, or the one that is pressed, the words at which they are most active.
import { largest, STACKS, tidy } from "./numbers.js";
import { arrow, breadth, end, hair, NARROW, part, px, rect, said, shortened, text, TYPE, wave } from "./parts.js";
import { h } from "./tree.js";

const LISTED = 4;
const ROW = { wide: 24, small: 44 };

/** The units that are listed: the pressed one first, then the most active ones. */
export function listed(m, { stack, layer }, s) {
  const units = m.of(stack, "ff_units", layer, s[stack]);
  const active = Array.from(units, (_, k) => k).filter((k) => units[k] > 0).sort((a, b) => units[b] - units[a]);
  const first = s.unit === null ? [] : [s.unit];
  return { units, active, shown: [...first, ...active.filter((k) => k !== s.unit)].slice(0, LISTED) };
}

/** Words at which a unit is most active, each with its mean; and in the decoder's last layer the words that it raises. */
export function wordsOf(m, { stack, layer }, unit) {
  const name = STACKS[stack];
  const spoken = (id) => (stack === "enc" ? m.words[id] : m.vocabulary(id));
  const means = m.at(`${name}_unit_means`, layer, unit);
  const words = Array.from(m.at(`${name}_unit_words`, layer, unit), (id, k) => ({ word: spoken(id), mean: means[k] })).filter(({ mean }) => mean > 0);
  const raises = stack === "dec" && layer === m.layers - 1 ? Array.from(m.at("decoder_unit_raises", unit), m.vocabulary) : [];
  return { words, raises };
}

export function feedForward({ m, s, place }, width) {
  const { stack, layer } = place;
  const i = s[stack];
  const word = (stack === "enc" ? m.english : m.read)[i];
  const { units, active, shown } = listed(m, place, s);
  const small = width < NARROW;
  const left = small ? 0 : 150;
  const across = small ? 16 : 32;
  const wide = width - left - (small ? 0 : 60);
  const cell = wide / across;
  const down = Math.ceil(units.length / across);
  const high = Math.min(cell, small ? 12 : 18);
  const [reads, adds] = [m.of(stack, "ff_reads", layer, i), m.of(stack, "ff_adds", layer, i)];
  const most = largest([units]);
  const top = small ? 104 : 100;
  const list = top + down * high + (small ? 42 : 46);
  const row = small ? ROW.small : ROW.wide;
  const below = list + LISTED * row + 46;
  const name = (y, title, note) => (small ? [text(0, y - 36, title, "m-title"), text(breadth(title, TYPE.text + 1) + 8, y - 36, note, "m-number m-soft")] : [end(left - 20, y - 2, title, "m-title"), end(left - 20, y + 15, note, "m-number m-soft")]);
  const at = { top, left, across, cell, high };
  return {
    height: below + 32,
    nodes: [
      ...name(small ? 50 : 30, "reads", `${said(word)}, normalised`),
      hair(left, small ? 50 : 30, wide), wave(left, small ? 50 : 30, wide, 44, reads, "m-stream", largest([reads]), { key: "reads" }),
      arrow(left + wide / 2, small ? 76 : 58, left + wide / 2, small ? 94 : 84, "m-soft-line"), text(left + wide / 2 + 10, small ? 89 : 76, "× W₁, then negatives to 0", "m-number m-soft"),
      ...(small ? [text(0, 92, `${active.length} of ${units.length} fire`, "m-number m-strong m-asking")] : [end(left - 20, top + 16, `${units.length} units`, "m-title"), end(left - 20, top + 33, `${active.length} fire: above 0`, "m-number m-strong m-asking")]),
      rect(left - (small ? 0 : 3), top - 3, wide + (small ? 0 : 6), down * high + 6, "m-panel", { rx: 4 }),
      ...Array.from(units, (value, k) => cellOf(m, place, k, value, most, at)),
      ...shown.map((k, n) => entry(m, place, k, units[k], most, { y: list + n * row, left, width, small, chosen: k === s.unit })),
      ...heads(place, m, { y: list - 14, left, width, small }),
      ...(small ? [] : [end(left - 20, list + 8, "most active", "m-title"), end(left - 20, list + 25, "press another cell", "m-number m-soft")]),
      arrow(left + wide / 2, below - 52, left + wide / 2, below - 28, "m-soft-line"), text(left + wide / 2 + 10, below - 36, "all units × W₂", "m-number m-soft"),
      ...(small ? [text(0, below - 30, "adds", "m-title")] : name(below, "adds", "to the vector")),
      hair(left, below, wide), wave(left, below, wide, 44, adds, "m-stream", largest([adds]), { key: "adds" }),
    ].filter(Boolean),
  };
}

function cellOf(m, place, k, value, most, { top, left, across, cell, high }) {
  const [x, y] = [left + (k % across) * cell, top + Math.floor(k / across) * high];
  const shape = rect(x + 0.5, y + 0.5, cell - 1, high - 1, value > 0 ? "m-cell m-unit-cell" : "m-none", { "fill-opacity": value > 0 ? px(0.15 + (0.85 * value) / most) : null });
  if (!(value > 0)) return h("g", { key: `u${k}` }, shape);
  const named = wordsOf(m, place, k).words.map(({ word }) => word).join(", ");
  return part({ unit: k }, `unit ${k + 1}, ${tidy(value, 1)}: most active at ${named}`, { key: `u${k}` }, shape);
}

// What stands in the columns of the list.
function heads(place, m, { y, left, width, small }) {
  const last = place.stack === "dec" && place.layer === m.layers - 1;
  return [
    ...(small ? [text(0, y, "below: fires most at, on average", "m-number m-soft")] : [text(left + 76, y, "active here", "m-number m-soft"), text(left + 190, y, width < 820 ? "most active at" : "on average most active at (and how active)", "m-number m-soft")]),
    last ? text(small ? 264 : width - 212, y, small ? "raises" : "raises the logits of", "m-number m-soft") : null,
  ];
}

// One unit of the list: its number, how active it is here, its words.
function entry(m, place, k, value, most, { y, left, width, small, chosen }) {
  const { words, raises } = wordsOf(m, place, k);
  const tone = place.stack === "enc" ? "m-en" : "m-fr";
  const said_ = (list) => list.map(({ word, mean }) => `${word} ${tidy(mean, 1)}`).join(" · ");
  const raised = raises.slice(0, 3).join(", ");
  const bar = Math.max((value / most) * 60, 1);
  const room = small ? width : width - left - 200 - (raised ? 220 : 0);
  return h("g", { key: `unit-${k}`, role: "img", "aria-label": `unit ${k + 1}: ${tidy(value, 1)}; on average most active at ${said_(words)}${raised ? `; raises ${raised}` : ""}` },
    text(left, y + 8, `unit ${k + 1}`, `m-label m-strong${chosen ? " m-asking" : ""}`),
    rect(left + 76, y - 2, bar, 11, chosen ? "m-ask" : "m-grey", { rx: 1.5 }), text(left + 82 + bar, y + 8, value > 0 ? tidy(value, 1) : "silent", "m-number"),
    text(small ? 0 : left + 190, small ? y + 24 : y + 8, shortened(said_(words), room), `m-label ${tone}`),
    raised ? text(small ? 200 : width - 212, y + 8, shortened(raised, small ? width - 202 : 210), "m-label m-fr") : null);
}
