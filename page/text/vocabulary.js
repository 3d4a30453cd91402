// Text into words and ids, by the rules of transformer_lib/text/vocabulary.py; a test compares the two.
import { plainly } from "./characters.js";

const LETTER = "[\\p{L}\\p{N}_]"; // what Python's \\w matches
const ELIDED = "(?:jusqu|lorsqu|puisqu|qu|[cdjlmnst])'";
const CONTRACTED = `(?:he|here|it|let|she|that|there|what|who)'s(?!${LETTER})`;
const GENITIVE = `'s(?!${LETTER})`;
const WORD = `${LETTER}+(?:['-](?!s(?!${LETTER}))${LETTER}+)*`;
const TOKEN = new RegExp(
  `${ELIDED}(?=\\s*${LETTER})|${CONTRACTED}|${GENITIVE}|${WORD}|[^\\p{L}\\p{N}_\\s]`, "gu",
);
const SPECIALS = ["<pad>", "<bos>", "<eos>"];
const ALIKE = 0.6; // how like a word must be to be offered, from 0 to 1

export const tokenise = (text) =>
  plainly(text.toLowerCase()).normalize("NFC").match(TOKEN) ?? [];

// Ids of words, or the unknown ones among them.
export function encode(words, vocabulary) {
  const places = new Map(vocabulary.map((word, id) => [word, id]));
  for (const special of SPECIALS) places.delete(special);
  const unknown = [...new Set(words.filter((word) => !places.has(word)))];
  return { ids: words.map((word) => places.get(word)), unknown };
}

// Up to `count` words with similar spelling, the most similar first: Ratcliff and Obershelp's measure, as in Python's difflib.
export function near(word, vocabulary, count = 3) {
  return vocabulary
    .filter((other) => !SPECIALS.includes(other))
    .map((other) => ({ other, likeness: likeness(other, word) }))
    .filter(({ likeness: share }) => share >= ALIKE)
    .sort((a, b) => b.likeness - a.likeness || (a.other < b.other ? 1 : -1))
    .slice(0, count)
    .map(({ other }) => other);
}

// Up to `count` known words with this prefix, the shortest first.
export const starting = (beginning, vocabulary, count = 6) =>
  vocabulary
    .filter((word) => word !== beginning && word.startsWith(beginning) && !SPECIALS.includes(word))
    .toSorted((a, b) => a.length - b.length || (a < b ? -1 : 1))
    .slice(0, count);

function likeness(a, b) {
  const [x, y] = [[...a], [...b]];
  return (2 * matching(x, y, 0, x.length, 0, y.length)) / (x.length + y.length || 1);
}

// The longest common run, then the same left and right of it.
function matching(a, b, from, to, start, end) {
  let [most, at, where] = [0, from, start];
  let runs = new Map();
  for (let i = from; i < to; i += 1) {
    const next = new Map();
    for (let j = start; j < end; j += 1) {
      if (a[i] !== b[j]) continue;
      const run = (runs.get(j - 1) ?? 0) + 1;
      next.set(j, run);
      if (run > most) [most, at, where] = [run, i - run + 1, j - run + 1];
    }
    runs = next;
  }
  if (!most) return 0;
  return most + matching(a, b, from, at, start, where) + matching(a, b, at + most, to, where + most, end);
}
