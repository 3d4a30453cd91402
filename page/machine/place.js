// Where one is in the machine, as an address: sentence, stacks, enc2, enc2/self, enc2/self/h4/red, enc2/self/h4/red/car;
// beside these enc/in/red, dec2/ff/voiture, choice. A word that stands there before has its number: she~2.
import { asked, asking, START } from "./numbers.js";

/**
 * @typedef {{ level: number, aside?: string, stack?: "enc" | "dec", layer?: number, part?: "self" | "cross", head?: number,
 *   word?: string, key?: string }} Place words as they stand in an address
 */

const LAYER = /^(enc|dec)([1-9])$/;

export function named(words, i) {
  const word = words[i] === START ? "start" : words[i];
  const before = words.slice(0, i).filter((other) => other === words[i]).length;
  return encodeURIComponent(word) + (before ? `~${before + 1}` : "");
}

// The place of a word in a sentence; null if it does not stand there.
export function found(words, name) {
  const place = words.findIndex((_, i) => named(words, i) === name);
  return place < 0 ? null : place;
}

/** @returns {Place | null} */
export function parse(address) {
  const [first, ...rest] = address.split("/");
  if (address === "" || address === "sentence") return { level: 0 };
  if (address === "stacks") return { level: 1 };
  if (address === "choice") return { level: 1, aside: "choice", stack: "dec" };
  if ((first === "enc" || first === "dec") && rest[0] === "in" && rest.length <= 2) {
    return { level: 1, aside: "in", stack: first, word: rest[1] };
  }
  const layer = LAYER.exec(first);
  if (!layer) return null;
  const stack = /** @type {"enc" | "dec"} */ (layer[1]);
  /** @type {Place} */
  const place = { level: 2, stack, layer: Number(layer[2]) - 1 };
  if (!rest.length) return place;
  const [part, head, word, key] = rest;
  if (part === "ff" && rest.length <= 2) return { ...place, aside: "ff", word: head };
  if (part !== "self" && !(part === "cross" && stack === "dec")) return null;
  if (rest.length === 1) return { ...place, level: 3, part };
  const number = /^h([1-9])$/.exec(head);
  if (!number || rest.length > 4) return null;
  const inside = { ...place, part: /** @type {"self" | "cross"} */ (part), head: Number(number[1]) - 1 };
  if (word === undefined) return { ...inside, level: 3 };
  return key === undefined ? { ...inside, level: 4, word } : { ...inside, level: 5, word, key };
}

/** @param {Place} place */
export function address({ level, aside, stack, layer, part, head, word, key }) {
  if (aside === "choice") return "choice";
  if (aside === "in") return [stack, "in", word].filter(Boolean).join("/");
  if (aside === "ff") return [`${stack}${layer + 1}`, "ff", word].filter(Boolean).join("/");
  if (level === 0) return "sentence";
  if (level === 1) return "stacks";
  const parts = [`${stack}${layer + 1}`, part, head === undefined ? null : `h${head + 1}`, word, key];
  return parts.slice(0, [0, 0, 1, 2, 4, 5][level]).filter((x) => x !== null && x !== undefined).join("/");
}

// One level out.
/** @returns {Place | null} */
export function parent(place) {
  if (place.aside === "ff") return { level: 2, stack: place.stack, layer: place.layer };
  if (place.aside) return { level: 1 };
  return place.level === 0 ? null : { ...place, level: place.level - 1 };
}

export function trail(place) {
  const found_ = [];
  for (let at = place; at; at = parent(at)) found_.unshift(at);
  return found_;
}

const PARTS = { self: "self-attention", cross: "cross-attention" };
const spoken = (name) => decodeURIComponent(name ?? "").replace(/~\d+$/, "");

/** @param {Place} place */
export function title({ level, aside, stack, layer, part, head, word, key }) {
  if (aside === "choice") return "the choice of a word";
  if (aside === "in") return "what goes in";
  if (aside === "ff") return "feed-forward";
  return [
    () => "sentence",
    () => "stacks",
    () => `${stack === "enc" ? "encoder" : "decoder"} layer ${layer + 1}`,
    () => PARTS[part],
    () => `head ${head + 1}: ${spoken(word)}`,
    () => `${spoken(word)} · ${spoken(key)}`,
  ][level]();
}

// Whether a place exists in this sentence: layers, heads, words.
export function exists(place, m) {
  if (place.layer !== undefined && place.layer >= m.layers) return false;
  if (place.head !== undefined && place.head >= m.heads) return false;
  if (place.word !== undefined && found(asking(m, place), place.word) === null) return false;
  return place.key === undefined || found(asked(m, place), place.key) !== null;
}
