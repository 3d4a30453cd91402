// The machine in the page: presses, keys, addresses, the zoom between levels, the reader's sentence.
import { begin, example as arrived } from "./arriving.js";
import { calm, canvas } from "./canvas.js";
import { TOUR } from "./captions.js";
import { calculators } from "./dot.js";
import { frame } from "./frame.js";
import { keyboard } from "./keyboard.js";
import { NARROW } from "./parts.js";
import { address, exists, parent, parse } from "./place.js";
import { pulse } from "./pulses.js";
import { create } from "./state.js";
import { translation } from "./typed.js";
import { zoom } from "./zoom.js";

export { register } from "./arriving.js";

async function start(root) {
  const example = await arrived("example");
  const machine = create(example, calculators(example.graphs));
  const draw = canvas(root, machine, frame, () => follow(machine));
  /** Goes to a place: its part grows into the level, or the level shrinks to its part. */
  const go = (place, { from = null, keep = false } = {}) => {
    const before = machine.place;
    if (!machine.go(place)) return;
    if (!keep && location.hash.slice(1) !== address(place)) history.pushState(null, "", `#${address(place)}`);
    zoom(root, { before, after: place, from, calm: calm(), draw: () => draw(place.level === before.level, same(place, before)) });
    if (root.clientWidth < NARROW && (place.level !== before.level || place.aside !== before.aside)) show(root);
  };
  const restore = () => {
    machine.status = machine.m.ids === example.ids ? machine.status : "This is the stored sentence again.";
    machine.take(example);
  };
  const tour = (stop) => {
    if (machine.tour === null) restore(); // its texts speak of the stored sentence
    machine.tour = stop < 0 ? null : stop;
    if (stop < 0) return draw();
    const { address: to, n, word } = TOUR[stop];
    machine.s.n = Math.min(n ?? machine.s.n, machine.m.french.length);
    machine.s.dec = Math.min(machine.s.dec, machine.s.n - 1);
    const place = parse(to);
    go(machine.go(place) ? place : { ...place, level: Math.min(place.level, 3), word: undefined, key: undefined, head: undefined });
    if (word) {
      const [stack, i] = word.split(":");
      machine.choose(stack, Math.min(Number(i), (stack === "enc" ? machine.m.english.length : machine.s.n) - 1));
    }
    return draw();
  };
  const acts = {
    go: (to, node) => go(parse(to), { from: node }),
    word(to) {
      const [stack, i] = to.split(":");
      machine.choose(stack, Number(i));
    },
    look(to) {
      const [stack, i] = to.split(":");
      machine.s.lit = { stack, i: Number(i) };
    },
    stack(to) {
      machine.choose(to, machine.s[to]);
    },
    list: (name) => (machine.listed = name === machine.listed ? null : name || null),
    more: () => (machine.more = !machine.more),
    head: (head) => machine.head(Number(head)),
    cells: (kind) => (machine.s.scores = kind === "scores"),
    step: (on) => machine.step(on === "1"),
    reset: () => (machine.s.query = null),
    unit: (k) => (machine.s.unit = Number(k)),
    own: () => (machine.s.position = null),
    column: (i) => (machine.s.column = Number(i)),
    tour: (stop) => tour(Number(stop)),
  };
  const press = (node) => {
    const name = Object.keys(acts).find((act) => node.dataset[act] !== undefined);
    if (!name) return;
    acts[name](node.dataset[name], node);
    if (name !== "go" && name !== "tour") draw();
    if (name === "step" && node.dataset.step === "1" && machine.place.stack !== "enc" && !calm()) pulse(root);
  };
  root.addEventListener("click", (event) => {
    const node = event.target.closest("[data-go],[data-word],[data-look],[data-list],[data-more],[data-head],[data-cells],[data-step],[data-reset],[data-column],[data-tour],[data-stack],[data-unit],[data-own]");
    if (node && root.contains(node) && !node.disabled) press(node);
  });
  const hover = (event) => {
    const node = event.target.closest?.("[data-row],[data-column]");
    if (!node || !["pointerover", "focusin"].includes(event.type)) return;
    const name = node.dataset.row === undefined ? "column" : "row";
    if (machine.s[name] === Number(node.dataset[name])) return;
    machine.s[name] = Number(node.dataset[name]);
    draw(false);
  };
  root.addEventListener("pointerover", hover);
  root.addEventListener("focusin", hover);
  root.addEventListener("toggle", ({ target }) => {
    if (!target.matches?.(".m-numbers") || machine.open === target.open) return;
    machine.open = target.open;
    draw(false);
  }, true);
  root.addEventListener("input", ({ target }) => {
    if (target.dataset.temperature !== undefined) machine.s.temperature = Number(target.value);
    else if (target.dataset.position !== undefined) machine.s.position = Number(target.value) - 1;
    else return;
    draw(false, true);
  });
  const out = () => {
    const place = parent(machine.place);
    if (place) go(place);
  };
  keyboard(root, { machine, press, out, go, draw });
  translation(root, machine, draw);
  const arrive = () => {
    const place = parse(decodeURI(location.hash.slice(1)));
    if (!place || address(place) === address(machine.place)) return;
    if (!exists(place, machine.m)) restore(); // a word of the stored sentence, in the text or in a chapter
    go(place, { keep: true });
  };
  addEventListener("hashchange", arrive);
  addEventListener("popstate", arrive);
  for (const phrase of /** @type {NodeListOf<HTMLElement>} */ (document.querySelectorAll("[data-place]"))) link(phrase);
  const first = parse(decodeURI(location.hash.slice(1)));
  if (first) machine.go(first);
  if (first && location.hash) root.scrollIntoView();
  draw(false);
  root.dataset.state = "ready";
}

// The same picture, of another word, head or key: what changed in it can be shown.
const same = (one, other) => ["level", "aside", "stack", "layer", "part"].every((name) => one[name] === other[name]);

const HEADER = 40; // of the page, stays above what is scrolled
// On a narrow screen a level begins at its title; the page stays where it is if that is in view.
function show(root) {
  const { top } = root.getBoundingClientRect();
  if (top < HEADER || top > innerHeight / 4) root.scrollIntoView({ block: "start" });
}

// A phrase of the text that names a place leads there; on paper it is text.
function link(phrase) {
  const leading = document.createElement("a");
  leading.href = `#${phrase.dataset.place}`;
  leading.append(...phrase.childNodes);
  phrase.replaceWith(leading);
}

// The address says what is shown, once one has left the sentence.
function follow(machine) {
  const now = location.hash.slice(1);
  if (now === machine.address() || (!now && machine.place.level === 0)) return;
  if (parse(decodeURI(now))) history.replaceState(null, "", `#${machine.address()}`);
}

begin(start);
