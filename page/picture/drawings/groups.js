// Query heads above, and below the heads of keys and values that they read: those that become one move together.
import { element, exact, panel, title } from "../svg.js";
import { ease } from "../tween.js";
import { filled } from "./dials.js";

const ROOM = 62; // px: below, boxes have letters for names
const TALL = 24;

export function create(spec) {
  const svg = panel(spec);
  svg.removeAttribute("tabindex");
  svg.setAttribute("role", "img");
  const note = element("text", { x: spec.width - 2, y: 14, class: "live-readout" });
  const lines = spec.width < 500 && spec.note ? 1 : 0; // the note has a line of its own
  if (lines) note.setAttribute("y", 32);
  svg.append(title(spec), note);
  const wide = spec.width / spec.n_heads;
  const half = Math.min(wide / 2 - 3, 40);
  const named = (word, i) => (wide < ROOM ? `${word[0]}${i}` : `${word} ${i}`);
  const [upper, keys, values] = [30 + 18 * lines, spec.height - 2 * TALL - 4, spec.height - TALL - 2];
  const heads = Array.from({ length: spec.n_heads }, (_, i) => {
    const x = (i + 0.5) * wide;
    const [line, shared] = [element("path", { class: "live-joined" }), element("g", { class: "live-shared" })];
    const [query, key, value] = [box("query", x, upper), box("key", 0, keys), box("value", 0, values)];
    query.lastChild.textContent = named("query", i + 1);
    shared.append(key, value);
    line.dataset.output = spec.reads;
    return { x, line, query, shared, key, value };
  });
  svg.append(...heads.map(({ line }) => line), ...heads.map(({ query }) => query), ...heads.toReversed().map(({ shared }) => shared));

  function box(role, x, y) {
    const node = element("g", { class: "live-box" });
    node.append(element("rect", { x: x - half, y, width: 2 * half, height: TALL, rx: 5 }), element("text", { x, y: y + TALL / 2, class: "live-tag" }));
    node.style.setProperty("--role", `var(--${role})`);
    return node;
  }

  let text = "";
  return {
    node: svg,
    update(outputs) {
      const reads = Array.from(outputs[spec.reads].data);
      const count = new Set(reads).size;
      heads.forEach(({ x, line, shared, key, value }, i) => {
        const mine = heads.filter((_, k) => reads[k] === reads[i]);
        const centre = mine.reduce((sum, head) => sum + head.x, 0) / mine.length;
        const middle = (upper + TALL + keys) / 2;
        ease(line, { d: `M${x} ${upper + TALL}C${x} ${middle} ${centre} ${middle} ${centre} ${keys}` });
        line.dataset.value = exact(reads[i]);
        ease(shared, { transform: `translate(${centre} 0)` });
        key.lastChild.textContent = named("key", reads[i] + 1);
        value.lastChild.textContent = named("value", reads[i] + 1);
      });
      note.textContent = filled(spec.note, outputs);
      const each = reads.filter((read) => read === reads[0]).length;
      text = `${count} ${count === 1 ? "head" : "heads"} of keys and values, each read by ${each} query ${each === 1 ? "head" : "heads"}${spec.note ? `; ${note.textContent}` : ""}.`;
      svg.setAttribute("aria-label", `${spec.title}: ${text}`);
    },
    summary: () => text,
  };
}
