// Level 1: encoder and decoder as stacks of layers, the memory between them.
import { largest, tidy } from "./numbers.js";
import { address, named } from "./place.js";
import { breadth, arrow, chip, cutNote, end, hit, line, middle, NARROW, part, pulsed, px, rect, route, said, shortened, shown, text, thread, TYPE, wave, WIDE } from "./parts.js";
import { h } from "./tree.js";

const [BOX, BETWEEN, MEMORY] = [86, 38, 46];
const HIDDEN = 0.06; // weights below are not drawn
const NAMED = 16; // on a narrow screen names stand above what they name

export function draw(view, width) {
  if (width < NARROW) return narrow(view, width);
  const labels = width >= WIDE ? 140 : 128;
  const gutter = 84;
  const room = width - gutter - labels - 98;
  const encoder = frame(view, "enc", gutter, room * 0.58);
  const decoder = frame(view, "dec", width - labels - room * 0.42, room * 0.42);
  const { m } = view;
  const height = encoder.chips + 52;
  const pipe = encoder.right + 42;
  const rails = decoder.boxes.map(({ y }) => y + 38);
  return {
    height,
    nodes: [
      text(encoder.left, 18, "Encoder", "m-title m-en"),
      text(encoder.left + 76, 18, width >= WIDE ? "reads the whole sentence at once" : "reads all at once", "m-label m-soft"),
      text(decoder.left, 18, "Decoder", "m-title m-french-title"),
      text(decoder.left + 78, 18, width >= WIDE ? "writes, seeing only what it has written" : "sees what it has written", "m-label m-soft"),
      h("path", { class: "m-pipe", d: `M${px(encoder.right)} ${30 + MEMORY / 2}H${px(pipe)}V${px(rails.at(-1))}${rails.map((y) => `M${px(pipe)} ${px(y)}H${px(decoder.left)}`).join("")}` }),
      text(pipe + 6, rails[0] - 8, "keys", "m-label m-key"),
      text(pipe + 6, rails[0] + 17, "values", "m-label m-value"),
      ...encoder.nodes,
      ...decoder.nodes,
      ...side(view, encoder, decoder, { gutter, room: labels - 102, width }),
      ...ways(view, decoder, (y) => `M${px(encoder.right)} ${30 + MEMORY / 2}H${px(pipe)}V${px(y)}`),
      prediction(m, view.s.n - 1, decoder.columns.at(-1).x, decoder.left, width),
    ],
  };
}

// One stack: boxes from the top layer down, waves between them, words at the bottom.
function frame({ m, s }, stack, left, wide, extra = 0) {
  const words = stack === "enc" ? m.english : m.read.slice(0, s.n);
  const list = shown(words.length, s[stack], Math.max(Math.floor(wide / 42), 1));
  const pitch = wide / Math.max(list.length, stack === "enc" ? 1 : 3);
  const columns = list.map((i, k) => ({ i, x: left + pitch * (k + 0.5), chosen: s.stack === stack && i === s[stack] }));
  const waveWide = Math.min(pitch - 8, 76);
  const boxes = [];
  let y = 30 + MEMORY + 68 + extra;
  for (let layer = m.layers - 1; layer >= 0; layer -= 1, y += BOX + BETWEEN + extra) boxes.push({ layer, y });
  const chips = y + 2;
  const nodes = [];
  if (stack === "enc") nodes.push(...memory(m, columns, left, wide, waveWide));
  for (const box of boxes) nodes.push(...layerOf(m, s, stack, box, columns, left, wide, extra > 0));
  const waves = (name, layer, at) => {
    for (const { i, x, chosen } of columns) {
      const values = layer === null ? m.of(stack, name, i) : m.of(stack, name, layer, i);
      nodes.push(wave(x - waveWide / 2, at, waveWide, 22, values, chosen ? "m-ask" : tone(stack, i, s), largest([values]), { key: `${stack}-w-${name}-${layer}-${i}` }));
    }
  };
  for (const { layer, y: at } of boxes) waves("goes", layer, at - 20 - extra);
  nodes.push(part({ go: address({ level: 1, aside: "in", stack, word: named(words, s[stack]) }) }, "word and position: what goes in", { key: `${stack}-in` },
    hit(left, chips - 34, wide, 30)));
  waves("start", null, chips - 20);
  for (const { i, x, chosen } of columns) {
    const chipWide = Math.min(pitch - 6, Math.max(breadth(words[i]) + 22, 44));
    nodes.push(part({ word: `${stack}:${i}` }, `${stack === "enc" ? "English" : "French"} ${said(words[i])}: choose it`, { key: `${stack}-chip-${i}` },
      chip(x, chips, chipWide, 30, words[i], { stack: stack === "enc" ? "en" : "fr", chosen })));
  }
  return { nodes, left, right: left + wide, boxes, chips, columns, note: cutNote(list, words.length) };
}

