// Level 3: one attention, all its heads: queries, keys and values, who looks at whom, what each word gathers.
import { asked, asking, brief, largest, strongest, tidy } from "./numbers.js";
import { address, named } from "./place.js";
import { arrow, breadth, cutNote, end, hit, line, middle, NARROW, part, pulsed, px, rect, route, said, shortened, shown, text, TYPE, wave, WIDE } from "./parts.js";
import { h } from "./tree.js";

const GAP = 6;
const MOST = 12; // words that are shown at once
const LEAST = 13; // the width of a cell under which its word can be read, upright
const SLANTED = 17; // and slanted

export function draw(view, width) {
  const { m, s, place } = view;
  const narrow = width < NARROW;
  const across = narrow ? 1 : width >= WIDE ? m.heads : Math.min(2, m.heads);
  const gutter = narrow ? 0 : place.part === "cross" ? 148 : 104;
  const panelWide = (width - gutter - GAP * (across - 1)) / across;
  const { rows, columns, note } = window_(m, s, place, panelWide - (narrow ? 96 : 0));
  const sizes = measured(rows, columns, panelWide, narrow);
  const top = narrow ? 66 : 54;
  const heads = narrow ? [s.head] : Array.from({ length: m.heads }, (_, i) => i);
  const nodes = [...(narrow ? thumbnails(view, rows, columns, width) : joined(view, gutter, width))];
  heads.forEach((head, k) => {
    const x = gutter + (k % across) * (panelWide + GAP);
    const y = top + Math.floor(k / across) * (sizes.height + 26);
    nodes.push(...panel(view, head, x, y, panelWide, sizes, { rows, columns, narrow, first: k % across === 0 && !narrow, raised: !narrow && k < across }));
  });
  const bottom = top + Math.ceil(heads.length / across) * (sizes.height + 26) - 26;
  const maker = narrow ? "each made by a learned matrix: W_Q, W_K, W_V" : place.part === "cross" ? "queries: French words × W_Q; keys and values: the memory × W_K, × W_V; all three are learned matrices" : "queries, keys, values: the normalised words × W_Q, × W_K, × W_V, three learned matrices";
  nodes.push(end(width, bottom + 18, maker, "m-number m-soft"));
  if (note) nodes.push(text(width < WIDE ? 0 : gutter, bottom + (width < WIDE ? 34 : 18), note, "m-number m-soft"));
  return { height: bottom + (note && width < WIDE ? 42 : 26), nodes };
}

// The words that are shown of a long sentence, each {i, word}: those around the one that asks, and where it looks most.
function window_(m, s, place, room) {
  const all = { rows: asking(m, place).slice(0, place.stack === "dec" ? s.n : undefined) };
  all.columns = place.part === "cross" || place.stack === "enc" ? asked(m, place) : all.rows;
  const chosen = s[place.stack];
  const most = Math.min(Math.max(Math.floor((room - labelsOf(all.rows) - 14) / LEAST), 4), MOST);
  const seen = place.part === "cross" ? strongest(m.of(place.stack, "cross_mean", place.layer, chosen)) : chosen;
  const [rows, columns] = [shown(all.rows.length, chosen, most), shown(all.columns.length, seen, most)];
  const words = (list, from) => list.map((i) => ({ i, word: from[i] }));
  return { rows: words(rows, all.rows), columns: words(columns, all.columns), note: cutNote(columns, all.columns.length) };
}

const labelsOf = (words) => Math.min(Math.max(...words.map((word) => breadth(word, TYPE.small))) + 14, 76);

function measured(rows, columns, wide, narrow) {
  const labels = labelsOf(rows.map(({ word }) => word));
  const beside = narrow ? 96 : 0; // on a narrow screen what a word gathers stands beside its weights
  const cell = Math.max(Math.min(narrow ? 28 : 23, (wide - labels - 14 - beside) / columns.length), 6);
  const high = Math.max(cell, 14);
  const turned = columns.some(({ word }) => breadth(word, TYPE.small) > cell + 3) ? (cell < SLANTED ? 90 : 45) : 0;
  const head = turned ? 50 : 18;
  const row = 17;
  const matrix = narrow ? 28 + head : 28 + rows.length * row + 22 + head;
  const outputs = narrow ? matrix : 28;
  const sources = matrix + rows.length * high + 34;
  return { labels, cell, high, turned, row, gathered: narrow ? high : row, outputs, matrix, sources, height: sources + Math.max(rows.length, columns.length) * row + 24 };
}

