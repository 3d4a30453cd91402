// Vectors pair by pair: a dial for each pair of dimensions, in it an arrow for each vector, faint where it stood before it
// was turned, and below what the pair adds. Pressing a dial chooses it.
import { chips } from "../chips.js";
import { brief, element, exact, namesOf, panel, tidy, title } from "../svg.js";
import { ease } from "../tween.js";

const COLUMNS = 4;
const TOP = 26;
const LEGEND = 22;
const HEAD = 20; // above a dial, for its name
const FOOT = 26; // below it, for its number
const RING = 0.5; // radius of the first arrow's turn, as a share of the dial's
const STEP = 0.13;
const POINTS = 24; // of a turn
const FULL = 2 * Math.PI;
const NARROW = 96; // px: a dial's name is its speed alone

export function create(spec, labels, actions) {
  const names = namesOf(spec.labels, labels);
  const svg = panel(spec);
  svg.removeAttribute("tabindex");
  const note = element("text", { x: spec.width - 2, y: 14, class: "live-readout" });
  const lines = spec.width < 500 && spec.note ? 1 : 0; // the note has a line of its own
  if (lines) note.setAttribute("y", 32);
  const top = TOP + 18 * lines;
  svg.append(title(spec), note);
  const wide = spec.width / COLUMNS;
  const tall = (spec.height - top - LEGEND) / Math.ceil(names.length / COLUMNS);
  const radius = Math.max(8, Math.min(wide / 2 - 6, (tall - HEAD - FOOT) / 2 - 4));

  const dials = names.map((name, i) => {
    const [left, above] = [(i % COLUMNS) * wide, top + Math.floor(i / COLUMNS) * tall];
    const [x, y] = [left + wide / 2, above + HEAD + radius + 2];
    const node = element("g", { class: spec.selected ? "live-dial live-chip" : "live-dial" });
    node.append(
      element("rect", { x: left + 2, y: above + 1, width: wide - 4, height: tall - 4, rx: 6 }),
      element("text", { x, y: above + 12, class: "live-figure" }, `${wide < NARROW ? spec.speeds[i] : `${name}: ${spec.speeds[i]}`} `),
      element("circle", { cx: x, cy: y, r: radius, class: "live-ground" }),
    );
    const arrows = spec.arrows.map((arrow, k) => ({ ...arrow, was: arrow.start ? needle(arrow, "live-before") : null, turn: arc(arrow, k), now: needle(arrow) }));
    const bar = element("rect", { y: y + radius + 6, height: 3, class: "live-bar" });
    const number = element("text", { x, y: y + radius + 17, class: "live-figure" });
    number.dataset.output = spec.parts;
    for (const { was, turn, now } of arrows) node.append(...[was, turn, now].filter(Boolean));
    node.append(bar, number);
    svg.append(node);
    return { name, node, x, y, arrows, bar, number };
  });
  let left = 4;
  for (const { name, role } of spec.arrows) {
    const key = element("text", { x: left, y: spec.height - 6, class: "live-term live-strong" }, name);
    key.style.fill = `var(--${role})`;
    svg.append(key);
    left += 7.2 * name.length + 16;
  }
  const press = spec.selected
    ? chips(dials.map(({ node }) => node), {
        choose: (i) => actions.set(spec.selected, i),
        preview: (i) => actions.preview(spec.selected, i),
      })
    : null;
  if (press) for (const { node } of dials) node.setAttribute("role", "button");

  function needle({ role, values }, kind = "") {
    const node = element("path", { class: `live-needle-of ${kind}` });
    node.style.stroke = node.style.fill = `var(--${role})`;
    if (!kind) node.dataset.output = values;
    return node;
  }

  function arc({ role, start }, k) {
    if (!start) return null;
    const node = element("path", { class: "live-turn" });
    node.style.stroke = `var(--${role})`;
    node.dataset.ring = String(radius * (RING - STEP * k));
    return node;
  }

  let text = "";
  return {
    node: svg,
    update(outputs, values, committed = values) {
      const at = (output, i) => Array.from(outputs[output].data.slice(2 * i, 2 * i + 2));
      const lengths = spec.arrows.flatMap((arrow) => dials.map((_, i) => Math.hypot(...at(arrow.values, i))));
      const unit = radius / (Math.max(...lengths) || 1);
      const parts = outputs[spec.parts].data;
      const most = Math.max(...parts.map(Math.abs)) || 1;
      if (press) press(committed[spec.selected]);
      dials.forEach(({ name, node, x, y, arrows, bar, number }, i) => {
        for (const { start, values: ends, was, turn, now } of arrows) {
          const end = at(ends, i);
          ease(now, { d: pointer(x, y, end[0] * unit, end[1] * unit) });
          now.dataset.value = end.map(exact).join(" ");
          if (!start) continue;
          const first = at(start, i);
          ease(was, { d: pointer(x, y, first[0] * unit, first[1] * unit) });
          ease(turn, { d: sweep(x, y, Number(turn.dataset.ring), first, end) });
        }
        const length = (parts[i] / most) * radius;
        ease(bar, { x: x + Math.min(length, 0), width: Math.abs(length) });
        number.textContent = tidy(parts[i]);
        number.dataset.value = exact(parts[i]);
        node.classList.toggle("live-picked", spec.selected && values[spec.selected] === i);
        const seen = [...node.querySelectorAll("text")].map((word) => word.textContent.trim()).join(" ");
        if (press) node.setAttribute("aria-label", `${seen}, what ${name} adds to the score`); // begins with what is seen
      });
      text = filled(spec.note, outputs);
      note.textContent = text;
      const said = dials.map(({ name }, i) => `${name} ${tidy(parts[i])}`).join(", ");
      svg.setAttribute("aria-label", `${spec.title}: ${text}. Added by ${said}.`);
    },
    summary: () => (text ? `${text}.` : ""),
  };
}

// A note with 0-d outputs in the place of their names in braces.
export const filled = (note, outputs) => note.replace(/\{(\w+)\}/g, (_, name) => brief(outputs[name].data[0]));

// The angle from one arrow to another, counterclockwise, below a full turn.
export function turned(first, end) {
  const angle = Math.atan2(end[1], end[0]) - Math.atan2(first[1], first[0]);
  const found = ((angle % FULL) + FULL) % FULL;
  return FULL - found < 1e-5 ? 0 : found;
}

function sweep(x, y, ring, first, end) {
  const from = Math.atan2(first[1], first[0]);
  const angle = turned(first, end);
  const places = Array.from({ length: POINTS + 1 }, (_, k) => from + (angle * k) / POINTS);
  return `M${places.map((a) => `${(x + ring * Math.cos(a)).toFixed(2)} ${(y - ring * Math.sin(a)).toFixed(2)}`).join("L")}`;
}

// An arrow with a head, as one path.
function pointer(x, y, dx, dy) {
  const length = Math.hypot(dx, dy) || 1;
  const [ux, uy] = [dx / length, -dy / length];
  const [tx, ty] = [x + dx, y - dy];
  const back = Math.min(8, length * 0.5);
  const [bx, by] = [tx - ux * back, ty - uy * back];
  const wing = back * 0.5;
  const p = (a, b) => `${a.toFixed(2)} ${b.toFixed(2)}`;
  return `M${p(x, y)}L${p(bx, by)}L${p(bx - uy * wing, by + ux * wing)}L${p(tx, ty)}L${p(bx + uy * wing, by - ux * wing)}L${p(bx, by)}Z`;
}
