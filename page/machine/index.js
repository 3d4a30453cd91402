// The machine in the page: presses, keys, addresses, the zoom between levels, the reader's sentence.
import { stored } from "../tensor/reader.js";
import { calculators } from "./dot.js";
import { frame } from "./frame.js";
import { keyboard } from "./keyboard.js";
import { address, parent, parse } from "./place.js";
import { create } from "./state.js";
import { mover, patch } from "./tree.js";
import { TOUR } from "./captions.js";
import { translation } from "./typed.js";
import { zoom } from "./zoom.js";

const MOST = 960;
const waiting = new Map();
const arrived = new Map();

/** Numbers arrive as a classic script, because a page opened from disk may not fetch. */
export function register(name, given) {
  arrived.set(name, given);
  waiting.get(name)?.(given);
}
const data = (name) => (arrived.has(name) ? Promise.resolve(arrived.get(name)) : new Promise((resolve) => waiting.set(name, resolve)));

const unpacked = (example) => ({ ...example, outputs: Object.fromEntries(Object.entries(example.outputs).map(([name, packed]) => [name, stored(packed)])) });
const calm = () => matchMedia("(prefers-reduced-motion: reduce)").matches;

async function start(root) {
  const hero = root.dataset.machine === "hero";
  const example = unpacked(await data(hero ? "hero" : "example"));
  const machine = create(example, hero ? null : calculators(example.graphs));
  const moves = mover();
  let width = 0;
  const draw = (move = true) => {
    const room = root.clientWidth;
    width = Math.min(room, MOST) || width;
    moves.finish();
    const tween = move && !calm() ? moves : null;
    patch(root, frame(machine.view(), width, { hero }), tween);
    tween?.run();
    rove(root);
    follow(hero, machine);
  };
  const home = root.dataset.page;
  /** Goes to a place: its part grows into the level, or the level shrinks to its part. */
  const go = (place, { from = null, keep = false } = {}) => {
    if (hero) {
      location.href = `${home}#${address(place)}`;
      return;
    }
    const before = machine.place;
    if (!machine.go(place)) return;
    if (!keep && location.hash.slice(1) !== address(place)) history.pushState(null, "", `#${address(place)}`);
    zoom(root, { before, after: place, from, calm: calm(), draw: () => draw(address(before) === address(place) || place.level === before.level) });
  };
  const tour = (stop) => {
    if (machine.tour === null) machine.take(example); // its texts speak of the stored sentence
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
    head: (head) => machine.head(Number(head)),
    cells: (kind) => (machine.s.scores = kind === "scores"),
    step: (on) => machine.step(on === "1"),
    reset: () => (machine.s.query = null),
    column: (i) => (machine.s.column = Number(i)),
    tour: (stop) => tour(Number(stop)),
  };
  const press = (node) => {
    const name = Object.keys(acts).find((act) => node.dataset[act] !== undefined);
    if (!name) return;
    acts[name](node.dataset[name], node);
    if (name !== "go" && name !== "tour") draw();
  };
  root.addEventListener("click", (event) => {
    const node = event.target.closest("[data-go],[data-word],[data-look],[data-list],[data-head],[data-cells],[data-step],[data-reset],[data-column],[data-tour],[data-stack]");
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
    if (target.dataset.temperature === undefined) return;
    machine.s.temperature = Number(target.value);
    draw(false);
  });
  const out = () => {
    const place = parent(machine.place);
    if (place) go(place);
  };
  keyboard(root, { machine, press, out, go, draw });
  if (!hero) {
    translation(root, machine, draw);
    const arrive = () => {
      const place = parse(decodeURI(location.hash.slice(1)));
      if (place && address(place) !== address(machine.place)) go(place, { keep: true });
    };
    addEventListener("hashchange", arrive);
    addEventListener("popstate", arrive);
    const first = parse(decodeURI(location.hash.slice(1)));
    if (first) machine.go(first);
    if (first && location.hash) root.scrollIntoView();
  }
  draw(false);
  new ResizeObserver(() => {
    if (Math.min(root.clientWidth, MOST) !== width) draw(false);
  }).observe(root);
  root.dataset.state = "ready";
}

// The address says what is shown, once one has left the sentence.
function follow(hero, machine) {
  const now = location.hash.slice(1);
  if (hero || now === machine.address() || (!now && machine.place.level === 0)) return;
  if (parse(decodeURI(now))) history.replaceState(null, "", `#${machine.address()}`);
}

// One part of the picture is in the tab order: the one that had the focus, or the first.
function rove(root) {
  const parts = [...root.querySelectorAll(".m-stage .m-part")];
  const current = parts.find((node) => node === document.activeElement) ?? parts.find((node) => node.getAttribute("tabindex") === "0") ?? parts[0];
  for (const node of parts) node.setAttribute("tabindex", node === current ? "0" : "-1");
}

function startAll() {
  for (const root of document.querySelectorAll("[data-machine]")) start(root).catch((error) => console.info(`the machine: ${error.message}`));
}

if (document.readyState === "loading") document.addEventListener("DOMContentLoaded", startAll);
else startAll();
