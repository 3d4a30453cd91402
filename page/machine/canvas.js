// Draws a machine into its element, again after each change: with movement, or, where less motion is asked for, with an
// outline around what has changed.
import { NARROW } from "./parts.js";
import { still } from "./pulses.js";
import { mover, outlines, patch } from "./tree.js";

const MOST = 960;

export const calm = () => matchMedia("(prefers-reduced-motion: reduce)").matches;

/** @returns {(move?: boolean, outlined?: boolean) => void} draws; without `move` at once, `outlined` says whether a change is shown */
export function canvas(root, machine, frame, after = () => {}) {
  const [moves, marks] = [mover(), outlines()];
  let width = 0;
  const draw = (move = true, outlined = move) => {
    width = Math.min(root.clientWidth, MOST) || width;
    moves.finish();
    marks.clear();
    still(root);
    const quiet = calm() ? marks : null;
    const change = quiet ? (outlined ? quiet : null) : move ? moves : null;
    patch(root, frame(machine.view(), width), change);
    change?.run();
    rove(root);
    if (width < NARROW) reveal(root);
    after();
  };
  new ResizeObserver(() => {
    if (width && Math.min(root.clientWidth, MOST) !== width) draw(false);
  }).observe(root);
  return draw;
}

// On a narrow screen the words scroll sideways: the chosen ones, and the newest, are in view.
function reveal(root) {
  for (const words of root.querySelectorAll(".m-words")) {
    const chosen = /** @type {HTMLElement} */ (words.querySelector("[aria-pressed='true']") ?? words.lastElementChild);
    words.scrollLeft = chosen.offsetLeft - words.offsetLeft - words.clientWidth / 2;
  }
}

// One part of the picture is in the tab order: the one that had the focus, or the first.
function rove(root) {
  const parts = [...root.querySelectorAll(".m-stage .m-part")];
  const current = parts.find((node) => node === document.activeElement) ?? parts.find((node) => node.getAttribute("tabindex") === "0") ?? parts[0];
  stop(parts, current);
}

// Writing to hundreds of parts what they have already would cost as much as drawing them.
function stop(parts, current) {
  for (const node of parts) {
    const tab = node === current ? "0" : "-1";
    if (node.getAttribute("tabindex") !== tab) node.setAttribute("tabindex", tab);
  }
}

/** The focus goes to the next part of the picture, or the one before. */
export function along(root, part, by) {
  const parts = [...root.querySelectorAll(".m-stage .m-part")];
  const next = parts[(parts.indexOf(part) + by + parts.length) % parts.length];
  stop(parts, next);
  next.focus();
}
