// The writer of stories: text in, subwords and numbers out. Knows nothing of the page.
import { draws } from "../models/draws.js";
import { assemble } from "../models/index.js";
import { PLAIN, greedily, reader } from "../models/writing.js";
import { plainly } from "../text/characters.js";
import { WORD, subwords } from "../text/subwords.js";

export const CHARACTERS = 10_000; // of a beginning
const ROOM = 56; // subwords that a beginning leaves to be written, at least
const QUOTES = /[\u201c\u201d\u201e\u201f\u2033]/gu;

/** @typedef {import("../models/writing.js").Settings & { way: string, roll: number, shown: number }} Settings */

// As the page shows a subword by itself: a blank before a word is seen, and so is the end of a line.
export const visible = (piece) => piece.replaceAll("\n", "↵");

export function writer({ weights, graphs, limits, words: stored }) {
  const parts = assemble({ weights, graphs, limits });
  const { window, bos, eos, layers, heads, kvHeads } = parts;
  const words = subwords(stored);
  const memory = reader(parts);
  const most = window - ROOM;

  const rules = ({ way, ...settings }) => (way === "greedy" ? greedily(settings) : settings);
  // The number of each place is its own, whatever was drawn before.
  const drawOf = ({ way, roll }, place) => (way === "greedy" ? 0 : draws(roll, window)[place]);

  return {
    sizes: { window, layers, heads, kvHeads, most },
    eos,
    piece: words.piece,

    // The ids of a beginning, what no subword has a letter for, and how much of it was cut.
    encode(text) {
      const [known, leftOut] = [[], new Set()];
      const plain = text.normalize("NFC").split("\n").map(plainly).join("\n").replace(QUOTES, '"');
      for (const character of plain) {
        if (character === " " || character === WORD || words.letters.has(character)) known.push(character);
        else leftOut.add(character);
      }
      const clean = known.join("").trim();
      const all = clean ? words.encode(clean) : [];
      return { ids: [bos, ...all.slice(0, most - 1)], clean, leftOut: [...leftOut], count: all.length + 1 };
    },
    read: memory.read,

    // Goes on after these ids until the story ends or the window is full. Yields each subword, and nothing between two
    // steps of reading.
    *write(ids, settings) {
      const all = [...ids];
      while (all.length < window) {
        yield* memory.read(all);
        const id = memory.next(all.length - 1, rules(settings), drawOf(settings, all.length - 1));
        yield id;
        if (id === eos) return;
        all.push(id);
      }
    },

    // What a picture shows of a place: the likeliest next subwords, which would be taken, and where the heads look.
    look(ids, place, settings) {
      const before = memory.distribution(place, PLAIN).data;
      // for the likeliest subword only the penalty counts: the bars show what it chooses from
      const from = memory.distribution(place, settings.way === "greedy" ? { ...PLAIN, penalty: settings.penalty } : settings).data;
      const order = Array.from(from, (_, id) => id).sort((i, j) => from[j] - from[i] || before[j] - before[i] || i - j);
      const draw = drawOf(settings, place);
      const taken = memory.next(place, rules(settings), draw);
      const shown = order.slice(0, settings.shown);
      if (!shown.includes(taken)) shown[shown.length - 1] = taken; // one that is seldom drawn
      return {
        candidates: shown.map((id) => ({ id, piece: words.piece(id), chance: from[id], before: before[id] })),
        kept: from.filter((chance) => chance > 0).length,
        draw,
        taken,
        weights: memory.places[place].weights,
      };
    },
  };
}
