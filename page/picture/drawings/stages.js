// One value per label through several steps, from left to right.
import { brief, element, exact, gutter, namesOf, panel, tidy, title } from "../svg.js";
import { ease } from "../tween.js";

const TOP = 62;
const BOTTOM = 10;
const ZERO = 0.34; // where zero stands in a signed column, from left to right
const PAD = 4;

export function create(spec, labels) {
  const names = namesOf(spec.labels, labels);
  const left = gutter(names, 86);
  const wide = (spec.width - left) / spec.stages.length;
  const tall = (spec.height - TOP - BOTTOM) / names.length;
  const svg = panel(spec);
  svg.removeAttribute("tabindex");
  svg.setAttribute("role", "img");
  svg.append(title(spec));
  names.forEach((name, i) => {
    const y = TOP + (i + 0.5) * tall;
    svg.append(
      element("line", { x1: 0, x2: spec.width, y1: TOP + i * tall, y2: TOP + i * tall, class: "live-hair" }),
      element("text", { x: left - 8, y, class: "live-row-label" }, name),
    );
  });
  const size = Math.min(12, wide / (0.66 * Math.max(...spec.stages.map(({ head, note }) => Math.max(head.length, note.length / 1.6)))));
  const columns = spec.stages.map((stage, place) => {
    const x = left + place * wide;
    const middle = x + wide / 2;
    const note = element("text", { x: middle, y: 52, class: "live-note" });
    const head = element("text", { x: middle, y: 37, class: "live-head" }, stage.head);
    for (const text of [head, note]) text.style.fontSize = `${size}px`;
    svg.append(head, note);
    const zero = x + PAD + (stage.signed ? ZERO * (wide - 2 * PAD) : 0);
    if (stage.signed) svg.append(element("line", { x1: zero, x2: zero, y1: TOP + 4, y2: spec.height - BOTTOM, class: "live-hair" }));
    const rows = names.map((name, i) => {
      const y = TOP + i * tall;
      const bar = element("rect", { y: y + tall * 0.6, height: Math.min(tall * 0.22, 10), class: `live-bar live-mark live-of-${stage.role || "weight"}` });
      const number = element("text", { x: middle, y: y + tall * 0.36, class: "live-figure" });
      number.dataset.stage = stage.values;
      number.dataset.label = name;
      svg.append(bar, number);
      return { bar, number };
    });
    return { stage, note, zero, room: x + wide - PAD - zero, rows };
  });
  let text = "";

  return {
    node: svg,
    update(outputs) {
      const extents = {};
      for (const { stage } of columns) {
        // left of zero there is less room, so a negative number asks for a wider scale
        const asks = (x) => (x < 0 && stage.signed ? (-x * (1 - ZERO)) / ZERO : Math.abs(x));
        const most = outputs[stage.values].data.reduce((least, x) => Math.max(least, asks(x)), stage.maximum);
        extents[stage.scale] = Math.max(extents[stage.scale] ?? 0, most);
      }
      const said = columns.map(({ stage, note, zero, room, rows }) => {
        const numbers = outputs[stage.values].data;
        const extent = stage.scale ? extents[stage.scale] : stage.maximum;
        note.textContent = stage.note.replace(/\{(\w+)\}/g, (_, name) => brief(outputs[name].data[0]));
        rows.forEach(({ bar, number }, i) => {
          const least = stage.signed ? (-ZERO / (1 - ZERO)) * room : 0;
          const length = Math.min(Math.max((numbers[i] / extent) * room, least), room);
          ease(bar, { x: Math.min(zero, zero + length), width: Math.abs(length) || 0 });
          bar.classList.toggle("live-below-zero", length < 0);
          number.textContent = tidy(numbers[i], stage.digits);
          number.dataset.value = exact(numbers[i]);
        });
        return `${stage.head}: ${names.map((name, i) => `${name} ${tidy(numbers[i], stage.digits)}`).join(", ")}`;
      });
      const { stage } = columns.at(-1);
      const last = outputs[stage.values].data;
      const most = last.indexOf(Math.max(...last));
      text = `Most ${stage.note || stage.head}: ${names[most]}, ${tidy(last[most], stage.digits)}.`;
      svg.setAttribute("aria-label", `${spec.title}. ${said.join("; ")}.`);
    },
    summary: () => text,
  };
}
