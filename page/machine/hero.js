// The machine on the welcome page: the sentence, and next word. What is inside has a page of its own.
import { begin, example } from "./arriving.js";
import { along, calm, canvas } from "./canvas.js";
import { pulse } from "./pulses.js";
import { hero } from "./sentence.js";
import { create } from "./state.js";

export { register } from "./arriving.js";

async function start(root) {
  const machine = create(await example("hero"), null);
  const draw = canvas(root, machine, hero);
  const acts = {
    go: (to) => (location.href = `${root.dataset.page}#${to}`),
    look(to) {
      const [stack, i] = to.split(":");
      machine.s.lit = { stack, i: Number(i) };
      draw();
    },
    step(on) {
      machine.step(on === "1");
      draw();
      if (on === "1" && !calm()) pulse(root);
    },
  };
  const press = (node) => {
    const name = Object.keys(acts).find((act) => node.dataset[act] !== undefined);
    if (name) acts[name](node.dataset[name]);
  };
  root.addEventListener("click", ({ target }) => {
    const node = target.closest("[data-go],[data-look],[data-step]");
    if (node && !node.disabled) press(node);
  });
  root.addEventListener("keydown", (event) => {
    const { key, target, altKey, ctrlKey, metaKey } = event;
    if (altKey || ctrlKey || metaKey) return;
    const part = target.closest(".m-part");
    if (key === "n") root.querySelector("[data-step='1']:not(:disabled)")?.click();
    else if (part && (key === "Enter" || key === " ")) press(part);
    else if (part && key.startsWith("Arrow")) along(root, part, key === "ArrowRight" || key === "ArrowDown" ? 1 : -1);
    else return;
    event.preventDefault();
  });
  draw(false);
  root.dataset.state = "ready";
}

begin(start);
