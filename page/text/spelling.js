// From English as people type it to words of the small world's grammar, and from French words to a sentence as text, by
// the rules of transformer_lib/data/grammar/spelling.py; a test compares the two.
import stored from "../../transformer_lib/data/grammar/spelling.json" with { type: "json" };

const STOP = ".";
const ENDS = [STOP, "!", "?"];
const full = new Map(Object.entries(stored.contractions));
const capital = (word) => word.slice(0, 1).toUpperCase() + word.slice(1);

// Words with contractions written out, and with a full stop if they have no end.
export function readTyped(typed) {
  const words = typed.flatMap((word) => full.get(word)?.split(" ") ?? word);
  const stopped = words.length > 0 && !ENDS.includes(words.at(-1));
  return { words: stopped ? [...words, STOP] : words, writtenOut: words.length > typed.length, stopped };
}

// What to say of it.
export function notesOf({ words, writtenOut, stopped }) {
  const notes = [writtenOut && `Read as: ${words.join(" ").replaceAll(" 's", "'s")}`, stopped && "A full stop was added."];
  return notes.filter(Boolean).join(" ");
}

// Whether words follow the end of a sentence.
export function goesOn(words) {
  const ended = words.findIndex((word) => ENDS.includes(word));
  return ended >= 0 && words.slice(ended).some((word) => /^[\p{L}\p{N}]/u.test(word));
}

// French words as one writes them: no special tokens, a capital at the start and for names, no space after an elision or
// before a full stop or a comma.
export function asSentence(words) {
  const text = words
    .filter((word) => !/^<\w+>$/.test(word))
    .map((word) => (stored.names.includes(word) ? capital(word) : word))
    .join(" ");
  return capital(text.replace(/' (?=[\p{L}\p{N}])/gu, "'").replace(/ (?=[.,])/gu, ""));
}
