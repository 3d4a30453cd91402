// The writer of stories in a kernel: Python writes the markup and hands over weights; this script does the rest, as in a
// page of the book.
import { asker } from "./kernel.js";
import { mount } from "./page.js";
import { writer } from "./work.js";
import style from "./writer.css";

function render({ model, el }) {
  // else JupyterLab handles keys that are typed into the field; it only checks the focused element
  el.addEventListener("focusin", ({ target }) => target.setAttribute("data-lm-suppress-shortcuts", "true"));
  el.innerHTML = model.get("markup"); // written by the library, what the model wrote escaped there
  const sheet = document.createElement("style");
  sheet.textContent = style;
  el.prepend(sheet);
  const kernel = asker(model);
  mount(el.querySelector("[data-writer]"), async () => writer(await kernel.ask()));
  return () => kernel.stop();
}

export default { render };
