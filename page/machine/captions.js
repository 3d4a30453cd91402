// One sentence for each level, with the numbers at hand; the chapters that explain it; the tour.
import CHAPTERS from "./chapters.json" with { type: "json" };
import { entering } from "./entering.js";
import { newest } from "./level0.js";
import { asked, asking, START, strongest, tidy } from "./numbers.js";
import { said } from "./parts.js";

/** @type {Record<string, [string, string, string]>} chapter: page, title, address of its place */
export const PLACES = Object.fromEntries(Object.entries(CHAPTERS).map(([number, { page, title, address }]) => [number, [page, title, address]]));

export function chapters({ level, aside, stack, part }) {
  if (aside === "in") return ["02"];
  if (aside === "choice") return ["08", "07"];
  if (aside === "ff") return ["05"];
  if (level === 0) return ["08"];
  if (level === 1) return ["05", "06", "08"];
  if (level === 2) return [stack === "enc" ? "05" : "06"];
  if (level === 3) return stack === "enc" ? ["04"] : ["06", "04"];
  return level === 4 ? ["04", part === "cross" ? "06" : "03"] : ["03"];
}

export function caption(view) {
  const { m, s, place } = view;
  const { level, aside, stack } = place;
  if (aside) return ASIDES[aside](view);
  if (level === 0) return newest(m, s.n - 1);
  if (level === 1) return `Every column is one word on its way up. Threads are attention, where columns exchange; grey bars are feed-forward networks. ${last(m, s)}`;
  if (level === 2) return `A word’s vector runs straight up. ${stack === "enc" ? "Two" : "Three"} side roads read a normalised copy (mean 0, spread 1, then scaled) and add what they found${stack === "enc" ? "." : "; the second one asks the memory, the encoder’s last vectors."}`;
  const word = asking(m, place)[s[stack]];
  const kind = stack === "enc" ? "enc" : place.part;
  if (level === 3) return `${HEADS[kind](m.heads)} ${said(word)} looks most ${looks(m, place, s[stack])}.`;
  if (level === 4) return `${said(word)} asks; every ${ANSWERING[kind]} answers with a key. The better it fits, the more of that word’s value is taken: softmax makes shares of the fits, which sum to 1.`;
  const { q } = view.dot;
  return `${q.length} pairs of numbers are multiplied, and the products added: where both point the same way, the sum grows. Divided by √${q.length} (sums of more products spread wider), it goes through softmax with the other fits.`;
}

// What the newest column of the decoder has read, and where it looks.
const last = (m, s) => {
  const word = m.read[s.n - 1];
  return `The last French column has read ${said(word)}${word === START ? ", the mark before every first word," : ""} and chooses the next word, looking into the memory: the encoder’s last vectors.`;
};

const HEADS = {
  enc: (heads) => `${heads} heads read the same words, each with its own queries, keys and values.`,
  self: (heads) => `${heads} heads, each with its own queries, keys and values. Hatched: what comes later is hidden from a word, as it was in training, lest it copy what it had to guess.`,
  cross: (heads) => `${heads} heads: queries come from the French words, keys and values from the memory, the encoder’s last vectors.`,
};
const ANSWERING = { enc: "word", self: "French word up to there", cross: "English word" };

// "the" in head 1, "car" in heads 3 and 4
function looks(m, place, i) {
  const words = asked(m, place);
  const heads = new Map();
  for (let head = 0; head < m.heads; head += 1) {
    const best = strongest(m.of(place.stack, `${place.part}_weights`, place.layer, head, i));
    heads.set(best, [...(heads.get(best) ?? []), head + 1]);
  }
  const list = (all) => (all.length === 1 ? `head ${all[0]}` : `heads ${all.slice(0, -1).join(", ")} and ${all.at(-1)}`);
  if (heads.size === 1) return `at ${said(words[[...heads.keys()][0]])} in every head`;
  return `at ${[...heads].map(([best, all]) => `${said(words[best])} in ${list(all)}`).join(", at ")}`;
}

const ASIDES = {
  in: ({ m, s, place }) => {
    const { i, at, moved } = entering(m, place, s);
    const word = said(asking(m, place)[i]);
    return moved ? `If ${word} stood at place ${at + 1} instead of ${i + 1}: the same embedding, another position, so another sum.`
      : `${word} is looked up in a table of embeddings, one row of ${m.dims("encoder_tokens")[1]} numbers for each word. The numbers of its place are added: the same word elsewhere gets another sum.`;
  },
  ff: ({ m, s, place }) => {
    const units = m.of(place.stack, "ff_units", place.layer, s[place.stack]);
    return `Each of ${units.length} units takes the dot product of the vector with its own row of W₁; a negative one becomes 0. ${units.filter((x) => x > 0).length} stay above 0 for ${said(asking(m, place)[s[place.stack]])}: they fire.`;
  },
  choice: ({ m, s }) => {
    const [best] = m.likeliest(s.n - 1, 1);
    return `The last vector is multiplied with the vector of every French word. Softmax makes chances of the products; ${said(best.word)} has ${tidy(best.chance, 3)}, and is written.`;
  },
};

/** The slides of the lecture in their order. `n`: French words that are out. */
export const TOUR = [
  { address: "sentence", n: 3, text: "The highest view: a sentence goes in, a sentence comes out, word by word. Press next word and watch where each French word looks." },
  { address: "stacks", n: 3, text: "Broken down a bit more: encoders that read, decoders that write, each a stack of equal layers. Between them stands the memory, one vector for each English word." },
  { address: "enc/in/red", text: "What goes in: each word becomes a row of 64 numbers from a table. Its position is added, for nothing else would tell first from last." },
  { address: "enc2", word: "enc:1", text: "Zooming in on one of the encoders: attention first, then a feed-forward network, each beside a road on which the vector runs on. What a side road finds is added; nothing is replaced." },
  { address: "enc2/self", word: "enc:1", text: "Self-attention: each head makes a query, a key and a value from each word. Row “red” says how much it takes of every word, and each row sums to 1." },
  { address: "enc2/self/h4/red", text: "One word asks: its query is laid against every key. “car” fits “red” best, so most of what “red” gathers is the value of “car”." },
  { address: "enc2/self/h4/red/car", text: "One dot product: sixteen products, added up. Divided by √16 and passed through softmax with the other fits, 39.9 becomes a weight of 0.747." },
  { address: "enc2/ff/red", text: "The feed-forward network: 256 units look at this word alone, and beside the most active ones stand the words at which they fire most. What they add goes back to the road." },
  { address: "stacks", n: 3, text: "Let’s check in with our original diagram: after two such layers each English column holds its word in its sentence. These vectors are the memory, computed once." },
  { address: "dec2", word: "dec:2", n: 3, text: "The decoder: the same two parts, and one more between them. Its self-attention only looks back, for what comes next is not written yet." },
  { address: "dec2/cross", word: "dec:2", n: 3, text: "Cross-attention: queries come from the French words, keys and values from the memory. After “voiture” the decoder needs the adjective, and looks at “red”." },
  { address: "choice", n: 3, text: "Inference: the last vector meets the vectors of all French words, and softmax makes chances of it. The likeliest is written and read again: press next word." },
];
