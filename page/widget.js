// The same picture in a kernel: Python wrote the markup and computes every number.
import { kernelEngine, unpack } from "./picture/engines.js";
import { mount } from "./picture/picture.js";

function render({ model, el }) {
  // else JupyterLab takes the arrow keys away from sliders; it looks no further than at what has the focus
  el.addEventListener("focusin", ({ target }) => target.setAttribute("data-lm-suppress-shortcuts", "true"));
  el.innerHTML = model.get("markup"); // written by the library, every label escaped there
  const engine = kernelEngine(model);
  const { outputs } = model.get("response");
  const numbers = Object.fromEntries(Object.entries(outputs).map(([name, packed]) => [name, unpack(packed)]));
  mount(el.querySelector(".live"), { spec: model.get("spec"), values: model.get("values"), outputs: numbers }, engine);
  return () => engine.stop();
}

export default { render };
