// One head, one word, by the exported function `machine-word`; and the choice of a word at a temperature.
import { load } from "../tensor/reader.js";
import { tensor } from "../tensor/tensors.js";
import { asked, asking } from "./numbers.js";
import { found } from "./place.js";

const floats = (dims, data) => tensor("float32", dims, data);
/** @param {import("../tensor/tensors.js").Tensor} matrix */
const rows = ({ dims: [count, wide], data }) => Array.from({ length: count }, (_, i) => data.subarray(i * wide, (i + 1) * wide));

export function calculators(graphs) {
  const [word, distribution] = [load(graphs["machine-word"]), load(graphs["translator-distribution"])];
  return {
    // What the levels 4 and 5 show. `query` stands in for the word's own where a reader changed it.
    dot(m, s, place) {
      const { stack, layer, part, head } = place;
      const all = asking(m, place);
      const i = found(all, place.word);
      const words = stack === "dec" && part === "self" ? m.read.slice(0, s.n) : asked(m, place);
      const get = (name, ...at) => m.of(stack, `${part}_${name}`, layer, head, ...at);
      const base = get("q", i);
      const q = s.query ?? base;
      const wide = base.length;
      const [k, v] = ["k", "v"].map((name) => floats([words.length, wide], get(name).slice(0, words.length * wide)));
      const seen = words.map((_, j) => stack === "enc" || part === "cross" || j <= i);
      const given = { q: floats([wide], Float32Array.from(q)), k, v, seen: tensor("bool", [words.length], Uint8Array.from(seen, Number)) };
      const out = word(given);
      return {
        asking: all, asked: words, word: i, key: place.key === undefined ? null : found(asked(m, place), place.key), seen, q, base, changed: s.query !== null,
        keys: rows(k), values: rows(v), products: rows(out.products), running: rows(out.running), mixed: rows(out.mixed),
        fits: Array.from(out.fits.data), scores: Array.from(out.scores.data), weights: Array.from(out.weights.data), output: out.output.data,
      };
    },
    chances(m, column, temperature) {
      const logits = floats([1, m.dims("logits")[1]], m.at("logits", column).slice());
      const [t, k, p] = [temperature, logits.dims[1], 1].map((value) => floats([], [value]));
      return distribution({ logits, temperature: t, top_k: k, top_p: p }).probabilities.data;
    },
  };
}
