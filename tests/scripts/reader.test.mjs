// The reader: stored tensors, checked inputs, tables.
import assert from "node:assert/strict";
import { test } from "node:test";

import { load, loadTable, stored } from "../../page/tensor/reader.js";
import { tensor } from "../../page/tensor/tensors.js";

const floats = (...values) => tensor("float32", [values.length], values);
const GRAPH = {
  format: 1,
  name: "pair",
  inputs: [
    { name: "a", type: "float32", shape: ["n", 2] },
    { name: "b", type: "float32", shape: ["n"] },
  ],
  outputs: [{ name: "y", type: "float32", shape: ["n"] }],
  weights: { axes: { type: "int64", shape: [1], values: [1] } },
  nodes: [
    ["ReduceSum", ["a", "axes"], ["sum"], { keepdims: 0 }],
    ["Add", ["sum", "b"], ["y"], {}],
  ],
};
const matrix = (n) => tensor("float32", [n, 2], Array.from({ length: 2 * n }, (_, i) => i));

test("nodes run in order, at every size of an open dimension", () => {
  const run = load(GRAPH);
  assert.deepEqual([...run({ a: matrix(3), b: floats(10, 20, 30) }).y.data], [11, 25, 39]);
  assert.deepEqual([...run({ a: matrix(1), b: floats(10) }).y.data], [11]);
  assert.deepEqual(run({ a: matrix(0), b: floats() }).y.dims, [0]);
});

test("only what is declared comes out", () => {
  assert.deepEqual(Object.keys(load(GRAPH)({ a: matrix(1), b: floats(10) })), ["y"]);
});

for (const [what, inputs, message] of [
  ["a missing input", { a: matrix(3) }, "pair needs the input b"],
  ["an unknown input", { a: matrix(3), b: floats(1, 2, 3), c: floats(1) }, "pair takes no input c"],
  ["another type", { a: matrix(1), b: tensor("int64", [1], [1]) }, "pair: b must be float32, got int64"],
  ["another rank", { a: floats(1, 2), b: floats(1) }, "pair: a must have shape [n,2], got [2]"],
  ["another fixed size", { a: tensor("float32", [1, 3]), b: floats(1) }, "pair: a must have shape [n,2], got [1,3]"],
  ["two sizes for one dimension", { a: matrix(2), b: floats(1) }, "pair: b must have shape [n], got [1]"],
]) {
  test(`${what} is refused`, () => assert.throws(() => load(GRAPH)(inputs), { message }));
}

test("a failing operator is named, and its cause is kept", () => {
  const broken = { ...GRAPH, weights: { axes: { type: "int64", shape: [1], values: [5] } } };
  assert.throws(
    () => load(broken)({ a: matrix(1), b: floats(1) }),
    (error) => error.message === "pair: ReduceSum: axis 5 does not exist in rank 2" && error.cause instanceof Error,
  );
});

test("an operator may give several outputs, and an output need not be read", () => {
  const two = {
    ...GRAPH,
    weights: { k: { type: "int64", shape: [1], values: [1] } },
    nodes: [["TopK", ["b", "k"], ["y", "places"], {}], ["Identity", ["a"], ["unused"], {}]],
  };
  assert.deepEqual([...load(two)({ a: matrix(2), b: floats(3, 7) }).y.data], [7]);
});

test("a graph may hand an input or a weight straight through", () => {
  const through = { ...GRAPH, nodes: [], outputs: [{ name: "b" }, { name: "axes" }] };
  const { b, axes } = load(through)({ a: matrix(1), b: floats(4) });
  assert.deepEqual([[...b.data], [...axes.data]], [[4], [1]]);
});

test("running twice gives the same: weights and inputs stay as they were", () => {
  const run = load(GRAPH);
  const inputs = { a: matrix(3), b: floats(10, 20, 30) };
  const first = [...run(inputs).y.data];
  assert.deepEqual([...run(inputs).y.data], first);
  assert.deepEqual([...inputs.a.data], [0, 1, 2, 3, 4, 5]);
});

test("stored tensors are little-endian whatever their type", () => {
  const base64 = (array) => Buffer.from(array.buffer).toString("base64");
  const read = (type, array) => [...stored({ type, shape: [array.length], data: base64(array) }).data];
  assert.deepEqual(read("float32", Float32Array.of(0.5, -Infinity)), [0.5, -Infinity]);
  assert.deepEqual(read("int64", Int32Array.of(-1, 2 ** 31 - 1)), [-1, 2 ** 31 - 1]);
  assert.deepEqual(read("bool", Uint8Array.of(1, 0)), [1, 0]);
  assert.deepEqual([...stored({ type: "float32", shape: [], values: [7] }).data], [7]);
});

