// The book's pages: finds stored live pictures and runs their exported views. No kernel, no network.
import { pageEngine, programEngine, unpackAll } from "./picture/engines.js";
import { wire } from "./picture/phrases.js";
import { mount } from "./picture/picture.js";
import { assemble } from "./models/index.js";

const STATE = 'script[type="application/vnd.jupyter.widget-state+json"]';
const PARTS = "translator-parts"; // weights and graphs for programs; the markup of pages does not name it
const FAILED = "This picture needs its script; the still shows the starting values.";
const AHEAD = "100% 0px"; // one screen away
const { src } = /** @type {HTMLScriptElement} */ (document.currentScript);
const base = new URL(".", src);
const exported = new Map(); // name -> view, or the promise of it
const waiting = new Map();

// An exported view arrives as a classic script, because a page opened from disk may not fetch.
export function register(name, view) {
  const resolve = waiting.get(name);
  exported.set(name, Promise.resolve(view));
  resolve?.(view);
}

// A request after a failure tries again, bypassing the browser's cache.
let failures = 0;

function forget(name) {
  failures += 1;
  exported.delete(name);
}

function fetchView(name) {
  if (!exported.has(name)) {
    exported.set(
      name,
      new Promise((resolve, reject) => {
        const script = document.createElement("script");
        const failed = () => {
          forget(name);
          script.remove();
          reject(new Error(`${name}.js did not load`));
        };
        let registered = false;
        waiting.set(name, (view) => {
          registered = true;
          resolve(view);
        });
        script.src = new URL(`${encodeURIComponent(name)}.js${failures ? `?again=${failures}` : ""}`, base).href;
        script.onerror = failed;
        // a truncated, empty or wrong file loads, too, but registers nothing
        script.onload = () => registered || failed();
        document.head.append(script);
      }),
    );
  }
  return exported.get(name);
}

let parts = null; // a promise, shared by all pictures of a page

async function fetchParts() {
  parts ??= fetchView(PARTS).then(assemble);
  try {
    return await parts;
  } catch (error) {
    parts = null;
    forget(PARTS);
    throw error;
  }
}

// A picture is drawn when it comes near the screen, or before printing.
const whenSeen = (root) => (draw) => {
  const watch = new IntersectionObserver(
    (entries) => {
      if (!entries.some(({ isIntersecting }) => isIntersecting)) return;
      watch.disconnect();
      draw();
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
    wire(root, mount(root, { spec, values }, pageEngine(spec, await fetchView(root.dataset.view)), whenSeen(root)));
  } catch (error) {
    root.dataset.state = "error";
    root.querySelector(".live-status").textContent = FAILED;
    console.info(`live picture ${root.dataset.view}: ${error.message}`);
  }
}

function startAll() {
  const state = {};
  for (const script of document.querySelectorAll(STATE)) Object.assign(state, JSON.parse(script.textContent).state);
  for (const root of document.querySelectorAll("figure.live[data-live]")) start(root, state);
}

if (document.readyState === "loading") document.addEventListener("DOMContentLoaded", startAll);
else startAll();
