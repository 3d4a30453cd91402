// Engines: one request pending, the newest kept, old answers dropped. Long: each engine's answers, delays and failures.
import assert from "node:assert/strict";
import { test } from "node:test";

import { LOADING, UNLOADED, WORKING, kernelEngine, pageEngine, programEngine, unpack } from "../../page/picture/engines.js";

const packed = (...values) => ({ type: "float32", shape: [values.length], values });

// A widget's model as anywidget gives it to a front end.
class Model {
  constructor() {
    this.state = { values: { t: 0 }, number: 0, response: { number: 0, outputs: { y: packed(0) }, error: null } };
    this.listeners = [];
    this.sent = [];
    this.pending = {};
  }
  get(name) {
    return this.state[name];
  }
  set(name, value) {
    this.state[name] = value;
    this.pending[name] = value;
  }
  save_changes() {
    this.sent.push(this.pending);
    this.pending = {};
  }
  on(event, listener) {
    assert.equal(event, "change:response");
    this.listeners.push(listener);
  }
  off(event, listener) {
    assert.equal(event, "change:response");
    this.listeners = this.listeners.filter((other) => other !== listener);
  }
  answer(number, outputs, error = null) {
    this.state.response = { number, outputs, error };
    this.listeners.forEach((listener) => listener());
  }
}

class Timers {
  running = new Map();
  next = 1;
  start = (f, milliseconds) => {
    this.running.set(this.next, { f, milliseconds });
    return this.next++;
  };
  stop = (id) => this.running.delete(id);
  pass() {
    const due = [...this.running.values()];
    this.running.clear();
    due.forEach(({ f }) => f());
  }
}

class Listener {
  heard = [];
  answer = ({ outputs, error }) => this.heard.push(["answer", outputs && [...outputs.y.data], error]);
  waiting = () => this.heard.push(["waiting"]);
  late = () => this.heard.push(["late"]);
  moved = (values) => this.heard.push(["moved", values]);
}

function kernel() {
  const [model, timers, listener] = [new Model(), new Timers(), new Listener()];
  const engine = kernelEngine(model, timers);
  engine.listen(listener);
  return { model, timers, engine, heard: listener.heard };
}

test("a request carries the next number and the values, in one message", () => {
  const { model, engine, heard } = kernel();
  engine.request({ t: 1 });
  assert.deepEqual(model.sent, [{ values: { t: 1 }, number: 1 }]);
  assert.deepEqual(heard, [["waiting"]]);
  model.answer(1, { y: packed(10, 11) });
  assert.deepEqual(heard, [["waiting"], ["answer", [10, 11], null]]);
  engine.request({ t: 2 });
  assert.deepEqual(model.sent[1], { values: { t: 2 }, number: 2 });
});

test("numbers go on from where the kernel's picture stands", () => {
  const { model, engine, heard } = kernel();
  model.state.number = 41;
  engine.request({ t: 1 });
  assert.equal(model.sent[0].number, 42);
  model.answer(42, { y: packed(1) });
  assert.equal(heard.length, 2);
});

test("while one request is on its way, only the newest wish is kept", () => {
  const { model, engine, heard } = kernel();
  for (const t of [1, 2, 3, 4]) engine.request({ t });
  assert.equal(model.sent.length, 1);
  model.answer(1, { y: packed(10) });
  assert.deepEqual(model.sent[1], { values: { t: 4 }, number: 2 });
  assert.equal(model.sent.length, 2);
  assert.deepEqual(heard, [["waiting"], ["waiting"], ["waiting"], ["waiting"]], "an answer to an old wish is not drawn");
  model.answer(2, { y: packed(40) });
  assert.deepEqual(heard.at(-1), ["answer", [40], null]);
  assert.equal(model.sent.length, 2, "nothing is left to wish");
});

test("a stale answer is dropped", () => {
  const { model, engine, heard } = kernel();
  model.state.number = 6;
  engine.request({ t: 7 });
  model.answer(6, { y: packed(60) });
  assert.deepEqual(heard, [["waiting"]]);
  model.answer(7, { y: packed(70) });
  assert.deepEqual(heard.slice(1), [["answer", [70], null]]);
});

