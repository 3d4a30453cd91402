// Byte-pair encoding as the tokenizers library has it (transformer_lib/text/subwords.py); a test compares the two.
// Normal form C; ▁ for each blank, and before the text; cut before each ▁, around each sign, and after a hundred
// characters; then, within each part, the pair that was learnt first becomes one piece, and so on.
export const WORD = "▁";
const LONGEST = 100; // characters of a part
const KEPT = 4096; // parts whose pieces are remembered

const SIGN = /[!-/:-@[-`{-~]|\p{P}/u;
const ends = (character) => character === WORD || SIGN.test(character);

// The parts of a text.
export function parts(text) {
  const marked = text.normalize("NFC").replaceAll(" ", WORD);
  const found = [];
  let part = [];
  const close = () => {
    for (let i = 0; i < part.length; i += LONGEST) found.push(part.slice(i, i + LONGEST));
    part = [];
  };
  for (const character of marked.startsWith(WORD) || !marked ? marked : WORD + marked) {
    if (ends(character)) close();
    part.push(character);
    if (character !== WORD && ends(character)) close();
  }
  close();
  return found;
}

/** @param {{ pieces: string[], merges: string[], unknown: number, eos: number, special: number[] }} stored */
export function subwords({ pieces, merges, unknown, eos, special }) {
  const ids = new Map(pieces.map((piece, id) => [piece, id]));
  // "<eos>" in a text is five characters, never the special token
  const ranks = new Map(merges.map((pair, rank) => [pair, rank]));
  const known = new Map();

  const merged = (part) => {
    const found = part.map((character) => (ids.has(character) ? character : null));
    for (;;) {
      let [best, at] = [Infinity, -1];
      for (let i = 0; i + 1 < found.length; i += 1) {
        const rank = found[i] === null || found[i + 1] === null ? undefined : ranks.get(`${found[i]} ${found[i + 1]}`);
        if (rank < best) [best, at] = [rank, i];
      }
      if (at < 0) return found.map((piece) => (piece === null ? unknown : ids.get(piece)));
      found.splice(at, 2, found[at] + found[at + 1]);
    }
  };
  const of = (part) => {
    const word = part.join("");
    if (!known.has(word)) {
      if (known.size >= KEPT) known.clear();
      known.set(word, merged(part));
    }
    return known.get(word);
  };

  return {
    encode: (text) => parts(text).flatMap(of),
    // The text of ids, up to the first <eos>; the ▁ of the first piece begins the text and is no blank.
    decode(given) {
      const end = given.indexOf(eos);
      return (end < 0 ? given : given.slice(0, end))
        .filter((id) => !special.includes(id))
        .map((id, i) => pieces[id].replaceAll(WORD, i ? " " : ""))
        .join("");
    },
    letters: new Set(pieces.filter((piece) => [...piece].length === 1 && piece !== WORD)),
    piece: (id) => pieces[id],
  };
}
