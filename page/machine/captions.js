// What each level says, with the numbers at hand; the chapters that explain it; the tour.
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

/** What a level says: the fact in a line or two, and what a reader may ask next. */
export function telling(view) {
  const { m, s, place } = view;
  const { level, aside, stack } = place;
  if (aside) return ASIDES[aside](view);
  if (level === 0) return newest(m, s.n - 1);
  if (level === 1) return ["Each column is a word on its way up; only attention, the threads, joins them.", last(m, s)];
  if (level === 2) {
    return [`A word’s vector runs straight up; ${stack === "enc" ? "two" : "three"} side roads add what they find.`,
      `Each reads a normalised copy (mean 0, spread 1, then scaled)${stack === "enc" ? "" : "; the second asks the memory, the encoder’s last vectors"}. Press a ⊕ for its sum.`];
  }
  const word = asking(m, place)[s[stack]];
  const kind = stack === "enc" ? "enc" : place.part;
  if (level === 3) return [HEADS[kind](m.heads), `${said(word)} looks most ${looks(m, place, s[stack])}. ${kind === "self" ? "In training words had to be guessed, so later ones were hidden." : ""}`.trim()];
  if (level === 4) return [`${said(word)} asks: the better a key fits, the more of its word’s value is taken.`, `Every ${ANSWERING[kind]} answers with a key. Softmax makes shares of the fits, which sum to 1.`];
  const { q } = view.dot;
  return [`${q.length} products, added: where both vectors point the same way, the sum grows.`, `Divided by √${q.length} (sums of more products spread wider), it goes through softmax with the other fits.`];
}

export const caption = (view) => telling(view).join(" ");

// What the newest column of the decoder has read, and where it looks.
const last = (m, s) => {
  const word = m.read[s.n - 1];
  return `The last French column has read ${said(word)}${word === START ? ", the mark before every first word" : ""}; to choose the next word it looks into the memory, the encoder’s last vectors.`;
};

const HEADS = {
  enc: (heads) => `${heads} heads read the same words, each with queries, keys and values of its own.`,
  self: (heads) => `${heads} heads. Hatched: a word that comes later is hidden.`,
  cross: (heads) => `${heads} heads: French words ask, the memory (the encoder’s last vectors) answers.`,
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
    return moved ? [`${word} at place ${at + 1} instead of ${i + 1}: the same row, another position, another sum.`]
      : [`The vector of ${word}: its row of a table, plus the numbers of its place.`, `The table, the embedding, has one row of ${m.dims("encoder_tokens")[1]} numbers for each word; elsewhere in the sentence the same word gets another sum.`];
  },
  ff: ({ m, s, place }) => {
    const units = m.of(place.stack, "ff_units", place.layer, s[place.stack]);
    return [`${units.filter((x) => x > 0).length} of ${units.length} units stay above 0 for ${said(asking(m, place)[s[place.stack]])}: they fire.`,
      "Each takes the dot product of the vector with its own row of W₁; a negative one becomes 0."];
  },
  choice: ({ m, s }) => {
    const [best] = m.likeliest(s.n - 1, 1);
    return [`The last vector meets the vector of every French word: ${said(best.word)} has a chance of ${tidy(best.chance, 3)}.`,
      "A dot product with each is its logit; softmax makes chances of the logits, and the likeliest word is written."];
  },
};

/** The slides of the lecture in their order. `n`: French words that are out. */
export const TOUR = [
  { address: "sentence", n: 3, text: "The highest view: a sentence goes in, a sentence comes out, word by word. Press next word and watch where each French word looks." },
  { address: "stacks", n: 3, text: "Broken down a bit more: encoders that read, decoders that write, each a stack of equal layers. Between them stands the memory, one vector for each English word." },
  { address: "enc/in/red", text: "What goes in: each word becomes a row of 64 numbers from a table. Its position is added, for nothing else would tell first from last." },
  { address: "enc2", word: "enc:1", text: "Zooming in on one of the encoders: attention, then a feed-forward network, each beside the road of the vector. What a side road finds is added; nothing is replaced." },
  { address: "enc2/self", word: "enc:1", text: "Self-attention: each head makes a query, a key and a value from each word. Row “red” says how much it takes of every word, and each row sums to 1." },
  { address: "enc2/self/h4/red", text: "One word asks: its query is laid against every key. “car” fits “red” best, so most of what “red” gathers is the value of “car”." },
  { address: "enc2/self/h4/red/car", text: "One dot product: sixteen products, added up. Divided by √16 and passed through softmax with the other fits, 52.2 becomes a weight of 0.907." },
  { address: "enc2/ff/red", text: "The feed-forward network: 256 units look at this word alone; beside the most active ones stand words at which they fire most. What they add goes back to the road." },
  { address: "stacks", n: 3, text: "Let’s check in with our original diagram: after two such layers each English column holds its word in its sentence. These vectors are the memory, computed once." },
  { address: "dec2", word: "dec:2", n: 3, text: "The decoder: the same two parts, and one more between them. Its self-attention only looks back, for what comes next is not written yet." },
  { address: "dec2/cross", word: "dec:2", n: 3, text: "Cross-attention: queries come from the French words, keys and values from the memory. After “voiture” the decoder needs the adjective, and looks at “red”." },
  { address: "choice", n: 3, text: "Inference: the last vector meets the vectors of all French words, and softmax makes chances of it. The likeliest is written and read again." },
];
