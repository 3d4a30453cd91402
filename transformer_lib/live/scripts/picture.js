// Brings the markup of one picture to life: controls, drawings, status line.
import { KINDS } from "./controls.js";
import { DRAWINGS } from "./drawings/index.js";

const HINT = "Move a control and watch.";

// state: {spec, values, outputs}; engine: see engines.js. Returns a function that takes the picture down.
export function mount(root, { spec, values: start, outputs }, engine) {
  const status = root.querySelector(".live-status");
  const nodes = Object.fromEntries(
    spec.controls.map(({ name }) => [name, root.querySelector(`[data-control="${CSS.escape(name)}"]`)]),
  );
  let values = { ...start };
  let good = null; // the newest numbers on screen
  let announcement = HINT;

  const say = (text) => {
    if (status.textContent !== text) status.textContent = text;
  };
  const show = (state, text) => {
    root.dataset.state = state;
    root.classList.toggle("live-waiting", state === "waiting");
    root.classList.toggle("live-stale", state === "error");
    say(text);
  };
  const write = () => spec.controls.forEach((c) => KINDS[c.kind].write(nodes[c.name], values[c.name], c));
  const move = (next, changed) => {
    values = next;
    write();
    if (changed) announcement = `${changed.label}: ${KINDS[changed.kind].text(values[changed.name], changed)}.`;
    engine.request(values);
  };
  const actions = {
    set(name, value) {
      move({ ...values, [name]: value }, spec.controls.find((control) => control.name === name));
    },
    announce: say,
  };

  const drawings = spec.drawings.map((drawing) => DRAWINGS[drawing.type].create(drawing, spec.labels, actions));
  const panels = [...root.querySelectorAll(".live-panel")];
  const draw = (numbers, at) => {
    good = numbers;
    drawings.forEach((drawing) => drawing.update(numbers, at));
    drawings.forEach(({ node }, i) => {
      if (!panels[i].contains(node)) panels[i].replaceChildren(node);
    });
  };

  engine.listen({
    answer({ outputs: numbers, error }) {
      if (error) return show("error", `${error} The picture shows the last good numbers.`);
      draw(numbers, values);
      const summary = drawings.map((drawing) => drawing.summary?.() ?? "").join(" ").trim();
      show("ready", announcement === HINT ? `${HINT} ${summary}` : `${announcement} ${summary}`);
    },
    waiting: () => show("waiting", "Waiting for the kernel …"),
    late: () => say("The kernel is busy or gone. The picture shows the last good numbers."),
    moved(next) {
      values = { ...next };
      write();
    },
  });

  for (const control of spec.controls) {
    nodes[control.name].addEventListener("input", () => {
      const value = KINDS[control.kind].read(nodes[control.name]);
      if (value !== values[control.name]) move({ ...values, [control.name]: value }, control);
    });
  }
  const reset = root.querySelector(".live-reset");
  const first = Object.fromEntries(spec.controls.map(({ name, value }) => [name, value]));
  reset.addEventListener("click", () => {
    announcement = "Back to the start.";
    move({ ...first });
  });

  write();
  if (outputs) {
    draw(outputs, values);
    show("ready", HINT);
  } else {
    engine.request(values);
  }
  if (good) root.querySelectorAll("[disabled]").forEach((node) => node.removeAttribute("disabled"));
}
