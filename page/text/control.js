// A typed sentence: its words become ids and labels. Invalid text is never sent to the engine.
import { goesOn, notesOf, readTyped } from "./spelling.js";
import { encode, near, starting, tokenise } from "./vocabulary.js";

const LONG = 24; // letters of a word that a message shows
const NAMED = 4; // unknown words that a message names
const OFFERED = 6; // buttons

const input = (node) => node.querySelector("input");
const offers = (node) => node.querySelector(".live-offers");
const examples = (node) => node.querySelector("select");
const same = (one, other) => tokenise(one).join(" ") === tokenise(other).join(" ");
// A sentence as it is read: a control that mends writes contractions out and adds a missing full stop.
const reading = (value, { mends }) => (mends ? readTyped(tokenise(value)) : { words: tokenise(value), writtenOut: false, stopped: false });

export const text = {
  event: ["input", "keydown", "focusout"],

  // Enter, or leaving the control, ends a sentence; moving to the offered words does not.
  settled(node, event) {
    if (event.type === "input") return event.target === examples(node);
    if (event.type === "focusout") return node.contains(event.relatedTarget) ? null : true;
    if (event.key === "Escape" && offers(node).childElementCount) {
      event.preventDefault();
      event.stopPropagation();
      input(node).focus();
      offers(node).replaceChildren();
    }
    return event.key === "Enter" && event.target === input(node) ? true : null;
  },
  read(node, control, _, event) {
    if (event && event.target === examples(node) && event.type === "input") {
      const chosen = control.examples[Number(event.target.value)];
      if (chosen !== undefined) input(node).value = chosen;
    }
    return input(node).value;
  },
  write(node, value, control) {
    if (!same(input(node).value, value)) {
      input(node).value = value;
      offers(node).replaceChildren();
    }
    if (examples(node)) examples(node).value = control.examples.findIndex((example) => same(example, value));
  },
  text: (value) => value,
  input(value, control) {
    const { ids } = encode(reading(value, control).words, control.vocabulary);
    return { type: "int64", dims: [ids.length], data: Int32Array.from(ids) };
  },
  labels: (value, control) => ({ [control.words]: reading(value, control).words }),
  notes: (value, control) => notesOf(reading(value, control)),

  // What is wrong with a sentence: null if nothing, {typing} while its last word may still become one, else {error}.
  check(value, control, settled) {
    const { vocabulary, most, single } = control;
    const { words, stopped } = reading(value, control);
    if (!words.length) return settled ? { error: "Type at least one word." } : { typing: "Type a sentence." };
    if (words.length > most) return { error: `That is ${words.length} words and signs${stopped ? ", with a full stop" : ""}; the picture holds ${most}.` };
    if (single && goesOn(words)) return { error: "These are two sentences, and one is read at a time: take one away." };
    const { unknown } = encode(words, vocabulary);
    if (!unknown.length) return null;
    const last = tokenise(value).at(-1);
    const open = !settled && unknown.length === 1 && unknown[0] === last && unfinished(value);
    if (open && starting(last, vocabulary).length) return { typing: `${last} …` };
    return { error: message(unknown, vocabulary), unknown };
  },

  // Buttons: replacements of unknown words, or completions of the unfinished one.
  offer(node, { vocabulary }, unknown = [], settled = false) {
    const words = tokenise(input(node).value);
    const completed = settled || unknown.length || !unfinished(input(node).value) ? [] : starting(words.at(-1), vocabulary);
    const buttons = [
      ...unknown.flatMap((word) =>
        near(word, vocabulary).map((close) =>
          button(node, close, `${close} instead of ${shortened(word)}`, () => words.map((part) => (part === word ? close : part)).join(" ")),
        ),
      ),
      ...completed.map((word) => button(node, word, `complete with ${word}`, () => `${[...words.slice(0, -1), word].join(" ")} `)),
    ];
    offers(node).replaceChildren(...buttons.slice(0, OFFERED));
  },
};

const unfinished = (value) => /[^\s.,;:!?]$/.test(value);

// The field keeps the focus while a button is pressed, and has it back afterwards.
function button(node, word, name, sentence) {
  const made = document.createElement("button");
  made.type = "button";
  made.textContent = word;
  made.setAttribute("aria-label", name);
  made.addEventListener("mousedown", (event) => event.preventDefault());
  made.addEventListener("click", () => {
    const field = input(node);
    field.value = sentence();
    field.focus();
    field.dispatchEvent(new Event("input", { bubbles: true }));
  });
  return made;
}

const shortened = (word) => (word.length > LONG ? `${word.slice(0, LONG)}…` : word);

// Words before signs and digits; of many only the first.
function message(unknown, vocabulary) {
  const isWord = (word) => /\p{L}/u.test(word);
  const sorted = [...unknown.filter(isWord), ...unknown.filter((word) => !isWord(word))];
  const said = sorted.slice(0, NAMED).map((word) => {
    const close = near(word, vocabulary);
    return close.length ? `“${shortened(word)}” (near: ${close.join(", ")})` : `“${shortened(word)}”`;
  });
  const more = unknown.length > NAMED ? ` and ${unknown.length - NAMED} more` : "";
  const signs = vocabulary.filter((word) => !/[\p{L}\p{N}<]/u.test(word));
  const known = signs.length ? `Of signs it knows ${signs.join(" ")} alone.` : "It knows no signs.";
  const hints = [
    unknown.some((word) => /^\p{N}+$/u.test(word)) && "It knows no digits.",
    unknown.some((word) => !/[\p{L}\p{N}]/u.test(word)) && known,
  ];
  return [`Not in this vocabulary: ${said.join("; ")}${more}.`, ...hints.filter(Boolean)].join(" ");
}
