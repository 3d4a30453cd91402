// The exercises' Python as pages load it: a classic script, in a worker where there may be one, else in the page.
// Chapters register what they know of their exercises, each in a classic script of its own.
import wasm from "micropython.wasm";
import texts from "python-files";
import { engine } from "./engine.js";
import { unpacked } from "./interpreter.js";
import { straight } from "./straight.js";

const BROKEN = "Python itself came to a stop here, and was started anew: check again, perhaps with smaller numbers.";
const chapters = new Map();
let made = null; // the promise of an engine
let loaded = new Set();

export function register(number, chapter) {
  chapters.set(number, chapter);
}

export async function ready(chapter) {
  made ??= unpacked(wasm).then((bytes) => engine({ wasm: bytes, ...texts }));
  const python = await made;
  if (!loaded.has(chapter)) {
    python.load(chapter, chapters.get(chapter));
    loaded.add(chapter);
  }
  return python;
}

/**
 * The line of an answer, what it printed, and its text as it was read.
 * @param {{ chapter: string, name: string, text: string, answer: string, within?: number }} job milliseconds at most
 */
export async function check(job) {
  const python = await ready(job.chapter);
  const text = straight(job.text);
  try {
    return { ...python.check({ ...job, text }), text };
  } catch (error) {
    made = null;
    loaded = new Set();
    console.info(`exercise ${job.name}: ${error.message}`);
    return { printed: "", line: `Not yet. ${BROKEN}`, text };
  }
}

const scope = /** @type {any} */ (globalThis);
if (typeof scope.importScripts === "function" && !("document" in scope)) {
  scope.onmessage = async ({ data: { id, script, chapter, job } }) => {
    try {
      if (script) scope.importScripts(script);
      if (chapter) await ready(chapter);
      scope.postMessage({ id, answer: job ? await check(job) : { ready: true } });
    } catch (error) {
      scope.postMessage({ id, error: error.message });
    }
  };
}
