// A translation drawn word by word, as transformer_lib/live/views/translating.py has it; the draws are given.
import { at, distribution, floats, idsOf, kept, likeliest, number, row, within, write } from "./loop.js";

export function program(parts) {
  const drawn = kept(function* draw(ids, settings, draws) {
    const shares = [];
    const pick = (logits, t) => {
      const probabilities = distribution(parts, logits, ...settings);
      const id = choose(probabilities, draws[t]);
      shares.push(probabilities.data[id]);
      return id;
    };
    return { ...(yield* write(parts, ids, pick, { longest: draws.length })), shares };
  });

  return function* run(inputs) {
    const sentence = idsOf(parts, inputs.sentence);
    const settings = settingsOf(parts, inputs);
    const [rows, longest] = inputs.draws.dims;
    within("words to draw", longest, 1, parts.most);
    const roll = within("roll", Math.floor(number(inputs.roll)), 1, rows) - 1;
    const draws = Array.from(inputs.draws.data.subarray(roll * longest, (roll + 1) * longest));
    draws.forEach((draw) => {
      if (!(draw >= 0 && draw < 1)) throw new Error(`draws must lie in [0, 1), got ${draw}`);
    });
    const word = within("word", number(inputs.word), 0, Infinity);
    const { ids, logits, shares } = yield* drawn(sentence, settings, draws);
    const step = Math.min(word, ids.length - 1);
    const candidates = likeliest(logits[step], parts.shown);
    const from = distribution(parts, logits[step], ...settings);
    const sums = cumulative(from);
    return {
      ids: row(ids),
      shares: floats([shares.length], shares),
      candidates: row(candidates),
      chances: at(from, candidates),
      before: at(distribution(parts, logits[step]), candidates),
      edges: floats([sums.length], sums.map((sum) => sum / sums.at(-1))),
      draw: floats([], [draws[step]]),
    };
  };
}

function settingsOf({ french }, inputs) {
  const temperature = number(inputs.temperature);
  if (!(temperature >= 0 && temperature < Infinity)) {
    throw new Error(`temperature is at least 0 and finite, got ${temperature}; 0 means greedy`);
  }
  const topK = Math.floor(number(inputs.top_k));
  if (!(topK >= 0)) throw new Error(`top_k keeps at least 1 token, got ${topK}; 0 keeps all`);
  return [temperature, topK || french, within("top_p", number(inputs.top_p), 0, 1)];
}

function cumulative({ data }) {
  let sum = 0;
  return Array.from(data, (share) => (sum += share)); // in double precision, as Python does
}

// The smallest id whose cumulative sum exceeds u times the sum of all.
export function choose(probabilities, u) {
  const sums = cumulative(probabilities);
  return sums.findIndex((sum) => sum > u * sums.at(-1));
}
