// What the writer shows of one place of its story, as transformer_lib/live/writer_page.py has it before the script comes.
import { colour, html, inkOn } from "../picture/svg.js";
import { visible } from "./work.js";

const percent = (share) => `${(100 * share).toFixed(share < 0.0995 ? 1 : 0)} %`;

const shaded = (node, share) => {
  node.style.setProperty("background", share < 0.005 ? "" : colour(share));
  node.classList.add(inkOn(share));
  return node;
};

// The next subwords, the likeliest first: a press takes one.
export function bars(list, { candidates, taken }) {
  const rows = candidates.map(({ id, piece, chance, before }) => {
    const bar = html("span", { class: "writer-bar", style: `--chance:${chance.toFixed(4)};--before:${before.toFixed(4)}` });
    const button = html(
      "button",
      { type: "button", "data-take": id, class: id === taken ? "writer-taken" : "", "aria-label": `take ${visible(piece)}, ${percent(chance)}` },
      html("span", { class: "writer-piece" }, visible(piece)), bar, html("span", { class: "writer-share" }, percent(chance)),
    );
    return html("li", {}, button);
  });
  list.replaceChildren(...rows);
}

// The story, shaded by where one head looks from the chosen place: `row` has a share for each piece up to there.
export function story(node, { pieces, given, ended }, place, row) {
  const chips = pieces.map((piece, i) => {
    const text = i ? piece.replaceAll("▁", " ") : piece;
    const classes = [i >= given && "writer-written", i === place && "writer-chosen", !i && "writer-mark"];
    return shaded(html("span", { "data-place": i, class: classes.filter(Boolean).join(" ") }, text), row[i] ?? 0);
  });
  if (ended) chips.push(html("span", { class: "writer-mark writer-written" }, "<eos>"));
  node.replaceChildren(...chips);
}

// The row (place + 1) of one head in weights (L, H, place + 1).
export function rowOf({ dims: [, heads, length], data }, layer, head) {
  const from = (layer * heads + head) * length;
  return Array.from(data.subarray(from, from + length));
}

// Each head as a button that says where it looks most; the chosen one is the one that the story shows.
export function tiles(table, weights, pieces, chosen) {
  for (const button of table.querySelectorAll("[data-head]")) {
    const [layer, head] = button.dataset.head.split(" ").map(Number);
    const row = rowOf(weights, layer, head);
    const top = row.indexOf(Math.max(...row));
    const [name, look] = [button.querySelector("small"), button.querySelector("span")];
    look.textContent = `${visible(pieces[top])} ${row[top].toFixed(2)}`;
    look.className = "";
    name.className = inkOn(row[top]);
    shaded(look, row[top]);
    look.style.background = "";
    button.style.background = colour(row[top]);
    const pressed = layer === chosen.layer && head === chosen.head;
    button.setAttribute("aria-pressed", String(pressed));
    button.tabIndex = pressed ? 0 : -1;
  }
}

export const lookSaid = (row, pieces, { layer, head }, share) => {
  const most = row.map((weight, i) => ({ weight, i })).sort((a, b) => b.weight - a.weight).slice(0, 3);
  const said = most.filter(({ weight }) => weight >= 0.005).map(({ weight, i }) => `${visible(pieces[i])} ${weight.toFixed(2)}`);
  return `Layer ${layer + 1}, head ${head + 1} (key-value head ${Math.floor(head / share) + 1}) looks at ${said.join(", ")}.`;
};
