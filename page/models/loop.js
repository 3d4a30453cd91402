// Shared by the programs of the translator: checks of the input, and the decoding loop.
// A program is a generator: it yields between steps, so that the page stays responsive, and returns the outputs.
import { OPERATORS } from "../tensor/operators.js";
import { tensor } from "../tensor/tensors.js";

/** @typedef {import("../tensor/tensors.js").Tensor} Tensor */

export const floats = (dims, values) => tensor("float32", dims, Float32Array.from(values));
export const row = (values) => tensor("int64", [values.length], Int32Array.from(values));
export const number = (t) => t.data[0];

// A sentence's ids, or what is wrong with them.
export function idsOf({ english, most }, { data }) {
  const ids = Array.from(data);
  if (!ids.length || ids.length > most) throw new Error(`a sentence has 1 to ${most} words, this one ${ids.length}`);
  const wrong = ids.find((id) => !(id >= 0 && id < english));
  if (wrong !== undefined) throw new Error(`no English word has the id ${wrong}; ids go from 0 to ${english - 1}`);
  return ids;
}

export function within(name, value, least, most) {
  if (!(value >= least && value <= most)) throw new Error(`${name} must lie in ${least} … ${most}, got ${value}`);
  return value;
}

// One number for each head of each layer: 1, or 0 for one that is switched off. Counted through encoder, decoder, cross.
/** @returns {[Tensor, Tensor, Tensor]} */
export function masks({ layers, heads }, off = 0) {
  within("off", off, 0, 3 * layers * heads);
  const each = layers * heads;
  const mask = (kind) => floats([layers, heads], Array.from({ length: each }, (_, i) => (kind * each + i === off - 1 ? 0 : 1)));
  return [mask(0), mask(1), mask(2)];
}

// Encodes the sentence and predicts its first word: logits, maps, and the cache for the next steps.
export function begin(parts, ids, [encoderMask, decoderMask, crossMask]) {
  const masked = { encoder_mask: encoderMask, decoder_mask: decoderMask, cross_mask: crossMask };
  return parts.start({ ids: row(ids), ...masked });
}

// Appends a word to each beginning, and predicts the next. `before` is the result of the last step, `parents` the rows
// of it to continue; by default all.
export function next(parts, words, before, [, decoderMask, crossMask], parents = null) {
  const chosen = (past) => (parents ? OPERATORS.Gather[1]({ axis: 1 }, past, row(parents)) : past);
  const { memory_keys, memory_values } = before;
  const found = parts.step({
    ids: row(words),
    past_keys: chosen(before.keys),
    past_values: chosen(before.values),
    memory_keys,
    memory_values,
    decoder_mask: decoderMask,
    cross_mask: crossMask,
  });
  return { ...found, memory_keys, memory_values };
}

export function distribution(parts, logits, temperature = 1, topK = parts.french, topP = 1) {
  const [t, k, p] = [temperature, topK, topP].map((value) => floats([], [value]));
  return parts.distribution({ logits, temperature: t, top_k: k, top_p: p }).probabilities;
}

// Word after word, each picked from the logits of its step; `longest` words at most.
export function* write(parts, ids, pick, { off = 0, longest = parts.longest } = {}) {
  const masked = masks(parts, off);
  const written = [];
  const steps = [];
  for (;;) {
    const found = steps.length ? next(parts, [written.at(-1)], steps.at(-1), masked) : begin(parts, ids, masked);
    steps.push(found);
    written.push(pick(found.logits, written.length));
    if (written.at(-1) === parts.eos || written.length === longest) break;
    yield;
  }
  const [decoder, cross] = [["decoder", steps.length], ["cross", ids.length]].map(([kind, width]) =>
    stacked(steps.map((found) => found[kind]), width),
  );
  return { ids: written, logits: steps.map(({ logits }) => logits), encoder: steps[0].encoder, decoder, cross };
}

// The rows of each head's map, (L, H, n) each, as maps (L, H, T, width); a row ends in zeros where it is shorter.
function stacked(rows, width) {
  const [layers, heads] = rows[0].dims;
  const maps = floats([layers, heads, rows.length, width], new Array(layers * heads * rows.length * width).fill(0));
  rows.forEach(({ dims: [, , length], data }, t) => {
    for (let h = 0; h < layers * heads; h += 1) {
      maps.data.set(data.subarray(h * length, (h + 1) * length), (h * rows.length + t) * width);
    }
  });
  return maps;
}

// Ids of the largest numbers, ties by id.
export function likeliest({ data }, count) {
  const order = Array.from(data, (_, id) => id);
  return order.sort((i, j) => data[j] - data[i] || i - j).slice(0, count);
}

export const at = ({ data }, ids) => floats([ids.length], ids.map((id) => data[id]));

// Caches the last result of an expensive step while its arguments stay the same.
export function kept(compute) {
  let [question, answer] = [null, null];
  return function* ask(...given) {
    const asked = JSON.stringify(given);
    if (asked !== question) {
      answer = yield* compute(...given); // if it is aborted, the old result and its arguments stay
      question = asked;
    }
    return answer;
  };
}
