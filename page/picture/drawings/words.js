// Words in reading order, each shaded by its weight. They wrap as text does.
import { colour, exact, html, namesOf, short } from "../svg.js";

export function create(spec, labels, actions) {
  const names = namesOf(spec.labels, labels);
  const items = names.map((name, i) => {
    const number = html("small");
    const word = html(spec.selected ? "button" : "span", { class: "live-word" }, html("span", {}, name), number);
    if (spec.selected) {
      word.type = "button";
      word.addEventListener("click", () => actions.set(spec.selected, i));
    }
    return { word, number };
  });
  const row = html("div", { class: "live-words", role: "group", "aria-label": spec.title });
  row.append(...items.map(({ word }) => word));
  const node = html("div", {}, html("div", { class: "live-words-title" }, spec.title), row);
  let text = "";

  return {
    node,
    update(outputs, values) {
      const weights = outputs[spec.values].data;
      items.forEach(({ word, number }, i) => {
        word.dataset.value = exact(weights[i]);
        word.style.setProperty("--shade", colour(weights[i]));
        word.classList.toggle("live-strong-word", weights[i] > 0.45);
        number.textContent = short(weights[i]);
        if (spec.selected) word.setAttribute("aria-pressed", values[spec.selected] === i);
      });
      const most = weights.indexOf(Math.max(...weights));
      text = `Strongest: ${names[most]} ${short(weights[most])}.`;
    },
    summary: () => text,
  };
}
