// Beam search with its tree, as transformer_lib/decoding/beam.py has it.
import { tensor } from "../tensor/tensors.js";
import { begin, floats, idsOf, kept, likeliest, masks, next, number, row, within } from "./loop.js";

export function program(parts) {
  const searched = kept((ids, size, alpha) => search(parts, ids, size, alpha));

  return function* run(inputs) {
    const ids = idsOf(parts, inputs.sentence);
    const size = within("size", Math.floor(number(inputs.size)), 1, parts.french);
    const alpha = number(inputs.alpha);
    if (!(alpha >= 0 && alpha < Infinity)) {
      throw new Error(`the length penalty is at least 0 and finite, got ${alpha}; below 0 it would punish length`);
    }
    const tree = yield* searched(ids, size, alpha);
    const ranked = rank(tree, parts.longest, alpha).slice(0, size);
    const sentences = ranked.map(({ node }) => tree[node].path);
    const length = Math.max(...sentences.map((sentence) => sentence.length));
    const filled = sentences.flatMap((sentence) => [...sentence, ...new Array(length - sentence.length).fill(-1)]);
    return {
      parents: row(tree.map(({ parent }) => parent)),
      tokens: row(tree.map(({ id }) => id)),
      totals: floats([tree.length], tree.map(({ total }) => total)),
      ended: tensor("bool", [tree.length], Uint8Array.from(tree, ({ ended }) => Number(ended))),
      ranks: row(ranked.map(({ node }) => node)),
      scores: floats([ranked.length], ranked.map(({ score }) => score)),
      sentences: tensor("int64", [ranked.length, length], Int32Array.from(filled)),
      ranking: floats([ranked.length, 2], ranked.flatMap(({ node, score }) => [tree[node].total, score])),
    };
  };
}

const penalty = (length, alpha) => ((5 + length) / 6) ** alpha;

/** @typedef {{ node?: number, parent?: number, row?: number, path: number[], id?: number, total: number, ended?: boolean }} Beginning */

// Every beginning that was kept, parents first.
function* search(parts, ids, size, alpha) {
  const masked = masks(parts);
  /** @type {Beginning[]} */
  const tree = [];
  const scores = []; // of what ended
  /** @type {Beginning[]} */
  let live = [{ node: -1, path: [], total: 0 }];
  let found = begin(parts, ids, masked);
  for (let length = 1; ; length += 1) {
    const candidates = live.flatMap((beginning, i) => extensions(found, i, size).map((word) => grown(beginning, i, word)));
    // Extensions of better beginnings come first: a stable sort decides ties.
    const keep = candidates.sort((a, b) => b.total - a.total).slice(0, size);
    for (const last of keep) {
      last.ended = last.id === parts.eos;
      last.node = tree.push(last) - 1;
      if (last.ended) scores.push(last.total / penalty(length, alpha));
    }
    live = keep.filter(({ ended }) => !ended);
    if (length === parts.longest || !live.length) return tree;
    scores.sort((a, b) => b - a).splice(size);
    // Upper bound of later scores: ln p only falls, and the length is limited.
    const reach = Math.max(...live.map(({ total }) => total)) / penalty(parts.longest, alpha);
    if (scores.length && (scores[size - 1] ?? -Infinity) >= reach) return tree;
    yield;
    found = next(parts, live.map(({ id }) => id), found, masked, live.map(({ row: at }) => at));
  }
}

/**
 * A beginning that stands in row `at` of its step, and one word more.
 * @type {(beginning: Beginning, at: number, word: { id: number, gain: number }) => Beginning}
 */
const grown = ({ node, path, total }, at, { id, gain }) => ({ parent: node, row: at, path: [...path, id], id, total: total + gain });

// The likeliest next words after beginning i, best first, and their ln p.
function extensions({ logits, normaliser }, i, count) {
  const [, width] = logits.dims;
  const data = logits.data.subarray(i * width, (i + 1) * width);
  return likeliest({ data }, count).map((id) => ({ id, gain: data[id] - normaliser.data[i] }));
}

// The hypotheses, ended or cut at the length limit; best first, of equal ones the earlier.
function rank(tree, longest, alpha) {
  return tree
    .map(({ total, path, ended }, node) => ({ node, score: total / penalty(path.length, alpha), whole: ended || path.length === longest }))
    .filter(({ whole }) => whole)
    .sort((a, b) => b.score - a.score);
}
