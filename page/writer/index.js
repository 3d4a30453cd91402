// The writer of stories; loaded by the pages that show it.
import { files } from "../fetching.js";
import { mount } from "./page.js";
import { writer } from "./work.js";

const PARTS = "writer-parts";
const { src } = /** @type {HTMLScriptElement} */ (document.currentScript);
const found = files(new URL(".", src));
export const { register } = found;

// A file that came damaged is fetched anew by the next try.
async function load() {
  const parts = await found.fetch(PARTS);
  try {
    return writer(parts);
  } catch (error) {
    found.forget(PARTS);
    throw error;
  }
}

function start() {
  for (const root of document.querySelectorAll("[data-writer]")) mount(root, load);
}

if (document.readyState === "loading") document.addEventListener("DOMContentLoaded", start);
else start();
