// What moves, what is pressed, and phrases that set a picture, without a page.
import assert from "node:assert/strict";
import { test } from "node:test";

import { chips } from "../../page/picture/chips.js";
import { meant, parse } from "../../page/picture/phrases.js";
import { between, ease } from "../../page/picture/tween.js";

function node(attributes) {
  const had = new Map(Object.entries(attributes));
  return { isConnected: true, getAttribute: (name) => had.get(name) ?? null, setAttribute: (name, value) => had.set(name, value) };
}

// Runs `act` where readers want motion or not; returns the frames that were asked for.
function watching(still, act) {
  const frames = [];
  const before = [globalThis.document, globalThis.matchMedia, globalThis.requestAnimationFrame];
  Object.assign(globalThis, {
    document: { hidden: false },
    matchMedia: () => ({ matches: still }),
    requestAnimationFrame: (frame) => frames.push(frame),
  });
  try {
    act(frames);
  } finally {
    [globalThis.document, globalThis.matchMedia, globalThis.requestAnimationFrame] = before;
  }
  return frames;
}

test("half way between two texts every number is half way", () => {
  assert.equal(between("M10 -4L0 8", "M20 4L1 8", 0.5), "M15 0L0.5 8");
  assert.equal(between("12", "13", 0.25), "12.25");
});

test("a change runs from the old number to the new one and ends exactly there", () => {
  const bar = node({ width: "10" });
  watching(false, (frames) => {
    const start = performance.now();
    ease(bar, { width: 20.123456 });
    assert.equal(bar.getAttribute("width"), "10", "nothing moves before the first frame");
    frames.shift()(start + 60);
    const on = Number(bar.getAttribute("width"));
    assert.ok(on > 10 && on < 20, `${on}`);
    frames.shift()(start + 1000);
    assert.equal(bar.getAttribute("width"), "20.123456");
    assert.equal(frames.length, 0, "nothing runs on");
  });
});

test("a newer change takes over from where the older one is", () => {
  const bar = node({ width: "10" });
  watching(false, (frames) => {
    ease(bar, { width: 20 });
    frames.shift()(performance.now() + 80);
    ease(bar, { width: 0 });
    frames.shift()(performance.now() + 1000);
    assert.equal(bar.getAttribute("width"), "0");
  });
});

test("who wants less motion gets none, and what has no old number or another shape changes at once", () => {
  const bar = node({ width: "10", d: "M1 2" });
  assert.equal(watching(true, () => ease(bar, { width: 20 })).length, 0);
  assert.equal(bar.getAttribute("width"), "20");
  assert.equal(watching(false, () => ease(bar, { height: 5, d: "M1 2L3 4" })).length, 0);
  assert.deepEqual([bar.getAttribute("height"), bar.getAttribute("d")], ["5", "M1 2L3 4"]);
});

function word() {
  const heard = {};
  const made = { localName: "g", ownerDocument: { activeElement: null }, addEventListener: (name, act) => (heard[name] = act) };
  made.setAttribute = (name, value) => (made[name] = value);
  made.focus = () => (made.focused = true);
  made.press = (key) => heard.keydown({ key, preventDefault() {}, stopPropagation() {} });
  made.hear = heard;
  return made;
}

test("of pressable words Tab reaches the chosen one, and arrows, Home and End choose others", () => {
  const words = [word(), word(), word()];
  const chosen = [];
  const mark = chips(words, { choose: (i) => chosen.push(i) });
  mark(1);
  assert.deepEqual(words.map(({ tabindex }) => tabindex), [-1, 0, -1]);
  assert.deepEqual(words.map((one) => one["aria-pressed"]), [false, true, false]);
  words[1].press("ArrowRight");
  words[2].press("ArrowRight");
  words[2].press("Home");
  words[0].press("ArrowUp");
  words[0].press("End");
  words[2].press("Enter");
  assert.deepEqual(chosen, [2, 0, 2, 2]);
  assert.ok(words[2].focused);
});

test("the pointer previews while it moves, a finger and a page that scrolls do not", () => {
  const words = [word(), word()];
  const seen = [];
  chips(words, { choose() {}, preview: (i) => seen.push(i) });
  words[1].hear.pointermove({ pointerType: "mouse", movementX: 1, movementY: 0 });
  words[1].hear.pointermove({ pointerType: "mouse", movementX: 0, movementY: 0 });
  words[1].hear.pointermove({ pointerType: "touch", movementX: 1, movementY: 0 });
  words[1].hear.pointerleave();
  assert.deepEqual(seen, [1, null]);
});

test("a phrase names a view and values of its controls in words", () => {
  const { view, set } = parse("heads; head=3; word=happy; scaled=no; temperature=0.5");
  assert.equal(view, "heads");
  const controls = [
    { name: "head", kind: "choice", options: ["1", "2", "3"] },
    { name: "word", kind: "choice", options: ["she", "happy"] },
    { name: "scaled", kind: "toggle" },
    { name: "temperature", kind: "slider" },
  ];
  assert.deepEqual(meant(set, controls), { head: 2, word: 1, scaled: false, temperature: 0.5 });
  assert.equal(meant({ word: "sad" }, controls), null);
  assert.equal(meant({ layer: "1" }, controls), null);
  assert.equal(meant({ temperature: "hot" }, controls), null);
});
