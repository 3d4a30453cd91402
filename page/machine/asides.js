// Beside the levels: what goes in, the feed-forward network, the choice of a word.
import { largest, tidy } from "./numbers.js";
import { arrow, breadth, end, hair, line, middle, NARROW, px, rect, said, shortened, text, wave } from "./parts.js";
import { h } from "./tree.js";

export const ASIDES = { in: goesIn, ff: feedForward, choice };

// Embedding and position, number by number, and their sum.
function goesIn({ m, s, place }, width) {
  const { stack } = place;
  const i = s[stack];
  const word = (stack === "enc" ? m.english : m.read)[i];
  const small = width < NARROW;
  const left = small ? 0 : 150;
  const wide = width - left - 60;
  const rows = [
    ["tokens", "embedding", `row “${word}” of a table`, "m-stream"],
    ["positions", "position", `of place ${i + 1}`, "m-stream"],
    ["start", "sum", "enters layer 1", "m-ask"],
  ];
  const span = largest(rows.map(([name]) => m.of(stack, name, i)));
  const most = Math.max(...rows.map(([name]) => m.of(stack, `${name}_length`, i)));
  return {
    height: 350,
    nodes: rows.flatMap(([name, title, note, cls], k) => {
      const y = 62 + k * 112;
      const length = m.of(stack, `${name}_length`, i);
      return [
        ...(small ? [text(0, y - 40, title, "m-title"), text(104, y - 40, shortened(note, width - 110, 11), "m-number m-soft")]
          : [end(left - 20, y - 4, title, "m-title"), end(left - 20, y + 13, shortened(note, 134, 11), "m-number m-soft")]),
        k ? text(left - (small ? 0 : 14), y - 56, k === 1 ? "+" : "=", "m-title m-soft", { key: `sign${k}` }) : null,
        hair(left, y, wide),
        wave(left, y, wide, 64, m.of(stack, name, i), cls, span, { key: name }),
        rect(left, y + 37, (length / most) * (wide - 40), 4, cls === "m-ask" ? "m-ask" : "m-soft-bar", { key: `l${name}` }),
        text(left + (length / most) * (wide - 40) + 6, y + 42, tidy(length, 1), "m-number"),
      ].filter(Boolean);
    }),
  };
}

// The units of one word in one layer, each as a cell, and what they add.
function feedForward({ m, s, place }, width) {
  const { stack, layer } = place;
  const i = s[stack];
  const word = (stack === "enc" ? m.english : m.read)[i];
  const units = m.of(stack, "ff_units", layer, i);
  const small = width < NARROW;
  const left = small ? 0 : 150;
  const across = small ? 16 : 32;
  const wide = width - left - (small ? 0 : 60);
  const cell = wide / across;
  const down = Math.ceil(units.length / across);
  const high = Math.min(cell, small ? 13 : 20);
  const [reads, adds] = [m.of(stack, "ff_reads", layer, i), m.of(stack, "ff_adds", layer, i)];
  const most = largest([units]);
  const order = Array.from(units, (_, k) => k).filter((k) => units[k] > 0).sort((a, b) => units[b] - units[a]);
  const top = small ? 138 : 108;
  const below = top + down * high + 44;
  const name = (y, title, note) => (small ? [text(0, y - 42, title, "m-title"), text(breadth(title, 16) + 8, y - 42, note, "m-number m-soft")] : [end(left - 20, y - 2, title, "m-title"), end(left - 20, y + 15, note, "m-number m-soft")]);
  return {
    height: below + 92,
    nodes: [
      ...name(small ? 66 : 36, "reads", `${said(word)}, normalised`),
      hair(left, small ? 66 : 36, wide), wave(left, small ? 66 : 36, wide, 50, reads, "m-stream", largest([reads]), { key: "reads" }),
      arrow(left + wide / 2, small ? 94 : 66, left + wide / 2, small ? 112 : 92, "m-soft-line"), text(left + wide / 2 + 10, small ? 108 : 84, "× W₁, then negatives to 0", "m-number m-soft"),
      ...(small ? [] : [end(left - 20, top + 16, `${units.length} units`, "m-title"), end(left - 20, top + 33, `${order.length} fire`, "m-number m-strong m-asking")]),
      rect(left - 3, top - 3, wide + 6, down * high + 6, "m-panel", { rx: 4 }),
      ...Array.from(units, (value, k) => rect(left + (k % across) * cell + 0.5, top + Math.floor(k / across) * high + 0.5, cell - 1, high - 1, value > 0 ? "m-unit-cell" : "m-none", { key: `u${k}`, opacity: value > 0 ? px(0.15 + (0.85 * value) / most) : 1 })),
      arrow(left + wide / 2, below - 34, left + wide / 2, below - 12, "m-soft-line"), text(small ? 0 : left + wide / 2 + 10, below - 18, small ? "× W₂" : width < 800 ? "× W₂" : `× W₂; most active: ${order.slice(0, 3).map((k) => `unit ${k + 1} (${tidy(units[k], 1)})`).join(", ")}`, "m-number m-soft"),
      ...(small ? [] : name(below + 28, "adds", "to the vector")),
      hair(left, below + 28, wide), wave(left, below + 28, wide, 50, adds, "m-stream", largest([adds]), { key: "adds" }),
      small ? text(0, below + 74, `${order.length} of ${units.length} units fire; below: what they add`, "m-number m-soft") : null,
    ].filter(Boolean),
  };
}

