// Level 2: one layer. Each word's vector runs straight up; side roads read a copy and add what they found.
import { added } from "./listing.js";
import { largest, tidy } from "./numbers.js";
import { address, named } from "./place.js";
import { arrow, chip, cutNote, end, hit, line, NARROW, part, pulsed, px, rect, route, said, shortened, shown, text, thread, wave, WIDE } from "./parts.js";
import { h } from "./tree.js";

const RAIL = 14;
const ATTENTION = { enc: 80, dec: 62 };
const ROW = { enc: 46, dec: 41 };
const SMALL = { enc: { attention: 80, row: 38, units: 38 }, dec: { attention: 52, row: 28, units: 34 } }; // one column fits a phone's screen
const STEPS = 4; // shades of the units

const ROWS = {
  goes: { label: "goes out", stream: true },
  ff_adds: { label: "feed-forward adds", cls: "m-stream" },
  units: { label: "units" },
  ff_reads: { label: "normalised copy", cls: "m-stream", reads: true },
  ff_comes: { label: "sum", stream: true },
  cross_adds: { label: "cross-attention adds", cls: "m-value" },
  cross: { label: "cross-attention" },
  cross_reads: { label: "normalised copy", cls: "m-stream", reads: true },
  cross_comes: { label: "sum", stream: true },
  self_adds: { label: "self-attention adds", cls: "m-value" },
  self: { label: "self-attention" },
  self_reads: { label: "normalised copy", cls: "m-stream", reads: true },
  self_comes: { label: "comes in", stream: true },
};
const BRIEF = { goes: "goes out", units: "feed-fwd", self: "self-att.", cross: "cross-att.", self_comes: "comes in", ff_comes: "sum", cross_comes: "sum" };
const briefly = (name) => BRIEF[name] ?? (name.endsWith("adds") ? "adds" : "norm");
const DRAWN = new Set(["units", "self", "cross"]); // rows that hold no vectors

const tallOf = (stack, narrow) => (narrow ? SMALL[stack].attention : ATTENTION[stack]);
const heightOf = (name, stack, narrow) => {
  if (name === "units") return narrow ? SMALL[stack].units : 50;
  return DRAWN.has(name) ? tallOf(stack, narrow) + 8 : narrow ? SMALL[stack].row : ROW[stack];
};

// The rows of a layer from above: where each begins.
export function rowsOf(stack, top, narrow = false) {
  const names = Object.keys(ROWS).filter((name) => stack === "dec" || !name.startsWith("cross"));
  let y = top;
  return names.map((name) => {
    const height = heightOf(name, stack, narrow);
    const row = { name, y, height, ...ROWS[name] };
    y += height;
    return row;
  });
}

export function draw(view, width) {
  const { m, s, place } = view;
  const { stack } = place;
  const narrow = width < NARROW;
  const words = stack === "enc" ? m.english : m.read.slice(0, s.n);
  const gutter = narrow ? 0 : width >= WIDE ? 158 : 116;
  const list = narrow ? [s[stack]] : shown(words.length, s[stack], Math.floor((width - gutter) / 66));
  const pitch = narrow ? Math.min(width - 66, 320) : Math.min(136, (width - gutter) / list.length);
  const columns = list.map((i, k) => {
    const left = gutter + k * pitch + (narrow ? 66 : 0);
    const room = pitch - RAIL - (pitch > 100 ? 24 : 12);
    return { i, left, room, rail: left + pitch - RAIL - 6, chosen: i === s[stack] };
  });
  const rows = rowsOf(stack, 20, narrow);
  const bottom = rows.at(-1).y + rows.at(-1).height;
  const scales = lengths(m, stack, place.layer, rows, words.length);
  const nodes = [
    ...(narrow ? [text(0, 10, shortened(words[s[stack]], 110), "m-label m-strong m-asking"), end(width, 10, "wave: its shape · bar: its length", "m-number m-soft")] : [ end(width, 12, "wave: its shape, on its own scale; press it for its numbers · bar beneath: its length, one scale", "m-number m-soft")]),
    ...columns.map(({ i, rail, chosen }) => rect(rail, rows[0].y, RAIL, bottom - rows[0].y - 8, chosen ? "m-rail m-rail-chosen" : "m-rail", { key: `rail-${i}` })),
  ];
  for (const row of rows) nodes.push(...drawRow(view, row, columns, scales, { gutter, width, narrow, words }));
  if (stack === "dec") for (const { i, rail } of columns) if (i === s.n - 1) nodes.push(route(`M${px(rail + RAIL / 2)} ${px(bottom)}V${px(rows[0].y)}`, 2, "query", "way-up"));
  if (!narrow) for (const { i, left, room, chosen } of columns) {
    nodes.push(part({ word: `${stack}:${i}` }, `${said(words[i])}: choose it`, { key: `chip-${i}` },
      chip(left + room / 2, bottom + 2, Math.min(room + 8, 110), 30, words[i], { stack: stack === "enc" ? "en" : "fr", chosen })));
  }
  const note = cutNote(list, words.length);
  if (note && !narrow) nodes.push(text(gutter, bottom + 48, note, "m-number m-soft"));
  return { height: bottom + (narrow ? 4 : note ? 54 : 38), nodes };
}

