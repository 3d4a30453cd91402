// The book's pages: brings the exercises' fields to life. Python itself is loaded at the first touch of one.
import { client } from "./client.js";
import { edit } from "./editor.js";
import { list, progress } from "./progress.js";

export { client };

const { src } = /** @type {HTMLScriptElement} */ (document.currentScript);
let python = null;

async function start() {
  const roots = Array.from(document.querySelectorAll("[data-exercise]"), (root) => /** @type {HTMLElement} */ (root));
  if (!roots.length) {
    list();
    return;
  }
  const editors = [];
  const told = progress(roots, { forgotten: () => editors.forEach((editor) => editor.forget()) });
  for (const root of roots) {
    editors.push(edit(root, { python: () => (python ??= client(new URL(".", src))), right: told.right }));
    await new Promise((done) => setTimeout(done)); // the page scrolls and answers meanwhile
  }
}

addEventListener("load", start); // they stand at the end of a page that opens first
