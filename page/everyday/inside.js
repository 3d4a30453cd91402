// How one sentence was translated: the drawings of the chosen way, for the piece that is looked at.
import { DRAWINGS } from "../picture/drawings/index.js";
import { html } from "../picture/svg.js";
import { fitted, names } from "../picture/picture.js";

const ROOM = 15; // px that a piece needs in a drawing; where there are many, the drawing scrolls

export function stage(node, actions) {
  let [shown, drawings, made, panels] = [null, [], [], []];

  function lay(specs) {
    panels = specs.map(({ width, height, keeps, least }) =>
      html("div", {
        class: `live-panel${keeps ? " live-keeps" : ""}`,
        style: `--w:${width};--h:${height}${least ? `;min-width:${least}px` : ""}`,
      }),
    );
    [drawings, made] = [[], []];
    node.replaceChildren(...panels);
  }
  // Two rows of many pieces are as wide as these need, and scroll.
  const widened = (spec, labels) => {
    if (spec.type !== "links") return spec;
    const least = ROOM * Math.max(labels[spec.top].length, labels[spec.bottom].length);
    return { ...spec, least, width: Math.max(spec.width, least), keeps: true };
  };

  return {
    clear() {
      shown = null;
      node.replaceChildren();
    },
    // Only drawings whose names change are made anew, so that others keep the focus.
    draw(specs, { outputs, labels }, values) {
      const wide = specs.map((spec) => widened(spec, labels));
      const now = JSON.stringify(wide.map(({ title, width }) => [title, width]));
      if (now !== shown) lay(wide);
      shown = now;
      wide.forEach((spec, i) => {
        const own = JSON.stringify(Object.entries(labels).filter(([name]) => names(spec, name)));
        if (made[i] !== own) {
          made[i] = own;
          drawings[i] = DRAWINGS[spec.type].create(fitted(spec, panels[i]), labels, actions);
        }
        drawings[i].update(outputs, values);
        if (!panels[i].contains(drawings[i].node)) panels[i].replaceChildren(drawings[i].node);
      });
    },
  };
}
