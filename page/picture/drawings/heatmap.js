// A heat map of weights, queries as rows, keys as columns.
import { colour, element, exact, gutter, namesOf, panel, short, title, tongue } from "../svg.js";
import { ease } from "../tween.js";

const TOP = 26;
const MIDDLE = 0.5;
const [SMALLEST, LARGEST] = [12, 12]; // px of a row, and of its name

// Names of many rows shrink with them; where they would be too small to read, only every second or third one is shown.
export function legible(room, index) {
  const every = Math.ceil(SMALLEST / room);
  const size = Math.min(LARGEST, 0.95 * room * every);
  return { ...(size < LARGEST && { style: `font-size: ${size.toFixed(1)}px` }), ...(index % every && { display: "none" }) };
}

export function create(spec, labels, actions) {
  const rows = namesOf(spec.rows, labels);
  const columns = namesOf(spec.columns, labels);
  const left = gutter(rows, 90);
  const bottom = gutter(columns, 90);
  const width = (spec.width - left - 4) / columns.length;
  const height = (spec.height - TOP - bottom) / rows.length;
  const svg = panel(spec);
  const readout = element("text", { x: spec.width - 2, y: 14, class: "live-readout" });
  const names = rows.map((label, i) =>
    element("text", { x: left - 5, y: TOP + (i + MIDDLE) * height, class: `live-row-label${tongue(spec, "rows")}`, ...legible(height, i) }, label),
  );
  if (spec.selected) svg.classList.add("live-picks");
  const feet = columns.map((label, j) => {
    const [x, y] = [left + (j + MIDDLE) * width, spec.height - bottom + 5];
    return element("text", { x, y, transform: `rotate(-90 ${x} ${y})`, class: `live-column-label${tongue(spec, "columns")}`, ...legible(width, j) }, label);
  });
  const cells = rows.flatMap((_, i) =>
    columns.map((_label, j) => {
      const place = { x: left + j * width, y: TOP + i * height, width: width - 0.8, height: height - 0.8 };
      return element("rect", { ...place, class: "live-cell" });
    }),
  );
  const strokes = element("path", { class: "live-strokes" }); // through masked cells
  const frame = element("rect", {
    x: left - 0.9, y: TOP, width: columns.length * width + 1, height: height + 1, class: "live-frame", visibility: "hidden",
  });
  const cursor = element("rect", { width, height, class: "live-cursor", visibility: "hidden" });
  svg.append(title(spec), readout, ...names, ...feet, ...cells, strokes, frame, cursor);

  let weights = null;
  let hidden = null; // which cells are masked
  let at = null;
  const show = (row, column) => {
    at = [row, column];
    const value = weights[row * columns.length + column];
    const number = hidden?.[row * columns.length + column] ? "hidden" : short(value);
    readout.textContent = `${rows[row]} → ${columns[column]} ${number}`;
    svg.classList.add("live-reading");
    cursor.setAttribute("x", left + column * width);
    cursor.setAttribute("y", TOP + row * height);
    cursor.setAttribute("visibility", "visible");
    return readout.textContent;
  };
  const hide = () => {
    at = null;
    svg.classList.remove("live-reading");
    readout.textContent = "";
    cursor.setAttribute("visibility", "hidden");
  };
  const cellAt = (event) => {
    const box = svg.getBoundingClientRect();
    const scale = spec.width / box.width;
    const column = Math.floor(((event.clientX - box.left) * scale - left) / width);
    const row = Math.floor(((event.clientY - box.top) * scale - TOP) / height);
    const inside = row >= 0 && row < rows.length && column < columns.length;
    return inside ? [row, Math.max(column, -1)] : null;
  };
  svg.addEventListener("pointermove", (event) => {
    const cell = cellAt(event);
    if (cell && cell[1] >= 0) show(...cell);
    else hide();
  });
  svg.addEventListener("pointerleave", hide);
  svg.addEventListener("blur", hide);
  svg.addEventListener("click", (event) => {
    const cell = cellAt(event);
    if (cell && spec.selected) actions.set(spec.selected, cell[0]);
  });
  svg.addEventListener("keydown", (event) => {
    const moves = { ArrowUp: [-1, 0], ArrowDown: [1, 0], ArrowLeft: [0, -1], ArrowRight: [0, 1] };
    const choose = (event.key === "Enter" || event.key === " ") && at && spec.selected;
    if (!moves[event.key] && !choose) return;
    event.preventDefault();
    if (choose) return actions.set(spec.selected, at[0]);
    const [down, right] = moves[event.key];
    const start = at ?? [-Math.min(down, 0) * rows.length - Math.max(down, 0), -Math.max(right, 0)];
    const clamp = (x, n) => Math.min(Math.max(x, 0), n - 1);
    actions.announce(show(clamp(start[0] + down, rows.length), clamp(start[1] + right, columns.length)));
  });

  return {
    node: svg,
    update(outputs, values) {
      weights = outputs[spec.values].data;
      cells.forEach((cell, i) => {
        const text = exact(weights[i]);
        if (cell.dataset.value === text) return;
        cell.dataset.value = text;
        cell.style.fill = colour(weights[i]);
      });
      if (spec.allowed) strike(outputs[spec.allowed].data);
      if (at) show(...at);
      if (spec.selected) {
        const chosen = values[spec.selected];
        ease(frame, { y: TOP + chosen * height - 0.9 });
        frame.setAttribute("visibility", "visible");
        names.forEach((name, i) => name.classList.toggle("live-chosen", i === chosen));
      }
      svg.setAttribute("aria-label", describe());
    },
  };

  function strike(allowed) {
    if (hidden && allowed.every((there, i) => !there === hidden[i])) return;
    hidden = Array.from(allowed, (there) => !there);
    const [w, h] = [width * 0.22, height * 0.22];
    const marks = hidden.map((is, i) => {
      cells[i].classList.toggle("live-hidden", is);
      const [x, y] = [left + ((i % columns.length) + MIDDLE) * width, TOP + (Math.floor(i / columns.length) + MIDDLE) * height];
      return is ? `M${x - w} ${y + h}L${x + w} ${y - h}` : "";
    });
    strokes.setAttribute("d", marks.join(""));
  }

  function describe() {
    const strongest = rows.map((row, i) => {
      const line = weights.slice(i * columns.length, (i + 1) * columns.length);
      const most = line.indexOf(Math.max(...line));
      return line[most] > 0 ? `${row} to ${columns[most]} ${short(line[most])}` : `${row} to nobody`;
    });
    return `${spec.title}. Largest in each row: ${strongest.join(", ")}. Arrow keys read single cells.`;
  }
}
