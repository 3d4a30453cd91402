// The three models side by side; loaded by the pages that show them.
import { files } from "../fetching.js";
import { mount } from "./page.js";
import { assistant } from "./work.js";

const PARTS = "assistant-parts";
const { src } = /** @type {HTMLScriptElement} */ (document.currentScript);
const found = files(new URL(".", src));
export const { register } = found;

// The models of these stages. A file that came damaged is fetched anew by the next try.
async function load(stages) {
  const names = [PARTS, ...stages.map((stage) => `assistant-${stage}`)];
  const [parts, ...weights] = await Promise.all(names.map((name) => found.fetch(name)));
  try {
    return weights.map((own) => assistant(parts, own));
  } catch (error) {
    names.forEach(found.forget);
    throw error;
  }
}

function start() {
  for (const root of document.querySelectorAll("[data-assistant]")) mount(root, load);
}

if (document.readyState === "loading") document.addEventListener("DOMContentLoaded", start);
else start();
