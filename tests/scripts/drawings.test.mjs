// What drawings do without a page: where keys lead, what fits.
import assert from "node:assert/strict";
import { test } from "node:test";

import { offBy } from "../../page/picture/drawings/bars.js";
import { filled, turned } from "../../page/picture/drawings/dials.js";
import { Handles } from "../../page/picture/drawings/handles.js";
import { legible } from "../../page/picture/drawings/heatmap.js";
import { titleSize } from "../../page/picture/svg.js";

const control = { name: "guess", minimum: 0, maximum: 1, step: 0.01 };

function pressed(key, point, options = {}) {
  const moved = [];
  const handles = new Handles({ addEventListener() {} }, { moved: (_, points) => moved.push(points[0]), touched() {} });
  handles.points = { guess: [point] };
  let kept = true;
  const event = { key, preventDefault: () => (kept = false), ...options };
  handles.key(event, { control, index: 0, point });
  return { to: moved[0], kept };
}

test("a bar follows every key that moves a native slider", () => {
  const to = (key) => pressed(key, [0.5]).to;
  assert.deepEqual(to("Home"), [0]);
  assert.deepEqual(to("End"), [1]);
  assert.deepEqual(to("PageUp"), [0.6]);
  assert.deepEqual(to("PageDown"), [0.4]);
  assert.deepEqual(to("ArrowRight"), [0.51]);
  assert.deepEqual(pressed("PageUp", [0.95]).to, [1]);
});

test("other keys, and keys with the browser's own meaning, are left to it", () => {
  assert.ok(pressed("Tab", [0.5]).kept);
  assert.ok(pressed("Home", [0.5], { ctrlKey: true }).kept);
  assert.ok(pressed("Home", [0.5, 0.5]).kept, "a point in a plane has no end");
});

test("names of rows keep out of each other's way, however many there are", () => {
  for (const rows of [5, 14, 20, 30, 40, 80]) {
    const room = 300 / rows;
    const shown = Array.from({ length: rows }, (_, i) => legible(room, i)).filter(({ display }) => !display);
    const size = Number.parseFloat(shown[0].style?.replace("font-size: ", "") ?? 12);
    assert.ok(size >= 11.4 && size <= 12, `${rows} rows: ${size}`);
    assert.ok(size <= (room * rows) / shown.length, `${rows} rows overlap`);
  }
  assert.equal(legible(20, 3).display, undefined);
});

test("a title has room in its line on the narrowest telephone", () => {
  const title = "The row that writes a word looks back at this";
  assert.ok(titleSize({ title, width: 280 }) * 0.54 * title.length <= 280);
  assert.equal(titleSize({ title: "Short", width: 280 }), 13);
});

test("an arrow is turned counterclockwise, below a full turn, and not at all where it came back", () => {
  const near = (a, b) => assert.ok(Math.abs(a - b) < 1e-9, `${a} is not ${b}`);
  near(turned([2, 0], [0, 1]), Math.PI / 2);
  near(turned([2, 0], [0, -1]), 1.5 * Math.PI);
  near(turned([0, -1], [1, 0]), Math.PI / 2);
  assert.equal(turned([1, 0], [1, -1e-9]), 0);
});

test("a note is filled with numbers as they are read", () => {
  const outputs = { score: { data: [-1.204] }, distance: { data: [3] } };
  assert.equal(filled("q · k = {score} at distance {distance}", outputs), "q · k = −1.2 at distance 3");
});

test("one guess alone is off by something, not on average", () => {
  assert.equal(offBy("2.23", ["twelfth"], 0), "Off by 2.23");
  assert.equal(offBy("10 %", ["words", "norms"], 1), "Off by 10 % on average, most at norms");
});
