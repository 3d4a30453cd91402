// Words that are pressed, of which one is chosen. Tab reaches the chosen one, arrow keys choose the next, the pointer
// previews what a press would show.
const STEPS = { ArrowLeft: -1, ArrowUp: -1, ArrowRight: 1, ArrowDown: 1 };

// choose(index); preview(index or null). Returns mark(index): which one is chosen.
/** @param {any[]} nodes HTML or SVG elements
 * @param {{ choose: (index: number) => void, preview?: (index: number | null) => void }} does */
export function chips(nodes, { choose, preview = () => {} }) {
  let at = 0;
  const reach = (index) => nodes.forEach((node, i) => node.setAttribute("tabindex", i === index ? 0 : -1));
  const go = (index) => {
    reach(index);
    nodes[index].focus();
    choose(index);
  };
  nodes.forEach((node, i) => {
    node.addEventListener("click", () => {
      reach(i);
      choose(i);
    });
    node.addEventListener("keydown", (event) => {
      const next = { Home: 0, End: nodes.length - 1 }[event.key] ?? i + STEPS[event.key];
      const press = node.localName !== "button" && (event.key === "Enter" || event.key === " ");
      if (!(next >= 0 && next < nodes.length) && !press) return;
      event.preventDefault();
      event.stopPropagation();
      if (press) choose(i);
      else go(next);
    });
    // scrolling under a pointer that rests is no wish to see anything
    node.addEventListener("pointermove", (event) => {
      if (event.pointerType !== "touch" && (event.movementX || event.movementY)) preview(i);
    });
    node.addEventListener("pointerleave", () => preview(null));
  });
  reach(at);
  return (index) => {
    at = index;
    nodes.forEach((node, i) => node.setAttribute("aria-pressed", i === index));
    if (!nodes.some((node) => node === node.ownerDocument.activeElement)) reach(at);
  };
}