test("a stale answer does not send the wish that waits", () => {
  const { model, engine } = kernel();
  engine.request({ t: 1 });
  engine.request({ t: 2 });
  model.answer(0, { y: packed(0) });
  assert.equal(model.sent.length, 1);
});

test("after two seconds without an answer, the picture says that it is late", () => {
  const { timers, engine, heard, model } = kernel();
  engine.request({ t: 1 });
  assert.deepEqual([...timers.running.values()].map(({ milliseconds }) => milliseconds), [2000]);
  timers.pass();
  assert.deepEqual(heard, [["waiting"], ["late"]]);
  model.answer(1, { y: packed(10) });
  assert.deepEqual(heard.at(-1), ["answer", [10], null], "late is not lost");
});

test("an answer in time stops the clock", () => {
  const { timers, engine, model, heard } = kernel();
  engine.request({ t: 1 });
  model.answer(1, { y: packed(10) });
  assert.equal(timers.running.size, 0);
  timers.pass();
  assert.equal(heard.length, 2);
});

test("each request has a clock of its own", () => {
  const { timers, engine, model } = kernel();
  engine.request({ t: 1 });
  engine.request({ t: 2 });
  model.answer(1, { y: packed(10) });
  assert.equal(timers.running.size, 1);
  assert.deepEqual([...timers.running.keys()], [2], "the first was stopped, the second started");
});

test("an error comes with the last good numbers", () => {
  const { model, engine, heard } = kernel();
  engine.request({ t: 99 });
  model.answer(1, { y: packed(10) }, "t must lie in 0 … 9");
  assert.deepEqual(heard.at(-1), ["answer", [10], "t must lie in 0 … 9"]);
  engine.request({ t: 2 });
  assert.equal(model.sent.length, 2, "after an error the next request goes out");
});

test("what Python moved moves the controls, then the picture", () => {
  const { model, heard } = kernel();
  model.state.values = { t: 5 };
  model.answer(0, { y: packed(50) });
  assert.deepEqual(heard, [["moved", { t: 5 }], ["answer", [50], null]]);
});

test("what Python moved while a request is on its way is not mistaken for its answer", () => {
  const { model, engine, heard } = kernel();
  engine.request({ t: 1 });
  model.answer(0, { y: packed(50) });
  assert.deepEqual(heard, [["waiting"]]);
  model.answer(1, { y: packed(10) });
  assert.deepEqual(heard.at(-1), ["answer", [10], null]);
});

test("a picture that is taken down hears and says nothing more", () => {
  const { model, timers, engine, heard } = kernel();
  engine.request({ t: 1 });
  engine.stop();
  model.answer(1, { y: packed(10) });
  timers.pass();
  assert.deepEqual(heard, [["waiting"]]);
  assert.equal(model.listeners.length, 0);
});

test("without given timers the engine uses those of the browser, which are methods of the window alone", (t) => {
  t.mock.timers.enable({ apis: ["setTimeout"] });
  for (const name of ["setTimeout", "clearTimeout"]) {
    const real = globalThis[name];
    t.mock.method(globalThis, name, function strict(...given) {
      assert.ok(this === undefined || this === globalThis, "Illegal invocation");
      return real(...given);
    });
  }
  const model = new Model();
  const listener = new Listener();
  const engine = kernelEngine(model);
  engine.listen(listener);
  engine.request({ t: 1 });
  t.mock.timers.tick(1999);
  assert.deepEqual(listener.heard, [["waiting"]]);
  t.mock.timers.tick(1);
  assert.deepEqual(listener.heard, [["waiting"], ["late"]]);
  engine.request({ t: 2 });
  model.answer(1, { y: packed(10) });
  model.answer(2, { y: packed(20) });
  t.mock.timers.tick(2000);
  assert.deepEqual(listener.heard.slice(2), [["waiting"], ["answer", [20], null]], "an answer stops the clock");
});

const GRAPH = {
  format: 1,
  name: "scaled",
  inputs: [{ name: "x", type: "float32", shape: ["n"] }, { name: "t", type: "float32", shape: [] }],
  outputs: [{ name: "y", type: "float32", shape: ["n"] }],
  weights: {},
  nodes: [["Mul", ["x", "t"], ["y"], {}]],
};
const SPEC = {
  kind: "graph",
  constants: { x: packed(1, 2, 3) },
  controls: [{ name: "t", kind: "slider" }],
  labels: {},
};

