// Level 0 with its button: all that the welcome page shows.
import { draw, newest, TITLE } from "./level0.js";
import { ribbon } from "./ribbon.js";
import { h } from "./tree.js";

/** A level's drawing as a picture with its name. */
export const picture = ({ height, nodes }, width, key, label) => h("svg", {
  key, class: "m-drawing", width, height: Math.ceil(height), viewBox: `0 0 ${width} ${Math.ceil(height)}`, role: "group", "aria-label": label,
}, h("defs", {}, h("pattern", { id: "m-hatch", width: 5, height: 5, patternUnits: "userSpaceOnUse", patternTransform: "rotate(45)" }, h("path", { d: "M0 0V5", class: "m-hatch-line" }))), nodes);

export const hero = (view, width) => [
  h("p", { key: "title", class: "m-heading" }, TITLE),
  h("div", { key: "stage", class: "m-stage", "data-level": 0 }, picture(draw(view, width), width, "0", `sentence: ${newest(view.m, view.s.n - 1).join(" ")}`)),
  ribbon(view, true),
];