function panel(view, head, x, y, wide, at, { rows, columns, narrow, first, raised }) {
  const { m, s, place } = view;
  const { stack, layer, part: kind } = place;
  const chosen = s[stack];
  const get = (name, i) => m.of(stack, `${kind}_${name}`, layer, head, i);
  const [askers, answerers] = [asking(m, place), asked(m, place)];
  const go = (word, key) => address({ level: key === undefined ? 4 : 5, stack, layer, part: kind, head, word: named(askers, word), key: key === undefined ? undefined : named(answerers, key) });
  const each = (list, name) => list.map(({ i }) => get(name, i));
  const row = rows.findIndex(({ i }) => i === chosen);
  const third = (wide - 12) / 3;
  const waveWide = Math.min(third - 8, 90);
  const values = { q: each(rows, "q"), k: each(columns, "k"), v: each(columns, "v"), heads: each(rows, "heads") };
  const most = { q: largest(values.q), k: largest(values.k), v: largest(values.v), heads: largest(values.heads) };
  const outLeft = x + wide - waveWide - 10;
  const gridLeft = x + at.labels + 4;
  const gridTop = y + at.matrix;
  const nodes = [
    part({ go: go(chosen) }, `head ${head + 1}: ${said(askers[chosen])} asks`, { cls: "m-box", key: `panel-${head}` },
      rect(x, y, wide, at.height, head === s.head && !narrow ? "m-panel m-panel-chosen" : "m-panel", { rx: 10 }),
      text(x + 8, y + 18, `head ${head + 1}`, "m-title"),
      narrow ? end(outLeft + waveWide, y + at.matrix - 6, "gathers", "m-number m-value") : [text(x + 8, y + 42, "what each", "m-number m-soft"), text(x + 8, y + 56, "word gathers", "m-number m-soft")]),
    ...rows.map(({ i }, k) => wave(outLeft, y + at.outputs + (k + 0.5) * at.gathered, waveWide, 14, values.heads[k], `m-value${i === chosen ? "" : " m-quiet"}`, most.heads, { key: `o-${head}-${i}` })),
    rect(outLeft - 4, y + at.outputs + row * at.gathered - 1, waveWide + 8, at.gathered + (narrow ? 1 : 2), "m-frame", { rx: 4, key: `of-${head}` }),
    ...columns.map(({ word }, k) => label(word, gridLeft + (k + 0.5) * at.cell, gridTop - 6, at.turned)),
    ...rows.flatMap((asker, k) => matrixRow(view, head, asker, k, get("weights", asker.i), { x, gridLeft, gridTop, at, columns, go, chosen })),
    rect(gridLeft - 2, gridTop + row * at.high - 1, columns.length * at.cell + 4, at.high + 1, "m-frame", { rx: 3, key: `mf-${head}` }),
    ...roads(x, y, at, third, gridLeft, rows, columns, outLeft, waveWide, narrow),
  ];
  [["q", "m-query", "queries", rows], ["k", "m-key", "keys", columns], ["v", "m-value", "values", columns]].forEach(([name, cls, title, list], k) => {
    const left = x + 6 + k * third + (third - waveWide) / 2;
    list.forEach(({ i }, n) => {
      const quiet = name === "q" && i !== chosen ? " m-quiet" : "";
      nodes.push(wave(left, y + at.sources + (n + 0.5) * at.row, waveWide, 14, values[name][n], cls + quiet, most[name], { key: `${name}-${head}-${i}` }));
    });
    nodes.push(middle(left + waveWide / 2, y + at.height - 8, title, `m-label m-strong ${cls}`));
  });
  const left = x + 6 + (third - waveWide) / 2;
  nodes.push(rect(left - 4, y + at.sources + row * at.row - 1, waveWide + 8, at.row + 2, "m-frame", { rx: 4, key: `qf-${head}` }));
  if (first) nodes.push(...gutterLabels(view, x - 10, y, at, rows, columns));
  if (raised) nodes.push(arrow(x + wide / 2, y - 3, x + wide / 2, y - 17, "m-soft-line"));
  return nodes;
}

