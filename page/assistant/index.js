// The three models side by side; loaded by the pages that show them.
import { alive, files } from "../fetching.js";
import { mount } from "./page.js";
import { assistant } from "./work.js";

const { src } = /** @type {HTMLScriptElement} */ (document.currentScript);
const found = files(new URL(".", src));
export const { register } = found;

alive(
  "[data-assistant]",
  (root, load) => mount(root, (stages) => load(["assistant-parts", ...stages.map((stage) => `assistant-${stage}`)])),
  found,
  (parts, ...weights) => weights.map((own) => assistant(parts, own)),
);
