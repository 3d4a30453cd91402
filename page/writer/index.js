// The writer of stories; loaded by the pages that show it.
import { alive, files } from "../fetching.js";
import { mount } from "./page.js";
import { writer } from "./work.js";

const { src } = /** @type {HTMLScriptElement} */ (document.currentScript);
const found = files(new URL(".", src));
export const { register } = found;

alive("[data-writer]", (root, load) => mount(root, () => load(["writer-parts"])), found, writer);
