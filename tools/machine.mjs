// Draws the machine where there is no page: from its stored example, the first sight of level 0 as markup and a still of
// each level. Standard input: the example; standard output: {page, hero, stills: [{name, title, caption, svg}]}.
import { readFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { caption } from "../page/machine/captions.js";
import { calculators } from "../page/machine/dot.js";
import { frame, stage } from "../page/machine/frame.js";
import { parse, title } from "../page/machine/place.js";
import { hero } from "../page/machine/sentence.js";
import { create } from "../page/machine/state.js";
import { markup } from "../page/machine/tree.js";
import { stored } from "../page/tensor/reader.js";

const WIDTH = 960;
const STILLS = ["sentence", "stacks", "enc2", "enc2/self", "enc2/self/h4/red", "enc2/self/h4/red/car", "enc/in/red", "enc2/ff/red", "choice"];

const chunks = [];
for await (const chunk of process.stdin) chunks.push(chunk);
const packed = JSON.parse(Buffer.concat(chunks).toString());
const unpacked = (tensors) => Object.fromEntries(Object.entries(tensors).map(([name, tensor]) => [name, stored(tensor)]));
const example = { ...packed, outputs: unpacked(packed.outputs), tables: unpacked(packed.tables) };
const css = await readFile(fileURLToPath(new URL("../page/machine/machine.css", import.meta.url)), "utf8");
const drawing = css.slice(0, css.indexOf("/* end of drawing */")).replace(/html\[data-theme="dark"\][^}]*}/, "");

function still(address) {
  const machine = create(example, calculators(packed.graphs));
  machine.go(parse(address));
  const view = machine.view();
  const tree = stage(view, WIDTH);
  Object.assign(tree.attributes, { xmlns: "http://www.w3.org/2000/svg", class: "m-drawing machine" });
  tree.children.unshift({ tag: "style", attributes: {}, children: [] });
  const svg = markup(tree).replace("<style></style>", `<style>${drawing}</style>`);
  return { name: address.replaceAll("/", "-"), title: title(view.place), caption: caption(view), svg, height: tree.attributes.height };
}

const machine = create(example, calculators(packed.graphs));
const first = (around) => around(machine.view(), WIDTH).map(markup).join("");
process.stdout.write(JSON.stringify({ page: first(frame), hero: first(hero), stills: STILLS.map(still) }));