// The last vector against the vectors of the likeliest words: logits, softmax, the chosen word.
function choice({ m, s, chances }, width) {
  const small = width < NARROW;
  const column = s.n - 1;
  const best = m.likeliest(column, 10);
  const last = m.of("dec", "last", column);
  const left = small ? 76 : 150;
  const room = width - left;
  const [fits, bars] = [left, left + room * 0.46];
  const span = Math.max(...best.map(({ logit }) => Math.abs(logit)));
  const top = 118;
  return {
    height: top + 10 * 27 + 26,
    nodes: [
      ...(small ? [text(0, 10, "last vector, after the last norm", "m-label m-strong")] : [end(left - 20, 38, "last vector", "m-title"), end(left - 20, 55, `after ${shortened(m.read[column], 80, 11)}`, "m-number m-soft")]),
      rect(small ? 0 : left - 7, 16, width - (small ? 0 : left - 7) - 2, 48, "m-frame m-ground-ask", { rx: 8 }),
      wave(small ? 8 : left, 40, width - (small ? 18 : left + 12), 42, last, "m-query", largest([last]), { key: "last" }),
      text(fits, 92, small ? "logit" : "logit: last vector · word’s vector", "m-label m-strong"), text(bars, 92, small ? "chance" : `chance: softmax(logit ÷ ${tidy(s.temperature, 1)})`, "m-label m-strong"),
      line(0, 100, width, 100, "m-hair"),
      ...best.flatMap(({ id, word, logit }, i) => {
        const y = top + i * 27;
        const chance = chances[id];
        return [h("g", { key: `word-${id}` },
          end(left - 14, y + 4, shortened(word, left - 20, 13), `m-label m-fr${i ? "" : " m-strong"}`),
          rect(fits, y - 6, Math.max((Math.abs(logit) / span) * room * 0.3, 1), 11, `m-grey${logit < 0 ? " m-hollow" : ""}`, { rx: 1.5 }),
          text(fits + Math.max((Math.abs(logit) / span) * room * 0.3, 1) + 6, y + 4, tidy(logit, 1), "m-number"),
          rect(bars, y - 6, Math.max(chance * room * 0.4, 1.5), 11, "m-french-bar", { rx: 1.5 }),
          text(bars + Math.max(chance * room * 0.4, 1.5) + 6, y + 4, tidy(chance, 3), `m-number${i ? "" : " m-strong"}`))];
      }),
      middle(width / 2, top + 10 * 27 + 12, `the ten likeliest of ${m.dims("logits")[1]} words; the first is written`, "m-number m-soft"),
    ],
  };
}
