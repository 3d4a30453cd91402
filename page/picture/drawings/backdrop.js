// The background of a plane.
import { brief, element, niceStep } from "../svg.js";
import { ease } from "../tween.js";

// The lattice, the axes, and the half in which a dot product is positive, all cut to the square.
export function backdrop(side) {
  const middle = side / 2;
  const node = element("svg", { width: side, height: side, class: "live-plane" });
  const lines = element("g");
  node.append(element("rect", { width: side, height: side, class: "live-ground" }), lines);
  let drawn = null;
  const half = element("path", { class: "live-half" });
  const border = element("line", { class: "live-border" });
  const mark = element("text", { class: "live-hint" }, "product 0");
  node.append(half, border, mark);
  let hint = [];
  return {
    node,
    lattice(unit) {
      if (unit === drawn) return;
      drawn = unit;
      const step = niceStep(34 / unit);
      const parts = [];
      for (let k = -Math.floor(middle / unit / step); k * step * unit <= middle; k += 1) {
        const at = middle + k * step * unit;
        const name = k ? "live-hair" : "live-axis";
        parts.push(element("line", { x1: at, x2: at, y1: 0, y2: side, class: name }));
        parts.push(element("line", { x1: 0, x2: side, y1: side - at, y2: side - at, class: name }));
        if (!k || Math.abs(k * step * unit) > middle - 12) continue;
        parts.push(element("text", { x: at, y: middle + 11, class: "live-tick" }, brief(k * step)));
        parts.push(element("text", { x: middle - 4, y: side - at + 3, class: "live-tick live-up" }, brief(k * step)));
      }
      lines.replaceChildren(...parts);
    },
    face(direction) {
      const length = direction ? Math.hypot(...direction) : 0;
      for (const part of [half, border, mark]) part.setAttribute("visibility", length > 0 ? "visible" : "hidden");
      if (!(length > 0)) return;
      const [x, y] = [direction[0] / length, -direction[1] / length];
      const far = 2 * side;
      const ends = [[middle - y * far, middle + x * far], [middle + y * far, middle - x * far]];
      const deep = ends.toReversed().map(([a, b]) => [a + x * far, b + y * far]);
      ease(half, { d: `M${[...ends, ...deep].map((point) => point.join(" ")).join("L")}Z` });
      ease(border, { x1: ends[0][0], y1: ends[0][1], x2: ends[1][0], y2: ends[1][1] });
      // on the border, near the lower edge of the square
      const along = ends[0][1] > ends[1][1] ? [-y, x] : [y, -x];
      const reach = 0.86 * middle;
      const turn = (Math.atan2(along[1], along[0]) * 180) / Math.PI;
      const upright = Math.abs(turn) > 90 ? turn + 180 : turn;
      mark.setAttribute(
        "transform",
        `translate(${middle + along[0] * reach} ${middle + along[1] * reach}) rotate(${upright}) translate(0 -4)`,
      );
      hint = [0.62, 0.74, 0.86].map((share) => [middle + along[0] * share * middle, middle + along[1] * share * middle]);
    },
    // places that names should avoid, because of the words on the border
    taken: () => (mark.getAttribute("visibility") === "visible" ? hint : []),
  };
}