function page(spec, exported) {
  const listener = new Listener();
  const engine = pageEngine(spec, exported);
  engine.listen(listener);
  return { engine, heard: listener.heard };
}

test("the page answers at once, from the constants and the controls", () => {
  const { engine, heard } = page(SPEC, GRAPH);
  engine.request({ t: 0.5 });
  assert.deepEqual(heard, [["answer", [0.5, 1, 1.5], null]]);
});

test("on the page a failure is told, and the next request is answered", () => {
  const { engine, heard } = page({ ...SPEC, constants: { x: packed() } }, {
    ...GRAPH,
    nodes: [["Gather", ["x", "k"], ["y"], {}]],
    weights: { k: { type: "int64", shape: [], values: [0] } },
  });
  engine.request({ t: 1 });
  assert.deepEqual(heard, [["answer", null, "scaled: Gather: index 0 outside 0 … -1"]]);
  engine.request({ t: 2 });
  assert.equal(heard.length, 2);
});

test("a graph that the reader cannot run is refused when the engine is made", () => {
  assert.throws(() => page(SPEC, { ...GRAPH, nodes: [["Einsum", ["x", "t"], ["y"], {}]] }), /knows no operator Einsum/);
});

test("a table answers from its cells, and never between them", () => {
  const data = Buffer.from(Float32Array.of(5, 6, 7).buffer).toString("base64");
  const table = { format: 1, name: "steps", axes: [{ name: "t", values: [0, 0.1, 0.2] }], outputs: { y: { shape: [1], data } } };
  const { engine, heard } = page({ ...SPEC, kind: "table", constants: {} }, table);
  engine.request({ t: 0.2 });
  engine.request({ t: 0.15 });
  assert.deepEqual(heard[0], ["answer", [7], null]);
  assert.deepEqual(heard[1], ["answer", null, "steps: t = 0.15 is not in the table"]);
});

// Parts of a tiny model: of two English and four French words, that writes 3 whatever it reads, and ends after `longest`.
function tiny({ longest = 3, onStep = () => {} } = {}) {
  const tensor = (dims, values) => ({ type: "float32", dims, data: Float32Array.from(values) });
  const found = (length) => {
    onStep();
    return {
      logits: tensor([1, 4], [0, 0, 0, 1]), normaliser: tensor([1], [1]), encoder: tensor([1, 1, 1, 1], [1]),
      decoder: tensor([1, 1, length], new Array(length).fill(1)), cross: tensor([1, 1, 1], [1]),
      keys: tensor([1, 1, 1, length, 1], new Array(length).fill(0)), values: tensor([1, 1, 1, length, 1], new Array(length).fill(0)),
    };
  };
  return {
    start: () => found(1),
    step: ({ past_keys: past }) => found(past.dims[3] + 1),
    distribution: ({ logits }) => ({ probabilities: logits }),
    bos: 1, eos: 2, english: 2, french: 4, layers: 1, heads: 1, most: 9, longest, shown: 2,
    grammar: { words: ["i", "am"], most: 0, nouns: {}, masses: {}, adjectives: {}, verbs: [], names: {} }, // makes no sentence
  };
}

const PROGRAM = {
  name: "translator",
  kind: "program",
  constants: {},
  controls: [
    { name: "sentence", kind: "text", vocabulary: "english" },
    ...["word", "layer", "head", "off"].map((name) => ({ name, kind: "choice" })),
  ],
  labels: { english: ["i", "am"], french: ["a", "b", "c", "d"] },
};
const AT = { sentence: "i", word: 0, layer: 0, head: 0, off: 0 };

class Hearer {
  heard = [];
  answer = ({ outputs, error }) => this.heard.push(error ?? Array.from(outputs.ids.data).join(" "));
  waiting = (text) => this.heard.push(text);
}

