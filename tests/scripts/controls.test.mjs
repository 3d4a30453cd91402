// Controls: what they feed to a graph, what is said of them.
import assert from "node:assert/strict";
import { test } from "node:test";

import { inputOf, KINDS } from "../../transformer_lib/live/scripts/controls.js";

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
