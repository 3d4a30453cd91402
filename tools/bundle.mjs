// Bundles the page scripts. Stored: live.js for pages, widget.mjs and writer.mjs for kernels; `--check` writes nothing and
// exits 1 when a stored one differs from its sources. `--pages FOLDER` and `--machine FOLDER` make those that pages alone
// load, when the book is built.
import { build } from "esbuild";
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { dirname, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { plugin } from "./micropython.mjs";

const at = (path) => fileURLToPath(new URL(`../${path}`, import.meta.url));
const STORED = [
  { from: "page/page.js", to: at("transformer_lib/live/static/live.js"), format: "iife", globalName: "AttentionLive" },
  { from: "page/widget.js", to: at("transformer_lib/live/static/widget.mjs"), format: "esm" },
  { from: "page/writer/widget.js", to: at("transformer_lib/live/static/writer.mjs"), format: "esm", loader: { ".css": "text" } },
];
const given = (option) => (process.argv.includes(option) ? resolve(process.argv[process.argv.indexOf(option) + 1]) : null);
const [folder, machine] = [given("--pages"), given("--machine")];
const MACHINE = [["index", "machine"], ["hero", "machine-start"]].map(([from, to]) => ({ from: `page/machine/${from}.js`, to: `${machine}/${to}.js`, format: "iife", globalName: "AttentionMachine" }));
const BUILT = [
  { from: "page/exercises/index.js", to: `${folder}/exercises.js`, format: "iife", globalName: "AttentionExercises" },
  { from: "page/writer/index.js", to: `${folder}/../writer/writer.js`, format: "iife", globalName: "AttentionWriter" },
  { from: "page/assistant/index.js", to: `${folder}/../assistant/assistant.js`, format: "iife", globalName: "AttentionAssistant" },
  { from: "page/everyday/index.js", to: `${folder}/../translator/everyday.js`, format: "iife", globalName: "AttentionEveryday" },
  { from: "page/python/index.js", to: `${folder}/python.js`, format: "iife", globalName: "AttentionPython", plugins: [plugin] },
];
const check = process.argv.includes("--check");
let stale = 0;

for (const { from, to, ...format } of machine ? MACHINE : folder ? BUILT : STORED) {
  const result = await build({
    entryPoints: [at(from)], bundle: true, minify: true, write: false, target: "es2022", charset: "utf8", ...format,
  });
  const fresh = result.outputFiles[0].text;
  const stored = await readFile(to, "utf8").catch(() => "");
  if (check && fresh !== stored) {
    console.log(`${to} is stale: run \`make export\``);
    stale += 1;
  }
  if (!check && fresh !== stored) {
    await mkdir(dirname(to), { recursive: true });
    await writeFile(to, fresh);
  }
  console.log(to, Buffer.byteLength(fresh), "bytes");
}
process.exitCode = stale ? 1 : 0;