// A clock that runs a millisecond at each look, and breaths that the test lets go.
function program(fetchParts, tick = 1) {
  const listener = new Hearer();
  let time = 0;
  const breaths = [];
  const browser = { now: () => (time += tick), breathe: () => new Promise((resolve) => breaths.push(resolve)) };
  const engine = programEngine(structuredClone(PROGRAM), fetchParts, browser);
  engine.listen(listener);
  return { engine, heard: listener.heard, breaths };
}

test("a program fetches its parts at the first wish, and once", async () => {
  let fetched = 0;
  const { engine, heard } = program(async () => ((fetched += 1), tiny()), 0);
  assert.equal(fetched, 0);
  await engine.request(AT);
  assert.deepEqual(heard, [LOADING, "3 3 3"]);
  await engine.request({ ...AT, sentence: "am" });
  assert.deepEqual(heard, [LOADING, "3 3 3", "3 3 3"]);
  assert.equal(fetched, 1);
});

test("parts that do not load are told, and the next wish tries again", async () => {
  let turn = 0;
  const { engine, heard } = program(async () => {
    turn += 1;
    if (turn < 3) throw new Error("translator-parts.js did not load");
    return tiny();
  }, 0);
  await engine.request(AT);
  assert.deepEqual(heard, [LOADING, UNLOADED]);
  await engine.request(AT);
  await engine.request(AT);
  assert.deepEqual(heard, [LOADING, UNLOADED, LOADING, UNLOADED, LOADING, "3 3 3"]);
});

test("of the wishes made while the parts load only the newest is computed", async () => {
  let arrive;
  const { engine, heard } = program(() => new Promise((resolve) => (arrive = resolve)), 0);
  const done = engine.request(AT);
  engine.request({ ...AT, sentence: "am am am am am am am am am am" });
  engine.request({ ...AT, sentence: "am" });
  arrive(tiny());
  await done;
  assert.deepEqual(heard, [LOADING, "3 3 3"], "the sentence that is too long was never read");
});

test("a long computation lets the page breathe, and gives way to a newer wish", async () => {
  let steps = 0;
  const { engine, heard, breaths } = program(async () => tiny({ longest: 100, onStep: () => (steps += 1) }));
  const done = engine.request(AT);
  while (!breaths.length) await null;
  assert.deepEqual(heard, [LOADING, WORKING]);
  const before = steps;
  assert.ok(before < 100);
  engine.request({ ...AT, sentence: "am am am am am am am am am am" }); // too long: refused at its first step
  breaths.shift()();
  await done;
  assert.deepEqual(heard, [LOADING, WORKING, "a sentence has 1 to 9 words, this one 10"]);
  assert.equal(steps, before, "what nobody waits for is not computed");
});

test("a program goes on after a breath if nothing newer is wished", async () => {
  const { engine, heard, breaths } = program(async () => tiny({ longest: 20 }));
  const done = engine.request(AT);
  let ended = false;
  done.then(() => (ended = true));
  while (!ended) {
    breaths.shift()?.();
    await null;
  }
  assert.equal(heard.at(-1), new Array(20).fill(3).join(" "));
  assert.ok(heard.filter((said) => said === WORKING).length > 1);
});

test("another word of the same sentence needs no step of the model", async () => {
  let steps = 0;
  const { engine, heard } = program(async () => tiny({ onStep: () => (steps += 1) }), 0);
  await engine.request(AT);
  await engine.request({ ...AT, word: 2 });
  assert.equal(steps, 3);
  await engine.request({ ...AT, off: 1 });
  assert.equal(steps, 6, "another head does");
  assert.equal(heard.length, 4);
});

test("what is wrong is told, and the next wish is answered", async () => {
  const { engine, heard } = program(async () => tiny(), 0);
  await engine.request({ ...AT, layer: 7 });
  await engine.request(AT);
  assert.deepEqual(heard.slice(1), ["layer must lie in 0 … 0, got 7", "3 3 3"]);
});

test("null among packed numbers is no number", () => {
  const { type, dims, data } = unpack({ type: "float32", shape: [3], values: [1, null, 2] });
  assert.deepEqual([type, dims, [...data]], ["float32", [3], [1, NaN, 2]]);
  assert.deepEqual([...unpack({ type: "bool", shape: [2], values: [true, false] }).data], [1, 0]);
});
