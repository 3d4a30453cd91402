// Numbers as they are written and read out.
import assert from "node:assert/strict";
import { test } from "node:test";

import { brief, colour, exact, gutter, niceStep, short, tidy } from "../../page/picture/svg.js";
import { starting } from "../../page/text/vocabulary.js";

test("a float32 is written so that it can be told from its neighbours", () => {
  for (const value of [0.1, 1 / 3, 0.993, 1e-7, 12345.678]) {
    const single = Math.fround(value);
    assert.ok(Math.abs(Number(exact(single)) - single) <= 5e-7 * Math.abs(single));
  }
  assert.equal(exact(0.5), "0.5");
});

test("two decimals for the eye, a word for what is no number", () => {
  assert.deepEqual([0, 0.125, 1, 12.344].map(short), ["0.00", "0.13", "1.00", "12.34"]);
  assert.equal(short(NaN), "none");
  assert.equal(short(Infinity), "none");
});

test("minus is a minus sign, and nought has none", () => {
  assert.equal(tidy(-1.5), "−1.50");
  assert.equal(tidy(-0.001), "0.00");
  assert.equal(tidy(NaN), "–");
  assert.equal(tidy(3, 0), "3");
});

test("zeros at the end are not written", () => {
  assert.deepEqual([7, -2.5, 0.25, 100, 0.1 + 0.2, -0.001].map((x) => brief(x)), ["7", "−2.5", "0.25", "100", "0.3", "0"]);
});

test("the axis steps by one, two or five", () => {
  assert.deepEqual([0.3, 1, 1.1, 3, 7, 40].map(niceStep).map((x) => Number(x.toPrecision(6))), [0.5, 1, 2, 5, 10, 50]);
});

test("colours run from the first stop to the last, and stay there", () => {
  assert.equal(colour(0), "color-mix(in srgb, var(--map-1) 0%, var(--map-0))");
  assert.equal(colour(1), "color-mix(in srgb, var(--map-6) 100%, var(--map-5))");
  assert.equal(colour(0.25), "color-mix(in srgb, var(--map-2) 50%, var(--map-1))");
  assert.equal(colour(-3), colour(0));
  assert.equal(colour(7), colour(1));
});

test("a beginning is completed by the words that go on, the shortest first, and by no special token", () => {
  const vocabulary = ["<pad>", "he", "heard", "her", "hers", "here", "help", "hello", "heat", "she"];
  assert.deepEqual(starting("he", vocabulary), ["her", "heat", "help", "here", "hers", "heard"]);
  assert.deepEqual(starting("he", vocabulary, 2), ["her", "heat"]);
  assert.deepEqual(starting("<", vocabulary), []);
  assert.deepEqual(starting("x", vocabulary), []);
});

test("a gutter is as wide as the longest label, and no wider than it may be", () => {
  assert.ok(gutter(["a", "birthday"], 96) > gutter(["a", "b"], 96));
  assert.equal(gutter(["a word that is very long indeed"], 96), 96);
});
