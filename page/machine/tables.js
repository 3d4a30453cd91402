// The numbers of a level as a table: each row has its label and where it comes from, a name of the trace and its places.
import { entering } from "./entering.js";
import { listed, wordsOf } from "./feed.js";
import { asked, asking, STACKS, tidy } from "./numbers.js";
import { h } from "./tree.js";

/** @typedef {{ label: string, name: string, at: number[], values: ArrayLike<number>, columns?: string[] }} Row */

/** @returns {Row[]} */
export function rowsOf(view) {
  const { place } = view;
  if (place.aside) return ASIDES[place.aside](view);
  return LEVELS[place.level](view);
}

const row = (m, label, name, at, columns = null) => ({ label, name, at, values: one(m.at(name, ...at)), columns });
const one = (found) => (typeof found === "number" ? [found] : found);
const last = (m) => m.layers - 1;

const LEVELS = [
  ({ m, s }) => m.french.slice(0, s.n).flatMap((word, t) => [
    row(m, `${word} looks at`, "decoder_cross_mean", [last(m), t], m.english),
    ...m.likeliest(t, 3).map(({ word: other, id }) => ({ label: `chance of ${other}`, name: "probabilities", at: [t, id], values: [m.at("probabilities", t, id)] })),
  ]),
  ({ m, s }) => {
    const rows = [];
    for (let layer = 0; layer < m.layers; layer += 1) {
      m.english.forEach((word, i) => rows.push(row(m, `layer ${layer + 1}, ${word} looks at`, "encoder_self_mean", [layer, i], m.english)));
      m.read.slice(0, s.n).forEach((word, t) => {
        rows.push(row(m, `layer ${layer + 1}, ${word} looks back at`, "decoder_self_mean", [layer, t], m.read));
        rows.push(row(m, `layer ${layer + 1}, ${word} looks across at`, "decoder_cross_mean", [layer, t], m.english));
      });
    }
    const word = asking(m, s)[s[s.stack]];
    const stack = STACKS[s.stack];
    rows.push(row(m, `${word}: word and position`, `${stack}_start`, [s[s.stack]]));
    for (let layer = 0; layer < m.layers; layer += 1) rows.push(row(m, `${word} after layer ${layer + 1}`, `${stack}_goes`, [layer, s[s.stack]]));
    return rows;
  },
  ({ m, s, place: { stack, layer } }) => {
    const i = s[stack];
    const parts = stack === "enc" ? ["self", "ff"] : ["self", "cross", "ff"];
    const names = [...parts.flatMap((part) => [`${part}_comes`, `${part}_reads`, ...(part === "ff" ? ["ff_units"] : [`${part}_mean`]), `${part}_adds`]), "goes"];
    return names.flatMap((name) => {
      const found = [row(m, name.replace("_", " "), `${STACKS[stack]}_${name}`, [layer, i], name.endsWith("mean") ? asked(m, { stack, part: name.slice(0, -5) }) : null)];
      if (!name.endsWith("mean") && !name.endsWith("units")) found.push(row(m, `its length`, `${STACKS[stack]}_${name}_length`, [layer, i]));
      return found;
    });
  },
  ({ m, s, place }) => {
    const { stack, layer, part } = place;
    const i = s[stack];
    const name = (what) => `${STACKS[stack]}_${part}_${what}`;
    const rows = [];
    for (let head = 0; head < m.heads; head += 1) {
      for (const [what, label] of [["q", "query"], ["fits", "fits"], ["scores", "scores"], ["weights", "weights"], ["heads", "output"]]) {
        rows.push(row(m, `head ${head + 1}, ${label}`, name(what), [layer, head, i], what.length > 4 && what !== "heads" ? asked(m, place) : null));
      }
    }
    asked(m, place).forEach((word, k) => {
      rows.push(row(m, `head ${s.head + 1}, key of ${word}`, name("k"), [layer, s.head, k]), row(m, `head ${s.head + 1}, value of ${word}`, name("v"), [layer, s.head, k]));
    });
    return [...rows, row(m, "joined", name("joined"), [layer, i]), row(m, "joined × W_O", name("adds"), [layer, i])];
  },
  ({ dot }) => [
    given("query", "q", dot.q), given("fits", "fits", dot.fits, dot.asked), given("scores", "scores", dot.scores, dot.asked), given("weights", "weights", dot.weights, dot.asked),
    ...dot.asked.flatMap((word, k) => [given(`key of ${word}`, `k:${k}`, dot.keys[k]), given(`value of ${word}`, `v:${k}`, dot.values[k]), given(`value × weight`, `mixed:${k}`, dot.mixed[k])]),
    given("what is gathered", "output", dot.output),
  ],
  ({ dot }) => [
    given("query", "q", dot.q), given("key", `k:${dot.key}`, dot.keys[dot.key]), given("products", `products:${dot.key}`, dot.products[dot.key]),
    given("sum so far", `running:${dot.key}`, dot.running[dot.key]), given("fits", "fits", dot.fits, dot.asked), given("scores", "scores", dot.scores, dot.asked), given("weights", "weights", dot.weights, dot.asked),
  ],
];

const given = (label, name, values, columns = null) => ({ label, name: `word_${name.split(":")[0]}`, at: name.includes(":") ? [Number(name.split(":")[1])] : [], values, columns });

const ASIDES = {
  in: ({ m, s, place }) => {
    const { i, at, moved, vectors } = entering(m, place, s);
    const name = STACKS[place.stack];
    const [token, position, sum] = [row(m, "embedding", `${name}_tokens`, [i]), row(m, "position", `${name}_positions`, [i]), row(m, "sum", `${name}_start`, [i])];
    if (!moved) return [token, position, sum];
    return [token, row(m, `position of place ${at + 1}`, `${name}_places`, [at]), { label: `sum, if it stood at place ${at + 1}`, name: `${name}_moved`, at: [i, at], values: vectors[2] }, sum];
  },
  ff: ({ m, s, place }) => {
    const { stack, layer } = place;
    return [
      ...["ff_reads", "ff_units", "ff_adds"].map((name) => row(m, name.slice(3), `${STACKS[stack]}_${name}`, [layer, s[stack]])),
      ...listed(m, place, s).shown.map((k) => row(m, `unit ${k + 1}, mean at`, `${STACKS[stack]}_unit_means`, [layer, k], wordsOf(m, place, k).words.map(({ word }) => word))),
    ];
  },
  choice: ({ m, s }) => [
    row(m, "last vector", "decoder_last", [s.n - 1]),
    ...m.likeliest(s.n - 1, 10).flatMap(({ id, word }) => [row(m, `logit of ${word}`, "logits", [s.n - 1, id]), row(m, `chance of ${word}`, "probabilities", [s.n - 1, id])]),
  ],
};

// Seven digits are enough for a float32.
const exact = (value) => String(Number(value.toPrecision(7)));

export function table(view) {
  return h("table", { class: "m-table" }, h("tbody", {}, rowsOf(view).map(({ label, name, at, values, columns }) =>
    h("tr", { "data-name": name, "data-at": at.join(",") }, h("th", { scope: "row" }, label),
      Array.from(values, (value, i) => h("td", { "data-value": exact(value) }, columns?.[i] ? h("span", { class: "m-of" }, `${columns[i]} `) : null, tidy(value, 3)))))));
}