// The longest vector of the level: all lengths are drawn on its scale.
function lengths(m, stack, layer, rows, count) {
  const all = rows.filter(({ name }) => !DRAWN.has(name));
  let most = 0;
  for (const { name } of all) for (let i = 0; i < count; i += 1) most = Math.max(most, m.of(stack, `${name}_length`, layer, i));
  return most;
}

function drawRow(view, row, columns, most, size) {
  const { m, place: { stack, layer } } = view;
  const { gutter, narrow } = size;
  const middleY = row.y + (DRAWN.has(row.name) ? row.height / 2 - 4 : narrow ? 11 : 17);
  const label = narrow
    ? text(0, middleY + 4, briefly(row.name), `m-number ${row.stream ? "m-strong" : "m-soft"}`)
    : end(gutter - 14, middleY + 4, gutter < 120 ? row.label.replace("feed-forward", "ff").replace("attention", "att.").replace("normalised copy", "norm") : row.label, `m-label ${row.stream ? "m-strong" : "m-soft"}`);
  if (row.name === "units") return [label, ...columns.map((column) => units(m, stack, layer, row, column, narrow))];
  if (row.name === "self" || row.name === "cross") return [...attention(view, row, columns, size), label];
  const pluses = row.name.endsWith("_adds") ? columns.map((column) => addition(m, stack, layer, row, column, size)) : [];
  return [label, ...columns.map((column) => vector(m, stack, layer, row, column, most, size)), ...pluses];
}

function vector(m, stack, layer, { name, y, height, label, stream, reads, cls }, { i, left, room, rail, chosen }, most, { words, narrow }) {
  const values = m.of(stack, name, layer, i);
  const length = m.of(stack, `${name}_length`, layer, i);
  const longest = room - (chosen ? 34 : 4);
  const [axis, tall, bar, ground] = narrow ? [height / 2 - 3, height - 8, height - 7, height - 2] : [15, 26, 29, 36];
  const tone = `${cls ?? "m-stream"}${chosen ? "" : " m-quiet"}`;
  return part({ list: `${stack}_${name}:${layer}:${i}` }, `${label} of ${said(words[i])}, length ${tidy(length, 1)}: its numbers`, { key: `${name}-${i}` },
    stream ? rect(left - 4, y - 1, room + 10 + (rail - left - room), ground, chosen ? "m-road m-rail-chosen" : "m-road", { rx: 6 }) : hit(left - 4, y - 1, room + 8, ground),
    reads ? arrow(rail, y + axis, left + room + 3, y + axis, chosen ? "m-ask-line" : "m-soft-line") : null,
    wave(left, y + axis, room, tall, values, tone, largest([values])),
    rect(left, y + bar, (length / most) * longest, 3, chosen ? "m-ask" : "m-soft-bar"),
    chosen ? text(left + (length / most) * longest + 4, y + bar + 5, tidy(length, 1), "m-number") : null,
    stream || reads ? null : line(left + room + 2, y + axis, rail, y + axis, chosen ? "m-ask-stroke" : "m-soft-stroke"));
}

// ⊕ on the road: what a side road found is added. A press shows the sum.
function addition(m, stack, layer, { name, y, height }, { i, rail, chosen }, { words, narrow }) {
  const road = name.replace("_adds", "");
  const lengths_ = added(m, stack, road, layer, i).map(({ length }) => tidy(length, 1));
  const [x, axis] = [rail + RAIL / 2, y + (narrow ? height / 2 - 3 : 15)];
  return part({ list: `sum:${stack}:${road}:${layer}:${i}` }, `⊕ of ${said(words[i])}: lengths ${lengths_[0]} and ${lengths_[1]} add to ${lengths_[2]}`, { key: `plus-${name}-${i}`, cls: "m-adds" },
    hit(x - 14, axis - 14, 28, 28, 14), plus(x, axis, chosen));
}

const plus = (x, y, chosen) => h("g", { class: chosen ? "m-plus m-plus-asks" : "m-plus" },
  h("circle", { cx: px(x), cy: px(y), r: 7.5 }), h("path", { d: `M${px(x - 4)} ${px(y)}h8M${px(x)} ${px(y - 4)}v8` }));

