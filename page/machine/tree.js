// Drawings as trees of plain objects: written as text when pages are built, patched into the page afterwards.
// Numbers in attributes move from old to new where a node stays.

/** @typedef {{ tag: string, attributes: Record<string, any>, children: (Node_ | string)[] }} Node_ */

const SVG = new Set(["svg", "g", "path", "rect", "circle", "line", "text", "tspan", "defs", "pattern", "title"]);
const MOVING = new Set(["d", "x", "y", "width", "height", "x1", "x2", "y1", "y2", "cx", "cy", "fill-opacity", "stroke-width"]);
const TWEEN = 160; // milliseconds
const MOST = 40_000; // letters of attributes that move at once: more would take longer than a frame
const NUMBER = /-?\d+(?:\.\d+)?/g;

/** @returns {Node_} */
export function h(tag, attributes = {}, ...children) {
  return { tag, attributes: attributes ?? {}, children: children.flat(9).filter((child) => child !== null && child !== undefined && child !== false) };
}

const escaped = (text) => String(text).replace(/&/g, "&amp;").replace(/</g, "&lt;").replace(/>/g, "&gt;").replace(/"/g, "&quot;");
const VOID = new Set(["input", "br", "img"]);
const kept = ([name, value]) => name !== "key" && value !== null && value !== undefined && value !== false;
const written = (value) => (value === true ? "" : String(value));

/** A tree as markup. */
export function markup(node) {
  if (typeof node !== "object") return escaped(node);
  const attributes = Object.entries(node.attributes).filter(kept).map(([name, value]) => ` ${name}="${escaped(written(value))}"`);
  const open = `<${node.tag}${attributes.join("")}>`;
  return VOID.has(node.tag) ? open : `${open}${node.children.map(markup).join("")}</${node.tag}>`;
}

// Nodes without a key are known by their kind and how many of it stand before them.
function names(nodes, keyOf, kindOf) {
  const seen = new Map();
  return nodes.map((node) => {
    const key = keyOf(node);
    if (key !== undefined && key !== null) return String(key);
    const kind = kindOf(node);
    const before = seen.get(kind) ?? 0;
    seen.set(kind, before + 1);
    return `~${kind}${before}`;
  });
}
const kindOfTree = (tree) => (typeof tree === "object" ? tree.tag.toLowerCase() : "#text");
const kindOfNode = (node) => (node.nodeType === 3 ? "#text" : node.tagName.toLowerCase());

/** Make the children of an element those of the trees; keeps nodes of the same key, and with `move` lets numbers run. */
export function patch(parent, trees, move = null) {
  const old = new Map();
  const nodes = [...parent.childNodes];
  names(nodes, (node) => node.machineKey, kindOfNode).forEach((name, i) => old.has(name) || old.set(name, nodes[i]));
  const wanted = names(trees, (tree) => (typeof tree === "object" ? tree.attributes.key : null), kindOfTree);
  const kept_ = trees.map((tree, i) => {
    const node = old.get(wanted[i]);
    return node && kindOfNode(node) === kindOfTree(tree) && old.delete(wanted[i]) ? node : null;
  });
  // what goes is taken out first, so that what stays need not be moved
  const staying = new Set(kept_);
  for (const node of nodes) if (!staying.has(node)) node.remove();
  let next = parent.firstChild;
  trees.forEach((tree, i) => {
    let node = kept_[i];
    const fresh = !node;
    if (typeof tree !== "object") {
      if (fresh) node = document.createTextNode(String(tree));
      else if (node.data !== String(tree)) node.data = String(tree);
    } else {
      node ??= SVG.has(tree.tag) ? document.createElementNS("http://www.w3.org/2000/svg", tree.tag) : document.createElement(tree.tag);
      assign(node, tree.attributes, fresh ? null : move);
      if (fresh && tree.attributes["aria-label"]) move?.note(node);
      patch(node, tree.children, fresh ? null : move);
    }
    node.machineKey = wanted[i];
    if (node === next) next = node.nextSibling;
    else parent.insertBefore(node, next);
  });
}

// What a node was given last is kept beside it: to read it back from the page costs more than to draw.
function assign(node, attributes, move) {
  const before = node.machineSet ?? Object.fromEntries([...node.attributes].map(({ name, value }) => [name, value]));
  const now = {};
  for (const pair of Object.entries(attributes)) if (kept(pair)) now[pair[0]] = written(pair[1]);
  for (const name of Object.keys(before)) if (!Object.hasOwn(now, name)) node.removeAttribute(name);
  for (const [name, value] of Object.entries(now)) {
    const old = before[name];
    if (old === value) continue;
    if (name === "value" && node.tagName === "INPUT") node.value = value;
    if (move && old !== undefined && name === "aria-label") move.note(node);
    if (move && old !== undefined && MOVING.has(name) && move.add(node, name, old, value)) continue;
    node.setAttribute(name, value);
  }
  node.machineSet = now;
}

/** In place of movement: collects the parts that are new or called otherwise, and outlines them until `clear`. */
export function outlines() {
  const noted = new Set();
  return {
    add: () => false,
    // the picture as a whole is called otherwise at each step; a group of buttons comes with its level
    note: (node) => node.getAttribute("role") !== "group" && noted.add(node),
    run() {
      for (const node of noted) node.classList.add("m-changed");
    },
    clear() {
      for (const node of noted) node.classList.remove("m-changed");
      noted.clear();
    },
  };
}

/** Collects what moves and runs it. A new movement ends the one before; where nearly all changes, nothing moves. */
export function mover(milliseconds = TWEEN) {
  let moves = [];
  let letters = 0;
  let frame = 0;
  const finish = () => {
    cancelAnimationFrame(frame);
    for (const { node, name, to } of moves) node.setAttribute(name, to);
    [moves, letters] = [[], 0];
  };
  return {
    finish,
    note() {},
    add(node, name, from, to) {
      moves.push({ node, name, from, to });
      letters += to.length;
      return true;
    },
    run() {
      if (letters > MOST) return finish();
      const began = performance.now();
      let running = null;
      const step = (now) => {
        running ??= moves.map(numbered).filter(Boolean);
        const share = Math.min(Math.max((now - began) / milliseconds, 0), 1);
        if (share === 1) return finish();
        const eased = 1 - (1 - share) ** 3;
        for (const { node, name, start, end, form } of running) {
          const place = (text, i) => text + (i < end.length ? Math.round((start[i] + (end[i] - start[i]) * eased) * 100) / 100 : "");
          node.setAttribute(name, form.map(place).join(""));
        }
        frame = requestAnimationFrame(step);
        return null;
      };
      if (moves.length) frame = requestAnimationFrame(step);
      return null;
    },
  };
}

// A movement as the numbers from which and to which it runs; what has another form than before is shown at once.
function numbered({ node, name, from, to }) {
  const [start, end] = [from.match(NUMBER) ?? [], to.match(NUMBER) ?? []];
  if (end.length && start.length === end.length && from.replace(NUMBER, "#") === to.replace(NUMBER, "#")) {
    return { node, name, start: start.map(Number), end: end.map(Number), form: to.split(NUMBER) };
  }
  node.setAttribute(name, to);
  return null;
}
