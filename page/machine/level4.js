// Level 4: one head, one word: its query against every key, the weights, the values that it mixes.
import { largest, strongest, tidy } from "./numbers.js";
import { address, named } from "./place.js";
import { end, hair, hit, line, meter, middle, NARROW, outline, part, px, rect, said, shortened, text, wave } from "./parts.js";
import { shade } from "./level3.js";
import { h } from "./tree.js";

// What the rows share: scales, the row that carries the query again, what a press opens.
export function common({ place, dot, s }) {
  const { keys, values, weights, fits, seen } = dot;
  const lit = s.row !== null && s.row < keys.length && seen[s.row] ? s.row : strongest(weights);
  return {
    lit,
    span: largest([dot.q, ...keys]),
    fit: largest([fits.filter((_, i) => seen[i])]),
    gathered: largest([...values.filter((_, i) => seen[i]), dot.output]),
    go: (key) => address({ ...place, level: 5, key: named(dot.asked, key) }),
  };
}

export function draw(view, width) {
  if (width < NARROW) return narrow(view, width);
  const { dot, place } = view;
  const count = dot.asked.length;
  const pitch = count > 8 ? Math.max(376 / count, 30) : 47;
  const [u, top] = [width / 960, 130];
  const x = { word: 96 * u, key: 112 * u, fit: 372 * u, weight: 502 * u, value: 654 * u };
  const wide = 232 * u;
  const shared = common(view);
  const high = Math.min(pitch - 8, 36);
  const word = dot.asking[dot.word];
  const bottom = top + count * pitch;
  const guides = [x.key, x.value].flatMap((left) => [0, 4, 8, 12, 16].map((k) => line(left + (wide * k) / 16, top, left + (wide * k) / 16, bottom - 6, "m-guide", { key: `g${left}-${k}` })));
  const french = place.stack === "dec";
  return {
    height: bottom + 66,
    nodes: [
      text(x.key, 14, dot.changed ? `query of ${word}: what if?` : `query of ${word}`, "m-label m-strong m-query"),
      end(x.word, 48, shortened(word, 80), "m-title m-asking"),
      rect(x.key - 7, 22, wide + 14, 48, "m-frame m-ground-ask", { rx: 8 }),
      wave(x.key, 46, wide, 42, dot.q, "m-query", shared.span, { key: "query" }),
      handles(dot, x.key, 22, wide, 48),
      ...(dot.changed ? [part({ reset: 1 }, "put the query back", { key: "reset" }, rect(x.key + wide + 20, 32, 74, 28, "m-button", { rx: 8 }), middle(x.key + wide + 57, 51, "put back", "m-button-word"))]
        : [text(x.key + wide + 20, 50, "drag a bar: what if?", "m-number m-soft")]),
      ...heads(x, 98, width),
      ...guides,
      ...dot.asked.flatMap((key, i) => row(view, shared, key, i, { x, top, pitch, high, wide, u, width, french })),
      text(x.key, bottom + 20, width < 820 ? "Each key stands under the query." : "Each key stands under the query, number by number.", "m-number m-soft"),
      text(x.key, bottom + 36, "Line: the query again. Press a row.", "m-number m-soft"),
      end(x.value - 12, bottom + 22, "sum =", "m-label m-soft"), end(x.value - 12, bottom + 40, `what ${shortened(word, 90)} gathers`, "m-label m-strong m-value"),
      line(x.value, bottom - 2, x.value + wide, bottom - 2, "m-sum-line"),
      rect(x.value - 7, bottom + 6, wide + 14, 48, "m-frame-value", { rx: 8 }),
      wave(x.value, bottom + 30, wide, 42, dot.output, "m-value", shared.gathered, { key: "sum" }),
    ],
  };
}

const heads = (x, y, width) => [
  text(x.key, y, "keys", "m-title m-key"), text(x.key, y + 16, "one per word", "m-number m-soft"),
  text(x.fit, y, "fit", "m-title"), text(x.fit, y + 16, "query · key", "m-number m-soft"),
  text(x.weight, y, "weight", "m-title"), text(x.weight, y + 16, width < 820 ? "of fit ÷ √16" : "softmax(fit ÷ √16)", "m-number m-soft"),
  text(x.value, y, "values", "m-title m-value"), text(x.value, y + 16, "pale: whole. full: × weight", "m-number m-soft"),
];

function row({ dot, place }, shared, key, i, { x, top, pitch, high, wide, u, width, french }) {
  const y = top + (i + 0.5) * pitch - 4;
  const lit = i === shared.lit;
  const stack = french && place.part === "self" ? "m-fr" : "m-en";
  const label = end(x.word, y + 5, shortened(key, 90 * u), `m-word ${stack}${lit ? " m-strong" : ""}`);
  if (!dot.seen[i]) {
    return [h("g", { key: `row-${i}` }, label, rect(x.key, y - high / 2, wide, high, "m-blocked", { rx: 3 }), text(x.fit, y + 4, "hidden: it comes later", "m-number m-soft"))];
  }
  const cell = Math.min(pitch - 10, 32);
  const [fit, weight] = [dot.fits[i], dot.weights[i]];
  return [part({ go: shared.go(i), row: i }, `${said(key)}: fit ${tidy(fit, 1)}, weight ${tidy(weight, 3)}`, { key: `row-${i}` },
    rect(10 * u, y - pitch / 2 + 1, width - 20 * u, pitch - 2, lit ? "m-hit m-lit" : "m-hit", { rx: 6 }),
    label,
    hair(x.key, y, wide),
    wave(x.key, y, wide, high, dot.keys[i], `m-key${lit ? "" : " m-half"}`, shared.span),
    lit ? outline(x.key, y, wide, high, dot.q, "m-query", shared.span) : null,
    meter(x.fit, y - 6, 72 * u, 12, fit / shared.fit, tidy(fit, 1), { cls: lit ? "m-stream" : "m-grey", textCls: lit ? "m-number m-strong" : "m-number" }),
    rect(x.weight, y - cell / 2, cell, cell, `m-cell ${shade(weight)}`, { rx: 4 }),
    meter(x.weight + 38, y - 6, (width < 820 ? 48 : 64) * u, 12, weight, tidy(weight, 3), { cls: "m-weight-bar", textCls: lit ? "m-number m-strong" : "m-number" }),
    hair(x.value, y, wide),
    wave(x.value, y, wide, high, dot.values[i], "m-value m-pale", shared.gathered),
    wave(x.value, y, wide, high, dot.mixed[i], "m-value", shared.gathered))];
}

