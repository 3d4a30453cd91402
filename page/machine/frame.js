// What stands around a level: the way in, its sentence, its picture, the ribbon of words, the numbers.
import { ASIDES } from "./asides.js";
import { caption, chapters, PLACES, telling, TOUR } from "./captions.js";
import { draw as level0, TITLE } from "./level0.js";
import { draw as level1 } from "./level1.js";
import { draw as level2 } from "./level2.js";
import { draw as level3 } from "./level3.js";
import { draw as level4 } from "./level4.js";
import { draw as level5 } from "./level5.js";
import { entering } from "./entering.js";
import { list } from "./listing.js";
import { asking, tidy } from "./numbers.js";
import { NARROW, said } from "./parts.js";
import { address, title, trail } from "./place.js";
import { button, ribbon } from "./ribbon.js";
import { picture } from "./sentence.js";
import { table } from "./tables.js";
import { h } from "./tree.js";

const LEVELS = [level0, level1, level2, level3, level4, level5];
const PARTS = { self: "self-attention", cross: "cross-attention" };

/** The picture of a level, drawn for a width. */
export function stage(view, width) {
  const { place } = view;
  const drawn = (place.aside ? ASIDES[place.aside] : LEVELS[place.level])(view, width);
  return picture(drawn, width, `${place.level} ${place.aside} ${place.stack}`, `${title(place)}: ${caption(view)}`);
}

/** The whole machine as trees: `view` says where, `width` is the picture's. */
export function frame(view, width) {
  const { place } = view;
  const narrow = width < NARROW;
  return [
    way(place, narrow),
    h("p", { key: "title", class: "m-heading" }, heading(view)),
    h("p", { key: "caption", class: "m-caption", "aria-live": "polite" }, words(view, narrow)),
    tools(view, narrow),
    h("div", { key: "stage", class: "m-stage", tabindex: -1, "data-level": place.level, "data-aside": place.aside ?? null }, stage(view, width)),
    list(view, width),
    ribbon(view, false),
    typing(view),
    tourBar(view),
    h("details", { key: "numbers", class: "m-numbers", open: view.open || null }, h("summary", {}, "the numbers of this level"), view.open ? h("div", { class: "m-table-box", tabindex: 0 }, table(view)) : null),
  ].filter(Boolean);
}

function heading({ place, m, s }) {
  if (place.level === 0) return TITLE;
  if (place.aside === "in") return "What goes in";
  if (place.aside === "ff") return `Feed-forward, ${place.stack === "enc" ? "encoder" : "decoder"} layer ${place.layer + 1}`;
  if (place.aside === "choice") return "The choice of a word";
  if (place.level === 1) return "Two stacks of layers";
  if (place.level === 2) return `One ${place.stack === "enc" ? "encoder" : "decoder"} layer`;
  if (place.level === 3) return `${PARTS[place.part][0].toUpperCase()}${PARTS[place.part].slice(1)} of ${place.stack === "enc" ? "encoder" : "decoder"} layer ${place.layer + 1}`;
  const words = place.stack === "enc" ? m.english : m.read;
  return place.level === 4 ? `Head ${place.head + 1}: ${said(words[s[place.stack]])} asks` : "One dot product";
}

function way(place, narrow) {
  const steps = trail(place);
  const out = steps.at(-2);
  if (narrow) {
    return h("nav", { key: "way", class: "m-way", "aria-label": "Where you are in the machine" },
      out ? button({ go: address(out) }, `‹ ${title(out)}`, { class: "m-link" }) : h("span", {}), h("span", { class: "m-soft" }, place.aside ? title(place) : `level ${place.level} of 5`));
  }
  return h("nav", { key: "way", class: "m-way", "aria-label": "Where you are in the machine" },
    h("ol", {}, steps.map((step, i) => h("li", { key: `s${i}` }, i === steps.length - 1 ? h("b", { "aria-current": "page" }, title(step)) : button({ go: address(step) }, title(step), { class: "m-link" })))),
    h("span", { class: "m-soft" }, [place.level < 5 && !place.aside ? "press a part to open it" : "", out ? "Esc: one level out" : ""].filter(Boolean).join(" · ")));
}

// On a narrow screen the fact alone, and the rest when it is asked for.
function words(view, narrow) {
  const { place, tour, more } = view;
  if (tour !== null) return [TOUR[tour].text, " ", narrow ? null : links(place)];
  const [fact, ...rest] = telling(view);
  const folded = narrow && !more;
  return [fact, " ", ...(folded ? [] : rest.flatMap((text) => [text, " "])), folded ? null : links(place),
    narrow ? button({ more: "" }, more ? "less" : "more", { key: "more", class: "m-link m-more", "aria-expanded": String(more) }) : null];
}

