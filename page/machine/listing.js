// What a press on a wave shows beside the picture: its numbers; and a press on ⊕: what came, what was added, the sum.
import { largest, tidy } from "./numbers.js";
import { hair, NARROW, said, text, wave } from "./parts.js";
import { button } from "./ribbon.js";
import { h } from "./tree.js";

const HIGH = 52;
const NAMES = { comes: "comes in", reads: "normalised copy", adds: "is added", goes: "goes out", joined: "joined outputs" };
const ROADS = { self: "self-attention", cross: "cross-attention", ff: "feed-forward" };

/** The three vectors at a ⊕: the one on the road, what a side road adds to it, and their sum, which is the road from there. */
export function added(m, stack, road, layer, i) {
  const roads = stack === "enc" ? ["self", "ff"] : ["self", "cross", "ff"];
  const next = roads[roads.indexOf(road) + 1];
  return [`${road}_comes`, `${road}_adds`, next ? `${next}_comes` : "goes"].map((name) => ({
    name, values: m.of(stack, name, layer, i), length: m.of(stack, `${name}_length`, layer, i),
  }));
}

export function list({ m, listed }, width) {
  if (!listed) return h("div", { key: "list", class: "m-list", hidden: true });
  const [kind, ...at] = listed.split(":");
  const close = button({ list: "" }, "close", { class: "m-link", key: "close" });
  return h("div", { key: "list", class: "m-list" }, kind === "sum" ? sum(m, at, width, close) : numbers(m, kind, at.map(Number), close));
}

function numbers(m, kind, at, close) {
  const [, stack, name] = /^(enc|dec)_(.*)$/.exec(kind);
  const values = m.of(stack, name, ...at);
  const [road, what] = name.includes("_") ? name.split("_") : ["", name];
  const word = (stack === "enc" ? m.english : m.read)[at.at(-1)];
  const label = [ROADS[road], NAMES[what]].filter(Boolean).join(", ");
  return [
    h("b", { key: "name" }, `${said(word)} · ${label}: ${values.length} numbers`), close,
    drawing("wave", 320, HIGH + 4, wave(0, HIGH / 2 + 2, 320, HIGH, values, "m-stream", largest([values]))),
    h("div", { key: "numbers", class: "m-list-numbers" }, Array.from(values, (value) => h("span", {}, tidy(value, 2)))),
  ];
}

function sum(m, [stack, road, layer, i], width, close) {
  const vectors = added(m, stack, road, Number(layer), Number(i));
  const most = largest(vectors.map(({ values }) => values));
  const small = width < NARROW;
  const [left, wide] = small ? [0, width - 4] : [210, Math.min(width - 220, 520)];
  const [step, first] = small ? [66, 40] : [58, 30];
  const names = [ROADS[road] === "self-attention" ? "on the road" : "on the road, so far", `+ ${ROADS[road]} adds`, "= the road from here"];
  const word = (stack === "enc" ? m.english : m.read)[Number(i)];
  return [
    h("b", { key: "name" }, `${said(word)} · ⊕ after ${ROADS[road]}${small ? "" : ": number by number, one scale"}`), close,
    drawing("sum", small ? width : left + wide + 10, first + 2 * step + (small ? 26 : 30), vectors.flatMap(({ values, length }, k) => {
      const y = first + k * step;
      return [
        text(0, small ? y - 26 : y - 2, names[k], "m-label m-strong"), text(small ? 190 : 0, small ? y - 26 : y + 15, `length ${tidy(length, 1)}`, "m-number m-soft"),
        hair(left, y, wide), wave(left, y, wide, small ? 40 : HIGH, values, ["m-stream", road === "ff" ? "m-stream" : "m-value", "m-ask"][k], most, { key: `v${k}` }),
      ];
    })),
  ];
}

const drawing = (key, width, height, ...nodes) => h("svg", { key, width, height, viewBox: `0 0 ${width} ${height}`, class: "m-drawing", "aria-hidden": "true" }, nodes);
