// The reader's sentence: the translator's weights are fetched, it is translated, and every level answers.
import { insideOf } from "../models/grammar.js";
import { assemble } from "../models/index.js";
import { idsOf, likeliest, row, write } from "../models/loop.js";
import { text } from "../text/control.js";
import { asSentence } from "../text/spelling.js";

const NAME = "translator-parts";
const LOADING = "Loading the translator, 0.5 MB, once per visit …";
const OUTSIDE = "Outside the small world's grammar: the model was never shown such a sentence.";
const UNLOADED = "The translator did not load. Try again.";
let parts = null; // a promise

// The weights register where live pictures expect them.
function fetchParts(base) {
  parts ??= new Promise((resolve, reject) => {
    /** @type {any} */ (globalThis).AttentionLive = { ...(/** @type {any} */ (globalThis).AttentionLive), register: (name, given) => name === NAME && resolve(assemble(given)) };
    const script = document.createElement("script");
    script.src = new URL(`${NAME}.js`, new URL(base, location.href)).href;
    script.onerror = () => reject(new Error(UNLOADED));
    script.onload = () => reject(new Error(UNLOADED)); // what loads and registers nothing
    document.head.append(script);
  });
  return parts.catch((error) => {
    parts = null;
    throw error;
  });
}

/** Ids of the words that are written, greedily, and every number on the way. */
export function translated(loaded, ids) {
  const steps = write(loaded, ids, (logits) => likeliest(logits, 1)[0]);
  for (;;) {
    const { done, value } = steps.next();
    if (done) return { ids, written: value.ids, outputs: loaded.trace({ ids: row(ids), target: row([loaded.bos, ...value.ids.slice(0, -1)]) }) };
  }
}

export function translation(root, machine, draw) {
  const vocabulary = machine.m.words;
  const say = (status, busy = false) => {
    Object.assign(machine, { status, busy });
    draw(false);
  };
  root.addEventListener("submit", async (event) => {
    event.preventDefault();
    const value = event.target.querySelector("input").value;
    machine.sentence = value;
    const control = { vocabulary, most: machine.m.most, single: true, mends: true };
    const wrong = text.check(value, control, true);
    if (wrong) return say(wrong.error ?? wrong.typing);
    say(LOADING, true);
    try {
      const loaded = await fetchParts(root.dataset.base);
      const ids = idsOf(loaded, text.input(value, control));
      machine.take(translated(loaded, ids));
      const warning = !insideOf(loaded)(ids).data[0] && OUTSIDE;
      return say([`The decoder wrote: ${asSentence(machine.m.french.slice(0, -1))}`, text.notes(value, control), warning, "Press next word to watch how."].filter(Boolean).join(" "));
    } catch (error) {
      return say(error.message);
    }
  });
}
