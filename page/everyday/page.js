// The page of the everyday translator: text that is typed, its French, and what happens inside. A newer text stops the
// translation of an older one; nothing of an older text stays when a newer one fails or is empty.
import { html } from "../picture/svg.js";
import { BROWSER, shower, slicer } from "../turns.js";
import { button, choice, radios, range } from "./controls.js";
import { stage } from "./inside.js";

export const MOST = 10_000; // characters
const PAUSE = 350; // milliseconds without a key after which a text is translated
const SHORT = 200; // characters of French that the status line repeats, for those who hear the page
const READY = "Type or paste English, one sentence or many.";
const LOADING = "Loading the translator, about 2 MB, once per visit …";
const UNLOADED = "The translator did not load. Change the text to try again.";
const WAYS = [
  ["translator", "the likeliest piece each time"],
  ["beam", "beam search"],
  ["sampling", "by chance"],
];
const TOP_K = [1, 2, 3, 5, 10, 20, 50, 0];
const START = {
  layer: 2, head: 0, word: 0, size: 4, alpha: 0.6, temperature: 1, topK: 0, topP: 1, roll: 1,
};

export function mount(root, load, clock = BROWSER) {
  const field = root.querySelector("textarea");
  const french = root.querySelector(".everyday-french");
  const status = root.querySelector(".live-status");
  const inside = root.querySelector(".everyday-inside");
  const settings = { ...START };
  let [way, model, turn, list, chosen, timer] = ["translator", null, 0, [], 0, 0];

  const show = shower(root, status);
  const stale = (mine) => mine !== turn;
  const finished = slicer(clock, stale);

  // The model, loaded at the first call.
  async function ready(mine) {
    if (model) return true;
    show("waiting", LOADING);
    try {
      model = await load();
    } catch (error) {
      console.info(`the everyday translator: ${error.message}`);
      if (!stale(mine)) {
        empty();
        show("error", UNLOADED);
      }
      return false;
    }
    build();
    return !stale(mine);
  }

  function empty() {
    list = [];
    french.replaceChildren();
    inside.hidden = true;
    picture?.clear();
  }

  function failed(error, mine) {
    if (stale(mine)) return;
    empty();
    show("error", `This text could not be translated: ${error.message}.`);
  }

  async function translate() {
    const mine = (turn += 1);
    clearTimeout(timer);
    const whole = field.value;
    if (!whole.trim()) {
      empty();
      show("ready", READY);
      return;
    }
    try {
      if (await ready(mine)) await all(whole, mine);
    } catch (error) {
      failed(error, mine);
    }
  }

  async function all(whole, mine) {
    list = model.passages(Array.from(whole).slice(0, MOST).join(""));
    const spans = list.map(span);
    french.replaceChildren(...list.flatMap(({ before }, i) => [before, spans[i]]));
    const rows = readable();
    if (!rows.includes(chosen)) [chosen, settings.word] = [rows[0] ?? 0, 0];
    if (!(await rest(mine))) return;
    if (rows.length && !(await look(mine))) return;
    inside.hidden = !rows.length;
    show("ready", told(whole, rows));
  }

  const readable = () => list.flatMap(({ ids }, i) => (ids.length ? [i] : []));
  const place = (i) => french.childNodes[2 * i + 1]; // of a sentence's French, behind what stands before it

  // Translates the sentences that have no French yet; false once there is a newer wish.
  async function rest(mine) {
    const rows = readable();
    for (const [before, i] of rows.entries()) {
      if (!place(i).classList.contains("everyday-open")) continue;
      show("waiting", rows.length > 1 ? `Translating sentence ${before + 1} of ${rows.length} …` : "Translating …");
      const text = await finished(model.translate(way, list[i], settings, i), mine);
      if (text === null) return false;
      place(i).textContent = text;
      place(i).classList.remove("everyday-open");
    }
    return true;
  }

  function told(whole, rows) {
    const out = [...new Set(list.flatMap(({ leftOut }) => leftOut))];
    const said = french.textContent;
    return [
      !rows.length && "There is no letter or digit here that the translator knows: the text stays as it is.",
      rows.length > 0 && (said.length <= SHORT ? `French: ${said}` : `${rows.length} sentences translated.`),
      out.length > 0 && `Left out, for the translator never saw them: ${out.slice(0, 12).join(" ")}${out.length > 12 ? " …" : ""}`,
      whole.length > MOST && `Only the first ${MOST.toLocaleString("en")} characters are translated.`,
    ].filter(Boolean).join(" ");
  }

  // A sentence in French, which can be chosen; one that stays as it is cannot.
  function span({ text, ids }, i) {
    if (!ids.length) return html("span", {}, text);
    const node = html("span", { class: "everyday-sentence everyday-open", role: "button", tabindex: 0 }, "…");
    const choose = () => {
      [chosen, settings.word] = [i, 0];
      again();
    };
    node.addEventListener("click", choose);
    node.addEventListener("keydown", (event) => {
      if (event.key !== "Enter" && event.key !== " ") return;
      event.preventDefault();
      choose();
    });
    return node;
  }

  // The picture anew: another sentence, piece, layer or head. Sentences that were still to be translated come after it.
  async function again() {
    const mine = (turn += 1);
    try {
      if (!list.length || !(await look(mine)) || !(await rest(mine))) return;
      show("ready", list.length > 1 ? `Inside: sentence ${chosen + 1}.` : READY);
    } catch (error) {
      failed(error, mine);
    }
  }

  let [picture, step, controls] = [null, null, []];

  async function look(mine) {
    const seen = await finished(model.look(way, list[chosen], settings, chosen), mine);
    if (!seen) return false;
    const { written } = seen.labels;
    settings.word = Math.min(settings.word, written.length - 1);
    inside.hidden = false; // before drawing: what is hidden has no width
    french.querySelectorAll(".everyday-sentence").forEach((node) => node.removeAttribute("aria-pressed"));
    place(chosen)?.setAttribute("aria-pressed", "true");
    for (const { node, ways } of controls) node.hidden = !ways.includes(way);
    step(written, way !== "beam");
    picture.draw(model.drawings[way], seen, settings);
    return true;
  }

  function set(name, value) {
    settings[name] = value;
    return ["layer", "head", "word"].includes(name) ? again() : translate();
  }

  function build() {
    const { layers, heads } = model.sizes;
    const numbers = (count) => Array.from({ length: count }, (_, i) => String(i + 1));
    const drawing = html("div", { class: "live-stage" });
    picture = stage(drawing, { set, announce: (text) => (status.textContent = text), control: () => null });
    const [only, beam, chance] = [["translator"], ["beam"], ["sampling"]];
    settings.layer = layers - 1;
    controls = [
      range("size", "beam size", [1, 8, 1], START.size, { digits: 0, ways: beam }, set),
      range("alpha", "length penalty α", [0, 2, 0.1], START.alpha, { ways: beam }, set),
      range("temperature", "temperature", [0.1, 3, 0.1], START.temperature, { ways: chance }, set),
      range("topK", "top-k", [0, TOP_K.length - 1, 1], TOP_K.length - 1, { said: TOP_K.map((k) => (k ? String(k) : "all")), ways: chance },
        (name, place) => set(name, TOP_K[place])),
      range("topP", "top-p", [0.05, 1, 0.05], START.topP, { digits: 2, ways: chance }, set),
      button("roll", "roll again", chance, () => set("roll", settings.roll + 1)),
      choice("layer", "layer", numbers(layers), settings.layer, only, set),
      choice("head", "head", ["mean", ...numbers(heads)], START.head, only, set),
    ];
    const chooseWay = (value) => {
      way = value;
      translate();
    };
    const pieces = stepper();
    step = pieces.write;
    inside.replaceChildren(
      radios("French is written", WAYS, way, chooseWay),
      html("div", { class: "live-controls" }, ...controls.map(({ node }) => node)),
      pieces.node,
      drawing,
    );
  }

  // One piece back, one piece on.
  function stepper() {
    const label = html("span", { "aria-live": "polite" });
    const [back, on] = [["‹", "the piece before", -1], ["›", "the next piece", 1]].map(([sign, name, by]) => {
      const made = html("button", { type: "button", "aria-label": name }, sign);
      made.addEventListener("click", () => set("word", settings.word + Number(by)));
      return made;
    });
    const node = html("div", { class: "everyday-step" }, back, on, label);
    return {
      node,
      write(written, there) {
        node.hidden = !there;
        const at = settings.word;
        [back.disabled, on.disabled] = [at <= 0, at >= written.length - 1];
        label.replaceChildren(`piece ${at + 1} of ${written.length}: `, html("b", { lang: "fr" }, written[at]));
      },
    };
  }

  field.addEventListener("input", () => {
    clearTimeout(timer);
    turn += 1; // what is being computed is of an older text
    root.classList.add("live-waiting");
    timer = setTimeout(translate, field.value.trim() ? PAUSE : 0);
  });
  // The weights come at the first touch, before a key is pressed; the example is then looked into.
  field.addEventListener("focus", () => model || translate(), { once: true });
  french.addEventListener("click", () => model || translate());
  show("ready", READY);
  return { translate, set };
}
