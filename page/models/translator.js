// Greedy translation, as transformer_lib/live/views/translating.py has it.
import { at, distribution, floats, idsOf, kept, likeliest, number, row, within, write } from "./loop.js";

export function program(parts) {
  const { layers, heads, bos, shown } = parts;
  const translated = kept((ids, off) => write(parts, ids, (logits) => likeliest(logits, 1)[0], { off }));

  return function* run(inputs) {
    const sentence = idsOf(parts, inputs.sentence);
    const layer = within("layer", number(inputs.layer), 0, layers - 1);
    const head = within("head", number(inputs.head), 0, heads);
    const word = within("word", number(inputs.word), 0, Infinity);
    const { ids, logits, ...maps } = yield* translated(sentence, number(inputs.off));
    const here = logits[Math.min(word, ids.length - 1)];
    const candidates = likeliest(here, shown);
    const chosen = Object.entries(maps).map(([kind, map]) => [kind, mapOf(map, layer, head)]);
    return {
      ids: row(ids),
      read: row([bos, ...ids.slice(0, -1)]),
      chances: at(distribution(parts, here), candidates),
      candidates: row(candidates),
      ...Object.fromEntries(chosen),
    };
  };
}

// One head's map out of (L, H, T, S), or the mean over the layer's heads.
function mapOf({ dims: [, heads, rows, columns], data }, layer, head) {
  const length = rows * columns;
  const of = (h) => data.subarray((layer * heads + h) * length, (layer * heads + h + 1) * length);
  if (head) return floats([rows, columns], of(head - 1));
  const all = Array.from({ length: heads }, (_, h) => of(h));
  return floats([rows, columns], all[0].map((_, i) => all.reduce((sum, map) => sum + map[i], 0) / heads));
}
