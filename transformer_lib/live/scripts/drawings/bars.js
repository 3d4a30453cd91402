// One bar for each label, its value beside it.
import { element, exact, gutter, panel, short, title } from "../svg.js";

const TOP = 26;
const BOTTOM = 8;
const NUMBERS = 34;

export function create(spec, labels) {
  const names = labels[spec.labels];
  const left = gutter(names, 96);
  const height = (spec.height - TOP - BOTTOM) / names.length;
  const width = spec.width - left - NUMBERS;
  const svg = panel(spec);
  svg.removeAttribute("tabindex");
  svg.setAttribute("role", "img");
  svg.append(title(spec));
  const bars = names.map((label, i) => {
    const middle = TOP + (i + 0.5) * height;
    const thick = Math.min(height * 0.72, 22);
    const bar = element("rect", { x: left, y: middle - thick / 2, height: thick, width: 0, class: "live-bar" });
    const number = element("text", { x: left, y: middle, class: "live-number" });
    svg.append(element("text", { x: left - 5, y: middle, class: "live-row-label" }, label), bar, number);
    return { bar, number };
  });
  let text = "";

  return {
    node: svg,
    update(outputs) {
      const numbers = outputs[spec.values].data;
      bars.forEach(({ bar, number }, i) => {
        const length = Math.min(Math.max(numbers[i] / spec.maximum, 0), 1) * width;
        bar.setAttribute("width", length);
        bar.dataset.value = exact(numbers[i]);
        number.setAttribute("x", left + length + 4);
        number.textContent = short(numbers[i]);
      });
      const most = numbers.indexOf(Math.max(...numbers));
      text = numbers[most] > 0 ? `Strongest: ${names[most]} ${short(numbers[most])}.` : "Nothing may be looked at.";
      const all = names.map((name, i) => `${name} ${short(numbers[i])}`).join(", ");
      svg.setAttribute("aria-label", `${spec.title}: ${all}.`);
    },
    summary: () => text,
  };
}
