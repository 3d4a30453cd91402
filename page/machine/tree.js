// Drawings as trees of plain objects: written as text when pages are built, patched into the page afterwards.
// Numbers in attributes move from old to new where a node stays.

/** @typedef {{ tag: string, attributes: Record<string, any>, children: (Node_ | string)[] }} Node_ */

const SVG = new Set(["svg", "g", "path", "rect", "circle", "line", "text", "tspan", "defs", "pattern", "title"]);
const MOVING = new Set(["d", "x", "y", "width", "height", "x1", "x2", "y1", "y2", "cx", "cy", "fill-opacity", "stroke-width"]);
const TWEEN = 160; // milliseconds
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

const keyOf = (node, i) => (typeof node === "object" ? (node.attributes.key ?? `${i}:${node.tag}`) : `${i}:#text`);

/** Make the children of an element those of the trees; keeps nodes of the same key, and with `move` lets numbers run. */
export function patch(parent, trees, move = null) {
  const old = new Map();
  [...parent.childNodes].forEach((node, i) => {
    const name = node.machineKey ?? `${i}:${node.nodeType === 3 ? "#text" : node.tagName.toLowerCase()}`;
    if (!old.has(name)) old.set(name, node);
  });
  trees.forEach((tree, i) => {
    const name = keyOf(tree, i);
    let node = old.get(name);
    if (node && typeof tree === "object" && node.nodeType === 1 && node.tagName.toLowerCase() !== tree.tag.toLowerCase()) node = null;
    if (typeof tree !== "object") {
      if (node?.nodeType === 3) {
        if (node.data !== String(tree)) node.data = String(tree);
      } else node = document.createTextNode(String(tree));
    } else {
      const fresh = !node;
      node ??= SVG.has(tree.tag) ? document.createElementNS("http://www.w3.org/2000/svg", tree.tag) : document.createElement(tree.tag);
      assign(node, tree.attributes, fresh ? null : move);
      if (fresh && tree.attributes["aria-label"]) move?.note(node);
      patch(node, tree.children, fresh ? null : move);
    }
    node.machineKey = name;
    old.delete(name);
    const at = parent.childNodes[i] ?? null;
    if (at !== node) parent.insertBefore(node, at);
  });
  while (parent.childNodes.length > trees.length) parent.lastChild.remove();
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

/** Collects what moves and runs it. A new movement ends the one before. */
export function mover(milliseconds = TWEEN) {
  let moves = new Map();
  let frame = 0;
  const finish = () => {
    cancelAnimationFrame(frame);
    for (const { node, name, to } of moves.values()) node.setAttribute(name, to);
    moves = new Map();
  };
  return {
    finish,
    note() {},
    add(node, name, from, to) {
      const [a, b] = [from.match(NUMBER) ?? [], to.match(NUMBER) ?? []];
      if (!a.length || a.length !== b.length || from.replace(NUMBER, "#") !== to.replace(NUMBER, "#")) return false;
      moves.set(`${moves.size}`, { node, name, to, start: a.map(Number), end: b.map(Number), form: to.split(NUMBER) });
      return true;
    },
    run() {
      const began = performance.now();
      const step = (now) => {
        const share = Math.min(Math.max((now - began) / milliseconds, 0), 1);
        if (share === 1) return finish();
        const eased = 1 - (1 - share) ** 3;
        for (const { node, name, start, end, form } of moves.values()) {
          const place = (text, i) => text + (i < end.length ? Number((start[i] + (end[i] - start[i]) * eased).toFixed(2)) : "");
          node.setAttribute(name, form.map(place).join(""));
        }
        frame = requestAnimationFrame(step);
        return null;
      };
      if (moves.size) frame = requestAnimationFrame(step);
    },
  };
}
