// Keys: arrows move among the parts in their order, Enter opens, Escape goes out, n next word, [ ] heads, digits levels.
// The query's numbers are dragged, or moved with up and down.
import { along } from "./canvas.js";

const REACH = 3; // how far a number of the query may be moved

export function keyboard(root, { machine, press, out, go, draw }) {
  const set = (i, value) => {
    const { dot } = machine.view();
    const query = Float32Array.from(machine.s.query ?? dot.base);
    query[i] = Math.min(Math.max(value, dot.base[i] - REACH), dot.base[i] + REACH);
    machine.s.query = query;
    draw(false, true);
  };
  root.addEventListener("keydown", (event) => {
    const { key, target, altKey, ctrlKey, metaKey } = event;
    if (altKey || ctrlKey || metaKey || target.matches("input, textarea, select")) return;
    const part = target.closest(".m-part");
    const keys = {
      Escape: out,
      n: () => root.querySelector("[data-step='1']:not(:disabled)")?.click(),
      Home: () => go({ level: 0 }),
      "[": () => turn(-1),
      "]": () => turn(1),
    };
    const turn = (by) => {
      machine.head((machine.s.head + by + machine.m.heads) % machine.m.heads);
      draw();
    };
    if (Object.hasOwn(keys, key)) keys[key]();
    else if (/^[1-6]$/.test(key)) go(machine.level(Number(key) - 1));
    else if (part && (key === "Enter" || key === " ")) press(part);
    else if (part?.dataset.query !== undefined && (key === "ArrowUp" || key === "ArrowDown")) {
      const i = Number(part.dataset.query);
      set(i, machine.view().dot.q[i] + (key === "ArrowUp" ? 0.5 : -0.5));
    } else if (part && key.startsWith("Arrow")) along(root, part, key === "ArrowRight" || key === "ArrowDown" ? 1 : -1);
    else return;
    event.preventDefault();
  });
  let held = null;
  root.addEventListener("pointerdown", (event) => {
    const handle = event.target.closest?.("[data-query]");
    if (!handle) return;
    const { dot } = machine.view();
    const i = Number(handle.dataset.query);
    const span = Math.max(...dot.q.map(Math.abs), ...dot.keys.flatMap((row) => Array.from(row, Math.abs)));
    held = { i, y: event.clientY, start: dot.q[i], unit: span / 21 };
    handle.setPointerCapture?.(event.pointerId);
    event.preventDefault();
  });
  root.addEventListener("pointermove", (event) => {
    if (held) set(held.i, held.start - (event.clientY - held.y) * held.unit);
  });
  for (const end of ["pointerup", "pointercancel"]) root.addEventListener(end, () => (held = null));
}