const links = (place) => h("span", { class: "m-chapters" }, chapters(place).flatMap((number) => [h("a", { href: `${PLACES[number][0]}.html`, key: number }, `chapter ${number}`), " "]));

// Other layers, heads, and scores in place of weights: where a level has them.
function tools({ m, s, place }, narrow) {
  const groups = [];
  const group = (label, ...buttons) => groups.push(h("span", { key: label, class: "m-group", role: "group", "aria-label": label }, narrow ? null : h("span", { class: "m-soft" }, label), buttons));
  const press = (place_, words, on) => button({ go: address(place_) }, words, { "aria-pressed": String(on), class: "m-choice" });
  if (place.level === 1 && place.aside !== "choice" && (narrow || place.aside)) {
    group("stack", ...["enc", "dec"].map((stack) => button({ stack }, stack === "enc" ? "encoder" : "decoder", { "aria-pressed": String((place.stack ?? s.stack) === stack), class: "m-choice" })));
  }
  if (place.level >= 2 && !(narrow && place.level > 2)) { // on a narrow screen the layer is chosen where it is seen whole
    const same = { ...place, level: Math.min(place.level, 3), head: undefined, word: undefined, key: undefined };
    for (const stack of ["enc", "dec"]) {
      const layers = Array.from({ length: m.layers }, (_, layer) => press({ ...same, stack, layer, part: stack === "enc" && place.part ? "self" : place.part }, String(layer + 1), place.stack === stack && place.layer === layer));
      group(narrow ? (stack === "enc" ? "EN" : "FR") : stack === "enc" ? "encoder layer" : "decoder layer", narrow ? h("span", { class: "m-soft" }, stack === "enc" ? "enc" : "dec") : null, ...layers);
    }
  }
  if (place.level >= 3 && place.stack === "dec") {
    group("attention", ...["self", "cross"].map((part) => press({ ...place, level: 3, part, head: undefined, word: undefined, key: undefined }, part, place.part === part)));
  }
  if (place.level >= 4) {
    group("head", narrow ? h("span", { class: "m-soft" }, "head") : null, ...Array.from({ length: m.heads }, (_, head) => button({ head }, String(head + 1), { "aria-pressed": String((place.head ?? s.head) === head), class: "m-choice", "aria-label": `head ${head + 1}` })));
  }
  if (place.level === 3) group("cells", ...["weights", "scores"].map((kind) => button({ cells: kind }, kind, { "aria-pressed": String((kind === "scores") === s.scores), class: "m-choice" })));
  if (place.aside === "in") {
    const { at, most } = entering(m, place, s);
    group("position", narrow ? h("span", { class: "m-soft" }, "position") : null, h("input", { type: "range", min: 1, max: Math.max(most, at + 1), step: 1, value: at + 1, "data-position": "", "aria-label": `position of ${said(asking(m, place)[s[place.stack]])}` }), h("output", {}, String(at + 1)));
  }
  if (place.aside === "choice") {
    group("temperature", narrow ? h("span", { class: "m-soft" }, "temperature") : null, h("input", { type: "range", min: 0.2, max: 3, step: 0.1, value: s.temperature, "data-temperature": "", "aria-label": "temperature" }), h("output", {}, tidy(s.temperature, 1)));
  }
  return groups.length ? h("div", { key: "tools", class: "m-tools" }, groups) : null;
}

function typing({ sentence, status, busy }) {
  return h("form", { key: "typing", class: "m-typing", "data-sentence": "" },
    h("label", { for: "m-sentence" }, "your sentence"),
    h("input", { id: "m-sentence", type: "text", value: sentence, autocomplete: "off", autocapitalize: "off", spellcheck: "false", enterkeyhint: "go" }),
    h("button", { type: "submit", class: "m-choice", disabled: busy || null }, "translate"),
    h("p", { class: "m-status", role: "status" }, status ?? ""));
}

function tourBar({ tour }) {
  if (tour === null) return h("div", { key: "tour", class: "m-tour" }, button({ tour: 0 }, `the tour: ${TOUR.length} stops`, { class: "m-link" }));
  return h("div", { key: "tour", class: "m-tour" },
    button({ tour: tour - 1 }, "‹ back", { class: "m-choice", disabled: tour === 0 || null }), h("span", {}, `the tour · ${tour + 1} of ${TOUR.length}`),
    button({ tour: tour + 1 }, "on ›", { class: "m-choice", disabled: tour === TOUR.length - 1 || null }), button({ tour: -1 }, "leave", { class: "m-link" }));
}
