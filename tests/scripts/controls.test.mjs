// Controls: what they feed to a graph, what is said of them.
import assert from "node:assert/strict";
import { test } from "node:test";

import { inputOf, KINDS, relabel, settle, speak } from "../../page/picture/controls.js";

const fed = (control, value) => {
  const { type, dims, data } = inputOf(control, value);
  return [type, dims, [...data]];
};

test("each kind feeds the type and shape that Python's control feeds", () => {
  assert.deepEqual(fed({ kind: "slider" }, 0.5), ["float32", [], [0.5]]);
  assert.deepEqual(fed({ kind: "steps" }, 64), ["float32", [], [64]]);
  assert.deepEqual(fed({ kind: "toggle" }, true), ["bool", [], [1]]);
  assert.deepEqual(fed({ kind: "toggle" }, false), ["bool", [], [0]]);
  assert.deepEqual(fed({ kind: "reveal" }, true), ["bool", [], [1]]);
  assert.deepEqual(fed({ kind: "choice" }, 13), ["int64", [], [13]]);
  assert.deepEqual(fed({ kind: "points" }, [[1, 2], [3, -4], [5, 6]]), ["float32", [3, 2], [1, 2, 3, -4, 5, 6]]);
  assert.deepEqual(fed({ kind: "levels" }, [0.25, 0.5]), ["float32", [2], [0.25, 0.5]]);
});

test("what changed is said in the words of its control", () => {
  assert.equal(KINDS.slider.text(0.3, { digits: 1 }), "0.3");
  assert.equal(KINDS.steps.text(64, { digits: 0 }), "64");
  assert.equal(KINDS.toggle.text(true), "yes");
  assert.equal(KINDS.toggle.text(false), "no");
  assert.equal(KINDS.choice.text(1, { options: ["she", "was"] }), "was");
});

test("of many values, the one that changed is said", () => {
  const keys = { label: "keys", noun: "key of", options: ["Sally", "adored"] };
  assert.equal(KINDS.points.say([[1, 2], [3, -4.5]], keys, [[1, 2], [3, 4]]), "key of adored: 3, −4.5");
  assert.equal(KINDS.points.say([[1, 2]], keys, [[1, 2]]), "keys");
  const guess = { label: "your guess", noun: "guess for", options: ["Sally", "adored"], digits: 2 };
  assert.equal(KINDS.levels.say([0.5, 0.1], guess, [0.4, 0.1]), "guess for Sally: 0.50");
});

const TEXT = { kind: "text", name: "ids", words: "tokens", most: 4, vocabulary: ["<pad>", "she", "reads", "a", "book", "."] };

test("a typed sentence feeds its ids and names its words", () => {
  assert.deepEqual(fed(TEXT, "She reads."), ["int64", [3], [1, 2, 5]]);
  assert.deepEqual(KINDS.text.labels("She  reads.", TEXT), { tokens: ["she", "reads", "."] });
});

test("a sentence that cannot be read says why before any number is asked for", () => {
  const check = (value, settled = false) => KINDS.text.check(value, TEXT, settled);
  assert.equal(check("she reads a book"), null);
  assert.deepEqual(check(""), { typing: "Type a sentence." });
  assert.deepEqual(check(" ", true), { error: "Type at least one word." });
  assert.match(check("a a a a a").error, /5 words and signs; the picture holds 4/);
  assert.deepEqual(check("she re"), { typing: "re …" }, "the last word may still become one");
  assert.deepEqual(check("she re", true).unknown, ["re"], "once it is done, it may not");
  assert.deepEqual(check("re she").unknown, ["re"], "nor where another word follows");
  assert.match(check("she reeds", true).error, /“reeds” \(near: reads\)/);
  assert.deepEqual(check("<pad>", true).unknown.includes("pad"), true, "a special token is no word");
});

test("where one sentence is read, words after its end are no part of it, and said to be none", () => {
  const check = (value, single) => KINDS.text.check(value, { ...TEXT, most: 9, single }, true);
  assert.match(check("she reads. she reads.", true).error, /two sentences/);
  assert.match(check("she. reads", true).error, /two sentences/);
  assert.equal(check("she reads. she reads.", false), null);
  for (const one of ["she reads.", "she reads", ". . .", "she reads . ."]) assert.equal(check(one, true), null, one);
});