// Where the newest column comes from: the word that was written last is read; memory and earlier words are asked; then up.
function ways({ s }, decoder, from) {
  const [before, column] = [s.n - 2, s.n - 1].map((k) => decoder.columns.find(({ i }) => i === k));
  if (!column) return [];
  const [top, low] = [30 + MEMORY + 4, decoder.chips];
  return [
    before ? route(`M${px(before.x)} ${top}C${px(column.x)} ${top + 60} ${px(column.x)} ${low - 90} ${px(column.x)} ${low}`, 0, "french", "way-read") : null,
    ...decoder.boxes.map(({ layer, y }) => route(`${from(y + 38)}H${px(column.x)}`, 1, "english", `way-${layer}`)),
    route(`M${px(column.x)} ${low}V${top}`, 2, "query", "way-up"),
  ].filter(Boolean);
}

// Columns that the cache keeps are drawn as kept.
const tone = (stack, i, s) => (stack === "dec" && i < s.n - 1 ? "m-stream m-kept" : "m-stream");

function memory(m, columns, left, wide, waveWide) {
  return [
    rect(left, 30, wide, MEMORY, "m-memory", { rx: 10 }),
    ...columns.map(({ i, x }) => wave(x - waveWide / 2, 30 + MEMORY / 2, waveWide, 28, m.of("enc", "last", i), "m-english", largest([m.of("enc", "last", i)]), { key: `memory-${i}` })),
    ...columns.map(({ x }) => arrow(x, 30 + MEMORY + 22, x, 30 + MEMORY + 3, "m-soft-line")),
  ];
}

// The name of a layer opens it, as its box does: much of the box opens what is inside.
function nameOf(stack, layer, y, left, wide, narrow) {
  const name = `layer ${layer + 1} ›`;
  if (narrow) return [hit(left, y - 44, wide, 44), text(left, y - 5, name, "m-number m-opens"), text(left + 64, y - 5, `feed-forward, ${stack === "enc" ? "" : "cross-attention, "}self-attention`, "m-number m-soft")];
  return stack === "enc" ? [hit(left - 72, y + BOX / 2 - 18, 70, 36), end(left - 10, y + BOX / 2 + 4, name, "m-label m-opens")]
    : [hit(left + wide + 4, y - 30, 70, 22), text(left + wide + 10, y - 16, name, "m-label m-opens")];
}

function layerOf(m, s, stack, { layer, y }, columns, left, wide, narrow) {
  const name = `${stack === "enc" ? "encoder" : "decoder"} layer ${layer + 1}`;
  const inner = stack === "enc" ? 38 : 42;
  const go = (place) => address({ level: 3, stack, layer, ...place });
  const threads = [];
  for (const to of columns) {
    for (const from of columns) {
      if (stack === "dec" && from.i > to.i) continue;
      const weight = m.of(stack, "self_mean", layer, to.i, from.i);
      if (weight < HIDDEN) continue;
      const path = thread(from.x, y + BOX - 3, to.x, y + inner, weight, to.chosen ? "m-asks" : "m-others", `t${to.i}-${from.i}`);
      threads.push({ chosen: to.chosen, tree: stack === "dec" && to.i === s.n - 1 ? pulsed(path, 1, "query") : path });
    }
  }
  threads.sort((a, b) => Number(a.chosen) - Number(b.chosen));
  const locks = stack === "dec" ? columns.filter(({ i }) => i < s.n - 1).map(({ i, x }) => lock(x + 10, y + BOX - 13, `lock-${i}`)) : [];
  return [
    part({ go: address({ level: 2, stack, layer }) }, `${name}: open it`, { cls: "m-box", key: `${stack}-box-${layer}` }, rect(left, y, wide, BOX, "m-panel", { rx: 10 }), nameOf(stack, layer, y, left, wide, narrow)),
    ...columns.map(({ i, x }) => line(x, y + 3, x, y + inner, "m-stem", { key: `${stack}-stem-${layer}-${i}` })),
    part({ go: address({ level: 2, stack, layer, aside: "ff" }) }, `feed-forward of ${name}`, { key: `${stack}-ff-${layer}` },
      hit(left + 4, y + 3, wide - 8, 20), columns.map(({ i, x }) => rect(x - 14, y + 8, 28, 10, "m-pill", { rx: 4, key: `p${i}` }))),
    part({ go: go({ part: "self" }) }, `self-attention of ${name}`, { key: `${stack}-self-${layer}` },
      hit(left + 4, y + inner + (stack === "dec" ? 6 : 0), wide - 8, BOX - inner - (stack === "dec" ? 10 : 4)), threads.map(({ tree }) => tree), locks),
    stack === "dec" ? cross(m, layer, y + 38, columns, left, wide, go({ part: "cross" }), name) : null,
  ];
}

function cross(m, layer, y, columns, left, wide, go, name) {
  return part({ go }, `cross-attention of ${name}`, { key: `cross-${layer}` },
    rect(left, y - 8, wide, 16, "m-rail-en"), line(left, y, columns.at(-1).x, y, "m-pipe"),
    columns.map(({ i, x, chosen }) => h("circle", { cx: px(x), cy: y, r: 4.5, class: chosen ? "m-ring m-ring-asks" : "m-ring", key: `r${i}` })));
}

