// Controls of many values: a point or a number for each label. Drawings move them; the fields here do, too.
import { brief } from "./svg.js";

const fields = (node) => [...node.querySelectorAll("input")];

// A field being typed in keeps its text; one that holds no number keeps its old value.
const write = (field, value) => {
  if (field !== field.ownerDocument.activeElement || field.valueAsNumber !== value) field.value = value;
};
const number = (field, old, { minimum, maximum }) =>
  Number.isFinite(field.valueAsNumber) ? Math.min(Math.max(field.valueAsNumber, minimum), maximum) : old;

const changed = (value, before) => value.findIndex((part, i) => String(part) !== String(before?.[i]));

const said = (spoken) => (value, control, before) => {
  const at = changed(value, before);
  return at < 0 ? control.label : `${control.noun} ${control.options[at]}: ${spoken(value[at], control)}`;
};

export const points = {
  read: (node, control, old) =>
    old.map((pair, i) => pair.map((part, axis) => number(fields(node)[2 * i + axis], part, control))),
  write(node, value) {
    value.flat().forEach((part, i) => write(fields(node)[i], part));
  },
  say: said(([x, y]) => `${brief(x)}, ${brief(y)}`),
  input: (value) => ({ type: "float32", dims: [value.length, 2], data: Float32Array.from(value.flat()) }),
};

export const levels = {
  read: (node, control, old) => old.map((part, i) => number(fields(node)[i], part, control)),
  write(node, value, { digits }) {
    fields(node).forEach((field, i) => {
      write(field, value[i]);
      const text = value[i].toFixed(digits);
      field.parentNode.querySelector("output").textContent = text;
      field.setAttribute("aria-valuetext", text);
    });
  },
  say: said((part, { digits }) => part.toFixed(digits)),
  input: (value) => ({ type: "float32", dims: [value.length], data: Float32Array.from(value) }),
};
