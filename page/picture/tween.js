// Changes that move. The numbers in an attribute run from what they are to what they become in 160 ms; at once while the
// reader drags, for readers who want less motion, and where nothing was drawn before.
const TIME = 160; // milliseconds
const NUMBER = /-?\d+(?:\.\d+)?(?:e-?\d+)?/g;
const running = new Map(); // node -> Map of attribute -> { from, to, since }
let held = false; // whether the pointer is pressed: then the picture follows it

if (typeof addEventListener === "function") {
  addEventListener("pointerdown", () => (held = true), true);
  for (const end of ["pointerup", "pointercancel"]) addEventListener(end, () => (held = false), true);
  addEventListener("beforeprint", () => step(Infinity));
}

const calm = () => globalThis.matchMedia?.("(prefers-reduced-motion: reduce)").matches ?? true;
const shape = (text) => text.replace(NUMBER, "#");

// Text between two of the same shape; anything else changes at once.
export function between(from, to, share) {
  const starts = from.match(NUMBER);
  let k = -1;
  return to.replace(NUMBER, (end) => {
    k += 1;
    return String(Number((Number(starts[k]) + (Number(end) - Number(starts[k])) * share).toFixed(3)));
  });
}

export function ease(node, attributes) {
  for (const [name, value] of Object.entries(attributes)) {
    const to = String(value);
    const from = node.getAttribute(name);
    const mine = running.get(node) ?? new Map();
    if (mine.get(name)?.to === to) continue;
    mine.delete(name);
    if (held || from === null || from === to || !node.isConnected || document.hidden || shape(from) !== shape(to) || calm()) {
      node.setAttribute(name, to);
      continue;
    }
    if (!running.size) requestAnimationFrame(step);
    running.set(node, mine);
    mine.set(name, { from, to, since: performance.now() });
  }
}

function step(now) {
  for (const [node, mine] of running) {
    for (const [name, { from, to, since }] of mine) {
      const share = Math.min(Math.max((now - since) / TIME, 0), 1);
      if (share === 1) mine.delete(name);
      node.setAttribute(name, share === 1 ? to : between(from, to, 1 - (1 - share) ** 3));
    }
    if (!mine.size) running.delete(node);
  }
  if (running.size) requestAnimationFrame(step);
}
