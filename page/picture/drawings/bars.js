// A bar for each label, its value at its end; or two bars, the second of which may wait to be revealed. The first may
// be dragged.
import { element, exact, gutter, namesOf, panel, tidy, title } from "../svg.js";
import { Handles } from "./handles.js";

const TOP = 26;
const BOTTOM = 8;
const LEGEND = 22;

export function create(spec, labels, actions) {
  const names = namesOf(spec.labels, labels);
  const control = spec.drag ? actions.control(spec.drag) : null;
  const numbersWide = 8 + 7 * (spec.digits + 3 + spec.unit.length);
  const left = gutter(names, 120);
  const top = TOP + (spec.beside ? LEGEND : 0);
  const height = (spec.height - top - BOTTOM) / names.length;
  const width = spec.width - left - numbersWide - (control ? 8 : 0);
  const svg = panel(spec);
  svg.removeAttribute("tabindex");
  svg.setAttribute("role", control ? "group" : "img");
  svg.append(title(spec));
  const both = Boolean(spec.beside);
  const thick = Math.min(height * (both ? 0.36 : 0.72), 22);
  const told = (value) => `${tidy(value, spec.digits)}${spec.unit}`;
  const written = (value) => (value < spec.quiet ? "" : told(value)); // small numbers are described, but not written

  const series = [spec.values, spec.beside].filter(Boolean).map((output, k) => {
    const bars = names.map((label, i) => {
      const middle = top + (i + 0.5) * height + (both ? (k - 0.5) * thick * 1.1 : 0);
      const place = { x: left, y: middle - thick / 2, height: thick, width: 0 };
      const bar = element("rect", { ...place, class: both && k === 0 ? "live-bar live-guess" : "live-bar" });
      const number = element("text", { x: left, y: middle, class: "live-number" });
      bar.dataset.output = output;
      svg.append(bar, number);
      return { bar, number, middle };
    });
    return { output, bars };
  });
  names.forEach((label, i) => {
    svg.append(element("text", { x: left - 5, y: top + (i + 0.5) * height, class: "live-row-label" }, label));
  });
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
      bar.setAttribute("width", length || 0);
      bar.dataset.value = exact(numbers[i]);
      number.setAttribute("x", left + (length || 0) + (control && bar.classList.contains("live-guess") ? 13 : 5));
      number.textContent = allowed && !allowed[i] ? "hidden" : written(numbers[i]);
      number.classList.toggle("live-hidden", Boolean(allowed && !allowed[i]));
    });
  }

  function key(name, k) {
    const x = left + k * Math.min(width / 2, 160);
    const box = element("rect", { x, y: TOP + 1, width: 11, height: 11, rx: 2, class: k ? "live-bar" : "live-bar live-guess" });
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
          number.setAttribute("x", left + 5);
          number.textContent = "?";
        }
        if (drawn) drawBars(one, outputs[one.output].data, allowed);
      });
      if (legend.length) for (const part of legend[1]) part.setAttribute("visibility", open ? "visible" : "hidden");
      if (control) place(values[control.name]);
      text = open && spec.off.length ? verdict(outputs) : both && !open ? added(outputs[spec.values].data) : strongest(outputs[spec.values].data);
      const said = series.slice(0, open ? 2 : 1).map(({ output }, k) => {
        const all = names.map((name, i) => `${name} ${told(outputs[output].data[i])}`).join(", ");
        return spec.names[k] ? `${spec.names[k]}: ${all}` : all;
      });
      svg.setAttribute("aria-label", `${spec.title}: ${said.join("; ")}.`);
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
    return `Off by ${told(average[0])} on average, most at ${names[most]}: ${spec.names[0]} ${first}, ${spec.names[1]} ${second}.`;
  }
}
