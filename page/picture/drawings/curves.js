// Curves over one axis, each named where it ends. A place on the axis may be chosen; any place can be read.
import { brief, element, exact, namesOf, niceStep, panel, title } from "../svg.js";
import { ease } from "../tween.js";

const TOP = 28;
const BOTTOM = 42;
const DASHES = ["", "7 3", "2 2.4", "8 3 2 3", "5 2", "11 4"];
const APART = 14; // least distance of two names

export function create(spec, labels, actions) {
  const names = namesOf(spec.names, labels);
  const right = 10 + 7.2 * Math.max(...names.map((name) => name.length));
  const frame = { left: spec.up ? 62 : 46, top: TOP, right: spec.width - right, bottom: spec.height - BOTTOM };
  const svg = panel(spec);
  const control = spec.marker ? actions.control(spec.marker) : null;
  const axes = element("g");
  const inside = element("svg", { x: frame.left, y: frame.top, class: "live-plane" });
  inside.setAttribute("width", frame.right - frame.left);
  inside.setAttribute("height", frame.bottom - frame.top);
  const chosen = element("line", { y1: frame.top, y2: frame.bottom, class: "live-chosen-x", visibility: "hidden" });
  const cursor = element("line", { y1: frame.top, y2: frame.bottom, class: "live-read-x", visibility: "hidden" });
  const readout = element("text", { x: spec.width - 2, y: 14, class: "live-readout" });
  const middle = (frame.top + frame.bottom) / 2;
  svg.append(
    title(spec), readout, axes, inside, chosen, cursor,
    element("text", { x: (frame.left + frame.right) / 2, y: spec.height - 6, class: "live-axis-name" }, spec.across),
    element("text", { x: 11, y: middle, transform: `rotate(-90 11 ${middle})`, class: "live-axis-name" }, spec.up),
  );
  const curves = names.map((name, k) => {
    const line = element("path", { class: "live-curve", "stroke-dasharray": DASHES[k % DASHES.length] });
    const colour = `var(--series-${(spec.colours ? spec.colours[k] : k) % 6})`;
    line.style.stroke = colour;
    const label = element("text", { x: frame.right + 6, class: "live-curve-name" }, name);
    label.style.fill = colour;
    const dot = element("circle", { r: 4, class: "live-tip", visibility: "hidden" });
    dot.style.fill = colour;
    inside.append(line);
    svg.append(dot, label);
    return { name, line, label, dot };
  });

  let state = null;
  const at = (i) => names.map((_, k) => state.rows[k][i]);
  const said = (i) => {
    const numbers = at(i).map((y, k) => `${names[k]} ${significant(y, spec.digits)}`);
    return `${spec.across || "at"} ${brief(state.x[i], 4)}: ${numbers.join(", ")}`;
  };
  const mark = (line, i) => {
    line.setAttribute("visibility", i === null ? "hidden" : "visible");
    if (i === null) return;
    const place = state.across(state.x[i]);
    ease(line, { x1: place, x2: place });
  };
  const read = (i) => {
    state.at = i;
    mark(cursor, i);
    svg.classList.toggle("live-reading", i !== null);
    readout.textContent = i === null ? "" : said(i);
    readout.style.fontSize = `${Math.min(12, (spec.width * 1.8) / Math.max(1, readout.textContent.length))}px`;
    return readout.textContent;
  };
  const nearest = (value) => {
    const distance = (x) => (spec.log_x ? Math.abs(Math.log(x / value)) : Math.abs(x - value));
    return state.x.reduce((best, x, i) => (distance(x) < distance(state.x[best]) ? i : best), 0);
  };
  const under = (event) => {
    const box = svg.getBoundingClientRect();
    return nearest(state.uncross(((event.clientX - box.left) * spec.width) / box.width));
  };
  const choose = (i) => {
    if (!control) return;
    const allowed = control.stops ?? null;
    const { minimum, maximum, step } = control;
    const x = state.x[i];
    const value = allowed
      ? allowed.reduce((best, stop) => (Math.abs(stop - x) < Math.abs(best - x) ? stop : best))
      : Math.min(Math.max(Math.round((x - minimum) / step) * step + minimum, minimum), maximum);
    actions.set(control.name, Number(value.toFixed(9)));
  };
  svg.addEventListener("pointermove", (event) => read(under(event)));
  for (const end of ["pointerleave", "blur"]) svg.addEventListener(end, () => read(null));
  svg.addEventListener("click", (event) => choose(under(event)));
  svg.addEventListener("keydown", (event) => {
    const by = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
    if (event.key === "Enter" && state.at !== null) choose(state.at);
    if (!by) return;
    event.preventDefault();
    const from = state.at ?? (by > 0 ? -1 : state.x.length);
    actions.announce(read(Math.min(Math.max(from + by, 0), state.x.length - 1)));
  });

  return {
    node: svg,
    update(outputs, values) {
      const x = [...outputs[spec.x].data];
      const flat = outputs[spec.values].data;
      const rows = names.map((_, k) => [...flat.slice(k * x.length, (k + 1) * x.length)]);
      const [low, high] = range(rows.flat(), spec);
      const across = scale(x[0], x.at(-1), frame.left, frame.right, spec.log_x);
      const up = scale(low, high, frame.bottom, frame.top, spec.log_y);
      state = { x, rows, across: across.to, uncross: across.from, at: state?.at ?? null };
      axes.replaceChildren(...ticks(across, up, frame));
      curves.forEach(({ line }, k) => {
        ease(line, { d: path(x, rows[k], across.to, up.to, frame) });
        line.dataset.value = rows[k].map(exact).join(" ");
      });
      const ends = rows.map((row) => {
        const last = row.findLast(Number.isFinite);
        return last === undefined ? frame.top : Math.min(Math.max(up.to(last), frame.top), frame.bottom);
      });
      spread(ends, APART, frame.top, frame.bottom).forEach((y, k) => ease(curves[k].label, { y }));
      let place = null;
      if (spec.marker) place = nearest(spec.marker in values ? values[spec.marker] : outputs[spec.marker].data[0]);
      mark(chosen, place);
      curves.forEach(({ dot }, k) => {
        const y = place === null ? NaN : up.to(rows[k][place]);
        const there = y >= frame.top - 1 && y <= frame.bottom + 1;
        dot.setAttribute("visibility", there ? "visible" : "hidden");
        if (!there) return;
        ease(dot, { cx: across.to(x[place]), cy: y });
      });
      state.summary = place === null ? "" : `${said(place)}.`;
      if (state.at !== null) read(Math.min(state.at, x.length - 1));
      const shape = names.map((name, k) => `${name} from ${significant(rows[k][0], 3)} to ${significant(rows[k].at(-1), 3)}`);
      svg.setAttribute("aria-label", `${spec.title}. ${shape.join(", ")}. ${state.summary} Arrow keys read along the axis.`);
    },
    summary: () => state?.summary ?? "",
  };
}

