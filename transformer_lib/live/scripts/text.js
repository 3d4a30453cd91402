// A typed sentence: its words become ids, and labels. What cannot be read never reaches the numbers.
import { encode, near, tokenise } from "./words.js";

const input = (node) => node.querySelector("input");
const offers = (node) => node.querySelector(".live-offers");

export const text = {
  event: ["input", "change"],
  read: (node) => input(node).value,
  write(node, value) {
    if (tokenise(input(node).value).join(" ") !== tokenise(value).join(" ")) input(node).value = value;
    offers(node).replaceChildren();
  },
  text: (value) => value,
  input(value, { vocabulary }) {
    const { ids } = encode(tokenise(value), vocabulary);
    return { type: "int64", dims: [ids.length], data: Int32Array.from(ids) };
  },
  labels: (value, { words }) => ({ [words]: tokenise(value) }),

  // What is wrong with a sentence: null if nothing, {typing} while its last word may still become one, else {error}.
  check(value, { vocabulary, most }, settled) {
    const words = tokenise(value);
    if (!words.length) return settled ? { error: "Type at least one word." } : { typing: "Type a sentence." };
    if (words.length > most) return { error: `That is ${words.length} words; the picture holds ${most}.` };
    const { unknown } = encode(words, vocabulary);
    if (!unknown.length) return null;
    const last = words.at(-1);
    const open = !settled && unknown.length === 1 && unknown[0] === last && /\S$/.test(value);
    if (open && vocabulary.some((word) => word.startsWith(last))) return { typing: `${last} …` };
    const said = unknown.map((word) => {
      const close = near(word, vocabulary);
      return close.length ? `“${word}” (near: ${close.join(", ")})` : `“${word}”`;
    });
    return { error: `Not in this vocabulary: ${said.join("; ")}.`, unknown };
  },

  // Buttons that put a known word in the place of an unknown one.
  offer(node, { vocabulary }, unknown = []) {
    // Pressing one takes the focus from the field first, which checks again: the button must outlive that.
    if (offers(node).dataset.unknown === unknown.join(" ") && offers(node).childElementCount) return;
    offers(node).dataset.unknown = unknown.join(" ");
    const buttons = unknown.flatMap((word) =>
      near(word, vocabulary).map((close) => {
        const button = document.createElement("button");
        button.type = "button";
        button.textContent = close;
        button.setAttribute("aria-label", `${close} instead of ${word}`);
        button.addEventListener("click", () => {
          const field = input(node);
          field.value = tokenise(field.value).map((part) => (part === word ? close : part)).join(" ");
          field.focus();
          field.dispatchEvent(new Event("change", { bubbles: true }));
        });
        return button;
      }),
    );
    offers(node).replaceChildren(...buttons);
  },
};
