// A bar for each label, its value at its end; or two bars, the second of which may wait to be revealed. The first may
// be dragged. Small bars are folded into one line, which opens.
import { element, exact, gutter, namesOf, panel, short, tidy, title, tongue } from "../svg.js";
import { ease } from "../tween.js";
import { Handles } from "./handles.js";

const TITLED = 26;
const BOTTOM = 8;
const LEGEND = 22;
const FEWEST = 3; // fewer bars are not worth folding
const TALLEST = 30; // px of a row, where rows are folded

export function create(spec, labels, actions) {
  const names = namesOf(spec.labels, labels);
  const control = spec.drag ? actions.control(spec.drag) : null;
  const numbersWide = 8 + 7.4 * (spec.digits + 3 + spec.unit.length);
  const left = gutter(names, 130);
  const TOP = spec.title ? TITLED : 4;
  const top = TOP + (spec.beside ? LEGEND : 0);
  const height = (spec.height - top - BOTTOM) / names.length;
  const width = spec.width - left - numbersWide - (control ? 8 : 0);
  const svg = panel(spec);
  svg.removeAttribute("tabindex");
  svg.setAttribute("role", control ? "group" : "img");
  if (spec.title) svg.append(title(spec));
  const both = Boolean(spec.beside);
  const first = control ? "live-guess" : "live-first"; // a guess is grey: it may be wrong
  const thick = Math.min(height * (both ? 0.36 : 0.72), 22);
  const told = (value) => `${tidy(value, spec.digits)}${spec.unit}`;
  const written = (value) => (value < spec.quiet ? "" : told(value)); // small numbers are described, but not written

  const series = [spec.values, spec.beside].filter(Boolean).map((output, k) => {
    const bars = names.map((label, i) => {
      const middle = top + (i + 0.5) * height + (both ? (k - 0.5) * thick * 1.1 : 0);
      const place = { x: left, y: middle - thick / 2, height: thick, width: 0 };
      const bar = element("rect", { ...place, class: both && k === 0 ? `live-bar ${first}` : "live-bar" });
      const number = element("text", { x: left, y: middle, class: "live-number" });
      bar.dataset.output = output;
      svg.append(bar, number);
      return { bar, number, middle };
    });
    return { output, bars };
  });
  const rows = names.map((label, i) =>
    element("text", { x: left - 5, y: top + (i + 0.5) * height, class: `live-row-label${tongue(spec, "labels")}` }, label),
  );
  svg.append(...rows);
  // a bar that is not shown yet
  const blanks = spec.shown ? series[1].bars.map(({ middle }) => blank(middle)) : [];
  const folded = spec.fold ? fold() : null;
  const legend = both ? spec.names.map((name, k) => key(name, k)) : [];
  svg.append(...legend.flat());

  const reach = (value) => Math.min(Math.max(value / spec.maximum, 0), 1) * width;
  const handles = control
    ? new Handles(svg, {
        toPlane: ([x]) => [((x - left) / width) * spec.maximum],
        moved(_, points) {
          place(points.map(([value]) => value));
          actions.set(control.name, points.map(([value]) => value));
        },
        touched() {},
      })
    : null;
  if (control) {
    names.forEach((label, i) => {
      const tip = element("circle", { r: 6, class: "live-tip live-guess" });
      svg.append(handles.add(control, i, `${control.noun} ${label}`, tip));
    });
  }

  // Dragged bars are redrawn at once, before the outputs arrive.
  function place(values) {
    handles.place(control, values.map((value) => [value]), values.map((value, i) => [left + reach(value), series[0].bars[i].middle]));
    drawBars(series[0], values);
  }

  function drawBars({ bars }, numbers, allowed) {
    bars.forEach(({ bar, number }, i) => {
      const length = reach(numbers[i]);
      ease(bar, { width: length || 0 });
      bar.dataset.value = exact(numbers[i]);
      ease(number, { x: left + (length || 0) + (bar.classList.contains("live-guess") ? 13 : 5) });
      number.textContent = allowed && !allowed[i] ? "hidden" : written(numbers[i]);
      number.classList.toggle("live-hidden", Boolean(allowed && !allowed[i]));
    });
  }

  function blank(middle) {
    const box = element("rect", { x: left, y: middle - thick / 2 + 0.5, width: width - 1, height: thick - 1, rx: 2, class: "live-blank" });
    svg.append(box);
    return box;
  }

  // The line of the folded bars, and whether the reader opened it.
  function fold() {
    const said = element("text", { x: left, class: "live-fold-text" });
    const box = element("rect", { x: left - 6, width: 170, height: 22, rx: 6, class: "live-fold-box" });
    const line = element("g", { class: "live-fold", role: "button", tabindex: 0, "aria-expanded": false, visibility: "hidden" }, box, said);
    const state = { line, said, box, open: false, last: null };
    const turn = () => {
      state.open = !state.open;
      line.setAttribute("aria-expanded", state.open);
      stand(state.last);
    };
    line.addEventListener("click", turn);
    line.addEventListener("keydown", (event) => {
      if (event.key !== "Enter" && event.key !== " ") return;
      event.preventDefault();
      turn();
    });
    svg.setAttribute("role", "group");
    svg.append(line);
    return state;
  }

  // Rows stand below each other, the small ones behind the line.
  function stand(numbers) {
    folded.last = numbers;
    const small = names.map((_, i) => numbers.every((one) => one[i] < spec.fold));
    const count = small.filter(Boolean).length;
    const some = count >= FEWEST;
    const hides = some && !folded.open;
    const shown = names.map((_, i) => i).filter((i) => !hides || !small[i]);
    // opened, the drawing is as tall as all of its rows need
    const tall = some && folded.open ? Math.max(spec.height, top + BOTTOM + (names.length + 1) * (both ? 32 : 20)) : spec.height;
    svg.setAttribute("viewBox", `0 0 ${spec.width} ${tall}`);
    const around = /** @type {HTMLElement | null} */ (svg.closest(".live-panel"));
    if (around) Object.assign(around.style, tall > spec.height ? { height: `${tall}px`, aspectRatio: "auto" } : { height: "", aspectRatio: "" });
    const room = (tall - top - BOTTOM) / (shown.length + Number(some));
    const each = some ? Math.min(room, TALLEST * (both ? 1.5 : 1)) : room;
    const slim = Math.min(each * (both ? 0.36 : 0.72), 22);
    names.forEach((_, i) => {
      const at = shown.indexOf(i);
      const middle = top + (at + 0.5) * each;
      const seen = at < 0 ? "hidden" : "visible";
      rows[i].setAttribute("visibility", seen);
      if (at >= 0) ease(rows[i], { y: middle });
      series.forEach(({ bars }, k) => {
        const y = middle + (both ? (k - 0.5) * slim * 1.1 : 0);
        for (const part of [bars[i].bar, bars[i].number]) part.setAttribute("visibility", seen);
        if (at < 0) return;
        ease(bars[i].bar, { y: y - slim / 2, height: slim });
        ease(bars[i].number, { y });
      });
    });
    const y = top + shown.length * each + Math.min(each, 24) / 2 + 2;
    folded.line.setAttribute("visibility", some ? "visible" : "hidden");
    folded.line.setAttribute("tabindex", some ? 0 : -1);
    folded.said.textContent = folded.open ? `fold ${count} words below ${short(spec.fold)}` : `${count} words below ${short(spec.fold)}`;
    folded.said.setAttribute("y", y);
    folded.box.setAttribute("y", y - 11);
    folded.box.setAttribute("width", 12 + 6.6 * folded.said.textContent.length);
  }

  function key(name, k) {
    const x = left + k * Math.min(width / 2, 160);
    const box = element("rect", { x, y: TOP + 1, width: 11, height: 11, rx: 2, class: k ? "live-bar" : `live-bar ${first}` });
    return [box, element("text", { x: x + 16, y: TOP + 10.5 }, name)];
  }

  let text = "";
  return {
    node: svg,
    update(outputs, values) {
      const open = both && (!spec.shown || Boolean(values[spec.shown]));
      const allowed = spec.allowed ? outputs[spec.allowed].data : null;
      series.forEach((one, k) => {
        const drawn = k === 0 || open;
        for (const { bar, number } of drawn ? [] : one.bars) {
          bar.setAttribute("width", 0);
          delete bar.dataset.value;
          number.setAttribute("x", left + 7);
          number.textContent = "?";
        }
        if (drawn) drawBars(one, outputs[one.output].data, allowed);
      });
      for (const box of blanks) box.setAttribute("visibility", open ? "hidden" : "visible");
      if (folded) stand(series.slice(0, open ? 2 : 1).map(({ output }) => outputs[output].data));
      if (legend.length) for (const part of legend[1]) part.setAttribute("visibility", open ? "visible" : "hidden");
      if (control) place(values[control.name]);
      text = open && spec.off.length ? verdict(outputs) : both && !open ? added(outputs[spec.values].data) : strongest(outputs[spec.values].data);
      const said = series.slice(0, open ? 2 : 1).map(({ output }, k) => {
        const all = names.map((name, i) => `${name} ${told(outputs[output].data[i])}`).join(", ");
        return spec.names[k] ? `${spec.names[k]}: ${all}` : all;
      });
      svg.setAttribute("aria-label", `${spec.title ? `${spec.title}: ` : ""}${said.join("; ")}.`);
    },
    summary: () => text,
  };

  // Of shares alone: among counts or scores the largest need not be the point.
  function strongest(numbers) {
    if (spec.maximum !== 1) return "";
    const most = numbers.indexOf(Math.max(...numbers));
    return numbers[most] > 0 ? `Strongest: ${names[most]} ${told(numbers[most])}.` : "Nothing may be looked at.";
  }

  // The sum of a reader's guesses of shares, which may differ from the right sum.
  function added(numbers) {
    if (!spec.total) return "";
    const sum = numbers.reduce((total, number) => total + number, 0);
    const half = 0.5 * 10 ** -spec.digits;
    return Math.abs(sum - spec.total) < half ? "" : `Your guesses add up to ${told(sum)}; the shares to ${told(spec.total)}.`;
  }

  function verdict(outputs) {
    const [each, average] = spec.off.map((name) => outputs[name].data);
    const most = each.indexOf(Math.max(...each));
    const [first, second] = series.map(({ output }) => told(outputs[output].data[most]));
    if (average[0] < 0.5 * 10 ** -spec.digits) return "Exactly right.";
    return `${offBy(told(average[0]), names, most)}: ${spec.names[0]} ${first}, ${spec.names[1]} ${second}.`;
  }
}

// One guess alone has no average and no most.
export function offBy(average, names, most) {
  return names.length === 1 ? `Off by ${average}` : `Off by ${average} on average, most at ${names[most]}`;
}
