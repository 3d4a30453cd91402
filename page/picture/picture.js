// Makes the markup of one picture interactive: controls, drawings, status line.
import { KINDS, relabel, settle, speak } from "./controls.js";
import { DRAWINGS } from "./drawings/index.js";
import { asSentence } from "../text/spelling.js";

// A drawing as wide as its panel lets it be, so that its letters keep their size; as high as that makes it, or as ever.
export function fitted(drawing, panel) {
  const room = panel?.clientWidth || panel?.closest(".live-stage")?.clientWidth; // a panel of a later step has no width yet
  const width = Math.min(drawing.width, room || drawing.width);
  const keeps = panel?.classList.contains("live-keeps");
  return { ...drawing, width, height: keeps ? drawing.height : (drawing.height * width) / drawing.width };
}

// Whether a drawing takes its words from these labels.
export const names = (part, name) => part === name || (typeof part === "object" && Object.values(part ?? {}).some((inner) => names(inner, name)));

// The text of the drawings, without repetitions; two rows of bars are named, or "Strongest: …" would appear twice.
export function heard(specs, texts) {
  return texts
    .map((text, i) => {
      if (!text || texts.indexOf(text) < i) return "";
      const twin = specs[i].type === "bars" && specs.some(({ type }, k) => type === "bars" && texts[k] && texts[k] !== text);
      return twin ? `${specs[i].title}: ${text[0].toLowerCase()}${text.slice(1)}` : text;
    })
    .filter(Boolean)
    .join(" ");
}

