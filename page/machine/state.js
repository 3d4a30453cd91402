// What the machine shows: a sentence, a place in it, the chosen words, how much is written. No page is needed for it.
import { asked, asking, numbers, strongest } from "./numbers.js";
import { address, exists, found, named } from "./place.js";

export const BEGIN = 3; // French words that the stored sentence has at first

/** @typedef {ReturnType<typeof create>} Machine */

export function create(example, calculators) {
  const machine = {
    m: numbers(example, example),
    s: { n: 1, enc: 0, dec: 0, stack: "dec", head: 0, lit: null, row: null, column: 0, scores: false, temperature: 1, query: null, position: null, unit: null },
    place: /** @type {import("./place.js").Place} */ ({ level: 0 }),
    listed: null, tour: null, open: false, more: false, sentence: example.sentence ?? "", status: "", busy: false,
    // The view of this moment: what the drawings read.
    view() {
      const { m, s, place } = machine;
      const dot = place.level >= 4 && !place.aside ? calculators.dot(m, s, place) : null;
      const chances = place.aside === "choice" ? calculators.chances(m, s.n - 1, s.temperature) : null;
      return { ...machine, dot, chances };
    },
    address: () => address(machine.place),
    take(given) {
      machine.m = numbers(given, example);
      if (given === example) machine.sentence = example.sentence;
      Object.assign(machine.s, { n: 1, enc: Math.min(machine.s.enc, machine.m.english.length - 1), dec: 0, lit: null, row: null, query: null, position: null, unit: null });
      machine.listed = null;
      if (!exists(machine.place, machine.m)) machine.place = { ...machine.place, level: Math.min(machine.place.level, 3), word: undefined, key: undefined, head: undefined };
    },
    // Goes to a place; words that it names are chosen, those that it needs and does not name are filled in.
    go(place) {
      const { m, s } = machine;
      if (!exists(place, m)) return false;
      const next = { ...place };
      if (next.stack) s.stack = next.stack;
      if (next.head !== undefined) s.head = next.head;
      if (next.word !== undefined) {
        const i = found(asking(m, next), next.word);
        if (next.stack === "dec") s.n = Math.max(s.n, i + 1);
        s[next.stack] = i;
      }
      if (next.key !== undefined && next.stack === "dec" && next.part === "self" && found(asked(m, next), next.key) > s.dec) return false;
      if (next.level === 5) s.column = strongest(calculators.dot(m, { ...s, query: null }, next).products[found(asked(m, next), next.key)]);
      Object.assign(s, { lit: null, row: null, query: null, position: null, unit: null });
      machine.listed = null;
      machine.place = next;
      return true;
    },
    choose(stack, i) {
      const { m, s, place } = machine;
      s[stack] = i;
      s.stack = stack;
      Object.assign(s, { query: null, row: null, lit: null, position: null });
      machine.listed = null;
      if (!place.stack || place.aside === "choice") return;
      const next = { ...place, stack };
      if (stack === "enc" && next.part === "cross") next.part = "self";
      if (next.word !== undefined) next.word = named(asking(m, next), i);
      if (next.level === 5) Object.assign(next, { level: 4, key: undefined });
      machine.place = next;
    },
    step(forward) {
      const { m, s } = machine;
      s.n = forward ? Math.min(s.n + 1, m.french.length) : 1;
      Object.assign(s, { dec: s.n - 1, lit: null, row: null, query: null, position: null });
      if (machine.place.stack === "dec" || machine.place.level < 2) s.stack = "dec";
      if (machine.place.stack === "dec" && machine.place.word !== undefined) machine.choose("dec", s.n - 1);
    },
    head(head) {
      machine.s.head = head;
      machine.s.query = null;
      if (machine.place.head !== undefined) machine.place = { ...machine.place, head };
    },
    // The place of a level, with what is chosen.
    level(k) {
      const { m, s, place } = machine;
      const stack = place.stack ?? s.stack;
      const base = { stack, layer: place.layer ?? m.layers - 1, part: place.part ?? "self", head: place.head ?? s.head };
      const word = named(asking(m, base), s[stack]);
      if (k < 4) return { level: k, ...(k > 1 ? base : {}), head: undefined };
      if (k === 4) return { level: 4, ...base, word };
      const weights = m.of(stack, `${base.part}_weights`, base.layer, base.head, s[stack]);
      return { level: 5, ...base, word, key: named(asked(m, base), strongest(weights)) };
    },
  };
  machine.s.n = Math.min(BEGIN, machine.m.french.length);
  Object.assign(machine.s, { dec: machine.s.n - 1, enc: Math.min(1, machine.m.english.length - 1), head: machine.m.heads - 1 });
  return machine;
}
