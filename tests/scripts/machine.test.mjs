// The machine without a page: addresses, state, drawings, captions, tables. Long: one machine of small sizes serves all.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { caption, TOUR } from "../../page/machine/captions.js";
import { entering } from "../../page/machine/entering.js";
import { listed } from "../../page/machine/feed.js";
import { calculators } from "../../page/machine/dot.js";
import { frame, stage } from "../../page/machine/frame.js";
import { address, parent, parse, title, trail } from "../../page/machine/place.js";
import { create } from "../../page/machine/state.js";
import { added } from "../../page/machine/listing.js";
import { TYPE } from "../../page/machine/parts.js";
import { rowsOf } from "../../page/machine/tables.js";
import { h, markup } from "../../page/machine/tree.js";
import { tensor } from "../../page/tensor/tensors.js";

const graph = (name) => JSON.parse(readFileSync(new URL(`../../transformer_lib/live/graphs/${name}.json`, import.meta.url), "utf8"));
const graphs = { "machine-word": graph("machine-word"), "translator-distribution": graph("translator-distribution") };
const [LAYERS, HEADS, WIDE, UNITS, WORDS] = [2, 3, 16, 7, 11];

// A machine of small sizes whose numbers are all different.
function small(english = ["le", "chat", "le", "<&>"], written = [4, 6, 2]) {
  let next = 0;
  const some = (...dims) => tensor("float32", dims, Float32Array.from({ length: dims.reduce((a, b) => a * b, 1) }, () => Math.sin((next += 1))));
  const shares = (...dims) => {
    const made = some(...dims);
    const row = dims.at(-1);
    for (let i = 0; i < made.data.length; i += row) {
      const part = made.data.subarray(i, i + row).map(Math.exp);
      const sum = part.reduce((a, b) => a + b);
      made.data.set(part.map((x) => x / sum), i);
    }
    return made;
  };
  const outputs = { logits: some(written.length, WORDS), probabilities: shares(written.length, WORDS) };
  for (const [stack, n, parts] of [["encoder", english.length, ["self"]], ["decoder", written.length, ["self", "cross"]]]) {
    const vector = (name, ...dims) => Object.assign(outputs, { [`${stack}_${name}`]: some(...dims, WIDE * HEADS), [`${stack}_${name}_length`]: some(...dims) });
    ["tokens", "positions", "start", "last"].forEach((name) => vector(name, n));
    ["ff_comes", "ff_reads", "ff_adds", "goes"].forEach((name) => vector(name, LAYERS, n));
    outputs[`${stack}_ff_units`] = some(LAYERS, n, UNITS);
    for (const part of parts) {
      const keys = part === "cross" ? english.length : n;
      ["comes", "reads", "adds"].forEach((name) => vector(`${part}_${name}`, LAYERS, n));
      const at = (name, made) => (outputs[`${stack}_${part}_${name}`] = made);
      at("q", some(LAYERS, HEADS, n, WIDE));
      at("k", some(LAYERS, HEADS, keys, WIDE));
      at("v", some(LAYERS, HEADS, keys, WIDE));
      at("heads", some(LAYERS, HEADS, n, WIDE));
      at("joined", some(LAYERS, n, WIDE * HEADS));
      at("weights", shares(LAYERS, HEADS, n, keys));
      at("mean", shares(LAYERS, n, keys));
      at("fits", some(LAYERS, HEADS, n, keys));
      at("scores", some(LAYERS, HEADS, n, keys));
    }
  }
  const ids = (...dims) => tensor("int64", dims, Int32Array.from({ length: dims.reduce((a, b) => a * b, 1) }, (_, i) => i % english.length));
  const tables = { decoder_unit_raises: ids(UNITS, 4) };
  for (const stack of ["encoder", "decoder"]) Object.assign(tables, { [`${stack}_unit_words`]: ids(LAYERS, UNITS, 4), [`${stack}_unit_means`]: some(LAYERS, UNITS, 4), [`${stack}_places`]: some(20, WIDE * HEADS) });
  const names = Array.from({ length: WORDS }, (_, i) => `nom${i}`);
  return { sentence: english.join(" "), ids: english.map((word) => english.indexOf(word)), written, english, french: names, sizes: { layers: LAYERS, heads: HEADS, most: 20, bos: 1, eos: 2 }, outputs, tables, graphs };
}
const machine = (...given) => create(small(...given), calculators(graphs));

