// The page of the everyday translator; loaded by that page alone.
import { files } from "../fetching.js";
import { mount } from "./page.js";
import { translator } from "./work.js";

const PARTS = "everyday-parts";
const { src } = /** @type {HTMLScriptElement} */ (document.currentScript);
const found = files(new URL(".", src));
export const { register } = found;

// A file that came damaged is fetched anew by the next try.
async function load() {
  const parts = await found.fetch(PARTS);
  try {
    return translator(parts);
  } catch (error) {
    found.forget(PARTS);
    throw error;
  }
}

function start() {
  for (const root of document.querySelectorAll("[data-everyday]")) mount(root, load);
}

if (document.readyState === "loading") document.addEventListener("DOMContentLoaded", start);
else start();
