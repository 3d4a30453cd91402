// Level 0: a sentence goes in, a sentence comes out, word by word.
import { END, strongest, tidy } from "./numbers.js";
import { address } from "./place.js";
import { breadth, chip, end, middle, NARROW, part, pulsed, px, rect, said, text, thread, TYPE } from "./parts.js";
import { h } from "./tree.js";

const GAP = 10;
const SEEN = 0.15; // a smaller share has no link
const CHANCES = 3;

export const TITLE = "A sentence goes in. A sentence comes out, word by word.";

/** What the decoder looked at for the newest word; and how many are out. */
export function newest(m, t) {
  const row = m.of("dec", "cross_mean", m.layers - 1, t);
  const best = strongest(row);
  const out = t === 0 ? "The first French word is out." : `${t + 1} French words are out.`;
  const count = m.french[t] === END ? `After ${t} French words it wrote ${END}, and stopped.` : out;
  return [`Choosing ${said(m.french[t])}, the decoder looked at ${said(m.english[best])} with ${tidy(row[best])} of its attention.`, count];
}

// Places of words, in as many rows as they need, each row in the middle.
export function rows(words, width, size, left) {
  const wide = words.map((word) => Math.max(breadth(word, size) + 26, 40));
  const lines = [[]];
  let used = 0;
  words.forEach((_, i) => {
    if (used && used + wide[i] > width) {
      lines.push([]);
      used = 0;
    }
    lines.at(-1).push(i);
    used += wide[i] + GAP;
  });
  const places = [];
  lines.forEach((list, row) => {
    const total = list.reduce((sum, i) => sum + wide[i] + GAP, -GAP);
    let x = left + (width - total) / 2;
    for (const i of list) {
      places[i] = { x: x + wide[i] / 2, width: wide[i], row };
      x += wide[i] + GAP;
    }
  });
  return { places, count: lines.length };
}

export function draw({ m, s }, width) {
  const narrow = width < NARROW;
  const size = narrow || m.english.length > 9 || m.french.length > 9 ? TYPE.text : TYPE.head;
  const [high, pitch] = [narrow ? 38 : 40, narrow ? 46 : 50];
  const margin = narrow ? 0 : 70;
  const newest_ = s.n - 1;
  const last = m.layers - 1;
  const english = rows(m.english, width - 2 * margin, size, margin);
  const french = rows(m.french, width - 2 * margin, size, margin);
  const top = narrow ? 22 : 4;
  const belowEnglish = top + english.count * pitch - (pitch - high);
  const panel = { y: belowEnglish + (narrow ? 34 : 40), height: narrow ? 72 : 90 };
  const frenchTop = panel.y + panel.height + (narrow ? 52 : 40);
  const belowFrench = frenchTop + french.count * pitch - (pitch - high);
  const lit = s.lit ?? { stack: "dec", i: newest_ };
  const mine = (t, i) => (lit.stack === "dec" ? lit.i === t : lit.i === i);
  const links = [];
  for (let t = 0; t <= newest_; t += 1) {
    m.of("dec", "cross_mean", last, t).forEach((weight, i) => {
      const mineNow = mine(t, i);
      if (weight < (mineNow ? 0.08 : SEEN) || (narrow && !mineNow)) return;
      const [from, to] = [english.places[i], french.places[t]];
      const link = thread(from.x, top + from.row * pitch + high, to.x, frenchTop + to.row * pitch, weight, mineNow ? "m-asks" : "m-others", `link-${t}-${i}`, 6);
      links.push({ mineNow, tree: t === newest_ ? pulsed(link, 0, "english") : link });
    });
  }
  links.sort((a, b) => Number(a.mineNow) - Number(b.mineNow));
  const wide = Math.min(660, width - (narrow ? 0 : 60));
  const left = (width - wide) / 2;
  const word = (stack, i, { x, width: w, row }, label, empty) => {
    const y = (stack === "enc" ? top : frenchTop) + row * pitch;
    const chosen = !empty && (lit.stack === stack ? lit.i === i : false);
    const drawn = chip(x, y, w, high, label, { stack: stack === "enc" ? "en" : "fr", size, chosen, empty });
    return empty ? drawn : part({ look: `${stack}:${i}` }, `${stack === "enc" ? "English" : "French"} ${said(label)}: show its links`, { key: `${stack}-${i}` }, drawn);
  };
  const labels = narrow
    ? [text(0, 12, "English", "m-label m-en"), text(0, frenchTop - 8, "French", "m-label m-fr")]
    : [end(Math.min(...english.places.map((p) => p.x - p.width / 2)) - 14, top + 25, "English", "m-label m-en"),
      end(Math.min(...french.places.map((p) => p.x - p.width / 2)) - 14, frenchTop + 25, "French", "m-label m-fr")];
  const bars = chances(m, newest_, french.places[newest_], belowFrench + 14, width, narrow);
  return {
    height: belowFrench + 14 + CHANCES * 21 + 6,
    nodes: [
      rect(left, panel.y, wide, panel.height, "m-panel", { rx: 12, key: "ground" }),
      h("g", { key: "links", class: "m-links" }, links.map(({ tree }) => tree)),
      part({ go: address({ level: 1 }) }, `open it: the translator, ${m.layers} + ${m.layers} layers, ${m.heads} heads`, { cls: "m-box", key: "panel" },
        rect(left, panel.y, wide, panel.height, "m-panel m-clear", { rx: 12 }),
        rect(left + 16, panel.y + panel.height / 2 - 18, 88, 36, "m-button", { rx: 8 }),
        middle(left + 60, panel.y + panel.height / 2 + 5, "open it", "m-button-word"),
        end(left + wide - 18, panel.y + panel.height / 2 - 3, "the translator", "m-title m-on"),
        end(left + wide - 18, panel.y + panel.height / 2 + 17, `${m.layers} + ${m.layers} layers, ${m.heads} heads`, "m-label m-soft m-on"),
        narrow ? null : end(left + wide - 18, panel.y + panel.height / 2 + 35, "lines: where each French word looked", "m-number m-soft m-on")),
      ...labels,
      ...m.english.map((label, i) => word("enc", i, english.places[i], label, false)),
      ...m.french.map((label, i) => word("dec", i, french.places[i], label, i > newest_)),
      bars,
    ],
  };
}

// The likeliest words for the newest place, under it.
function chances(m, column, place, y, width, narrow) {
  const best = m.likeliest(column, CHANCES);
  const names = Math.max(...best.map(({ word }) => breadth(word))) + 10;
  const long = narrow ? 110 : 150;
  const x = Math.min(Math.max(place.x - place.width / 2, 70), width - names - long - 56);
  return part({ go: "choice" }, `chances: ${best.map(({ word, chance }) => `${word} ${tidy(chance, 3)}`).join(", ")}`, { key: "chances" },
    rect(px(x) - 66, y - 3, names + long + 122, CHANCES * 21 + 4, "m-hit", { rx: 8 }),
    end(x - 10, y + 12, "chance", "m-label m-soft"),
    best.flatMap(({ word, chance }, i) => [
      text(x, y + 12 + i * 21, word, `m-label m-fr${i ? "" : " m-strong"}`),
      rect(x + names, y + 2 + i * 21, Math.max(chance * long, 1.5), 11, "m-french-bar", { rx: 1.5 }),
      text(x + names + Math.max(chance * long, 1.5) + 6, y + 12 + i * 21, tidy(chance, 3), "m-number"),
    ]));
}