function matrixRow({ m, s, place }, head, { i, word }, n, weights, { x, gridLeft, gridTop, at, columns, go, chosen }) {
  const top = gridTop + n * at.high;
  const best = strongest(place.stack === "dec" && place.part === "self" ? weights.subarray(0, i + 1) : weights);
  const values = s.scores ? m.of(place.stack, `${place.part}_scores`, place.layer, head, i) : weights;
  const blocked = (k) => place.stack === "dec" && place.part === "self" && k > i;
  const span = s.scores ? largest([values]) : 1;
  return [
    part({ word: `${place.stack}:${i}` }, `${said(word)}: choose it`, { key: `row-${head}-${i}` },
      hit(x + 4, top, at.labels - 2, at.high, 3), end(gridLeft - 6, top + at.high / 2 + 4, shortened(word, at.labels - 8, TYPE.small), `m-number${i === chosen ? " m-strong m-asking" : " m-soft"}`)),
    // a cell is a part of one node: there are hundreds
    ...columns.flatMap(({ i: k, word: key }, column) => {
      const left = gridLeft + column * at.cell;
      const square = (cls, more) => rect(left + 0.5, top + 0.5, at.cell - 1, at.high - 1, cls, { key: `c-${head}-${i}-${k}`, rx: 2, ...more });
      if (blocked(k)) return square("m-blocked");
      const cell = square(`m-part m-cell ${shade(Math.max(values[k] / span, 0))}`, { role: "button", tabindex: -1, "data-go": go(i, k), "aria-label": `head ${head + 1}, ${said(word)} looks at ${said(key)}, ${tidy(weights[k])}` });
      if (i !== chosen || k !== best || at.cell < 19) return cell;
      const number = s.scores ? tidy(values[k], at.cell < 30 ? 0 : 1) : brief(weights[k]);
      return [cell, middle(left + at.cell / 2, top + at.high / 2 + 4, number, `m-number m-cell-number ${values[k] / span > 0.45 ? "m-light" : ""}`, { key: `n-${head}` })];
    }),
  ];
}

export const shade = (value) => `m-m${Math.min(Math.floor(value * 7), 6)}`;

const label = (word, x, y, turned) => {
  if (!turned) return middle(x, y, word, "m-number m-soft");
  const at = turned === 90 ? x + 4 : x + 2;
  return text(at, y, shortened(word, turned === 90 ? 44 : 54, TYPE.small), "m-number m-soft", { transform: `rotate(-${turned} ${px(at)} ${px(y)})` });
};

// How query, key and value come together.
function roads(x, y, at, third, gridLeft, rows, columns, outLeft, waveWide, narrow) {
  const [below, above] = [y + at.sources - 6, y + at.matrix + rows.length * at.high + 6];
  const mid = (below + above) / 2;
  const centre = (k) => x + 6 + (k + 0.5) * third;
  const edge = x + third * 3 + 7;
  const join = (from, to_, cls) => {
    const to = Math.abs(to_ - from) < 6 ? from : to_;
    return pulsed(h("path", { d: `M${px(from)} ${px(below)}V${px(mid)}H${px(to)}V${px(above)}`, class: `m-road-line m-${cls}` }), 0, cls);
  };
  return [
    join(centre(0), gridLeft + 10, "query"), join(centre(1), gridLeft + (columns.length * at.cell) / 2, "key"),
    narrow ? join(centre(2), outLeft + waveWide / 2, "value") : pulsed(h("path", { d: `M${px(centre(2))} ${px(below)}V${px(mid)}H${px(edge)}V${px(y + at.outputs + rows.length * at.row + 9)}H${px(outLeft + waveWide / 2)}v-7`, class: "m-road-line m-value" }), 0, "value"),
    route(`M${px(outLeft + waveWide / 2)} ${px(y + at.outputs + rows.length * at.gathered)}V${px(y - 17)}`, 1, "value", "way-out"),
  ];
}

