// A model of one stage: a story and a question in, a reply and its numbers out. Knows nothing of the page.
import { assemble } from "../models/index.js";
import { PLAIN, greedily, reader } from "../models/writing.js";

const STOP = ".";
export const SHOWN = 5; // bars

// One model for the weights of each stage; they share graphs, words and the table of positions.
export function assistant({ weights, graphs, limits, words, exam }, own) {
  const parts = assemble({ weights: { ...weights, ...own }, graphs, limits });
  const { bos, eos, most } = parts;
  const ids = new Map(words.map((word, id) => [word, id]));
  const memory = reader(parts);
  const specials = words.filter((word) => word.startsWith("<"));

  return {
    // The words of a text before the reply; <bos> is the first.
    prompt: (story, question, asExam) => [words[bos], ...`${asExam ? `${exam} ` : ""}${story} ${question}`.split(" ")],

    // The likeliest words, up to a full stop, the end or so many. Yields between two steps.
    *reply(prompt) {
      const all = prompt.map((word) => ids.get(word));
      const written = [];
      while (written.length < most) {
        yield* memory.read(all);
        const id = memory.next(all.length - 1, greedily(PLAIN), 0);
        written.push(words[id]);
        if (id === eos || words[id] === STOP) break;
        all.push(id);
      }
      return written;
    },

    // The words of a reply as Python has them: without what ends it.
    plain: (written) => written.filter((word) => !specials.includes(word)),

    // After so many words: the likeliest next ones, and where the heads look, (L, H, place + 1).
    look(place) {
      const chances = memory.distribution(place, PLAIN).data;
      const order = Array.from(chances, (_, id) => id).sort((i, j) => chances[j] - chances[i] || i - j);
      return {
        candidates: order.slice(0, SHOWN).map((id) => ({ word: words[id], chance: chances[id] })),
        weights: memory.places[place].weights,
      };
    },
  };
}

// The head with most weight on some places; where there are none, that with most on any one place from `first` to `end`.
/** @param {import("../tensor/tensors.js").Tensor} weights @param {number[]} places @param {[number, number]} span */
export function retrieving(weights, places, span) {
  const { dims: [layers, heads, length], data } = weights;
  const [first, end] = span;
  let best = { layer: 0, head: 0, share: -1, at: 0 };
  for (let layer = 0; layer < layers; layer += 1) {
    for (let head = 0; head < heads; head += 1) {
      const row = data.subarray((layer * heads + head) * length, (layer * heads + head + 1) * length);
      const most = row.subarray(first, end).reduce((top, share, i, all) => (share > all[top] ? i : top), 0) + first;
      const share = places.length ? places.reduce((sum, at) => sum + row[at], 0) : row[most];
      if (share > best.share) best = { layer, head, share, at: places.length ? places[0] : most };
    }
  }
  const from = (best.layer * heads + best.head) * length;
  return { ...best, row: Array.from(data.subarray(from, from + length)) };
}
