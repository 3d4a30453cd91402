// The controls of the page of the everyday translator, made by script: without scripts there is nothing to control.
import { html } from "../picture/svg.js";

let count = 0;
const id = () => `everyday-control-${(count += 1)}`;

const wrapped = (kind, label, field, ...rest) => {
  field.id ||= id();
  return html("div", { class: "live-control", "data-kind": kind }, html("label", { for: field.id }, label), field, ...rest);
};

/** @typedef {{ node: HTMLElement, name: string, ways: string[] }} Control */

/** @returns {Control} */
export function range(name, label, [minimum, maximum, step], start, { digits = 1, said = {}, ways }, changed) {
  const field = html("input", { type: "range", min: minimum, max: maximum, step });
  const output = html("output");
  const write = (value) => {
    const text = said[value] ?? value.toFixed(digits);
    output.textContent = text;
    field.setAttribute("aria-valuetext", text);
  };
  field.value = String(start);
  field.addEventListener("input", () => {
    write(Number(field.value));
    changed(name, Number(field.value));
  });
  write(start);
  return { node: wrapped("slider", label, field, output), name, ways };
}

/** @returns {Control} */
export function choice(name, label, options, start, ways, changed) {
  const field = html("select", {}, ...options.map((text, value) => new Option(text, String(value))));
  field.value = String(start);
  field.addEventListener("change", () => changed(name, Number(field.value)));
  return { node: wrapped("choice", label, field), name, ways };
}

/** @returns {Control} */
export function button(name, label, ways, pressed) {
  const field = html("button", { type: "button" }, label);
  field.addEventListener("click", pressed);
  return { node: html("div", { class: "live-control", "data-kind": "again" }, field), name, ways };
}

// One of several, as radio buttons.
export function radios(title, options, start, changed) {
  const name = id();
  const fields = options.map(([value, label]) => {
    const field = html("input", { type: "radio", name, value });
    field.checked = value === start;
    field.addEventListener("change", () => changed(value));
    return html("label", {}, field, label);
  });
  return html("fieldset", { class: "everyday-ways" }, html("legend", {}, title), ...fields);
}
