// The line from 0 to 1 cut into the shares of the words, in the order of their ids; a draw falls on one of them. Hover,
// touch or the arrow keys read the shares.
import { element, exact, namesOf, panel, set, title, tongue } from "../svg.js";
import { ease } from "../tween.js";

const SIDE = 4;
const TOP = 46;
const TALL = 38;
const LETTER = 7;
const THIN = 6; // pixels: narrower shares side by side are drawn as one
const SEEN = 2; // pixels: the chosen share is drawn at least so wide

export function create(spec, labels, actions) {
  const names = namesOf(spec.labels, labels);
  const room = spec.width - 2 * SIDE;
  const svg = panel(spec);
  const readout = element("text", { x: spec.width - 2, y: 14, class: "live-readout" });
  const pieces = element("g");
  const words = element("g");
  const cursor = element("rect", { y: TOP - 1, class: "live-cursor", height: TALL + 2, visibility: "hidden" });
  const pin = element("path", { class: "live-pin" });
  const needle = element("line", { y1: TOP - 5, y2: TOP + TALL + 4, class: "live-needle" });
  const said = element("text", { y: TOP - 15, class: "live-drawn" });
  const ticks = [0, 0.25, 0.5, 0.75, 1].map((share) => {
    const anchor = { 0: "start", 1: "end" }[share] ?? "middle";
    return element("text", { x: SIDE + share * room, y: TOP + TALL + 17, class: "live-tick", style: `text-anchor: ${anchor}` }, String(share));
  });
  svg.append(title(spec), readout, pieces, ...ticks, needle, words, cursor, pin, said);

  let state = null;
  const told = ({ first, last, low, high }) => {
    const name = first === last ? names[first] : `${last - first + 1} words together`;
    const digits = high - low < 0.05 ? Math.max(4, spec.digits) : spec.digits; // or a narrow one would read 0.00
    return `${name} ${(high - low).toFixed(digits)}, from ${low.toFixed(digits)} to ${high.toFixed(digits)}`;
  };
  const read = (at) => {
    state.at = at;
    cursor.setAttribute("visibility", at === null ? "hidden" : "visible");
    svg.classList.toggle("live-reading", at !== null);
    readout.textContent = at === null ? "" : told(state.parts[at]);
    if (at !== null) set(cursor, { x: state.place(state.parts[at].low), width: state.place(state.parts[at].high) - state.place(state.parts[at].low) });
    return readout.textContent;
  };
  svg.addEventListener("pointermove", (event) => {
    const box = svg.getBoundingClientRect();
    const share = ((((event.clientX - box.left) * spec.width) / box.width - SIDE) / room) * state.sum;
    const at = state.parts.findIndex(({ high }) => high > share);
    read(at < 0 ? state.parts.length - 1 : at);
  });
  for (const end of ["pointerleave", "blur"]) svg.addEventListener(end, () => read(null));
  svg.addEventListener("keydown", (event) => {
    const by = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
    if (!by) return;
    event.preventDefault();
    const from = state.at ?? (by > 0 ? -1 : state.parts.length);
    actions.announce(read(Math.min(Math.max(from + by, 0), state.parts.length - 1)));
  });

  return {
    node: svg,
    update(outputs) {
      const edges = outputs[spec.edges].data;
      const draw = outputs[spec.draw].data[0];
      const sum = edges.at(-1);
      const chosen = drawnAt(edges, draw);
      const parts = cut(edges, chosen, (THIN / room) * sum);
      const place = (share) => SIDE + (share / sum) * room;
      state = { parts, place, sum, at: null };
      read(null);
      pieces.dataset.output = spec.edges;
      pieces.dataset.value = Array.from(edges, exact).join(" ");
      const drawn = parts.map((part, k) => piece(part, k, part.first === chosen, place));
      const mine = parts.findIndex(({ first }) => first === chosen);
      pieces.replaceChildren(...drawn.map(([box]) => box), drawn[mine][0]); // the chosen one above the others
      words.replaceChildren(...drawn.flatMap(([, ...named]) => named));
      const x = SIDE + draw * room;
      ease(needle, { x1: x, x2: x });
      ease(pin, { d: `M${x - 6} ${TOP - 12}H${x + 6}L${x} ${TOP - 2}Z` });
      needle.dataset.output = spec.draw;
      needle.dataset.value = exact(draw);
      said.textContent = `draw ${draw.toFixed(3)}: ${names[chosen]}`;
      const half = (LETTER * said.textContent.length) / 2;
      said.setAttribute("x", Math.min(Math.max(x, SIDE + half), spec.width - SIDE - half));
      state.text = `The draw ${draw.toFixed(3)} falls on ${told(parts[mine])}.`;
      const widest = parts.filter(({ first, last }) => first === last).toSorted((a, b) => b.high - b.low - a.high + a.low);
      const shares = widest.slice(0, 5).map(({ first, low, high }) => `${names[first]} ${(high - low).toFixed(spec.digits)}`);
      svg.setAttribute("aria-label", `${spec.title}. ${state.text} Largest shares: ${shares.join(", ")}. Arrow keys read the shares.`);
    },
    summary: () => state?.text ?? "",
  };

  function piece({ first, last, low, high }, k, mine, place) {
    const [from, to] = [place(low), place(high)];
    const gap = to - from > 4 ? 0.75 : mine ? Math.min(0, (to - from - SEEN) / 2) : 0;
    const kind = mine ? "live-mine" : first !== last ? "live-rest" : k % 2 ? "live-odd" : "";
    const box = element("rect", { x: from + gap, y: TOP, width: Math.max(to - from - 2 * gap, 0), height: TALL, class: `live-piece ${kind}` });
    const name = first === last ? names[first] : `${last - first + 1} words`;
    if (to - from < LETTER * name.length + 6) return [box];
    const middle = { x: (from + to) / 2, class: `live-figure${mine ? " live-on" : tongue(spec, "labels")}` };
    return [
      box,
      element("text", { ...middle, y: TOP + 13 }, name),
      element("text", { ...middle, y: TOP + 28, class: `${middle.class} live-share` }, (high - low).toFixed(spec.digits)),
    ];
  }
}

// The first place whose edge lies beyond the draw.
function drawnAt(edges, draw) {
  const at = edges.findIndex((edge) => edge > draw * edges.at(-1));
  return at < 0 ? edges.length - 1 : at;
}

// A piece for each share, thin neighbours together; the chosen one stands alone.
function cut(edges, chosen, thin) {
  const parts = [];
  let low = 0;
  let open = false;
  edges.forEach((high, i) => {
    if (high <= low) return;
    const narrow = high - low < thin && i !== chosen;
    if (narrow && open) Object.assign(parts.at(-1), { last: i, high });
    else parts.push({ first: i, last: i, low, high });
    open = narrow;
    low = high;
  });
  return parts;
}
