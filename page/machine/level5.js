// Level 5: one dot product: two vectors, their products, the sum, and what becomes of it.
import { largest, tidy } from "./numbers.js";
import { address, named } from "./place.js";
import { breadth, end, hair, line, middle, NARROW, part, px, rect, said, shortened, text, TYPE } from "./parts.js";
import { h } from "./tree.js";

export function draw(view, width) {
  if (width < NARROW) return narrow(view, width);
  const { dot, s } = view;
  const u = width / 960;
  const left = Math.max(112 * u, 96);
  const pitch = ((width < 820 ? 768 : 784) * u - left) / dot.q.length;
  const bar = pitch - 14 * u;
  const count = dot.q.length;
  const products = dot.products[dot.key];
  const most = largest([products]);
  // bars stand above or hang below their line: it lies where both have room
  const above = 62 * Math.max(...products, 0) / most;
  const below = 62 * Math.max(...products.map((p) => -p), 0) / most;
  const [query, key, product] = [62, 166, 238 + above];
  const sum = product + below + 114;
  const span = largest([dot.q, dot.keys[dot.key]]);
  const running = dot.running[dot.key];
  const [low, high] = [Math.min(0, ...running), Math.max(0, ...running)];
  const level = (value) => sum - ((value - low) / (high - low || 1)) * 74;
  const lit = s.column;
  const columns = Array.from({ length: count }, (_, i) => {
    const x = left + i * pitch + (pitch - bar) / 2;
    const [q, k, p] = [dot.q[i], dot.keys[dot.key][i], products[i]];
    return part({ column: i }, `${tidy(q, 1)} times ${tidy(k, 1)} is ${tidy(p, 1)}`, { key: `column-${i}`, cls: "m-column" },
      rect(left + i * pitch + 1, 2, pitch - 2, sum + 4, i === lit ? "m-hit m-lit" : "m-hit", { rx: 6 }),
      stick(x, query, bar, q, (42 / span) * q, "m-query"), stick(x, key, bar, k, (42 / span) * k, "m-key"),
      stick(x, product, bar, p, (62 / most) * p, `m-stream${p < 0 ? " m-hollow" : ""}`, i === lit));
  });
  const stair = Array.from(running, (value, i) => `${i ? "L" : "M"}${px(left + i * pitch)} ${px(level(value))}L${px(left + (i + 1) * pitch)} ${px(level(value))}`).join("");
  const end_ = left + count * pitch;
  const ends = Math.max(level(running.at(-1)) + 7, 60 + Math.min(24 * dot.asked.length, 250));
  return {
    height: Math.max(sum + 40, ends + 96),
    nodes: [
      ...columns,
      hair(left, query, count * pitch), hair(left, key, count * pitch), hair(left, product, count * pitch),
      end(left - 14, query - 2, "query", "m-title m-query"), end(left - 14, query + 15, shortened(dot.asking[dot.word], 90 * u), "m-label m-soft"),
      end(left - 8, query + 54, "×", "m-title m-soft"),
      end(left - 14, key - 2, "key", "m-title m-key"), end(left - 14, key + 15, shortened(dot.asked[dot.key], 90 * u), "m-label m-soft"),
      end(left - 14, product - 24, "product", "m-title"), end(left - 14, product - 8, "number by", "m-label m-soft"), end(left - 14, product + 7, "number", "m-label m-soft"),
      end(left - 14, sum - 32, width < 820 ? "sum" : "sum so far", "m-title"),
      h("path", { key: "area", class: "m-area", d: `${stair}L${px(end_)} ${px(level(0))}L${px(left)} ${px(level(0))}z` }),
      h("path", { key: "stair", class: "m-stair", d: stair }),
      line(end_, level(running.at(-1)), end_ + 12, level(running.at(-1)), "m-stair"),
      middle(left + (lit + 0.5) * pitch, sum + 26, sentence(dot, lit, products), "m-label m-strong", { key: "said", "text-anchor": lit < 3 ? "start" : lit > count - 4 ? "end" : "middle" }),
      ...result(dot, end_ + 18, ends, width < 820),
      ...others(view, end_ + 18, width),
    ],
  };
}

const sentence = (dot, i, products) => `${tidy(dot.q[i], 1)} × ${tidy(dot.keys[dot.key][i], 1)} = ${tidy(products[i], 1)}`;

function stick(x, y, wide, value, high, cls, strong = false) {
  const tall = Math.max(Math.abs(high), 1);
  return [rect(x, high < 0 ? y : y - tall, wide, tall, cls, { rx: 1.5 }),
    middle(x + wide / 2, high < 0 ? y + tall + 12 : y - tall - 5, tidy(value, 1), `m-number${strong ? " m-strong" : ""}`)];
}

