// Native controls, found in the markup that Python wrote.
import { levels, points } from "./lists.js";
import { text } from "../text/control.js";

const field = (node) => node.querySelector("input, select");

// Each kind: read(node, control, old value, event), write(node, value, control), what is said of a change, and, where
// it is not read from "input" events or fed as one number, its own `event` and `input`.
export const KINDS = {
  slider: {
    read: (node) => Number(field(node).value),
    write(node, value, { digits }) {
      field(node).value = value;
      const text = value.toFixed(digits);
      node.querySelector("output").textContent = text;
      field(node).setAttribute("aria-valuetext", text);
    },
    text: (value, { digits }) => value.toFixed(digits),
  },
  toggle: {
    read: (node) => field(node).checked,
    write(node, value) {
      field(node).checked = value;
    },
    text: (value) => (value ? "yes" : "no"),
  },
  choice: {
    read: (node) => Number(field(node).value),
    write(node, value, { options }) {
      const select = field(node);
      if (options.join("\n") !== Array.from(select.options, ({ text }) => text).join("\n")) {
        select.replaceChildren(...options.map((option, i) => new Option(option, i)));
      }
      select.value = value;
    },
    text: (value, { options }) => options[value],
  },
  steps: {
    read: (node, { stops }) => stops[Number(field(node).value)],
    write(node, value, control) {
      field(node).value = control.stops.indexOf(value);
      const text = this.text(value, control);
      node.querySelector("output").textContent = text;
      field(node).setAttribute("aria-valuetext", text);
    },
    text: (value, { digits, said = [] }) => new Map(said).get(value) ?? value.toFixed(digits),
  },
  again: {
    event: "click",
    read: (node, { most }, old, event) => (event.target.closest("button") ? (old % most) + 1 : old),
    write(node, value) {
      node.querySelector("button").value = value;
    },
    text: (value, { most }) => `${value} of ${most}`,
  },
  reveal: {
    event: "click",
    read: (node, _, old) => old || node.querySelector("button").matches(":enabled"),
    write(node, value) {
      node.querySelector("button").setAttribute("aria-pressed", value);
    },
    say: () => "Shown",
    input: (value) => ({ type: "bool", dims: [], data: Uint8Array.of(value ? 1 : 0) }),
  },
  points,
  levels,
  text,
};

// The graph input of a control.
export function inputOf(control, value) {
  if (KINDS[control.kind].input) return KINDS[control.kind].input(value, control);
  if (control.kind === "toggle") return { type: "bool", dims: [], data: Uint8Array.of(value ? 1 : 0) };
  if (control.kind === "choice") return { type: "int64", dims: [], data: Int32Array.of(value) };
  return { type: "float32", dims: [], data: Float32Array.of(value) };
}

// Typed words are labels; choices among them are updated, and limited to existing ones.
export function relabel(controls, values) {
  const typed = Object.assign({}, ...controls.map((c) => KINDS[c.kind].labels?.(values[c.name], c)));
  offer(controls, values, typed);
  return typed;
}

// Likewise for labels from ids in the outputs: words, or rows as sentences padded with -1.
export function speak({ controls, spoken = {}, labels }, values, outputs) {
  const words = ([name, vocabulary]) => {
    const { dims: [count, length = 1], data } = outputs[name];
    const row = (k) => Array.from(data.slice(k * length, (k + 1) * length)).filter((id) => id >= 0);
    return Array.from({ length: count }, (_, k) => row(k).map((id) => labels[vocabulary][id]).join(" "));
  };
  const made = Object.fromEntries(Object.entries(spoken).map(([name, pair]) => [name, words(pair)]));
  offer(controls, values, made);
  return made;
}

function offer(controls, values, lists) {
  for (const control of controls) {
    const words = control.kind === "choice" && lists[control.source];
    if (!words) continue;
    control.options = words.map((word, i) => (words.indexOf(word) === words.lastIndexOf(word) ? word : `${word} (${i + 1})`));
    values[control.name] = Math.min(values[control.name], words.length - 1);
  }
}

// A text names its vocabulary where the picture's labels hold it.
export function settle(spec) {
  for (const control of spec.controls) {
    if (typeof control.vocabulary === "string") control.vocabulary = spec.labels[control.vocabulary];
  }
  return spec;
}
