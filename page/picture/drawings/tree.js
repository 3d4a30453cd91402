// The tree of a beam search: a column for each length, in each the beginnings that were kept, the likeliest on top. Where
// the columns need more room than there is, they scroll. Hover, touch or the arrow keys read a beginning.
import { element, exact, html, namesOf, set, tidy, tongue } from "../svg.js";

const HEAD = 24;
const FOOT = 18;
const BAR = 10; // of scrolling
const LETTER = 7.4; // at 12 px, bold
const [APART, AROUND, MOST] = [60, 56, 330]; // px, as transformer_lib/live/drawings/choosing.py has them
const BADGE = 20;
const GAP = 22; // least room between two columns
const START = 12;

export function create(spec, labels, actions) {
  const names = namesOf(spec.labels, labels);
  const readout = html("span", { class: "live-tree-readout" });
  const head = html("div", { class: "live-tree-head" }, html("span", { class: "live-tree-title" }, spec.title), readout);
  const svg = element("svg", { role: "group", tabindex: 0, class: "live-drawing" });
  const scroll = html("div", { class: "live-scroll" });
  scroll.append(svg);
  const node = html("div", { class: "live-tree" }, head, scroll);
  let height = spec.height - HEAD - BAR;

  let state = null;
  const said = (i) => `${path(state.parents, i).map((k) => state.words[k]).join(" ")}: ln p ${tidy(state.totals[i])}, p ${brief(Math.exp(state.totals[i]))}`;
  const read = (i, follow) => {
    state.at = i;
    const mine = new Set(i === null ? [] : path(state.parents, i));
    state.nodes.forEach(({ group, line }, k) => {
      group.classList.toggle("live-chosen", mine.has(k));
      line.classList.toggle("live-read", mine.has(k));
    });
    readout.textContent = i === null ? "" : said(i);
    node.classList.toggle("live-reading", i !== null);
    if (i !== null && follow) {
      const { x, wide } = state.nodes[i];
      const [left, right] = [x - wide - 10, x + wide + BADGE];
      if (left < scroll.scrollLeft) scroll.scrollLeft = left;
      if (right > scroll.scrollLeft + scroll.clientWidth) scroll.scrollLeft = right - scroll.clientWidth;
    }
    return readout.textContent;
  };
  for (const end of ["pointerleave", "blur"]) svg.addEventListener(end, () => read(null));
  svg.addEventListener("keydown", (event) => {
    const next = step(event.key);
    if (next === undefined) return;
    event.preventDefault();
    actions.announce(read(next, true));
  });

  // Left to the parent, right to the first child, up and down within the column.
  function step(key) {
    const { at, parents, columns } = state;
    if (!["ArrowLeft", "ArrowRight", "ArrowUp", "ArrowDown"].includes(key) || !parents.length) return undefined;
    if (at === null) return state.best[0] ?? 0;
    if (key === "ArrowLeft") return parents[at] < 0 ? at : parents[at];
    if (key === "ArrowRight") return parents.indexOf(at) < 0 ? at : parents.indexOf(at);
    const column = columns.map((_, i) => i).filter((i) => columns[i] === columns[at]);
    const place = column.indexOf(at) + (key === "ArrowDown" ? 1 : -1);
    return column[Math.min(Math.max(place, 0), column.length - 1)];
  }

  return {
    node,
    height: () => height + HEAD + BAR,
    update(outputs) {
      const [parents, tokens, totals, ranks] = [spec.parents, spec.tokens, spec.totals, spec.ranks].map((name) => [...outputs[name].data]);
      const words = tokens.map((id) => names[id]);
      const columns = columnsOf(parents);
      const best = ranks.length ? path(parents, ranks[0]) : [];
      state = { parents, words, totals, columns, best, at: null };
      const fullest = Math.max(1, ...columns.map((column) => columns.filter((other) => other === column).length));
      const tall = Math.min(MOST, APART * fullest + AROUND);
      height = tall - HEAD - BAR;
      const { places, width } = layout(columns, words, ranks, spec.width, height - FOOT);
      set(svg, { viewBox: `0 0 ${width} ${height}`, width, height });
      const tops = columns.map((column) => Math.max(...totals.filter((_, i) => columns[i] === column)));
      state.nodes = parents.map((parent, i) => {
        const [from, to] = [places[parent] ?? places.start, places[i]];
        const [x0, x1] = [from.x + from.wide, to.x - to.wide];
        const bend = (x1 - x0) / 2;
        const line = element("path", { d: `M${x0} ${from.y}C${x0 + bend} ${from.y} ${x1 - bend} ${to.y} ${x1} ${to.y}`, class: "live-branch" });
        line.setAttribute("stroke-width", (0.8 + 3 * Math.exp(totals[i] - tops[i])).toFixed(2));
        line.classList.toggle("live-mine", best.includes(i));
        return { line, group: leaf(i, to, best.includes(i)), ...to };
      });
      const badges = ranks.map((i, rank) => badge(i, rank, places[i]));
      const steps = [...new Set(columns)].map((column) => {
        const { x } = places[columns.indexOf(column)];
        return element("text", { x, y: height - 4, class: "live-tick" }, String(column));
      });
      const order = state.nodes.toSorted((a, b) => a.line.classList.contains("live-mine") - b.line.classList.contains("live-mine"));
      const under = element("g", {}, ...order.map(({ line }) => line));
      // Parents are told in the tree's order, lines are drawn with the best path on top.
      under.dataset.output = spec.parents;
      under.dataset.value = parents.join(" ");
      svg.replaceChildren(
        under, element("circle", { cx: places.start.x, cy: places.start.y, r: 4.5, class: "live-root" }),
        ...state.nodes.map(({ group }) => group), ...badges, ...steps,
      );
      read(null);
      const ends = ranks.slice(0, 5).map((i, rank) => `${rank + 1}. ${said(i)}`);
      svg.setAttribute("aria-label", `${spec.title}. ${parents.length} beginnings kept in ${Math.max(0, ...columns)} steps. ${ends.join("; ")}. Arrow keys read the tree.`);
      state.text = ranks.length ? `Best: ${said(ranks[0])}.` : "";
    },
    summary: () => state?.text ?? "",
  };

  function leaf(i, { x, y, wide }, mine) {
    const word = element("text", { x, y, class: "live-figure" }, state.words[i]);
    const below = element("text", { x, y: y + 13, class: "live-figure live-below" }, tidy(state.totals[i]));
    const group = element("g", { class: `live-leaf${mine ? " live-mine" : tongue(spec, "labels")}` });
    group.append(element("rect", { x: x - wide - 2, y: y - 10, width: 2 * wide + 4, height: 32, class: "live-reach" }), word, below);
    Object.assign(below.dataset, { output: spec.totals, value: exact(state.totals[i]) });
    group.addEventListener("pointerenter", () => read(i));
    return group;
  }

  function badge(i, rank, { x, y, wide }) {
    const at = { x: x + wide + 9, y };
    const number = element("text", { ...at, class: "live-figure live-rank" }, String(rank + 1));
    Object.assign(number.dataset, { output: spec.ranks, value: i });
    return element("g", { class: rank ? "live-badge" : "live-badge live-mine" }, element("circle", { cx: at.x, cy: y, r: 7.5 }), number);
  }
}

