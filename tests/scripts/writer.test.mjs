// The writer in a notebook asks its kernel for weights: once, and again after a failure; what comes late is kept.
import assert from "node:assert/strict";
import { test } from "node:test";

import { BUSY, asker } from "../../page/writer/kernel.js";

function kernel() {
  const [sent, listeners, timers] = [[], new Set(), new Map()];
  const model = {
    on: (event, listener) => assert.equal(event, "msg:custom") ?? listeners.add(listener),
    off: (event, listener) => assert.equal(event, "msg:custom") ?? listeners.delete(listener),
    send: (content) => sent.push(content),
  };
  const clock = { start: (f) => timers.set(timers.size + 1, f).size, stop: (id) => timers.delete(id) };
  const answer = (content) => listeners.forEach((listener) => listener(content));
  const late = () => [...timers.values()].forEach((f) => f());
  return { sent, listeners, timers, answer, late, kernel: asker(model, clock) };
}

test("weights are asked for once, however often they are wanted", async () => {
  const { sent, answer, timers, kernel: it } = kernel();
  const [first, second] = [it.ask(), it.ask()];
  answer({ parts: "weights" });
  assert.deepEqual(await Promise.all([first, second, it.ask()]), ["weights", "weights", "weights"]);
  assert.deepEqual(sent, [{ ask: "parts" }]);
  assert.equal(timers.size, 0);
});

test("an error is told, and the next try asks again", async () => {
  const { sent, answer, kernel: it } = kernel();
  const first = it.ask();
  answer({ error: "no tokenizers here" });
  await assert.rejects(first, { message: "no tokenizers here" });
  const second = it.ask();
  answer({ parts: "weights" });
  assert.equal(await second, "weights");
  assert.equal(sent.length, 2);
});

test("a kernel that does not answer is said to be busy or gone, and its late answer serves the next try", async () => {
  const { sent, answer, late, kernel: it } = kernel();
  const first = it.ask();
  late();
  await assert.rejects(first, { said: BUSY });
  answer({ parts: "weights" });
  assert.equal(await it.ask(), "weights");
  assert.equal(sent.length, 1);
});

test("a widget that is gone listens to nothing", () => {
  const { listeners, timers, kernel: it } = kernel();
  it.ask();
  it.stop();
  assert.equal(listeners.size + timers.size, 0);
});
