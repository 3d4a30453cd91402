// What the writer shows of one place of its story, as transformer_lib/live/writer_page.py has it before the script comes.
import { html } from "../picture/svg.js";
import { visible } from "./work.js";

const LINE = 26; // px of the story

const percent = (share) => (share > 0 && share < 0.0005 ? "< 0.1 %" : `${(100 * share).toFixed(share < 0.0995 ? 1 : 0)} %`);

const shaded = (node, share) => {
  node.style.setProperty("--share", `${(100 * share).toFixed(1)}%`);
  return node;
};

// The next subwords, the likeliest first: a press takes one.
export function bars(list, { candidates, taken }) {
  const rows = candidates.map(({ id, piece, chance, before }) => {
    const bar = html("span", { class: "writer-bar", style: `--chance:${chance.toFixed(4)};--before:${before.toFixed(4)}` });
    const button = html(
      "button",
      { type: "button", "data-take": id, class: id === taken ? "writer-taken" : "" },
      html("span", { class: "writer-piece" }, visible(piece)), bar, html("span", { class: "writer-share" }, percent(chance)),
    );
    return html("li", {}, button);
  });
  list.replaceChildren(...rows);
}

// The story, shaded by where one head looks from the chosen place: `row` has a share for each piece up to there.
export function story(node, { pieces, given, ended }, place, row) {
  node.replaceChildren(...pieces.map((piece, i) => chip(piece, i, { given, place, share: row[i] ?? 0 })));
  if (ended) node.append(html("span", { class: "writer-mark writer-written" }, "<eos>"));
  const { offsetTop: top } = node.querySelector(".writer-chosen") ?? node.lastChild;
  if (top < node.scrollTop || top + LINE > node.scrollTop + node.clientHeight) node.scrollTop = top - node.clientHeight / 2;
}

export function chip(piece, i, { given, place, share }) {
  const classes = [i >= given && "writer-written", i === place && "writer-chosen", !i && "writer-mark"];
  const attributes = { "data-place": i, class: classes.filter(Boolean).join(" ") };
  return shaded(html("span", attributes, i ? piece.replaceAll("▁", " ") : piece), share);
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
    button.querySelector("b").textContent = row[top].toFixed(2);
    button.querySelector(".writer-piece").textContent = visible(pieces[top]);
    shaded(button, row[top]);
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
