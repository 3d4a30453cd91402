// Points that the reader moves: by pointer or touch, and each by the arrow keys when it has the focus.
import { brief, element } from "../svg.js";
import { ease } from "../tween.js";

const REACH = 16; // a finger's half width, in the drawing's pixels
const STRIDE = 5; // steps at once with Shift
const LEAPS = 10; // steps at once with a page key, as native sliders have it
const ARROWS = { ArrowUp: [0, 1], ArrowDown: [0, -1], ArrowLeft: [-1, 0], ArrowRight: [1, 0] };

export class Handles {
  /** @type {{ node: SVGElement, control: any, index: number, at: number[], point: number[] }[]} */
  all = [];
  /** @type {{ name: string, index: number } | null} */
  chosen = null;
  held = null;
  points = {};

  // toPlane: a place in the drawing to a control's point; moved(control, points); touched() when the choice changes
  constructor(svg, { toPlane, moved, touched }) {
    this.svg = svg;
    this.toPlane = toPlane;
    this.moved = moved;
    this.touched = touched;
    svg.addEventListener("pointerdown", (event) => this.down(event));
    svg.addEventListener("pointermove", (event) => this.move(event));
    // touch-action does not hold inside a drawing in every browser: a touch that begins on a point never scrolls
    const keep = (event) => event.target.closest?.(".live-handle") && event.preventDefault();
    svg.addEventListener("touchstart", keep, { passive: false });
    for (const end of ["pointerup", "pointercancel", "lostpointercapture"]) {
      svg.addEventListener(end, () => {
        this.held = null;
        svg.classList.remove("live-dragging");
      });
    }
  }

  add(control, index, label, tip) {
    const node = element("g", { class: "live-handle", tabindex: 0, role: "slider", "aria-label": label });
    node.dataset.points = control.name;
    node.dataset.index = index;
    node.setAttribute("aria-valuemin", control.minimum);
    node.setAttribute("aria-valuemax", control.maximum);
    node.append(element("circle", { r: REACH, class: "live-reach" }), element("circle", { r: 9, class: "live-ring" }), tip);
    const handle = { node, control, index, at: [0, 0], point: [0, 0] };
    node.addEventListener("keydown", (event) => this.key(event, handle));
    node.addEventListener("focus", () => this.choose(handle));
    node.addEventListener("pointerenter", () => this.held || this.choose(handle));
    this.all.push(handle);
    return node;
  }

  place(control, points, places) {
    this.points = { ...this.points, [control.name]: points };
    for (const handle of this.all) {
      if (handle.control !== control) continue;
      handle.point = points[handle.index];
      handle.at = places[handle.index];
      const { node, point } = handle;
      ease(node, { transform: `translate(${handle.at.map((x) => Number(x.toFixed(3))).join(" ")})` });
      node.setAttribute("aria-valuenow", String(point[0]));
      node.setAttribute("aria-valuetext", point.map((x) => brief(x)).join(", "));
      node.dataset.value = point.join(" ");
    }
  }

  choose({ control, index }) {
    if (this.chosen?.name === control.name && this.chosen.index === index) return;
    this.chosen = { name: control.name, index };
    this.touched();
  }

  put({ control, index }, point) {
    const { minimum, maximum, step } = control;
    const snapped = point.map((x) =>
      Number(Math.min(Math.max(Math.round(x / step) * step, minimum), maximum).toFixed(6)) || 0,
    );
    const points = this.points[control.name];
    if (snapped.every((x, axis) => x === points[index][axis])) return;
    this.moved(control, points.map((old, i) => (i === index ? snapped : old)));
  }

  where(event) {
    const box = this.svg.getBoundingClientRect();
    const scale = this.svg.viewBox.baseVal.width / box.width;
    return [(event.clientX - box.left) * scale, (event.clientY - box.top) * scale];
  }

  down(event) {
    if (event.button || !event.target.closest?.(".live-handle")) return;
    const [x, y] = this.where(event);
    const distance = ({ at }) => Math.hypot(at[0] - x, at[1] - y);
    this.held = this.all.toSorted((a, b) => distance(a) - distance(b))[0];
    this.svg.setPointerCapture(event.pointerId);
    this.svg.classList.add("live-dragging");
    this.held.node.focus({ preventScroll: true });
    event.preventDefault();
  }

  move(event) {
    if (this.held) this.put(this.held, this.toPlane(this.where(event)));
  }

  key(event, handle) {
    if (event.ctrlKey || event.altKey || event.metaKey) return;
    const far = handle.point.length === 1 ? distant(event.key, handle) : undefined;
    const arrow = ARROWS[event.key];
    if (!arrow && far === undefined) return;
    event.preventDefault();
    this.choose(handle); // the pointer may rest on another one
    if (far !== undefined) {
      this.put(handle, [far]);
      return;
    }
    const by = handle.control.step * (event.shiftKey ? STRIDE : 1);
    // a value on a line grows with the arrow to the right and the arrow up
    const along = handle.point.length === 1 ? [arrow[0] + arrow[1]] : arrow;
    this.put(handle, handle.point.map((x, axis) => x + along[axis] * by));
  }
}

// The value after Home, End or a page key.
function distant(key, { point: [value], control: { minimum, maximum, step } }) {
  return { Home: minimum, End: maximum, PageUp: value + LEAPS * step, PageDown: value - LEAPS * step }[key];
}
