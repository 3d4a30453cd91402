// Beside the levels: what goes in, the feed-forward network, the choice of a word.
import { goesIn } from "./entering.js";
import { feedForward } from "./feed.js";
import { largest, tidy } from "./numbers.js";
import { end, line, middle, NARROW, rect, shortened, text, TYPE, wave } from "./parts.js";
import { h } from "./tree.js";

export const ASIDES = { in: goesIn, ff: feedForward, choice };

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
      ...(small ? [text(0, 10, "last vector, after the last norm", "m-label m-strong")] : [end(left - 20, 38, "last vector", "m-title"), end(left - 20, 55, `after ${shortened(m.read[column], 80, TYPE.small)}`, "m-number m-soft")]),
      rect(small ? 0 : left - 7, 16, width - (small ? 0 : left - 7) - 2, 48, "m-frame m-ground-ask", { rx: 8 }),
      wave(small ? 8 : left, 40, width - (small ? 18 : left + 12), 42, last, "m-query", largest([last]), { key: "last" }),
      text(fits, 92, width < 820 ? "logit" : "logit: last vector · word’s vector", "m-label m-strong"), text(bars, 92, small ? "chance" : `chance: softmax(logit ÷ ${tidy(s.temperature, 1)})`, "m-label m-strong"),
      line(0, 100, width, 100, "m-hair"),
      ...best.flatMap(({ id, word, logit }, i) => {
        const y = top + i * 27;
        const chance = chances[id];
        return [h("g", { key: `word-${id}`, role: "img", "aria-label": `${word}: logit ${tidy(logit, 1)}, chance ${tidy(chance, 3)}` },
          end(left - 14, y + 4, shortened(word, left - 20), `m-label m-fr${i ? "" : " m-strong"}`),
          rect(fits, y - 6, Math.max((Math.abs(logit) / span) * room * 0.3, 1), 11, `m-grey${logit < 0 ? " m-hollow" : ""}`, { rx: 1.5 }),
          text(fits + Math.max((Math.abs(logit) / span) * room * 0.3, 1) + 6, y + 4, tidy(logit, 1), "m-number"),
          rect(bars, y - 6, Math.max(chance * room * 0.4, 1.5), 11, "m-french-bar", { rx: 1.5 }),
          text(bars + Math.max(chance * room * 0.4, 1.5) + 6, y + 4, tidy(chance, 3), `m-number${i ? "" : " m-strong"}`))];
      }),
      middle(width / 2, top + 10 * 27 + 12, `the ten likeliest of ${m.dims("logits")[1]} words; the first is written`, "m-number m-soft"),
    ],
  };
}