function result(dot, x, y, brief) {
  const { key } = dot;
  const weight = (left, top) => text(left, top, tidy(dot.weights[key], 3), "m-title m-en", { key: "weight" });
  return [
    text(x, y, tidy(dot.fits[key], 1), "m-big", { key: "result" }), text(x + breadth(tidy(dot.fits[key], 1), TYPE.head + 2) + 8, y, "= q · k", "m-label m-soft"),
    text(x, y + 26, `÷ √${dot.q.length} = ${tidy(dot.scores[key], 2)}`, "m-label"),
    text(x, y + 50, "softmax →", "m-label m-soft"),
    ...(brief ? [weight(x, y + 72)] : [weight(x + 80, y + 50),
      text(x, y + 70, `e^${tidy(dot.scores[key], 2)} ÷ the sum of`, "m-number m-soft"), text(x, y + 85, `all ${dot.seen.filter(Boolean).length} e^score`, "m-number m-soft")]),
  ];
}

// All fits, so that the number is never alone; each is a button.
function others({ dot, place }, x, width) {
  const most = largest([dot.fits.filter((_, i) => dot.seen[i])]);
  const step = Math.min(24, 250 / dot.asked.length);
  const small = step < 14;
  const room = Math.max(width - x - 98, 20);
  return [
    text(x, 20, "all fits", "m-label m-strong"),
    ...dot.asked.map((word, i) => (dot.seen[i] && part({ go: address({ ...place, key: named(dot.asked, i) }) }, `${said(word)}: fit ${tidy(dot.fits[i], 1)}`, { key: `fit-${i}` },
      rect(x - 4, 30 + i * step, width - x + 2, step - 1, i === dot.key ? "m-hit m-lit" : "m-hit", { rx: 4 }),
      end(x + 42, 30 + (i + 0.5) * step + 4, shortened(word, 42, TYPE.small), `m-number ${i === dot.key ? "m-strong" : ""} ${place.part === "self" && place.stack === "dec" ? "m-fr" : "m-en"}`),
      rect(x + 48, 30 + (i + 0.5) * step - (small ? 2 : 5), Math.max(Math.abs(dot.fits[i] / most) * room, 1), small ? 4 : 10, `${i === dot.key ? "m-stream" : "m-grey"}${dot.fits[i] < 0 ? " m-hollow" : ""}`, { rx: 1.5 }),
      text(x + 52 + Math.max(Math.abs(dot.fits[i] / most) * room, 1), 30 + (i + 0.5) * step + 4, tidy(dot.fits[i], 1), `m-number${i === dot.key ? " m-strong" : ""}`)))).filter(Boolean),
  ];
}

// On a narrow screen the columns are rows; the sum stands above.
function narrow(view, width) {
  const { dot, s } = view;
  const products = dot.products[dot.key];
  const [spanQ, spanP] = [largest([dot.q, dot.keys[dot.key]]), largest([products])];
  const third = (width - 8) / 3;
  const [top, row] = [92, 22];
  const centre = (k) => k * third + third / 2;
  const bar = (k, y, value, span, cls) => {
    const long = (value / span) * (third / 2 - 38);
    const [x, wide] = long < 0 ? [centre(k) + long, -long] : [centre(k), Math.max(long, 1)];
    return [rect(x, y + 4, Math.max(wide, 1), 13, `${cls}${cls === "m-stream" && value < 0 ? " m-hollow" : ""}`, { rx: 1.5 }),
      long < 0 ? end(x - 4, y + 15, tidy(value, 1), "m-number") : text(x + wide + 4, y + 15, tidy(value, 1), "m-number")];
  };
  return {
    height: top + dot.q.length * row + 8,
    nodes: [
      text(0, 24, tidy(dot.fits[dot.key], 1), "m-big", { key: "result" }), text(breadth(tidy(dot.fits[dot.key], 1), TYPE.head + 2) + 8, 24, "= q · k", "m-label m-soft"),
      text(0, 50, `÷ √${dot.q.length} = ${tidy(dot.scores[dot.key], 2)}`, "m-label"),
      text(130, 50, "softmax →", "m-label m-soft"), text(208, 50, tidy(dot.weights[dot.key], 3), "m-title m-en", { key: "weight" }),
      middle(centre(0), 80, `query ${shortened(dot.asking[dot.word], 50)}`, "m-label m-strong m-query"), middle(centre(1), 80, `key ${shortened(dot.asked[dot.key], 60)}`, "m-label m-strong m-key"), middle(centre(2), 80, "product", "m-label m-strong"),
      ...[0, 1, 2].map((k) => line(centre(k), top, centre(k), top + dot.q.length * row, "m-hair", { key: `h${k}` })),
      ...Array.from(dot.q, (q, i) => part({ column: i }, `${tidy(q, 1)} times ${tidy(dot.keys[dot.key][i], 1)} is ${tidy(products[i], 1)}`, { key: `column-${i}` },
        rect(0, top + i * row, width, row - 1, i === s.column ? "m-hit m-lit" : "m-hit", { rx: 4 }),
        bar(0, top + i * row, q, spanQ, "m-query"), bar(1, top + i * row, dot.keys[dot.key][i], spanQ, "m-key"), bar(2, top + i * row, products[i], spanP, "m-stream"))),
    ],
  };
}