function gutterLabels({ s, place }, right, y, at, rows, columns) {
  const chosen = s[place.stack];
  const crossing = place.part === "cross";
  const columnsAre = place.part === "cross" ? "French word" : "row";
  return [
    end(right, y + at.outputs + 22, "outputs", "m-label m-strong m-value"),
    end(right, y + at.matrix + 20, s.scores ? "scores" : "weights", "m-label m-strong"),
    end(right, y + at.matrix + 36, s.scores ? "fit ÷ √16," : `${columnsAre}`, "m-number m-soft"), end(right, y + at.matrix + 50, s.scores ? "before softmax" : place.part === "cross" ? "looks at English" : "looks at column", "m-number m-soft"),
    ...rows.map(({ i, word }, k) => end(crossing ? right - 66 : right, y + at.sources + (k + 0.5) * at.row + 4, shortened(word, 68, TYPE.small), `m-number${i === chosen ? " m-strong m-asking" : " m-soft"}`)),
    ...(crossing ? columns.map(({ word }, k) => end(right, y + at.sources + (k + 0.5) * at.row + 4, shortened(word, 58, TYPE.small), "m-number m-en")) : []),
  ];
}

// The chosen word's outputs of all heads side by side.
function joined({ m, s, place }, left, width) {
  const values = m.of(place.stack, `${place.part}_joined`, place.layer, s[place.stack]);
  const wide = values.length / m.heads;
  const room = (width - left) / m.heads;
  const most = largest([values]);
  return [
    end(left - 10, 14, "joined,", "m-label m-strong"), end(left - 10, 30, "then × W_O", "m-label m-strong"),
    part({ list: `${place.stack}_${place.part}_joined:${place.layer}:${s[place.stack]}` }, "the outputs of all heads, joined: their numbers", { key: "joined" },
      rect(left, 2, width - left - 1, 32, "m-frame m-ground", { rx: 8 }),
      Array.from({ length: m.heads }, (_, k) => wave(left + k * room + 10, 18, room - 24, 26, values.subarray(k * wide, (k + 1) * wide), "m-value", most, { key: `j${k}` })),
      Array.from({ length: m.heads - 1 }, (_, k) => line(left + (k + 1) * room, 8, left + (k + 1) * room, 28, "m-hair", { key: `h${k}` }))),
  ];
}

// Small maps of all heads, to choose one.
function thumbnails({ m, s, place }, rows, columns, width) {
  const side = Math.min(46, (width - 24) / m.heads);
  const step = (width - side) / Math.max(m.heads - 1, 1);
  const cell = side / Math.max(rows.length, columns.length);
  return Array.from({ length: m.heads }, (_, head) => part({ head }, `head ${head + 1}`, { key: `thumb-${head}` },
    rect(head * step, 0, side, side, head === s.head ? "m-panel m-panel-chosen" : "m-panel", { rx: 4 }),
    shades(rows, columns, ({ i }, { i: k }) => m.of(place.stack, `${place.part}_weights`, place.layer, head, i, k), head * step, cell),
    middle(head * step + side / 2, side + 12, `head ${head + 1}`, `m-number${head === s.head ? " m-strong" : " m-soft"}`)));
}

// Squares of one shade as one path: a small map is looked at, not pressed cell by cell.
function shades(rows, columns, weight, left, cell) {
  const paths = new Map();
  rows.forEach((row, i) => columns.forEach((column, k) => {
    const cls = shade(weight(row, column));
    paths.set(cls, `${paths.get(cls) ?? ""}M${px(left + k * cell)} ${px(i * cell)}h${px(cell)}v${px(cell)}h${px(-cell)}z`);
  }));
  return [...paths].map(([cls, d]) => h("path", { key: cls, d, class: cls }));
}