function significant(value, digits) {
  return Number.isFinite(value) ? String(Number(value.toPrecision(digits))).replace("-", "−") : "–";
}

// The y-axis: as declared, else a little more than the range of the numbers.
function range(numbers, { lowest, highest, log_y: log }) {
  const known = numbers.filter((y) => Number.isFinite(y) && (!log || y > 0));
  const [least, most] = [Math.min(...known), Math.max(...known)];
  if (!known.length) return [lowest ?? (log ? 0.1 : 0), highest ?? 1];
  const slack = log ? 0 : (most - least || Math.abs(most) || 1) * 0.05;
  const low = lowest ?? (log ? least / 1.3 : least - slack);
  const high = highest ?? (log ? most * 1.3 : most + slack);
  return low < high ? [low, high] : [low, low + 1];
}

function scale(low, high, from, to, log) {
  const f = log ? Math.log : (x) => x;
  const g = log ? Math.exp : (x) => x;
  const span = f(high) - f(low) || 1;
  return {
    low, high, log,
    to: (x) => from + ((f(x) - f(low)) / span) * (to - from),
    from: (place) => g(f(low) + ((place - from) / (to - from)) * span),
  };
}

function marks({ low, high, log }, count) {
  if (log) {
    const found = [];
    for (let power = Math.floor(Math.log10(low)); power <= Math.log10(high) + 1e-9; power += 1) {
      for (const k of [1, 2, 5]) found.push(k * 10 ** power);
    }
    const inside = found.filter((x) => x >= low * (1 - 1e-9) && x <= high * (1 + 1e-9));
    const tens = inside.filter((x) => Math.abs(Math.log10(x) % 1) < 1e-9);
    const thin = Math.ceil(tens.length / (count * 1.5));
    return inside.length <= count * 1.6 ? inside : tens.filter((_, i) => i % thin === 0);
  }
  const step = niceStep((high - low) / count);
  const first = Math.ceil(low / step - 1e-9);
  return Array.from({ length: Math.floor(high / step + 1e-9) - first + 1 }, (_, i) => (first + i) * step);
}

function ticks(across, up, { left, top, right, bottom }) {
  const parts = [];
  for (const x of marks(across, Math.max(2, (right - left) / 65))) {
    parts.push(element("line", { x1: across.to(x), x2: across.to(x), y1: top, y2: bottom, class: "live-hair" }));
    parts.push(element("text", { x: across.to(x), y: bottom + 14, class: "live-axis-name" }, significant(x, 4)));
  }
  for (const y of marks(up, Math.max(2, (bottom - top) / 42))) {
    parts.push(element("line", { x1: left, x2: right, y1: up.to(y), y2: up.to(y), class: "live-hair" }));
    parts.push(element("text", { x: left - 6, y: up.to(y), class: "live-row-label live-soft" }, significant(y, 4)));
  }
  parts.push(element("path", { d: `M${left} ${top}V${bottom}H${right}`, class: "live-frame-line" }));
  return parts;
}

function path(x, row, across, up, { left, top }) {
  let pen = "M";
  return row
    .map((y, i) => {
      const place = up(y);
      if (!Number.isFinite(place)) {
        pen = "M";
        return "";
      }
      const step = `${pen}${(across(x[i]) - left).toFixed(2)} ${(place - top).toFixed(2)}`;
      pen = "L";
      return step;
    })
    .join("");
}

// Places moved as little as needed to stand `least` apart between `low` and `high`.
function spread(places, least, low, high) {
  const order = places.map((_, k) => k).toSorted((a, b) => places[a] - places[b]);
  const groups = [];
  for (const k of order) {
    groups.push({ centre: places[k], members: [k] });
    while (groups.length > 1) {
      const [first, second] = groups.slice(-2);
      if (second.centre - first.centre >= (least * (first.members.length + second.members.length)) / 2 - 1e-9) break;
      const members = [...first.members, ...second.members];
      const half = (least * (members.length - 1)) / 2;
      const mean = (first.centre * first.members.length + second.centre * second.members.length) / members.length;
      groups.splice(-2, 2, { centre: Math.min(Math.max(mean, low + half), Math.max(high - half, low + half)), members });
    }
  }
  const out = [];
  for (const { centre, members } of groups) {
    members.forEach((k, i) => {
      out[k] = centre + (i - (members.length - 1) / 2) * least;
    });
  }
  return out;
}
