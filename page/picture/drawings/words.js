// Words in reading order, each shaded by its weight. They wrap as text does.
import { chips } from "../chips.js";
import { colour, exact, html, inkOn, namesOf, short, tongue } from "../svg.js";

const UNNUMBERED = 0.01; // weights below it are not written

export function create(spec, labels, actions) {
  const names = namesOf(spec.labels, labels);
  const kind = `live-word${tongue(spec, "labels")}`;
  const items = names.map((name) => {
    const number = html("small");
    const word = html(spec.selected ? "button" : "span", { class: kind }, html("span", {}, name), number);
    if (spec.selected) word.type = "button";
    return { word, number };
  });
  const mark = spec.selected
    ? chips(items.map(({ word }) => word), {
        choose: (i) => actions.set(spec.selected, i),
        preview: (i) => actions.preview(spec.selected, i),
      })
    : null;
  const row = html("div", { class: "live-words", role: "group", "aria-label": spec.title });
  row.append(...items.map(({ word }) => word));
  const head = html("div", { class: "live-words-title" }, spec.title);
  if (mark) head.append(html("span", { class: "live-ask" }, "press a word"));
  const node = html("div", {}, head, row);
  let text = "";

  return {
    node,
    update(outputs, values, chosen = values) {
      const weights = outputs[spec.values].data;
      items.forEach(({ word, number }, i) => {
        word.dataset.value = exact(weights[i]);
        word.style.setProperty("--shade", colour(weights[i]));
        word.className = `${kind} ${inkOn(weights[i])}`;
        number.textContent = weights[i] < UNNUMBERED ? "\u00a0" : short(weights[i]);
      });
      mark?.(chosen[spec.selected]);
      const most = weights.indexOf(Math.max(...weights));
      text = `Strongest: ${names[most]} ${short(weights[most])}.`;
    },
    summary: () => text,
  };
}
