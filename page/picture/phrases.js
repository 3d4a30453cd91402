// Phrases of the text that set a picture. An author writes <span data-set="heads; head=3; word=happy">…</span>: the view,
// then values of its controls. Where no script runs, it is text.
import { html } from "./svg.js";

const READERS = {
  slider: Number,
  steps: Number,
  toggle: (text) => ({ yes: true, no: false })[text],
  choice: (text, { options }) => (options.includes(text) ? options.indexOf(text) : undefined),
  text: (text) => text,
};

// {view, set: {control: text}} of an attribute.
export function parse(attribute) {
  const [view, ...parts] = attribute.split(";").map((part) => part.trim());
  return { view, set: Object.fromEntries(parts.filter(Boolean).map((part) => part.split("=", 2))) };
}

// The values that the texts mean to these controls; null if one of them means nothing.
export function meant(set, controls) {
  const found = Object.entries(set).map(([name, text]) => {
    const control = controls.find((one) => one.name === name);
    const value = control && READERS[control.kind]?.(text, control);
    return [name, Number.isNaN(value) ? undefined : value];
  });
  return found.some(([, value]) => value === undefined) ? null : Object.fromEntries(found);
}

// Turns the phrases for a picture into buttons: those for its view that stand nearer to it than to another one.
export function wire(root, { controls, set }) {
  for (const phrase of /** @type {NodeListOf<HTMLElement>} */ (document.querySelectorAll("[data-set]"))) {
    const wish = parse(phrase.dataset.set);
    if (wish.view !== root.dataset.view || nearest(phrase, wish.view) !== root) continue;
    const values = meant(wish.set, controls);
    if (!values) continue;
    const button = html("button", { type: "button", class: "live-phrase", title: "show it in the picture" }, ...phrase.childNodes);
    button.addEventListener("click", () => {
      set(values);
      const { top, bottom } = root.getBoundingClientRect();
      if (top < 0 || bottom > innerHeight) root.scrollIntoView({ block: bottom - top > innerHeight ? "start" : "nearest" });
      root.classList.remove("live-called");
      requestAnimationFrame(() => root.classList.add("live-called"));
    });
    phrase.replaceWith(button);
  }
}

// The last picture of the view before the phrase, or else the first one after it.
function nearest(phrase, view) {
  const all = [...document.querySelectorAll(`figure.live[data-view="${CSS.escape(view)}"]`)];
  const before = all.filter((root) => root.compareDocumentPosition(phrase) & Node.DOCUMENT_POSITION_FOLLOWING);
  return before.at(-1) ?? all[0];
}
