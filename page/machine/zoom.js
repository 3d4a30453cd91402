// From one level to the next: the part that was pressed grows into the level; back, the level shrinks to its part.
import { address } from "./place.js";

const TIME = 220; // of a whole zoom; what the drawing took, the movement saves twice, for painting takes as long again
const SHORTEST = 100; // and yet one sees it move
const RING = 600;
const EASE = "cubic-bezier(0.2, 0.8, 0.2, 1)";

const depth = (place) => place.level + (place.aside ? 0.5 : 0);

export function zoom(root, { before, after, from, calm, draw }) {
  const stage = root.querySelector(".m-stage");
  const deeper = depth(after) > depth(before);
  const byKey = root.contains(document.activeElement) && document.activeElement.closest(".m-stage");
  const origin = deeper && from?.closest(".m-stage") ? inside(from.getBoundingClientRect(), stage.getBoundingClientRect()) : null;
  const home = deeper ? null : address(before);
  const began = performance.now();
  draw();
  const back = home && [...stage.querySelectorAll("[data-go]")].filter((node) => home.startsWith(node.dataset.go)).at(-1);
  if (byKey || back) {
    const target = back || stage.querySelector(".m-part") || stage; // keys go on working where nothing can be pressed
    for (const node of stage.querySelectorAll(".m-part")) node.setAttribute("tabindex", node === target ? "0" : "-1");
    target?.focus({ preventScroll: true });
  }
  if (back) {
    back.classList.add("m-back");
    setTimeout(() => back.classList.remove("m-back"), RING);
  }
  if (calm) return;
  const box = stage.getBoundingClientRect();
  const duration = Math.max(TIME - 2 * (performance.now() - began), SHORTEST);
  const small = origin ?? (back ? inside(back.getBoundingClientRect(), box) : null);
  if (!small || !stage.animate) return;
  const full = { top: 0, left: 0, width: box.width, height: box.height };
  const outline = document.createElement("div");
  outline.className = "m-zoom";
  stage.after(outline);
  const place = ({ top, left, width, height }) => ({ top: `${stage.offsetTop + top}px`, left: `${stage.offsetLeft + left}px`, width: `${width}px`, height: `${height}px` });
  outline.animate(deeper ? [place(small), { ...place(full), opacity: 0 }] : [{ ...place(full), opacity: 0 }, place(small)], { duration, easing: EASE }).onfinish = () => outline.remove();
  if (deeper) {
    const clip = `inset(${small.top}px ${Math.max(box.width - small.left - small.width, 0)}px ${Math.max(box.height - small.top - small.height, 0)}px ${small.left}px round 8px)`;
    stage.firstElementChild.animate([{ clipPath: clip, opacity: 0.2 }, { clipPath: "inset(0 0 0 0 round 0px)", opacity: 1 }], { duration, easing: EASE });
  } else stage.firstElementChild.animate([{ opacity: 0 }, { opacity: 1 }], { duration: duration / 2, easing: EASE });
}

const inside = (box, stage) => ({ top: Math.max(box.top - stage.top, 0), left: Math.max(box.left - stage.left, 0), width: box.width, height: box.height });
