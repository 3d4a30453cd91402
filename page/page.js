// The book's pages: finds stored live pictures and runs their exported views. No kernel, no network.
import { pageEngine, programEngine, unpackAll } from "./picture/engines.js";
import { wire } from "./picture/phrases.js";
import { mount } from "./picture/picture.js";
import { assemble } from "./models/index.js";
import { files } from "./fetching.js";
import { BROWSER } from "./turns.js";

const STATE = 'script[type="application/vnd.jupyter.widget-state+json"]';
const PARTS = "translator-parts"; // weights and graphs for programs; the markup of pages does not name it
const FAILED = "This picture needs its script; the still shows the starting values.";
const SHORT = 8; // milliseconds that starting pictures may take at a stretch
const AHEAD = "100% 0px"; // one screen away
const { src } = /** @type {HTMLScriptElement} */ (document.currentScript);
const views = files(new URL(".", src));
export const { register } = views;

let parts = null; // a promise, shared by all pictures of a page

async function fetchParts() {
  parts ??= views.fetch(PARTS).then(assemble);
  try {
    return await parts;
  } catch (error) {
    parts = null;
    views.forget(PARTS);
    throw error;
  }
}

let turn = Promise.resolve(); // of pictures that come near at once, each is drawn in a turn of its own

// A picture is drawn when it comes near the screen, or before printing.
const whenSeen = (root) => (draw) => {
  const watch = new IntersectionObserver(
    (entries) => {
      if (!entries.some(({ isIntersecting }) => isIntersecting)) return;
      watch.disconnect();
      turn = turn.then(BROWSER.breathe);
      turn.then(draw);
    },
    { rootMargin: AHEAD },
  );
  watch.observe(root);
  addEventListener("beforeprint", draw, { once: true });
};

async function start(root, state) {
  try {
    const { spec, values, response } = state[root.dataset.live].state;
    if (spec.kind === "program") {
      // Starts from the stored outputs; its parts are fetched when a control moves.
      const outputs = unpackAll(response.outputs);
      wire(root, mount(root, { spec, values, outputs }, programEngine(spec, fetchParts), whenSeen(root)));
      return;
    }
    wire(root, mount(root, { spec, values }, pageEngine(spec, await views.fetch(root.dataset.view)), whenSeen(root)));
  } catch (error) {
    root.dataset.state = "error";
    root.querySelector(".live-status").textContent = FAILED;
    console.info(`live picture ${root.dataset.view}: ${error.message}`);
  }
}

async function startAll() {
  const state = {};
  for (const script of document.querySelectorAll(STATE)) Object.assign(state, JSON.parse(script.textContent).state);
  let since = BROWSER.now();
  for (const root of document.querySelectorAll("figure.live[data-live]")) {
    start(root, state);
    if (BROWSER.now() - since < SHORT) continue;
    await BROWSER.breathe(); // the page opens, scrolls and answers meanwhile
    since = BROWSER.now();
  }
}

if (document.readyState === "loading") document.addEventListener("DOMContentLoaded", startAll);
else startAll();