// state: {spec, values, outputs}; engine: see engines.js. `whenSeen` calls its argument when the first drawing is due:
// until then, or until a control moves, the still shows the same numbers.
export function mount(root, { spec, values: start, outputs = undefined }, engine, whenSeen = (draw) => draw()) {
  settle(spec);
  const hint = spec.hint ?? "Move a control and watch.";
  const status = root.querySelector(".live-status");
  const sentence = root.querySelector(".live-says i");
  const nodes = Object.fromEntries(
    spec.controls.map(({ name }) => [name, root.querySelector(`[data-control="${CSS.escape(name)}"]`)]),
  );
  let values = { ...start };
  let good = outputs ?? null; // the last good outputs
  let due = false; // whether drawings replace the still
  let announcement = hint;
  let flaw = null; // what is wrong with a field's text, which was never sent: [state, text]
  let peeked = null; // values that the pointer previews: drawn, not chosen, not announced
  let hushed = false;

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
  const told = (control, value, before) => {
    const { say: own, text } = KINDS[control.kind];
    return own ? own(value, control, before) : `${control.label}: ${text(value, control)}`;
  };
  const move = (next, changed) => {
    const before = values;
    values = next;
    due = true;
    flaw = null;
    peeked = null;
    hushed = false;
    relabel(spec.controls, values);
    write();
    if (changed) announcement = told(changed, values[changed.name], before[changed.name]).replace(/\.?$/, "."); // a sentence brings its own
    engine.request(values);
  };
  const actions = {
    set(name, value) {
      move({ ...values, [name]: value }, spec.controls.find((control) => control.name === name));
    },
    announce: say,
    preview(name, value) {
      const next = value === null || value === values[name] ? null : { ...values, [name]: value };
      if (!engine.quick || flaw || root.dataset.state !== "ready" || (!next && !peeked)) return;
      peeked = next;
      hushed = true;
      engine.request(next ?? values);
    },
    control: (name) => spec.controls.find((control) => control.name === name),
  };

  const panels = [...root.querySelectorAll(".live-panel")];
  const drawings = [];
  const made = []; // the labels of each drawing: unless they change, it is kept, and with it the focus
  const build = (labels) => {
    spec.drawings.forEach((drawing, i) => {
      const words = JSON.stringify(Object.entries(labels).filter(([name]) => names(drawing, name)));
      if (made[i] === words) return;
      made[i] = words;
      drawings[i] = DRAWINGS[drawing.type].create(fitted(drawing, panels[i]), labels, actions);
    });
  };
  // How much narrower than its own width a drawing is, where its panel keeps the ratio of its sides.
  const shrunk = (i) => {
    const { width } = spec.drawings[i];
    return panels[i].classList.contains("live-keeps") ? 1 : width / fitted(spec.drawings[i], panels[i]).width;
  };
  const draw = () => {
    const typed = relabel(spec.controls, values);
    const labels = { ...spec.labels, ...typed, ...speak(spec, values, good) };
    build(labels);
    for (const c of spec.controls) if (spec.spoken?.[c.source]) KINDS[c.kind].write(nodes[c.name], values[c.name], c);
    drawings.forEach((drawing) => drawing.update(good, peeked ?? values, values));
    drawings.forEach(({ node, height }, i) => {
      if (height) panels[i].style.setProperty("--h", String(height() * shrunk(i))); // as tall as what it draws now
      if (!panels[i].contains(node)) panels[i].replaceChildren(node);
    });
    if (spec.says) {
      const words = labels[spec.says[1]];
      const ranked = spec.spoken?.[spec.says[1]] && good[spec.spoken[spec.says[1]][0]].dims.length > 1; // the first of several sentences
      const text = asSentence(ranked ? words[0].split(" ") : words);
      if (sentence.textContent !== text) sentence.textContent = text;
    }
    return heard(spec.drawings, drawings.map((drawing) => drawing.summary?.() ?? ""));
  };
  // What was changed in a typed sentence, and what the numbers warn of.
  const notes = () => [
    ...spec.controls.map((control) => KINDS[control.kind].notes?.(values[control.name], control)),
    ...Object.entries(spec.warns ?? {}).map(([name, text]) => !good[name].data[0] && text),
  ];
  const present = () => {
    if (hushed) return draw();
    const told = due ? [announcement, ...notes(), draw()].filter(Boolean).join(" ") : announcement; // controls work before the first drawing
    show(...(flaw ?? ["ready", told]));
  };

  engine.listen({
    answer({ outputs: numbers, error }) {
      if (error) return show("error", `${error} The picture shows the last good numbers.`);
      good = numbers;
      present();
    },
    waiting: (text = "Waiting for the kernel …") => hushed || show("waiting", text),
    late: () => say("The kernel is busy or gone. The picture shows the last good numbers."),
    moved(next) {
      values = { ...next };
      relabel(spec.controls, values);
      write();
    },
  });

  for (const control of spec.controls) {
    const kind = KINDS[control.kind];
    const node = nodes[control.name];
    const changed = (event) => {
      const settled = kind.settled?.(node, event); // null: the event does not concern the value
      if (settled === null) return;
      const value = kind.read(node, control, values[control.name], event);
      const wrong = kind.check?.(value, control, settled);
      kind.offer?.(node, control, wrong?.unknown, settled);
      if (wrong) {
        flaw = wrong.typing ? ["waiting", wrong.typing] : ["error", `${wrong.error} The picture shows the last good sentence.`];
        show(...flaw);
      } else if (value !== values[control.name] || flaw || root.dataset.state === "error") {
        move({ ...values, [control.name]: value }, control);
      }
    };
    for (const event of [kind.event ?? "input"].flat()) node.addEventListener(event, changed);
  }
  const steps = [...root.querySelectorAll(".live-steps button")];
  const turn = (number) => {
    root.dataset.step = number;
    for (const button of steps) button.setAttribute("aria-pressed", button.value === number);
    say(spec.steps[number - 1]);
  };
  for (const button of steps) button.addEventListener("click", () => turn(button.value));
  const reset = root.querySelector(".live-reset");
  const first = Object.fromEntries(spec.controls.map(({ name, value }) => [name, value]));
  reset.addEventListener("click", () => {
    announcement = "Back to the start.";
    move({ ...first });
  });

  relabel(spec.controls, values);
  write();
  if (good) present();
  else engine.request(values);
  if (good) root.querySelectorAll("[disabled]").forEach((node) => node.removeAttribute("disabled"));
  whenSeen(() => {
    if (due) return;
    due = true;
    if (good) draw(); // no announcement: screen readers should not read every picture while scrolling
  });

  return {
    controls: spec.controls,
    // Several controls at once, as a phrase of the text sets them.
    set(given) {
      const step = nodes[Object.keys(given)[0]].closest("[data-in]")?.dataset.in;
      if (step) turn(step.split(" ")[0]);
      announcement = "Set by the text.";
      move({ ...values, ...given });
    },
  };
}
