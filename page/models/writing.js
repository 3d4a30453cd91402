// A language model that goes on with a text: what it has read, and what comes after each place of it.
import { OPERATORS } from "../tensor/operators.js";
import { tensor } from "../tensor/tensors.js";
import { floats, row } from "./loop.js";
import { choose } from "./sampling.js";

/** @typedef {import("../tensor/tensors.js").Tensor} Tensor */
/** @typedef {{ penalty: number, temperature: number, topK: number, topP: number, minP: number }} Settings  topK: 0 keeps all */

const AT_ONCE = 16; // subwords of a step: between two steps the page may handle other events

/** @type {Settings} */
export const PLAIN = { penalty: 1, temperature: 1, topK: 0, topP: 1, minP: 0 };

// The same, always with the likeliest subword.
export const greedily = (settings) => ({ ...settings, temperature: 0 });

export function reader(parts) {
  const { layers, kvHeads, headWidth, window, size } = parts;
  const empty = () => tensor("float32", [layers, 1, kvHeads, 0, headWidth], []);
  let [ids, keys, values] = [/** @type {number[]} */ ([]), empty(), empty()];
  /** @type {{ logits: Tensor, weights: Tensor }[]} */
  const places = []; // of each id: logits (V,) of the next, and where each head looks, (L, H, 1 … place + 1)

  const first = (count) => (past) => OPERATORS.Slice[1]({}, past, row([0]), row([count]), row([3]));

  function forget(count) {
    if (count === ids.length) return;
    ids = ids.slice(0, count);
    places.length = count;
    [keys, values] = [keys, values].map(first(count));
  }

  function take(next) {
    const found = parts.step({ ids: row(next), past_keys: keys, past_values: values });
    const [heads, before] = [found.weights.dims[1], ids.length];
    next.forEach((_, t) => {
      const whole = OPERATORS.Slice[1]({}, found.weights, row([t, 0]), row([t + 1, before + t + 1]), row([2, 3]));
      const weights = tensor("float32", [layers, heads, before + t + 1], whole.data);
      places.push({ logits: tensor("float32", [size], found.logits.data.slice(t * size, (t + 1) * size)), weights });
    });
    [ids, keys, values] = [[...ids, ...next], found.keys, found.values];
  }

  // Probabilities of the subword after a place.
  function distribution(place, { penalty, temperature, topK, topP, minP }) {
    const number = (value) => floats([], [value]);
    return parts.distribution({
      logits: places[place].logits,
      ids: row(ids.slice(0, place + 1)),
      penalty: number(penalty),
      temperature: number(temperature),
      top_k: number(topK || size),
      top_p: number(topP),
      min_p: number(minP),
    }).probabilities;
  }

  return {
    places,
    distribution,
    // Reads these ids. What it read of them before is kept; a generator, which may be left after any step.
    *read(wanted) {
      if (!wanted.length || wanted.length > window) throw new Error(`1 to ${window} subwords are read, not ${wanted.length}`);
      const other = wanted.findIndex((id, i) => id !== ids[i]);
      forget(other < 0 ? wanted.length : Math.min(other, ids.length));
      while (ids.length < wanted.length) {
        take(wanted.slice(ids.length, ids.length + AT_ONCE));
        yield;
      }
    },
    // The subword after a place that a number from 0 to 1 chooses.
    next: (place, settings, draw) => choose(distribution(place, settings), draw),
  };
}
