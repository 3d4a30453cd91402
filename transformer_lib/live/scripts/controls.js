// Native controls: found in the markup that Python wrote, never built here.
const field = (node) => node.querySelector("input, select");

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
    write(node, value) {
      field(node).value = value;
    },
    text: (value, { options }) => options[value],
  },
};

// What a control feeds to a graph.
export function inputOf(control, value) {
  if (control.kind === "toggle") return { type: "bool", dims: [], data: Uint8Array.of(value ? 1 : 0) };
  if (control.kind === "choice") return { type: "int64", dims: [], data: Int32Array.of(value) };
  return { type: "float32", dims: [], data: Float32Array.of(value) };
}
