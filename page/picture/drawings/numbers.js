// A small matrix as a table of numbers: a real table, so that it can be read cell by cell.
import { exact, html, namesOf, tidy } from "../svg.js";

const WIDE = 600; // px: as transformer_lib/live/drawings has them
const [HEAD, ROW, LINE, TALLEST] = [64, 34, 20, 260];

export function create(spec, labels) {
  const rows = namesOf(spec.rows, labels);
  const columns = namesOf(spec.columns, labels);
  const table = html("table", { class: "live-table" });
  table.append(html("caption", {}, spec.title));
  const head = html("tr", {}, html("td"), ...columns.map((name) => html("th", { scope: "col" }, name)));
  const row = ROW + LINE * ((spec.lines ?? 1) - 1);
  const cells = rows.map(() => columns.map(() => html("td")));
  const body = rows.map((name, i) => html("tr", {}, html("th", { scope: "row" }, name), ...cells[i]));
  table.append(html("thead", {}, head), html("tbody", {}, ...body));
  const node = html("div", { class: "live-numbers", tabindex: "0", role: "group", "aria-label": spec.title }, table);

  return {
    node,
    height: () => (spec.width > WIDE ? Math.min(TALLEST, HEAD + row * rows.length) : spec.height),
    update(outputs) {
      const { data } = outputs[spec.values];
      cells.flat().forEach((cell, i) => {
        cell.textContent = tidy(data[i], spec.digits);
        cell.dataset.value = exact(data[i]);
        if (!spec.shade) return;
        const share = Math.min(Math.max(data[i] / spec.shade, 0), 1);
        cell.style.setProperty("--share", `${Math.round(share * 100)}%`);
      });
    },
  };
}