test("a stored tensor of the wrong size is refused", () => {
  assert.throws(() => stored({ type: "float32", shape: [3], values: [1, 2] }), {
    message: "2 numbers do not fill a tensor of shape [3]",
  });
  assert.throws(() => stored({ type: "complex64", shape: [1], values: [1] }), {
    message: "unknown tensor type complex64",
  });
});

test("weights of half precision are read bit by bit", () => {
  const halves = Uint16Array.of(0, 0x8000, 0x3c00, 0xc000, 0x3555, 0x0001, 0x03ff, 0x0400, 0x7bff);
  const data = Buffer.from(halves.buffer).toString("base64");
  const read = stored({ type: "float16", shape: [9], data });
  const expected = [0, -0, 1, -2, 0.333251953125, 2 ** -24, 2 ** -14 - 2 ** -24, 2 ** -14, 65504];
  assert.equal(read.type, "float32");
  assert.deepEqual([...read.data], expected);
});

const shares = (weight) => ({
  format: 1,
  name: "shares",
  inputs: [],
  outputs: [{ name: "w" }],
  weights: { w: weight },
  nodes: [],
});
const WEIGHTS = { whole: tensor("float32", [3, 2], Float32Array.of(0, 1, 10, 11, 20, 21)) };

test("graphs share weights: whole, some of their rows, turned over", () => {
  const of = (weight) => load(shares({ type: "float32", shared: "whole", ...weight }), WEIGHTS)({}).w;
  assert.deepEqual([...of({ shape: [3, 2] }).data], [0, 1, 10, 11, 20, 21]);
  const rows = of({ shape: [2, 2], rows: [1, 3] });
  assert.deepEqual([rows.dims, [...rows.data]], [[2, 2], [10, 11, 20, 21]]);
  const turned = of({ shape: [2, 2], rows: [1, 3], transposed: true });
  assert.deepEqual([turned.dims, [...turned.data]], [[2, 2], [10, 20, 11, 21]]);
});

test("a weight that nobody brought is refused when the graph is loaded", () => {
  assert.throws(() => load(shares({ type: "float32", shape: [1], shared: "gone" }), WEIGHTS), { message: "no weight is called gone" });
  assert.throws(() => load(shares({ type: "float32", shape: [1], shared: "toString" })), { message: "no weight is called toString" });
});

test("a weight of another shape than the graph was made with is refused", () => {
  const weight = { type: "float32", shape: [2, 3], shared: "whole" };
  assert.throws(() => load(shares(weight), WEIGHTS), { message: "the weight whole has shape [3,2], the graph needs [2,3]" });
});

const TABLE = {
  format: 1,
  name: "steps",
  axes: [
    { name: "t", values: [0.1, 0.2, 0.3] },
    { name: "on", values: [false, true] },
  ],
  outputs: {
    y: { shape: [2], data: Buffer.from(Float32Array.from({ length: 12 }, (_, i) => i).buffer).toString("base64") },
    z: { shape: [], data: Buffer.from(Float32Array.from({ length: 6 }, (_, i) => 10 * i).buffer).toString("base64") },
  },
};

test("a table counts its first axis slowest", () => {
  const run = loadTable(TABLE);
  const at = (t, on) => [...run({ t, on }).y.data, ...run({ t, on }).z.data];
  assert.deepEqual(at(0.1, false), [0, 1, 0]);
  assert.deepEqual(at(0.1, true), [2, 3, 10]);
  assert.deepEqual(at(0.2, false), [4, 5, 20]);
  assert.deepEqual(at(0.3, true), [10, 11, 50]);
});

test("a table takes the sums that sliders make, and nothing between its values", () => {
  const run = loadTable(TABLE);
  assert.equal(run({ t: 0.1 + 0.2, on: true }).z.data[0], 50);
  for (const t of [0.15, 0.1001, 0, 0.4, NaN, undefined]) {
    assert.throws(() => run({ t, on: true }), { message: `steps: t = ${t} is not in the table` });
  }
  assert.throws(() => run({ t: 0.1 }), { message: "steps: on = undefined is not in the table" });
});

test("a table's numbers cannot be changed through what it gave", () => {
  const run = loadTable(TABLE);
  run({ t: 0.1, on: false }).y.data[0] = 99;
  assert.equal(run({ t: 0.1, on: false }).y.data[0], 0);
});

test("another format is refused", () => {
  assert.throws(() => load({ ...GRAPH, format: 2 }), { message: "graph format 2 is not 1" });
  assert.throws(() => loadTable({ ...TABLE, format: 0 }), { message: "table format 0 is not 1" });
});

test("bytes become numbers by the scale of their row", () => {
  const data = Buffer.from(Int8Array.of(127, -128, 0, 1, 2, -3).buffer).toString("base64");
  const scales = { type: "float32", shape: [2], values: [0.5, 2] };
  const found = stored({ type: "int8", shape: [2, 3], data, scales });
  assert.deepEqual([...found.data], [63.5, -64, 0, 2, 4, -6]);
  assert.equal(found.type, "float32");
});