const PLACES = ["sentence", "stacks", "enc1", "dec2", "enc2/self", "dec1/cross", "enc2/self/h3/chat", "enc1/self/h1/le~2/chat", "dec2/cross/h2/start/le", "dec1/self/h1/nom4", "enc/in/chat", "dec/in", "enc1/ff/le", "dec2/ff", "choice"];

test("an address leads to a place and back", () => {
  for (const name of PLACES) assert.equal(address(parse(name)), name);
});

test("what is no address leads nowhere", () => {
  for (const name of ["x", "enc", "enc0", "enc1/x", "enc1/cross", "enc1/self/4/red", "enc1/self/h1/a/b/c", "dec1/ff/a/b", "how-to-read-it"]) assert.equal(parse(name), null, name);
});

test("each place is one level inside its parent, up to the sentence", () => {
  assert.deepEqual(trail(parse("enc2/self/h3/chat/le")).map(address), ["sentence", "stacks", "enc2", "enc2/self", "enc2/self/h3/chat", "enc2/self/h3/chat/le"]);
  assert.equal(address(parent(parse("enc1/ff/le"))), "enc1");
  assert.equal(parent(parse("sentence")), null);
  assert.equal(title(parse("enc1/self/h1/le~2/chat")), "le · chat");
});

test("a word that stands twice has two addresses", () => {
  const made = machine();
  made.go(parse("enc1/self/h1/le~2"));
  assert.equal(made.s.enc, 2);
  made.choose("enc", 0);
  assert.equal(made.address(), "enc1/self/h1/le");
});

test("a place that the sentence does not have is refused, and nothing changes", () => {
  const made = machine();
  made.go(parse("enc1"));
  for (const name of ["enc3", "enc1/self/h4/le", "enc1/self/h1/chien", "enc1/self/h1/le/chien"]) assert.equal(made.go(parse(name)), false, name);
  assert.equal(made.address(), "enc1");
});

test("the next word goes on to the last and then stays", () => {
  const made = machine();
  made.step(false);
  assert.deepEqual([made.s.n, made.s.dec], [1, 0]);
  for (let i = 0; i < 5; i += 1) made.step(true);
  assert.deepEqual([made.s.n, made.s.dec], [3, 2]);
});

test("no level shows a French word that is not written yet", () => {
  const made = machine();
  made.step(false);
  for (const name of ["dec1", "dec1/self", "dec1/self/h1/start"]) {
    made.go(parse(name));
    assert.ok(!markup(stage(made.view(), 960)).includes("nom4</text>"), name);
  }
});

