// Text as people write it, cut into sentences that a model of subwords can read, by the rules of
// transformer_lib/text/sentences.py and transformer_lib/decoding/passages.py; a test compares them.
import { plainly } from "./characters.js";
import { WORD } from "./subwords.js";

const QUOTES = /[\u201c\u201d\u201e\u201f\u2033]/gu;
const NO_END = new Set(["mr", "mrs", "ms", "dr", "prof", "st", "jr", "vs", "e.g", "i.e"]);
const PRONOUN = "I"; // the one capital letter that is a word: any other before a full stop is taken for an initial
const LISTED = /^(?:[-*\u2022\u2013\u2014\u00b7]|[0-9]{1,3}[.)]) /u;
const END = /([.!?\u2026]+)["'\u00bb)\]]* /gu;
const PAUSES = new Set([",", ";", ":"]);

const spaced = (text) => text.split(" ").filter(Boolean).join(" ");

// The sentences of a text, and what stands before each: blanks, line feeds, the mark of a list.
export function sentences(text) {
  const found = [];
  let before = "";
  for (const line of text.replaceAll("\r\n", "\n").replaceAll("\r", "\n").split("\n")) {
    let rest = spaced(plainly(line).replace(QUOTES, '"').normalize("NFC"));
    const mark = LISTED.exec(rest)?.[0];
    if (mark) [before, rest] = [before + mark, rest.slice(mark.length)];
    for (const sentence of split(rest)) {
      found.push({ before, text: sentence });
      before = " ";
    }
    before = `${rest ? "" : before}\n`;
  }
  return found;
}

// A sentence in known letters alone, and the characters that were left out.
export function readable(sentence, letters) {
  let kept = "";
  const leftOut = [];
  for (const character of sentence) {
    const plain = [...character.normalize("NFKD")].filter((c) => !/\p{M}/u.test(c));
    if (character === " " || letters.has(character)) kept += character;
    else if (plain.length && plain.every((c) => letters.has(c))) kept += plain.join("");
    else leftOut.push(character);
  }
  return { plain: spaced(kept), leftOut };
}

// Where to cut a row of subwords into rows of at most `most`: at a pause in the second half of a row, else before a word.
export function cut(pieces, most) {
  const starts = [0];
  while (pieces.length - starts.at(-1) > most) {
    const start = starts.at(-1);
    const last = (fits) => {
      for (let i = start + most; i > start + Math.floor(most / 2); i -= 1) if (fits(i)) return i;
      return null;
    };
    starts.push(last((i) => PAUSES.has(pieces[i - 1])) ?? last((i) => pieces[i].startsWith(WORD)) ?? start + most);
  }
  return starts;
}

// The sentences as rows of ids; one with more subwords than the model takes becomes several, and one without a known
// letter or digit has none: it stays as it is.
export function passages(text, words, { most, eos }) {
  return sentences(text).flatMap(({ before, text: sentence }) => {
    const { plain, leftOut } = readable(sentence, words.letters);
    if (!/[\p{L}\p{N}]/u.test(plain)) return [{ before, text: sentence, ids: [], leftOut: [] }];
    const ids = words.encode(plain);
    const starts = cut(ids.map(words.piece), most - 1);
    return starts.map((start, k) => {
      const row = ids.slice(start, starts[k + 1]);
      return {
        before: k ? " " : before,
        text: starts.length === 1 ? plain : words.decode(row),
        ids: [...row, eos],
        leftOut: k ? [] : leftOut,
      };
    });
  });
}

function split(line) {
  const found = [];
  let start = 0;
  for (const mark of line.matchAll(END)) {
    const end = mark.index + mark[0].length;
    if (end === line.length || /^\p{Ll}/u.test(line.slice(end))) continue;
    const word = line.slice(start, mark.index).split(" ").at(-1).replace(/^["'(]+/, "");
    const initial = /^\p{Lu}$/u.test(word) && word !== PRONOUN;
    if (mark[1] === "." && (NO_END.has(word.toLowerCase()) || initial)) continue;
    found.push(line.slice(start, end - 1));
    start = end;
  }
  if (line.slice(start)) found.push(line.slice(start));
  return found;
}
