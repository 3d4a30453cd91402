// Where answers are checked: by Python in a worker, so that the page stays awake; where there may be none (a page opened
// from disk), by the same Python in the page, which looks at the clock itself.

import { PATIENCE } from "../python/patience.js";

const SILENT = 9_000; // milliseconds beyond its time, after which a worker is ended: nothing inside it looked at a clock
const STUCK = "Not yet. Stopped: is there something in it that does not end?";
const UNLOADED = "Python did not load: check again.";

function script(address) {
  return new Promise((resolve, reject) => {
    const node = document.createElement("script");
    node.src = address;
    node.onload = resolve;
    node.onerror = () => {
      node.remove();
      reject(new Error(UNLOADED));
    };
    document.head.append(node);
  });
}

/** In the page itself. */
function inPage(base) {
  const loads = new Map(); // address -> promise
  const load = (name) => {
    const address = new URL(name, base).href;
    if (!loads.has(address)) loads.set(address, script(address).catch((error) => {
      loads.delete(address);
      throw error;
    }));
    return loads.get(address);
  };
  const python = async (chapter) => {
    await load("python.js");
    await load(`exercises-${chapter}.js`);
    return /** @type {any} */ (globalThis).AttentionPython;
  };
  return {
    ready: async (chapter) => (await python(chapter)).ready(chapter),
    async check(job) {
      const found = await python(job.chapter);
      await new Promise((resolve) => setTimeout(resolve, 30)); // the page draws what it says first
      return found.check(job);
    },
  };
}

/** In a worker, which a new one follows if it must be ended. Without a worker, null. */
function inWorker(base) {
  let worker = null;
  let waiting = new Map();
  let scripts = new Set();
  let number = 0;
  const end = (answer) => {
    worker?.terminate();
    worker = null;
    scripts = new Set();
    const all = [...waiting.values()];
    waiting = new Map();
    all.forEach((settle) => settle(answer));
  };
  const begin = () => {
    worker = new Worker(new URL("python.js", base));
    worker.onmessage = ({ data: { id, answer, error } }) => {
      const settle = waiting.get(id);
      waiting.delete(id);
      settle?.(error ? new Error(error) : answer);
    };
    worker.onerror = (event) => {
      event.preventDefault();
      end(new Error(UNLOADED));
    };
  };
  const ask = (message, chapter) =>
    new Promise((resolve, reject) => {
      if (!worker) begin();
      number += 1;
      const id = number;
      const late = message.job ? setTimeout(() => end({ printed: "", line: STUCK }), SILENT + (message.job.within ?? PATIENCE)) : null;
      waiting.set(id, (answer) => {
        clearTimeout(late);
        if (answer instanceof Error) reject(answer);
        else resolve(answer);
      });
      const address = scripts.has(chapter) ? null : new URL(`exercises-${chapter}.js`, base).href;
      scripts.add(chapter);
      worker.postMessage({ id, script: address, ...message });
    }).catch((error) => {
      scripts.delete(chapter);
      throw error;
    });
  try {
    begin();
  } catch {
    return null;
  }
  return { ready: (chapter) => ask({ chapter }, chapter), check: (job) => ask({ job }, job.chapter) };
}

/** @param {URL} base where the scripts lie */
export const client = (base) => inWorker(base) ?? inPage(base);
