// Numbers arrive as a classic script, because a page opened from disk may not fetch.
import { plain } from "../tensor/stored.js";

const waiting = new Map();
const arrived = new Map();

export function register(name, given) {
  arrived.set(name, given);
  waiting.get(name)?.(given);
}

const unpacked = (packed = {}) => Object.fromEntries(Object.entries(packed).map(([name, tensor]) => [name, plain(tensor)]));

/** An example by its name, with its tensors. */
export async function example(name) {
  const given = await (arrived.has(name) ? arrived.get(name) : new Promise((resolve) => waiting.set(name, resolve)));
  return { ...given, outputs: unpacked(given.outputs), tables: unpacked(given.tables) };
}

/** Runs `start` on each machine of the page once it is whole. */
export function begin(start) {
  const all = () => {
    for (const root of document.querySelectorAll("[data-machine]")) start(root).catch((error) => console.info(`the machine: ${error.message}`));
  };
  if (document.readyState === "loading") document.addEventListener("DOMContentLoaded", all);
  else all();
}