test("every place is drawn at every width, without a number missing, and inside its width", () => {
  const made = machine();
  made.step(true);
  for (const name of PLACES) {
    assert.ok(made.go(parse(name)), name);
    for (const width of [330, 600, 919, 960]) {
      const text = markup(h("div", {}, frame(made.view(), width)));
      assert.ok(!/NaN|undefined|Infinity|\[object/.test(text), `${name} at ${width}: ${/.{30}(NaN|undefined|Infinity|\[object)/.exec(text)?.[0]}`);
      const right = [...text.matchAll(/<rect x="(-?[\d.]+)"[^>]* width="([\d.]+)"/g)].map(([, x, w]) => Number(x) + Number(w));
      assert.ok(Math.max(...right) <= width + 3, `${name} at ${width} reaches ${Math.max(...right)}`);
    }
  }
});

test("one element says the level", () => {
  const made = machine();
  PLACES.forEach((name) => {
    made.go(parse(name));
    const levels = [...markup(h("div", {}, frame(made.view(), 960))).matchAll(/data-level="(\d)"/g)];
    assert.deepEqual(levels.map(([, k]) => Number(k)), [made.place.level], name);
  });
});

test("a long sentence is drawn too, and a sentence of one word", () => {
  const long = Array.from({ length: 20 }, (_, i) => `wordword${i}`);
  for (const made of [machine(long, Array.from({ length: 40 }, (_, i) => 3 + (i % 7))), machine(["i"], [2])]) {
    for (let i = 0; i < 40; i += 1) made.step(true);
    for (const name of ["sentence", "stacks", "enc1", "dec1", "dec1/self", "dec1/cross"]) {
      made.go(parse(name));
      for (const width of [358, 960]) assert.ok(!/NaN|undefined/.test(markup(stage(made.view(), width))), name);
    }
  }
});

test("words are text, never markup", () => {
  const made = machine();
  made.go(parse("enc1"));
  const text = markup(h("div", {}, frame(made.view(), 960)));
  assert.ok(text.includes("&lt;&amp;&gt;") && !text.includes("<&>"));
});

test("a changed query changes fits, weights and sum, and no key", () => {
  const made = machine();
  made.go(parse("enc1/self/h1/chat"));
  const before = made.view().dot;
  made.s.query = before.q.map((x, i) => (i === 2 ? x + 3 : x));
  const after = made.view().dot;
  assert.ok(after.changed && !before.changed);
  assert.deepEqual(after.keys, before.keys);
  before.keys.forEach((key, i) => assert.ok(Math.abs(after.fits[i] - before.fits[i] - 3 * key[2]) < 1e-5));
  assert.notDeepEqual(after.output, before.output);
});

test("a word of the decoder does not see those after it", () => {
  const made = machine();
  made.step(true);
  made.go(parse("dec1/self/h1/start"));
  const { dot } = made.view();
  assert.deepEqual(dot.weights, [1, 0, 0].slice(0, dot.weights.length));
  assert.ok(!made.go(parse("dec1/self/h1/start/nom4")));
});

test("each row of a table names where its numbers come from", () => {
  const made = machine();
  for (const name of PLACES) {
    made.go(parse(name));
    const view = made.view();
    const rows = rowsOf(view);
    assert.ok(rows.length >= 3, name);
    for (const { name: from, at, values } of rows) {
      assert.ok(values.length > 0, `${name}: ${from}`);
      if (!from.startsWith("word_")) assert.deepEqual([...values], [made.m.at(from, ...at)].flatMap((x) => (typeof x === "number" ? [x] : [...x])));
    }
  }
});

test("the tour's stops are places of the stored sentence, two sentences each", () => {
  assert.ok(TOUR.length >= 10 && TOUR.length <= 14);
  for (const { address: to, text } of TOUR) {
    assert.equal(address(parse(to)), to);
    assert.equal(text.replace(/0\.\d/g, "").match(/[.!?](?=\s|$)/g).length, 2, text);
  }
});

test("another position changes position and sum, and not the embedding; the own one changes nothing", () => {
  const made = machine();
  made.go(parse("enc/in/chat"));
  const own = entering(made.m, made.place, made.s);
  made.s.position = 6;
  const moved = entering(made.m, made.place, made.s);
  assert.deepEqual(moved.vectors[0], own.vectors[0]);
  assert.deepEqual([...moved.vectors[1]], [...made.m.at("encoder_places", 6)]);
  moved.vectors[2].forEach((x, k) => assert.ok(Math.abs(x - own.vectors[0][k] - moved.vectors[1][k]) < 1e-6));
  assert.ok(Math.abs(moved.lengths[2] - Math.hypot(...moved.vectors[2])) < 1e-6);
  assert.ok(moved.moved && !own.moved);
  made.s.position = own.i;
  assert.deepEqual(entering(made.m, made.place, made.s), own);
  made.choose("enc", 3);
  assert.equal(made.s.position, null);
});

test("the pressed unit is listed first, then the most active ones, none twice", () => {
  const made = machine();
  made.go(parse("enc1/ff/le"));
  const { active, units, shown } = listed(made.m, made.place, made.s);
  assert.deepEqual(shown, active.slice(0, 4));
  assert.ok(active.every((k, i) => i === 0 || units[active[i - 1]] >= units[k]));
  made.s.unit = active[1];
  const again = listed(made.m, made.place, made.s).shown;
  assert.deepEqual(again, [active[1], active[0], ...active.slice(2, 4)]);
  made.go(parse("enc2/ff/le"));
  assert.equal(made.s.unit, null);
});

test("where the next word is made, ways lead to it, in stages without a gap", () => {
  const made = machine();
  made.step(true);
  for (const name of ["sentence", "stacks", "dec1", "dec1/self", "dec2/cross"]) {
    made.go(parse(name));
    for (const width of [330, 960]) {
      const stages = [...markup(stage(made.view(), width)).matchAll(/data-pulse="(\d)"/g)].map(([, k]) => Number(k));
      assert.ok(stages.length > 0, name);
      for (let k = 0; k <= Math.max(...stages); k += 1) assert.ok(stages.includes(k), `${name}: ${stages}`);
    }
  }
  made.go(parse("enc1"));
  assert.ok(!markup(stage(made.view(), 960)).includes("data-pulse"));
});

test("captions name what a reader would ask for: start, memory, what is hidden, the end", () => {
  const given = small();
  const said = (place, n = 3) => {
    const machine = create(given, calculators(graphs));
    machine.go(parse(place));
    Object.assign(machine.s, { n, dec: n - 1 });
    return caption(machine.view());
  };
  assert.match(said("stacks", 1), /has read ‹start›, the mark before every first word/);
  assert.match(said("stacks", 2), /has read “nom4”; to choose the next word it looks into the memory/);
  assert.match(said("sentence", 3), /After 2 French words it wrote ‹end›, and stopped/);
  assert.match(said("sentence", 2), /2 French words are out/);
  for (const layer of ["dec1", "dec2"]) assert.match(said(`${layer}/self`), /Hatched: a word that comes later is hidden/);
  for (const other of ["enc1/self", "dec1/cross"]) assert.doesNotMatch(said(other), /Hatched/);
  assert.match(said("dec1/cross"), /the memory \(the encoder’s last vectors\) answers/);
  assert.match(said("dec1/cross/h1/nom4"), /Every English word answers/);
  assert.match(said("dec1/self/h1/nom4"), /Every French word up to there answers/);
});

test("three sizes of type stand in one place each for style and script, and nothing else sets one", () => {
  const css = readFileSync(new URL("../../page/machine/machine.css", import.meta.url), "utf8");
  for (const [name, size] of Object.entries(TYPE)) assert.match(css, new RegExp(`--m-${name}: ${size}px;`));
  const set = [...css.matchAll(/(?:font-size|font): ([^;\n]+)/g)].map(([, value]) => value).filter((value) => value !== "inherit");
  assert.ok(set.length >= 8);
  for (const value of set) assert.match(value, /^var\(--m-(small|text|head)\)/);
});

test("at a ⊕ what comes and what is added make what goes on, layer by layer", () => {
  const { m } = create(small(), calculators(graphs));
  for (const [stack, roads] of [["enc", ["self", "ff"]], ["dec", ["self", "cross", "ff"]]]) {
    const names = roads.map((road) => added(m, stack, road, 1, 2).map(({ name }) => name));
    names.forEach(([came, adds, sum], k) => {
      assert.equal(came, `${roads[k]}_comes`);
      assert.equal(adds, `${roads[k]}_adds`);
      assert.equal(sum, names[k + 1]?.[0] ?? "goes");
    });
  }
});