const brief = (p) => (p >= 1e-6 ? String(Number(p.toPrecision(2))) : "under 0.000001");

// In which column each node stands.
function columnsOf(parents) {
  const columns = [];
  for (const parent of parents) columns.push(parent < 0 ? 1 : columns[parent] + 1);
  return columns;
}

// The nodes from the start to this one.
function path(parents, node) {
  const nodes = [];
  for (let i = node; i >= 0; i = parents[i]) nodes.unshift(i);
  return nodes;
}

// Columns as wide as their longest word; what room is left is shared out between them.
function layout(columns, words, ranks, least, height) {
  const nodes = [...new Set(columns)].map((column) => columns.flatMap((other, i) => (other === column ? [i] : [])));
  const half = words.map((word) => (LETTER * word.length) / 2 + 3);
  const ended = new Set(ranks);
  const sizes = nodes.map((column) => ({
    words: 2 * Math.max(...column.map((i) => half[i])),
    badge: column.some((i) => ended.has(i)) ? BADGE : 0,
  }));
  const sum = sizes.reduce((total, { words: own, badge }) => total + own + badge, 0);
  const width = Math.max(least, START + 6 + sum + GAP * nodes.length);
  const gap = (width - START - 6 - sum) / Math.max(nodes.length, 1);
  const tall = Math.min(height / Math.max(1, ...nodes.map((column) => column.length)), 74);
  const places = { start: { x: 7, y: tall / 2 - 5, wide: 5 } };
  let left = START;
  nodes.forEach((column, k) => {
    left += gap;
    column.forEach((i, row) => {
      places[i] = { x: left + sizes[k].words / 2, y: (row + 0.5) * tall - 5, wide: half[i] };
    });
    left += sizes[k].words + sizes[k].badge;
  });
  return { places, width };
}
