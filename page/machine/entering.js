// Beside the levels: what goes in. A word's embedding, its position, and their sum, number by number.
import { largest, STACKS, tidy } from "./numbers.js";
import { end, hair, hit, middle, NARROW, outline, part, rect, shortened, text, TYPE, wave } from "./parts.js";
import { h } from "./tree.js";

const length = (values) => Math.sqrt(values.reduce((sum, x) => sum + x * x, 0));

/** The vectors of a word at its own place, or at the one that the reader has chosen. */
export function entering(m, { stack }, s) {
  const i = s[stack];
  const places = `${STACKS[stack]}_places`;
  const most = m.dims(places)[0];
  const at = Math.min(s.position ?? i, Math.max(most - 1, i));
  const moved = at !== i;
  const [token, own] = [m.of(stack, "tokens", i), m.of(stack, "start", i)];
  const position = moved ? m.at(places, at) : m.of(stack, "positions", i);
  const sum = moved ? token.map((x, k) => x + position[k]) : own;
  const lengths = moved ? [m.of(stack, "tokens_length", i), length(position), length(sum)] : ["tokens", "positions", "start"].map((name) => m.of(stack, `${name}_length`, i));
  return { i, at, most, moved, own, vectors: [token, position, sum], lengths };
}

export function goesIn({ m, s, place }, width) {
  const { stack } = place;
  const found = entering(m, place, s);
  const word = (stack === "enc" ? m.english : m.read)[found.i];
  const small = width < NARROW;
  const left = small ? 0 : 150;
  const wide = width - left - 60;
  const pitch = small ? 100 : 112;
  const notes = [`row “${word}” of a table`, found.moved ? `of place ${found.at + 1}, not ${found.i + 1}` : `of place ${found.at + 1}`, found.moved ? "what if? line: at its place" : "enters layer 1"];
  const span = largest([...found.vectors, found.own]);
  const most = Math.max(...found.lengths) * 1.05;
  return {
    height: 62 + 2 * pitch + 64,
    nodes: ["embedding", "position", "sum"].flatMap((title, k) => {
      const y = 62 + k * pitch;
      const [values, long] = [found.vectors[k], found.lengths[k]];
      const cls = k === 2 ? "m-ask" : "m-stream";
      return [
        ...(small ? [text(k ? 18 : 0, y - 40, title, "m-title"), text(116, y - 40, shortened(notes[k], width - 122, TYPE.small), "m-number m-soft")]
          : [end(left - 20, y - 4, title, "m-title"), end(left - 20, y + 13, shortened(notes[k], 134, TYPE.small), "m-number m-soft")]),
        k ? text(small ? 0 : left - 14, small ? y - 40 : y - 56, k === 1 ? "+" : "=", "m-title m-soft", { key: `sign${k}` }) : null,
        hair(left, y, wide),
        h("g", { key: title, role: "img", "aria-label": `${title}, ${notes[k]}: length ${tidy(long, 1)}` },
          wave(left, y, wide, 64, values, cls, span),
          k === 2 && found.moved ? outline(left, y, wide, 64, found.own, "m-soft-stroke", span) : null,
          rect(left, y + 37, (long / most) * (wide - 40), 4, k === 2 ? "m-ask" : "m-soft-bar"),
          text(left + (long / most) * (wide - 40) + 6, y + 42, k ? tidy(long, 1) : `length ${tidy(long, 1)}`, "m-number")),
        k === 1 && found.moved ? part({ own: 1 }, `put it back to place ${found.i + 1}`, { key: "own" }, hit(width - (small ? 64 : 58), y - 14, 58, 28), middle(width - (small ? 35 : 29), y + 4, "put back", "m-number m-strong m-en")) : null,
      ].filter(Boolean);
    }),
  };
}