// The query's numbers, to drag or to move with keys.
function handles(dot, x, y, wide, high) {
  const pitch = wide / dot.q.length;
  return h("g", { key: "handles" }, Array.from(dot.q, (value, i) => h("g", {
    key: `q${i}`, class: "m-part m-handle", role: "slider", tabindex: -1, "data-query": i, "aria-label": `number ${i + 1} of the query`,
    "aria-valuenow": tidy(value, 1).replace("−", "-"), "aria-valuemin": px(dot.base[i] - 3), "aria-valuemax": px(dot.base[i] + 3),
  }, rect(x + i * pitch, y, pitch, high, "m-hit"))));
}

// On a narrow screen query and sum stand above, side by side.
function narrow(view, width) {
  const { dot, place } = view;
  const shared = common(view);
  const word = dot.asking[dot.word];
  const label = 50;
  const cell = 46;
  const wide = (width - label - cell - 26) / 2;
  const x = { key: label, weight: label + wide + 10, value: label + wide + cell + 22 };
  const pitch = dot.asked.length > 9 ? 38 : 54;
  const tall = pitch < 54 ? 22 : 34;
  const top = 88;
  const stack = place.stack === "dec" && place.part === "self" ? "m-fr" : "m-en";
  const rows = dot.asked.map((key, i) => {
    const y = top + i * pitch + (pitch < 54 ? 13 : 20);
    const lit = i === shared.lit;
    const name = end(label - 8, y + 6, shortened(key, 36), `m-word ${stack}${lit ? " m-strong" : ""}`);
    if (!dot.seen[i]) return h("g", { key: `row-${i}` }, name, rect(x.key, y - tall / 2, wide, tall, "m-blocked", { rx: 3 }));
    return part({ go: shared.go(i), row: i }, `${said(key)}: fit ${tidy(dot.fits[i], 1)}, weight ${tidy(dot.weights[i], 3)}`, { key: `row-${i}` },
      rect(0, y - (pitch < 54 ? 13 : 21), width, pitch - 2, lit ? "m-hit m-lit" : "m-hit", { rx: 6 }), name,
      hair(x.key, y, wide), wave(x.key, y, wide, tall, dot.keys[i], `m-key${lit ? "" : " m-half"}`, shared.span),
      lit ? outline(x.key, y, wide, tall, dot.q, "m-query", shared.span) : null,
      text(x.key, y + tall / 2 + (pitch < 54 ? 12 : 15), `fit ${tidy(dot.fits[i], 1)}`, `m-number${lit ? " m-strong" : " m-soft"}`),
      rect(x.key + 62, y + tall / 2 + (pitch < 54 ? 4 : 7), Math.max(Math.abs(dot.fits[i] / shared.fit) * (wide - 64), 1), 8, `${lit ? "m-stream" : "m-grey"}${dot.fits[i] < 0 ? " m-hollow" : ""}`, { rx: 1.5 }),
      rect(x.weight, y - tall / 2, cell, tall, `m-cell ${shade(dot.weights[i])}`, { rx: 4 }),
      middle(x.weight + cell / 2, y + 5, tidy(dot.weights[i]), `m-number ${lit ? "m-strong" : ""} ${dot.weights[i] > 0.45 ? "m-light" : ""}`),
      hair(x.value, y, wide), wave(x.value, y, wide, tall, dot.values[i], "m-value m-pale", shared.gathered), wave(x.value, y, wide, tall, dot.mixed[i], "m-value", shared.gathered));
  });
  return {
    height: top + dot.asked.length * pitch + 4,
    nodes: [
      text(x.key, 12, `query of ${shortened(word, 60)}`, "m-label m-strong m-query"), text(x.value, 12, `${shortened(word, 50)} gathers`, "m-label m-strong m-value"),
      rect(x.key - 5, 18, wide + 10, 44, "m-frame m-ground-ask", { rx: 8 }), wave(x.key, 40, wide, 38, dot.q, "m-query", shared.span, { key: "query" }),
      handles(dot, x.key, 18, wide, 44),
      rect(x.value - 5, 18, wide + 10, 44, "m-frame-value", { rx: 8 }), wave(x.value, 40, wide, 38, dot.output, "m-value", shared.gathered, { key: "sum" }),
      text(x.key, 78, "keys", "m-label m-strong m-key"), middle(x.weight + cell / 2, 78, "weight", "m-label m-strong"), text(x.value, 78, "value × weight", "m-label m-strong m-value"),
      ...rows,
      ...(dot.changed ? [part({ reset: 1 }, "put the query back", { key: "reset" }, hit(x.weight - 4, 20, cell + 8, 40), middle(x.weight + cell / 2, 45, "reset", "m-number m-strong m-asking"))] : []),
    ],
  };
}
