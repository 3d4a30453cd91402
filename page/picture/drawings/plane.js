// Arrows in a square plane. Those that belong to a control end in a handle, moved by pointer, touch or arrow keys.
import { brief, element, exact, namesOf, panel, tidy, title } from "../svg.js";
import { ease } from "../tween.js";
import { backdrop } from "./backdrop.js";
import { Handles } from "./handles.js";
import { standing } from "./labels.js";

const TOP = 26;
const LINE = 17;
const HEAD = 8;

export function create(spec, labels, actions) {
  const weighted = spec.arrows.find(({ strength }) => strength);
  const under = spec.result ? 15 * (1 + (weighted ? namesOf(weighted.labels, labels).length : 0)) + 8 : spec.facing ? 22 : 2;
  const side = Math.min(spec.width, spec.height - TOP - under) - 2;
  // Stretched arrows change their length on screen by the root of it: the lattice takes the other half.
  let unit = side / 2 / spec.extent;
  const [left, top] = [(spec.width - side) / 2, TOP];
  /** @type {(point: number[]) => [number, number]} */
  const place = ([x, y]) => [left + side / 2 + x * unit, top + side / 2 - y * unit];
  const unplace = ([x, y]) => [(x - left - side / 2) / unit, (top + side / 2 - y) / unit];
  const svg = panel(spec);
  svg.removeAttribute("tabindex");

  const ground = backdrop(side);
  ground.node.setAttribute("x", left);
  ground.node.setAttribute("y", top);
  const shadow = element("line", { class: "live-shadow" });
  const drop = element("line", { class: "live-drop" });
  const links = element("g", { class: "live-chain" });
  svg.append(title(spec), ground.node, links, shadow, drop);

  const groups = spec.arrows.map((group) => {
    const control = actions.control(group.values);
    const colour = `var(--${group.role})`;
    const arrows = namesOf(group.labels, labels).map((name) => {
      const line = element("line", { class: group.control && group.role !== "query" ? "live-arrow" : "live-arrow live-main" });
      const tip = element(control ? "circle" : "path", control ? { r: 5.5, class: "live-tip" } : {});
      const label = element("text", { class: "live-tag" }, group.tag || name);
      label.style.fill = colour;
      line.style.stroke = colour;
      tip.style.fill = colour;
      svg.append(line);
      if (!control && group.values !== spec.result) tip.dataset.output = group.values;
      return { line, tip, label, name };
    });
    return { ...group, control, arrows };
  });
  groups.forEach(({ arrows, control }) => control || svg.append(...arrows.map(({ tip }) => tip)));
  const equation = element("text", { x: left, y: top + side + LINE, class: "live-equation" });
  const terms = element("g");
  const more = element("text", { x: left + side - 6, y: top + side - 7, class: "live-hint" });
  svg.append(equation, terms, more);

  let latest = null;
  const factor = () => (spec.times ? latest.values[spec.times] : 1);
  const ends = ({ values, control }) => {
    if (control) return latest.values[values].map(([x, y]) => [x * factor(), y * factor()]);
    const { data } = latest.outputs[values];
    return Array.from({ length: data.length / 2 }, (_, i) => [data[2 * i], data[2 * i + 1]]);
  };
  const handles = new Handles(svg, {
    toPlane: (point) => unplace(point).map((x) => x / factor()),
    moved(control, points) {
      latest = { ...latest, values: { ...latest.values, [control.name]: points } };
      draw();
      actions.set(control.name, points);
    },
    touched: () => draw(),
  });
  for (const { control, arrows, noun } of groups) {
    if (!control) continue;
    arrows.forEach(({ tip, name }, i) => svg.append(handles.add(control, i, `${noun} ${name}`.trim(), tip)));
  }
  groups.forEach(({ arrows }) => svg.append(...arrows.map(({ label }) => label)));

  function draw() {
    unit = side / 2 / (spec.extent * Math.sqrt(factor()));
    ground.lattice(unit);
    const flat = !spec.components || latest.values[spec.components] <= 2;
    const all = groups.map(ends);
    groups.forEach((group, g) => {
      const strength = group.strength ? latest.outputs[group.strength].data : null;
      group.arrows.forEach((arrow, i) => drawArrow(arrow, all[g][i], strength ? strength[i] : 1));
      if (group.control) handles.place(group.control, latest.values[group.values], all[g].map(place));
    });
    drawFacing(all, flat);
    drawLabels(all);
    drawChain();
    more.textContent = flat ? "" : `the first 2 of ${latest.values[spec.components]} components`;
  }

  function drawArrow({ line, tip }, end, strength) {
    const [x0, y0] = place([0, 0]);
    const [x, y] = place(end);
    const share = 0.35 + 0.65 * Math.min(Math.max(strength, 0), 1);
    ease(line, { x1: x0, y1: y0, x2: x, y2: y, opacity: share });
    if (tip.tagName === "path") {
      ease(tip, { d: head(x0, y0, x, y) });
      if (tip.dataset.output) tip.dataset.value = end.map(exact).join(" ");
    }
  }

  // Names of arrows too short to see stand above the origin.
  function drawLabels(all) {
    const origin = place([0, 0]);
    const tips = all.flat().map(place);
    const arrows = groups.flatMap((group) => group.arrows);
    const frame = [left, top, left + side, top + side];
    const items = tips.map((at, i) => {
      const length = Math.hypot(at[0] - origin[0], at[1] - origin[1]);
      const out = length > 2 ? [(at[0] - origin[0]) / length, (at[1] - origin[1]) / length] : [0, -1];
      return { text: arrows[i].label.textContent, at, out, was: arrows[i].turn };
    });
    const segments = tips.map((tip) => [origin, tip]);
    standing(items, [...tips, ...ground.taken().map(([x, y]) => [x + left, y + top])], segments, frame).forEach(({ centre, turn }, i) => {
      arrows[i].turn = turn;
      ease(arrows[i].label, { x: centre[0], y: centre[1] });
    });
  }

  function drawFacing(all, flat) {
    const at = groups.findIndex(({ values }) => values === spec.facing);
    ground.face(at >= 0 && flat ? all[at][0] : null);
    const chosen = handles.chosen;
    const group = groups.find(({ control, values }) => control && values !== spec.facing);
    for (const node of [shadow, drop]) node.setAttribute("visibility", "hidden");
    if (at < 0) return;
    const [query] = all[at];
    const index = chosen?.name === group.values ? chosen.index : 0;
    const key = all[groups.indexOf(group)][index];
    const [qx, qy] = query;
    const share = (qx * key[0] + qy * key[1]) / (qx * qx + qy * qy);
    const products = [`${factored(qx)} × ${factored(key[0])}`, `${factored(qy)} × ${factored(key[1])}`].join(" + ");
    const others = flat ? "" : ` + ${latest.values[spec.components] - 2} more`;
    const sum = spec.product ? latest.outputs[spec.product].data[index] : NaN;
    equation.replaceChildren(
      element("tspan", { class: "live-strong" }, group.arrows[index].name),
      ` ${products}${others} = `,
      element("tspan", { class: "live-strong" }, brief(sum, 2)),
    );
    equation.firstChild.style.fill = `var(--${group.role})`;
    equation.style.fontSize = `${Math.min(12, (side * 1.75) / equation.textContent.length)}px`;
    if (!flat || !chosen || chosen.name !== group.values || !Number.isFinite(share)) return;
    const foot = place([qx * share, qy * share]);
    const [x0, y0] = place([0, 0]);
    const [kx, ky] = place(key);
    ease(shadow, { x1: x0, y1: y0, x2: foot[0], y2: foot[1] });
    ease(drop, { x1: kx, y1: ky, x2: foot[0], y2: foot[1] });
    for (const node of [shadow, drop]) node.setAttribute("visibility", "visible");
  }

  function drawChain() {
    if (spec.chain) {
      const { data } = latest.outputs[spec.chain];
      let from = [0, 0];
      while (links.childElementCount < data.length / 2) links.append(element("line"));
      [...links.children].forEach((link, i) => {
        const to = [from[0] + data[2 * i], from[1] + data[2 * i + 1]];
        const [[x1, y1], [x2, y2]] = [place(from), place(to)];
        ease(link, { x1, y1, x2, y2 });
        from = to;
      });
    }
    if (!spec.result) return;
    const rows = [];
    const group = groups.find(({ strength }) => strength);
    const room = spec.height - top - side - 6;
    const lines = group ? ends(group) : [];
    const step = Math.min(LINE, room / (lines.length + 1));
    lines.forEach((end, i) => {
      const weight = latest.outputs[group.strength].data[i];
      const row = element("text", { x: left, y: top + side + (i + 1) * step, class: "live-term" }, `${i ? "+ " : ""}${tidy(weight, 3)} × `);
      const value = element("tspan", {}, `(${brief(end[0])}, ${brief(end[1])})`);
      value.style.fill = `var(--${group.role})`;
      row.append(value, ` ${group.arrows[i].name}`);
      rows.push(row);
    });
    const { data } = latest.outputs[spec.result];
    const y = top + side + (lines.length + 1) * step;
    const sum = element("text", { x: left, y, class: "live-sum live-of-value" }, `= (${tidy(data[0])}, ${tidy(data[1])})`);
    sum.dataset.output = spec.result;
    sum.dataset.value = Array.from(data, exact).join(" ");
    terms.replaceChildren(...rows, sum);
  }

  return {
    node: svg,
    update(outputs, values) {
      latest = { outputs, values };
      draw();
      const said = groups.flatMap((group) =>
        ends(group).map((end, i) => `${group.noun} ${group.arrows[i].name} ${spoken(end)}`.trim()),
      );
      svg.setAttribute("aria-label", `${spec.title}: ${said.join(", ")}.`);
    },
  };
}

const spoken = ([x, y]) => `(${brief(x)}, ${brief(y)})`;

const factored = (x) => (x < 0 ? `(${brief(x)})` : brief(x));

function head(x0, y0, x, y) {
  const length = Math.hypot(x - x0, y - y0);
  if (length < 1) return "";
  const [ux, uy] = [(x - x0) / length, (y - y0) / length];
  const [bx, by] = [x - ux * HEAD, y - uy * HEAD];
  return `M${x + ux * 2} ${y + uy * 2}L${bx - uy * 4.5} ${by + ux * 4.5}L${bx + uy * 4.5} ${by - ux * 4.5}Z`;
}
