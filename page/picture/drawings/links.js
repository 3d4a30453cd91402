// Two rows of words; a line from each word below to each above, as thick as its weight. Hover, focus or touch a word.
import { chips } from "../chips.js";
import { element, exact, namesOf, panel, short, title, tongue } from "../svg.js";
import { ease } from "../tween.js";

const TOP = 30;
const LETTER = 7.2;
const BOLD = 8.5; // px a letter of a title
const FAINT = 0.02; // thinner lines are not drawn

export function create(spec, labels, actions) {
  const top = namesOf(spec.top, labels);
  const bottom = namesOf(spec.bottom, labels);
  const svg = panel(spec);
  svg.removeAttribute("tabindex");
  const readout = element("text", { x: spec.width - 2, y: 14, class: "live-readout" });
  const lines = element("g", { class: "live-links" });
  svg.append(title(spec), readout, lines);
  const [above, below] = [row(top, spec.width), row(bottom, spec.width)];
  const upper = top.map((name, s) => word(name, above, s, TOP + 10, above.tilt, tongue(spec, "top")));
  const lower = bottom.map((name, t) => word(name, below, t, spec.height - 14, below.tilt, tongue(spec, "bottom")));
  if (spec.selected) lower.forEach((node) => node.classList.add("live-chip"));
  svg.append(...upper, ...lower);
  const [y0, y1] = [spec.height - 28 - below.rise, TOP + 22 + above.rise];
  const links = bottom.map((_, t) =>
    top.map((_name, s) => {
      const [a, b] = [below.places[t], above.places[s]];
      const bend = (y0 - y1) * 0.4;
      const d = `M${a} ${y0}C${a} ${y0 - bend} ${b} ${y1 + bend} ${b} ${y1}`;
      const line = element("path", { d, class: "live-link" });
      lines.append(line);
      return line;
    }),
  );

  let weights = null;
  let chosen = null; // by the control
  let over = null; // {side: "top" or "bottom", index} under the pointer or in focus
  const weight = (t, s) => weights[t * top.length + s];
  const listen = (node, side, index) => {
    node.setAttribute("role", "button");
    for (const start of ["pointerenter", "focus"]) node.addEventListener(start, () => point({ side, index }));
    for (const end of ["pointerleave", "blur"]) node.addEventListener(end, () => point(null));
  };
  upper.forEach((node, s) => listen(node, "top", s));
  lower.forEach((node, t) => listen(node, "bottom", t));
  chips(upper, { choose: (s) => point({ side: "top", index: s }) });
  const pick = (t) => (spec.selected ? actions.set(spec.selected, t) : point({ side: "bottom", index: t }));
  const peek = (t) => spec.selected && actions.preview(spec.selected, t);
  const press = chips(lower, { choose: pick, preview: peek });
  const room = spec.width - BOLD * (spec.title ?? "").length; // beside the title
  const ask = ["press a word below", "press a word", ""].find((hint) => LETTER * hint.length <= Math.max(room, 0));

  function point(next) {
    over = next;
    draw();
  }

  function draw() {
    const at = over ?? (chosen === null ? null : { side: "bottom", index: chosen });
    links.forEach((row, t) =>
      row.forEach((line, s) => {
        const mine = at && (at.side === "bottom" ? at.index === t : at.index === s);
        line.classList.toggle("live-mine", Boolean(mine));
        ease(line, { opacity: (at && !mine ? 0.12 : 0.35 + 0.65 * weight(t, s)).toFixed(3) });
      }),
    );
    lower.forEach((node, t) => mark(node, at, "bottom", t, at?.side === "top" ? weight(t, at.index) : 0));
    upper.forEach((node, s) => mark(node, at, "top", s, at?.side === "bottom" ? weight(at.index, s) : 0));
    svg.classList.toggle("live-reading", Boolean(over));
    readout.classList.toggle("live-hint", !over);
    readout.textContent = over ? told(over) : spec.selected && top.length ? ask : "";
  }

  function mark(node, at, side, index, share) {
    node.classList.toggle("live-chosen", at?.side === side && at.index === index);
    node.classList.toggle("live-linked", share >= 0.2);
  }

  function told({ side, index }) {
    if (side === "top") {
      const all = bottom.map((_, t) => weight(t, index));
      const most = all.indexOf(Math.max(...all));
      return `${bottom[most]} → ${top[index]} ${short(all[most])}`;
    }
    const all = top.map((_, s) => weight(index, s));
    const most = all.indexOf(Math.max(...all));
    return `${bottom[index]} → ${top[most]} ${short(all[most])}`;
  }

  return {
    node: svg,
    update(outputs, values, committed = values) {
      weights = outputs[spec.values].data;
      chosen = spec.selected ? values[spec.selected] : null;
      if (spec.selected) press(committed[spec.selected]);
      links.forEach((row, t) =>
        row.forEach((line, s) => {
          line.dataset.value = exact(weight(t, s));
          ease(line, { "stroke-width": weight(t, s) < FAINT ? "0" : (0.5 + 7 * weight(t, s)).toFixed(2) });
        }),
      );
      lower.forEach((node, t) => node.setAttribute("aria-label", told({ side: "bottom", index: t })));
      upper.forEach((node, s) => node.setAttribute("aria-label", `${top[s]}: ${told({ side: "top", index: s })}`));
      draw();
      const all = bottom.map((_, t) => told({ side: "bottom", index: t }));
      svg.setAttribute("aria-label", `${spec.title}. Strongest: ${all.join(", ")}.`);
    },
    summary: () => (chosen === null ? "" : `${told({ side: "bottom", index: chosen })}.`),
  };
}

// Where the words of a row stand: long words get more room; words that do not fit are tilted.
function row(names, width) {
  const sizes = names.map((name) => LETTER * name.length + 12);
  const sum = sizes.reduce((total, size) => total + size, 0);
  const tilt = sum > width;
  const gap = (width - (tilt ? 0 : sum)) / names.length;
  let left = 0;
  const places = sizes.map((size) => {
    const own = tilt ? gap : size + gap;
    left += own;
    return left - own / 2;
  });
  return { places, tilt, rise: tilt ? 26 : 0 };
}

function word(name, { places, rise }, index, y, tilt, kind) {
  const x = places[index];
  const node = element("g", { class: `live-link-word${kind}` });
  const half = tilt ? 11 : (LETTER * name.length) / 2 + 6;
  const middle = y + (rise ? (y > 100 ? -rise / 2 : rise / 2) : 0);
  const tall = tilt ? 26 + rise : 26;
  const text = element("text", { x, y: middle, class: "live-figure" }, name);
  if (tilt) text.setAttribute("transform", `rotate(-55 ${x} ${middle})`);
  node.append(element("rect", { x: x - half, y: middle - tall / 2, width: 2 * half, height: tall, rx: 5 }), text);
  return node;
}
