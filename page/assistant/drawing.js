// What the page shows of three models, as transformer_lib/live/assistant_page.py has it before the script comes.
import { html } from "../picture/svg.js";

const ABOUT = { thing: "things", person: "people", place: "places", feeling: "feelings" };
const VERDICTS = {
  right: "as the story tells",
  wrong: "the story tells something else",
  admits: "that it does not know",
  invents: "the story does not tell it",
  other: "no answer to the question",
};
const THOUGH = ", though the story tells it";

export const percent = (share) => (share > 0 && share < 0.0005 ? "< 0.1 %" : `${(100 * share).toFixed(share < 0.0995 ? 1 : 0)} %`);

// A list to choose from; `options` holds [value, text], or groups {label, options}.
function choice(label, name, options, value) {
  /** @param {string[]} pair */
  const option = ([one, text]) => html("option", { value: one }, text);
  const inside = options.map((one) => (Array.isArray(one) ? option(one) : group(one)));
  const node = html("select", { "aria-label": label, "data-name": name }, ...inside);
  node.value = value;
  return node;

  function group({ label: title, options: own }) {
    const found = html("optgroup", {}, ...own.map(option));
    found.label = title;
    return found;
  }
}

const plain = (words) => words.map((word) => [word, word]);

// How a relation reads between the person and the other: "adored", "was sad because of".
const between = (telling, relation) => telling.replace("{relation}", relation).split(" ").slice(1, -2).join(" ");

// One fact in three lists, and what takes it out.
export function factRow(world, fact, i) {
  const { kind, person, relation, other } = fact;
  const relations = world.names.flatMap((name) => world.kinds[name].relations.map((one) => [`${name} ${one}`, between(world.kinds[name].tellings[0], one)]));
  return html(
    "li", { "data-fact": i },
    choice(`fact ${i + 1}, who`, "person", plain(world.people), person),
    choice(`fact ${i + 1}, does or is`, "relation", relations, `${kind} ${relation}`),
    choice(`fact ${i + 1}, what`, "other", plain(world.wordsOf(kind, "other").filter((word) => word !== person)), other),
    html("button", { type: "button", "data-remove": i, "aria-label": `take fact ${i + 1} out` }, "×"),
  );
}

// A question in lists: its form, and the words that it names.
export function questionLists(world, question) {
  const forms = world.names.map((kind) => ({
    label: ABOUT[kind],
    options: world.kinds[kind].askings.map((asking, index) => [`${kind} ${index}`, asking.question.replace(/\{\w+\}/g, "…")]),
  }));
  const { known, question: template } = world.askingOf(question);
  const lists = known
    .map((slot) => ({ slot, words: world.wordsOf(question.kind, slot) }))
    .filter(({ words }) => words.length > 1)
    .map(({ slot, words }) => {
      const verb = slot === "relation" && template.includes("{base}");
      return choice(`question, ${slot === "relation" ? "does or is" : slot === "person" ? "who" : "what"}`, slot, words.map((word) => [word, verb ? world.base[word] : word]), question.known[slot]);
    });
  return [choice("form of the question", "form", forms, `${question.kind} ${question.index}`), ...lists];
}

// What the story tells about the question.
export function truth(node, text, told) {
  const said = !told.length
    ? ["The story does not tell it."]
    : ["The story tells: ", html("b", { lang: "en" }, told.join(", ")), told.length > 1 ? ". No story in training had two answers." : "."];
  node.replaceChildren(html("b", { lang: "en" }, text), " ", ...said);
}

// The reply of a model, each word a button; `place` is the chosen one; `count` words are seen.
export function reply(node, { written }, place, chosen, count = Infinity) {
  node.replaceChildren(...written.slice(0, count).map((word, i) => html(
    "button", { type: "button", "data-word": i, lang: "en", "aria-pressed": String(chosen && i === place), class: i === place ? "assistant-at" : "" }, word,
  )));
}

export function verdict(node, found, told) {
  node.dataset.verdict = found;
  node.replaceChildren(html("b", {}, found), ` ${VERDICTS[found]}${found === "admits" && told.length ? THOUGH : ""}`);
}

export function bars(list, candidates, taken) {
  list.replaceChildren(...candidates.map(({ word, chance }) => html(
    "li", { class: word === taken ? "assistant-taken" : "" },
    html("span", { class: "assistant-word", lang: "en" }, word),
    html("span", { class: "assistant-bar", style: `--chance:${chance.toFixed(4)}` }),
    html("span", { class: "assistant-share" }, percent(chance)),
  )));
}

export const titleOf = (place) => `Word ${place + 1} of the reply`;

// All that stands before the chosen word, in the shades of one head.
export function text(node, words, row, nPrompt) {
  node.replaceChildren(...words.flatMap((word, i) => {
    const classes = [i >= nPrompt && "assistant-written", word.startsWith("<") && "assistant-mark"].filter(Boolean).join(" ");
    const chip = html("span", { class: classes, style: `--share:${(100 * row[i]).toFixed(1)}%` }, word);
    return i ? [" ", chip] : [chip];
  }));
}

const named = (word) => (word === "." ? "a full stop" : word); // else the sentence would end in two

export const lookSaid = (stage, word, { layer, head, share, at }, words, isTold) =>
  `Before ${named(word)}, layer ${layer + 1}, head ${head + 1} of the ${stage} model gives ${share.toFixed(2)} of its attention to ${isTold ? `the answer, ${words[at]}` : named(words[at])}.`;