test("a sentence that is mended is read with its contractions written out and its stop, and both are said", () => {
  const control = { ...TEXT, most: 5, mends: true, vocabulary: ["<pad>", "she", "is", "not", "old", "."] };
  assert.deepEqual(fed({ ...control }, "She isn't old"), ["int64", [5], [1, 2, 3, 4, 5]]);
  assert.deepEqual(KINDS.text.labels("she's old.", control), { tokens: ["she", "is", "old", "."] });
  assert.equal(KINDS.text.notes("she's old", control), "Read as: she is old . A full stop was added.");
  assert.equal(KINDS.text.notes("Sally's cat isn't old.", control), "Read as: sally's cat is not old .");
  assert.equal(KINDS.text.notes("she is old", control), "A full stop was added.");
  assert.equal(KINDS.text.notes("she is old.", control), "");
  assert.equal(KINDS.text.notes("she's old", TEXT), "", "another control takes a sentence as it is typed");
  assert.match(KINDS.text.check("she is is not old", control, true).error, /6 words and signs/);
  assert.deepEqual(KINDS.text.check("she is ol", control, false), { typing: "ol …" }, "the stop does not end a word that is typed");
  assert.deepEqual(KINDS.text.check("", control, true), { error: "Type at least one word." });
  assert.match(KINDS.text.check("she can't", control, true).error, /“can't”/);
});

test("a stop may be said by a word", () => {
  const kept = { digits: 0, said: [[0, "all"]] };
  assert.deepEqual([20, 0].map((value) => KINDS.steps.text(value, kept)), ["20", "all"]);
});

test("a button that is pressed again and again takes the next number, and after the last the first", () => {
  const press = (old) => KINDS.again.read(null, { most: 3 }, old, { target: { closest: () => true } });
  assert.deepEqual([1, 2, 3].map(press), [2, 3, 1]);
  assert.equal(KINDS.again.read(null, { most: 3 }, 2, { target: { closest: () => null } }), 2);
  assert.deepEqual(fed({ kind: "again" }, 2), ["float32", [], [2]]);
});

test("choices among typed words follow them, and stand on one that there is", () => {
  const word = { kind: "choice", name: "word", source: "tokens", options: ["she", "reads", "a", "book"] };
  const other = { kind: "choice", name: "layer", options: ["1", "2"] };
  const values = { ids: "a she a", word: 3, layer: 1 };
  assert.deepEqual(relabel([TEXT, word, other], values), { tokens: ["a", "she", "a"] });
  assert.deepEqual(word.options, ["a (1)", "she", "a (3)"]);
  assert.deepEqual(values, { ids: "a she a", word: 2, layer: 1 });
  assert.deepEqual(other.options, ["1", "2"]);
});

const ints = (dims, ...data) => ({ type: "int64", dims, data: Int32Array.from(data) });

test("words that the numbers name are labels, and the choices among them stand on one that there is", () => {
  const word = { kind: "choice", name: "word", source: "written", options: [] };
  const spec = {
    controls: [word],
    spoken: { written: ["ids", "french"], found: ["rows", "french"] },
    labels: { french: ["<eos>", "je", "suis"] },
  };
  const values = { word: 9 };
  const outputs = { ids: ints([4], 1, 2, 1, 0), rows: ints([2, 3], 1, 2, 0, 1, 0, -1) };
  assert.deepEqual(speak(spec, values, outputs), { written: ["je", "suis", "je", "<eos>"], found: ["je suis <eos>", "je <eos>"] });
  assert.deepEqual(word.options, ["je (1)", "suis", "je (3)", "<eos>"]);
  assert.deepEqual(values, { word: 3 });
  assert.deepEqual(speak({ controls: [word], labels: {} }, { word: 1 }, outputs), {}, "a view need not speak");
});

test("of many unknown words the first are named, words before signs, and what kind of thing is missing is said", () => {
  const said = (value) => KINDS.text.check(value, { ...TEXT, most: 40 }, true).error;
  assert.equal(said("<img src=x onerror=y>"), "Not in this vocabulary: “img”; “src”; “x”; “onerror” and 4 more. Of signs it knows . alone.");
  assert.equal(said("she reads 3"), "Not in this vocabulary: “3”. It knows no digits.");
  assert.equal(said("🙂"), "Not in this vocabulary: “🙂”. Of signs it knows . alone.");
  assert.equal(said("?"), "Not in this vocabulary: “?”. Of signs it knows . alone.");
  const long = "x".repeat(150);
  assert.equal(said(long), `Not in this vocabulary: “${"x".repeat(24)}…”.`);
  const speechless = KINDS.text.check("!", { most: 3, vocabulary: ["she"] }, true).error;
  assert.equal(speechless, "Not in this vocabulary: “!”. It knows no signs.");
});

test("an unfinished word that is spelled like no beginning is an error at once, one that is known is none", () => {
  assert.deepEqual(KINDS.text.check("she readz", TEXT, false).unknown, ["readz"]);
  assert.equal(KINDS.text.check("a", TEXT, false), null, "though book and a go on");
  assert.deepEqual(KINDS.text.check("she re ", TEXT, false).unknown, ["re"], "a space ends a word");
});

test("a vocabulary that the labels hold is filled in once", () => {
  const spec = { labels: { known: ["she"] }, controls: [{ ...TEXT, vocabulary: "known" }, { kind: "slider" }] };
  assert.deepEqual(settle(spec).controls[0].vocabulary, ["she"]);
  assert.deepEqual(settle(spec).controls[0].vocabulary, ["she"]);
});
