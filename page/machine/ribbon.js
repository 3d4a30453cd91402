// The ribbon under every level: the sentence, the word that is chosen, the next word.
import { said } from "./parts.js";
import { h } from "./tree.js";

export const button = (act, words, more = {}) => h("button", { type: "button", ...Object.fromEntries(Object.entries(act).map(([name, value]) => [`data-${name}`, value])), ...more }, words);

/** `bare`: the button alone, for at level 0 the words stand in the picture. */
export function ribbon({ m, s, place }, bare) {
  const chosen = (stack, i) => (place.stack ?? s.stack) === stack && s[stack] === i;
  const chip = (stack, i, word) => button({ word: `${stack}:${i}` }, word, {
    key: `${stack}${i}`, class: `m-word-chip m-chip-${stack}`, "aria-pressed": String(chosen(stack, i)), "aria-label": `${stack === "enc" ? "English" : "French"} ${said(word)}: choose it`,
  });
  const done = s.n >= m.french.length;
  const words = place.level > 0 && !bare;
  return h("div", { key: "ribbon", class: `m-ribbon${words ? "" : " m-bare"}` },
    words ? h("div", { key: "en", class: "m-words", role: "group", "aria-label": "English words" }, h("span", { class: "m-tag m-en" }, "EN"), m.english.map((word, i) => chip("enc", i, word))) : null,
    words ? h("div", { key: "fr", class: "m-words", role: "group", "aria-label": "French words that the decoder has read" }, h("span", { class: "m-tag m-fr" }, "FR"),
      m.read.slice(0, s.n).map((word, i) => (i ? chip("dec", i, word) : null)), h("span", { class: "m-word-chip m-word-next", key: "next", title: "the word that is being computed" }, "?")) : null,
    h("span", { key: "go", class: "m-go" },
      button({ step: 1 }, ["next word", h("span", { "aria-hidden": "true" }, " ▸")], { class: "m-next", disabled: done || null, key: "next" }),
      s.n > 1 ? button({ step: 0 }, "again from the first word", { class: "m-link m-again", key: "again" }) : null));
}
