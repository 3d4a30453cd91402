// The page of the everyday translator; loaded by that page alone.
import { alive, files } from "../fetching.js";
import { mount } from "./page.js";
import { translator } from "./work.js";

const { src } = /** @type {HTMLScriptElement} */ (document.currentScript);
const found = files(new URL(".", src));
export const { register } = found;

alive("[data-everyday]", (root, load) => mount(root, () => load(["everyday-parts"])), found, translator);
