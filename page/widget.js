// The live picture in a kernel: Python writes the markup and computes the outputs.
import { kernelEngine, unpack } from "./picture/engines.js";
import { mount } from "./picture/picture.js";

function render({ model, el }) {
  // else JupyterLab handles arrow keys meant for sliders; it only checks the focused element
  el.addEventListener("focusin", ({ target }) => target.setAttribute("data-lm-suppress-shortcuts", "true"));
  el.innerHTML = model.get("markup"); // written by the library, every label escaped there
  const engine = kernelEngine(model);
  const { outputs } = model.get("response");
  const numbers = Object.fromEntries(Object.entries(outputs).map(([name, packed]) => [name, unpack(packed)]));
  mount(el.querySelector(".live"), { spec: model.get("spec"), values: model.get("values"), outputs: numbers }, engine);
  return () => engine.stop();
}

export default { render };
