// The translator of everyday English: text in, sentences, pieces and numbers out. Knows nothing of the page.
import { draws } from "../models/draws.js";
import { PROGRAMS, assemble } from "../models/index.js";
import { passages } from "../text/sentences.js";
import { subwords } from "../text/subwords.js";
import { tensor } from "../tensor/tensors.js";

export const WAYS = ["translator", "beam", "sampling"]; // the likeliest piece each time, several beginnings, by chance
const REMEMBERED = 512; // translations

const one = (value) => tensor("float32", [], [value]);
const row = (values) => tensor("int64", [values.length], Int32Array.from(values));

// What decides about the words of a translation, beside the sentence.
export const deciding = (way, { size, alpha, temperature, topK, topP, roll }) =>
  ({ translator: [], beam: [size, alpha], sampling: [temperature, topK, topP, roll] })[way];

function inputs(way, ids, settings, most, place) {
  const { layer, head, word, size, alpha, temperature, topK, topP, roll } = settings;
  const sentence = row(ids);
  if (way === "beam") return { sentence, size: one(size), alpha: one(alpha) };
  const seen = { sentence, word: row([word]) };
  if (way === "translator") return { ...seen, layer: row([layer]), head: row([head]), off: row([0]) };
  // each sentence of a text has draws of its own
  const drawn = tensor("float32", [1, most], draws(1_000 * roll + place, most));
  return { ...seen, temperature: one(temperature), top_k: one(topK), top_p: one(topP), roll: one(1), draws: drawn };
}

export function translator({ weights, graphs, limits, words: stored, drawings }) {
  const parts = assemble({ weights, graphs, limits });
  const words = subwords(stored);
  const made = () => Object.fromEntries(WAYS.map((way) => [way, PROGRAMS[way](parts)]));
  const [forText, forPicture] = [made(), made()]; // each remembers its last sentence
  const known = new Map();

  const idsOf = (way, outputs) => {
    const { data, dims } = way === "beam" ? outputs.sentences : outputs.ids;
    return Array.from(data.slice(0, dims.at(-1))).filter((id) => id >= 0);
  };
  const rows = ({ dims: [count, length], data }) =>
    Array.from({ length: count }, (_, k) => Array.from(data.slice(k * length, (k + 1) * length)).filter((id) => id >= 0));

  return {
    drawings,
    sizes: { layers: parts.layers, heads: parts.heads },
    passages: (text) => passages(text, words, parts),

    // The French of a passage. A generator, as the programs are: it yields between steps.
    *translate(way, { ids }, settings, place = 0) {
      const question = JSON.stringify([way, deciding(way, settings), way === "sampling" ? place : 0, ids]);
      if (!known.has(question)) {
        const outputs = yield* forText[way](inputs(way, ids, { ...settings, word: 0, layer: 0, head: 0 }, parts.most, place));
        if (known.size >= REMEMBERED) known.clear();
        known.set(question, idsOf(way, outputs));
      }
      return words.decode(known.get(question));
    },

    // What a picture of it shows: outputs, and the names of what is drawn.
    *look(way, { ids }, settings, place = 0) {
      const outputs = yield* forPicture[way](inputs(way, ids, settings, parts.most, place));
      const pieces = (t) => Array.from(t.data, words.piece);
      const labels = { source: ids.map(words.piece), french: stored.pieces, written: idsOf(way, outputs).map(words.piece) };
      if (outputs.read) labels.read = pieces(outputs.read);
      if (outputs.candidates) labels.candidates = pieces(outputs.candidates);
      if (outputs.sentences) labels.ranked = rows(outputs.sentences).map(words.decode);
      return { outputs, labels };
    },
  };
}
