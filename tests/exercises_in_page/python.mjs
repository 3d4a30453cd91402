// The exercises' Python, run by Node: a list of texts on standard input, what each printed and said on standard output.
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

const here = await engine({ wasm: await unpacked(await packed()), ...(await python()), now: () => 0 }); // without a clock
const texts = JSON.parse(await text(process.stdin));
process.stdout.write(JSON.stringify(texts.map((one) => here.run(one))));
