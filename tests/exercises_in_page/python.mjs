// The exercises' Python, run by Node: a list of jobs on standard input, an answer to each on standard output.
import { build } from "esbuild";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { fileURLToPath, pathToFileURL } from "node:url";
import { packed, plugin, python } from "../../tools/micropython.mjs";

const resolveDir = fileURLToPath(new URL("../../page/python", import.meta.url));
const contents = 'export { engine } from "./engine.js"; export { unpacked } from "./interpreter.js";';
const made = await build({ stdin: { contents, resolveDir }, bundle: true, write: false, format: "esm", plugins: [plugin] });
const folder = await mkdtemp(join(tmpdir(), "page-python-"));
const path = join(folder, "engine.mjs");
await writeFile(path, made.outputFiles[0].text);
const { engine, unpacked } = await import(pathToFileURL(path).href);
await rm(folder, { recursive: true });

const { chapters = {}, jobs } = JSON.parse(await text(process.stdin));
const given = { wasm: await unpacked(await packed()), ...(await python()) };
const engines = {}; // one for each chapter, as pages have it

async function of(chapter = "") {
  if (!engines[chapter]) {
    engines[chapter] = await engine(given);
    if (chapter) engines[chapter].load(chapter, chapters[chapter]);
  }
  return engines[chapter];
}

const answers = [];
for (const { run, within, ...job } of jobs) {
  const here = await of(job.chapter);
  const since = performance.now();
  const answer = run === undefined ? here.check(job, within) : here.run(run, within);
  answers.push({ ...answer, milliseconds: performance.now() - since });
}
process.stdout.write(JSON.stringify(answers));
