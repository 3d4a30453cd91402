// The numbers of one sentence at every level, by the names of transformer_lib/evaluation/tracing.py; and how they are written.
import { size } from "../tensor/tensors.js";

export const STACKS = { enc: "encoder", dec: "decoder" };
export const END = "‹end›";
export const START = "‹start›";

/** @typedef {ReturnType<typeof numbers>} Numbers */

// `sentence`: ids, written (with the end), outputs of the trace.
export function numbers({ ids, written, outputs }, { english, french, sizes, tables = {} }) {
  const tensor = (name) => {
    const found = outputs[name] ?? tables[name];
    if (!found) throw new Error(`nothing computed is called ${name}`);
    return found;
  };
  // What is left of a tensor when its first places are chosen: a row, or a number.
  const at = (name, ...places) => {
    const { dims, data } = tensor(name);
    const rest = size(dims.slice(places.length));
    const first = places.reduce((sum, place, i) => sum * dims[i] + place, 0) * rest;
    return places.length === dims.length ? data[first] : data.subarray(first, first + rest);
  };
  const french_ = (id) => (id === sizes.eos ? END : id === sizes.bos ? START : french[id]);
  return {
    ...sizes,
    ids,
    written,
    words: english,
    english: ids.map((id) => english[id]),
    read: [sizes.bos, ...written.slice(0, -1)].map(french_),
    french: written.map(french_),
    vocabulary: french_,
    at,
    dims: (name) => tensor(name).dims,
    of: (stack, name, ...places) => at(`${STACKS[stack]}_${name}`, ...places),
    likeliest(column, count) {
      const chances = at("probabilities", column);
      const order = Array.from(chances, (_, id) => id).sort((a, b) => chances[b] - chances[a] || a - b).slice(0, count);
      return order.map((id) => ({ id, word: french_(id), chance: chances[id], logit: at("logits", column, id) }));
    },
  };
}

// The words that ask and the words that are asked, of an attention.
export const asking = (m, { stack }) => (stack === "enc" ? m.english : m.read);
export const asked = (m, { stack, part }) => (stack === "enc" || part === "cross" ? m.english : m.read);

// A number with so many decimals, a true minus sign, and no minus before zero.
export function tidy(value, digits = 2) {
  if (!Number.isFinite(value)) return "–";
  const text = value.toFixed(digits);
  return Number(text) === 0 ? text.replace("-", "") : text.replace("-", "−");
}

// A weight or a chance: 0.83 as .83 where there is little room.
export const brief = (value) => (value.toFixed(2) === "1.00" ? "1" : value.toFixed(2).slice(1));

export const largest = (rows) => rows.reduce((most, row) => row.reduce((top, x) => Math.max(top, Math.abs(x)), most), 0) || 1;
export const strongest = (row) => row.reduce((best, x, i) => (x > row[best] ? i : best), 0);