const lock = (x, y, key) => h("g", { key, class: "m-lock" }, rect(x, y + 4, 8, 6, "m-lock-body", { rx: 1 }), h("path", { d: `M${px(x + 2)} ${y + 4}v-2a2 2 0 0 1 4 0v2`, class: "m-lock-bow" }));

// What the lock says, once there is one.
const kept = (s, x, y, note) => [
  s.n > 1 ? lock(x, y - 10, "lock-said") : null,
  text(s.n > 1 ? x + 13 : x, y, [s.n > 1 ? "keys and values are kept" : "", note].filter(Boolean).join(" · "), "m-number m-soft"),
].filter(Boolean);

// Names beside the stacks, and where the chosen French word looks.
function side({ m, s }, encoder, decoder, { gutter, room, width }) {
  const left = gutter - 10;
  const right = decoder.right + 10;
  const t = s.dec;
  const seen = (layer) => {
    const row = m.of("dec", "cross_mean", layer, t);
    const best = row.reduce((top, x, i) => (x > row[top] ? i : top), 0);
    return `sees ${shortened(m.english[best], room)} ${tidy(row[best])}`;
  };
  return [
    end(left, 30 + MEMORY / 2 + 4, "memory", "m-label m-strong m-en"),
    end(left, encoder.chips - 22, "word", "m-label m-soft"), end(left, encoder.chips - 8, "+ position", "m-label m-soft"),
    ...decoder.boxes.flatMap(({ layer, y }) => [
      text(right, y + 17, "feed-forward", "m-label m-soft"),
      text(right, y + 40, "cross-attention", "m-label m-en"),
      s.stack === "dec" ? text(right, y + 56, seen(layer), "m-label m-strong m-asking") : null,
      text(right, y + 75, "self-attention", "m-label m-soft"),
    ]),
    text(right, decoder.chips - 16, "word + position", "m-label m-soft"),
    text(encoder.left, encoder.chips + 48, [encoder.note, `wave: a word’s vector, ${m.dims("encoder_last")[1]} numbers`, encoder.note || width < WIDE ? "" : "grey bar: feed-forward"].filter(Boolean).join(" · "), "m-number m-soft"),
    ...kept(s, decoder.left, decoder.chips + 48, decoder.note),
  ];
}

function prediction(m, column, x, least, width) {
  const best = m.likeliest(column, 2);
  const names = Math.max(...best.map(({ word }, i) => breadth(word, i ? TYPE.text : TYPE.text + 2))) + 20;
  const wide = names + 104;
  const left = Math.min(Math.max(x - wide / 2, least), width - wide);
  return part({ go: "choice" }, `prediction: ${best[0].word}, ${tidy(best[0].chance, 3)}`, { cls: "m-box", key: "prediction" },
    arrow(x, 30 + MEMORY + 22, x, 30 + MEMORY + 3, "m-soft-line"),
    rect(left, 30, wide, MEMORY, "m-predicted", { rx: 10 }),
    best.flatMap(({ word, chance }, i) => [
      text(left + 10, 49 + 19 * i, word, i ? "m-label m-fr" : "m-title m-fr"),
      rect(left + names, 40 + 19 * i, Math.max(chance * 46, 1.5), 10, "m-french-bar", { rx: 1.5 }),
      text(left + names + Math.max(chance * 46, 1.5) + 5, 49 + 19 * i, tidy(chance, 3), "m-number"),
    ]));
}

// On a narrow screen one stack at a time; the memory stays on both.
function narrow(view, width) {
  const { m, s } = view;
  const stack = s.stack;
  const drawn = frame(view, stack, 0, width, NAMED);
  const top = stack === "enc" ? [] : [
    rect(0, 30, width * 0.42, MEMORY, "m-memory", { rx: 10 }),
    middle(width * 0.21, 58, "memory", "m-label m-strong m-en"),
    prediction(m, s.n - 1, drawn.columns.at(-1).x, width * 0.46, width),
    ...ways(view, drawn, (y) => `M8 ${30 + MEMORY}V${px(y)}`),
  ];
  return {
    height: drawn.chips + (stack === "dec" ? 66 : 50),
    nodes: [
      text(0, 18, stack === "enc" ? "Encoder" : "Decoder", `m-title ${stack === "enc" ? "m-en" : "m-french-title"}`),
      text(84, 18, stack === "enc" ? "reads all at once" : "sees what it has written", "m-label m-soft"),
      ...drawn.nodes, ...top,
      stack === "enc" ? end(width, 18, "memory", "m-label m-strong m-en") : null,
      text(0, drawn.chips - 36, "word + position", "m-number m-soft"),
      text(0, drawn.chips + 46, drawn.note || `wave: a word’s vector, ${m.dims("encoder_last")[1]} numbers · press a part: it opens`, "m-number m-soft"),
      ...(stack === "dec" ? kept(s, 0, drawn.chips + 62, "") : []),
    ],
  };
}
