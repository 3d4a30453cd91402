// Bundles the page scripts: live.js for pages, widget.mjs for kernels. `--check` writes nothing and exits 1
// when a stored bundle differs from its sources.
import { build } from "esbuild";
import { readFile, writeFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";

const at = (path) => fileURLToPath(new URL(`../${path}`, import.meta.url));
const BUNDLES = [
  { from: "page/page.js", to: "transformer_lib/live/static/live.js", format: "iife", globalName: "AttentionLive" },
  { from: "page/widget.js", to: "transformer_lib/live/static/widget.mjs", format: "esm" },
];
const check = process.argv.includes("--check");
let stale = 0;

for (const { from, to, ...format } of BUNDLES) {
  const result = await build({
    entryPoints: [at(from)], bundle: true, minify: true, write: false, target: "es2022", charset: "utf8", ...format,
  });
  const fresh = result.outputFiles[0].text;
  const stored = await readFile(at(to), "utf8").catch(() => "");
  if (check && fresh !== stored) {
    console.log(`${to} is stale: run \`make export\``);
    stale += 1;
  }
  if (!check) await writeFile(at(to), fresh);
  console.log(to, Buffer.byteLength(fresh), "bytes");
}
process.exitCode = stale ? 1 : 0;
