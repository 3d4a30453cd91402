// The book's pages: finds stored live pictures and runs their exported views. No kernel, no network.
import { pageEngine } from "./engines.js";
import { mount } from "./picture.js";

const STATE = 'script[type="application/vnd.jupyter.widget-state+json"]';
const FAILED = "This picture needs its script; the still shows the starting values.";
const base = new URL(".", document.currentScript.src);
const exported = new Map(); // name -> view, or the promise of it
const waiting = new Map();

// An exported view arrives as a classic script, because a page opened from disk may not fetch.
export function register(name, view) {
  const resolve = waiting.get(name);
  exported.set(name, Promise.resolve(view));
  resolve?.(view);
}

function fetchView(name) {
  if (!exported.has(name)) {
    exported.set(
      name,
      new Promise((resolve, reject) => {
        const script = document.createElement("script");
        waiting.set(name, resolve);
        script.src = new URL(`${encodeURIComponent(name)}.js`, base);
        script.onerror = () => reject(new Error(`${name}.js did not load`));
        document.head.append(script);
      }),
    );
  }
  return exported.get(name);
}

async function start(root, state) {
  try {
    const view = await fetchView(root.dataset.view);
    const { spec, values } = state[root.dataset.live].state;
    mount(root, { spec, values }, pageEngine(spec, view));
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