// What the units of the feed-forward network give: 4 rows of cells, shaded in steps.
function units(m, stack, layer, { y }, { i, left, room, chosen }, narrow) {
  const values = m.of(stack, "ff_units", layer, i);
  const across = Math.ceil(values.length / 4);
  const [cell, most] = [room / across, largest([values])];
  const shades = Array.from({ length: STEPS }, () => "");
  let fire = 0;
  values.forEach((value, k) => {
    if (!(value > 0)) return;
    fire += 1;
    shades[Math.min(Math.floor((value / most) * STEPS), STEPS - 1)] += `M${px(left + (k % across) * cell)} ${px(y + 2 + Math.floor(k / across) * 7)}h${px(Math.max(cell, 1.2))}v6h${px(-Math.max(cell, 1.2))}z`;
  });
  const word = named(stack === "enc" ? m.english : m.read, i);
  return part({ go: address({ level: 2, aside: "ff", stack, layer, word }) }, `feed-forward: ${fire} of ${values.length} units fire`, { key: `units-${i}` },
    rect(left - 2, y, room + 4, 31, "m-panel", { rx: 3 }),
    shades.map((d, step) => h("path", { key: `s${step}`, d: d || "M0 0", class: `m-unit m-unit-${step + 1}` })),
    text(narrow ? 0 : left, narrow ? y + 31 : y + 43, room > 44 ? `${fire} fire` : String(fire), chosen ? "m-number m-strong m-asking" : "m-number m-soft"));
}

function attention(view, { name, y: begins }, columns, { gutter, width, narrow }) {
  const { m, s, place: { stack, layer } } = view;
  const y = begins + (narrow ? 4 : 0);
  const tall = tallOf(stack, narrow);
  const [above, below] = [y + 1, y + tall - 1];
  const right = columns.at(-1).rail - 4;
  const left = narrow ? columns[0].left - 6 : gutter - 6;
  const threads = [];
  const numbers = [];
  const chosen = s[stack];
  const sources = name === "self" && !narrow ? columns : band(m, stack, layer, name, chosen, y, narrow ? 0 : gutter, s, tall);
  for (const { i, left: x, room, chosen: mine } of columns) {
    if (narrow && !mine) continue;
    const row = m.of(stack, `${name}_mean`, layer, i);
    for (const from of sources) {
      if (name === "self" && stack === "dec" && from.i > i) continue;
      if (row[from.i] < 0.05) continue;
      const start = from.at ?? [from.left + from.room / 2, below];
      const path = from.at ? sideways(start, [x + room / 2, above], row[from.i], mine ? "m-asks" : "m-others", `${i}-${from.i}`)
        : thread(start[0], start[1], x + room / 2, above, row[from.i], mine ? "m-asks" : "m-others", `${i}-${from.i}`, 6);
      threads.push({ mine, path: stack === "dec" && i === s.n - 1 ? pulsed(path, name === "self" ? 0 : 1, name === "self" ? "query" : "english") : path });
      if (mine && row[from.i] >= 0.1) numbers.push(text(start[0] + 6, from.at ? start[1] - 5 : below - 4, tidy(row[from.i]), "m-number m-strong m-asking m-on", { key: `n${from.i}` }));
    }
  }
  threads.sort((a, b) => Number(a.mine) - Number(b.mine));
  const what = name === "self" ? "self-attention" : "cross-attention";
  const heads = narrow ? null : end(gutter - 14, y + tall / 2 + 18, `${m.heads} heads`, "m-number m-soft");
  const asked = narrow || name !== "cross" ? null : end(gutter - 14, y + tall / 2 + 31, "ask the memory", "m-number m-soft");
  return [
    part({ go: address({ level: 3, stack, layer, part: name }) }, `${what}: open it`, { cls: "m-box", key: name },
      rect(left, y, Math.min(right, width) - left, tall, name === "cross" ? "m-panel m-panel-en" : "m-panel", { rx: 8 }),
      threads.map(({ path }) => path),
      sources.map(({ at, word }) => (at ? end(at[0] - 4, at[1] + 4, word, "m-number m-en", { key: `w${word}${at[1]}` }) : null)),
      numbers), heads, asked];
}

// Where threads come from beside the columns: the words that the chosen one sees most, one below the other.
function band(m, stack, layer, name, chosen, y, gutter, s, tall) {
  const row = m.of(stack, `${name}_mean`, layer, chosen);
  const words = name === "cross" || stack === "enc" ? m.english : m.read.slice(0, s.n);
  const best = words.map((_, i) => i).sort((a, b) => row[b] - row[a]).slice(0, Math.min(5, Math.floor((tall - 2) / 12))).sort((a, b) => a - b);
  const step = Math.min(15, (tall - 4) / best.length);
  const first = y + tall / 2 - (step * (best.length - 1)) / 2;
  return best.map((i, k) => ({ i, word: words[i], at: [gutter ? gutter + 50 : 118, first + k * step] }));
}

function sideways([x1, y1], [x2, y2], weight, cls, key) {
  return h("path", { key, class: `m-thread ${cls}`, "stroke-width": px(0.6 + 6 * weight), d: `M${px(x1)} ${px(y1)}C${px(x1 + (x2 - x1) * 0.6)} ${px(y1)} ${px(x2)} ${px(y1)} ${px(x2)} ${px(y2)}` });
}
