// Tensors: places, broadcasting, storage.
import assert from "node:assert/strict";
import { test } from "node:test";

import * as t from "../../page/tensor/tensors.js";

test("a tensor without numbers is full of noughts, of its type", () => {
  for (const [type, Stored] of [["float32", Float32Array], ["int64", Int32Array], ["bool", Uint8Array]]) {
    const { data, dims } = t.tensor(type, [2, 3]);
    assert.ok(data instanceof Stored);
    assert.deepEqual([...data], [0, 0, 0, 0, 0, 0]);
    assert.deepEqual(dims, [2, 3]);
  }
});

test("numbers that do not fill the shape are refused", () => {
  assert.throws(() => t.tensor("float32", [2, 3], [1, 2]), { message: "2 numbers do not fill a tensor of shape [2,3]" });
});

test("the shape is copied, the storage is shared", () => {
  const dims = [2];
  const data = Float32Array.of(1, 2);
  const made = t.tensor("float32", dims, data);
  dims[0] = 9;
  assert.deepEqual(made.dims, [2]);
  assert.equal(made.data, data);
});

test("strides run from the last dimension", () => {
  assert.deepEqual(t.strides([2, 3, 5]), [15, 5, 1]);
  assert.deepEqual(t.strides([]), []);
});

test("axes count from either end", () => {
  assert.deepEqual([0, 2, -1, -3].map((axis) => t.axisOf(axis, 3)), [0, 2, 2, 0]);
  assert.equal(t.axisOf(-1, 1), 0);
  assert.equal(t.axisOf(0, 0), 0);
  for (const axis of [3, -4, undefined]) assert.throws(() => t.axisOf(axis, 3), /does not exist in rank 3/);
});

test("shapes broadcast from the right", () => {
  assert.deepEqual(t.broadcastDims([3, 1], [5]), [3, 5]);
  assert.deepEqual(t.broadcastDims([], [2, 3]), [2, 3]);
  assert.deepEqual(t.broadcastDims([1, 0], [7, 1]), [7, 0]);
  assert.deepEqual(t.broadcastDims([2, 1], [1, 3], [1, 1]), [2, 3]);
  assert.throws(() => t.broadcastDims([2], [3]), { message: "shapes [2] and [3] do not broadcast" });
});

test("offsets repeat along what is broadcast", () => {
  assert.deepEqual([...t.offsets([2, 1], [2, 3])], [0, 0, 0, 1, 1, 1]);
  assert.deepEqual([...t.offsets([3], [2, 3])], [0, 1, 2, 0, 1, 2]);
  assert.deepEqual([...t.offsets([], [2])], [0, 0]);
  assert.deepEqual([...t.offsets([1, 2], [3, 2])], [0, 1, 0, 1, 0, 1]);
});

test("lines visit each line along an axis once, in order", () => {
  const seen = [];
  t.lines([2, 3, 5], 1, (start, step, length, n) => seen.push([start, step, length, n]));
  assert.equal(seen.length, 10);
  assert.deepEqual(seen[0], [0, 5, 3, 0]);
  assert.deepEqual(seen[6], [16, 5, 3, 6]);
});

test("map takes one, two or three tensors", () => {
  const column = t.tensor("float32", [2, 1], [10, 20]);
  const row = t.tensor("float32", [3], [1, 2, 3]);
  const one = t.tensor("float32", [], [100]);
  assert.deepEqual([...t.map("float32", (a) => -a, row).data], [-1, -2, -3]);
  assert.deepEqual([...t.map("float32", (a, b) => a + b, column, row).data], [11, 12, 13, 21, 22, 23]);
  const sum = t.map("int64", (a, b, c) => a + b + c, column, row, one);
  assert.deepEqual([sum.type, sum.dims, [...sum.data]], ["int64", [2, 3], [111, 112, 113, 121, 122, 123]]);
});
