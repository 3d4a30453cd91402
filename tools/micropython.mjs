// MicroPython as the pages take it from its npm package: one text for browser, worker and Node, that fetches nothing,
// with two things open to us: how the wasm is made into an instance, and what happens when it asks for more memory.
import { readFile, readdir } from "node:fs/promises";
import { gzipSync } from "node:zlib";
import { fileURLToPath } from "node:url";

export const PACKAGE = fileURLToPath(new URL("../node_modules/@micropython/micropython-webassembly-pyscript/", import.meta.url));
// what stands in the package -> what stands there for us; each must be there once, or the package is another one
const CHANGES = [
  [/let Module=\{locateFile:/g, "let Module={...options.module,locateFile:"],
  [/,ENVIRONMENT_IS_WEB=.*?,ENVIRONMENT_IS_SHELL=.*?;/g, ";"],
  [/if\(!globalThis\.window&&!globalThis\.WorkerGlobalScope\)throw/g, "if(!1)throw"],
  // asked at every call of a function, which makes Python a sixth slower
  [/assert\(wasmTable\.get\(funcPtr\)==func,"[^"]*"\),/g, ""],
];
const WHERE = { WEB: true, WORKER: false, NODE: false, SHELL: false }; // everywhere as in a page
// between these two stands a program for the command line
const PROGRAM = ['if(globalThis.loadMicroPython=loadMicroPython,"object"==typeof process', "class PyProxy{"];

export function adapted(source) {
  let text = source;
  for (const [before, after] of CHANGES) {
    if (text.match(before)?.length !== 1) throw new Error(`this MicroPython is another one: ${before}`);
    text = text.replace(before, () => after);
  }
  for (const [name, value] of Object.entries(WHERE)) text = text.replaceAll(`ENVIRONMENT_IS_${name}`, String(value));
  const [first, last] = PROGRAM.map((words) => text.indexOf(words));
  if (first < 0 || last < first) throw new Error("this MicroPython is another one: its program stands elsewhere");
  return (text.slice(0, first) + text.slice(last)).replaceAll("import.meta.url", '""');
}

// The wasm as text, for a page opened from disk may not fetch: packed first, for packed base64 is the smaller one.
export const packed = async () => gzipSync(await readFile(`${PACKAGE}micropython.wasm`), { level: 9 }).toString("base64");

// The Python that goes along: what is written for MicroPython, and of the library what both interpreters run.
const LIB = fileURLToPath(new URL("../page/python/lib/", import.meta.url));
const EXERCISES = fileURLToPath(new URL("../transformer_lib/exercises/", import.meta.url));
export const SHARED = ["comparing.py", "judging.py"];

export async function python() {
  const names = (await readdir(LIB, { recursive: true })).filter((name) => name.endsWith(".py")).sort();
  const read = (folder, list) => Promise.all(list.map(async (name) => [name, bare(await readFile(folder + name, "utf8"))]));
  const library = (await read(EXERCISES, SHARED)).map(([name, text]) => [`transformer_lib/exercises/${name}`, text]);
  return { files: Object.fromEntries(await read(LIB, names)), library: Object.fromEntries(library) };
}

// Without comments and docstrings that have lines of their own, and without empty lines. A body may have had no more.
export const bare = (text) => text.replace(/^( *)"""(?=\w|`)[^]*?"""$/gm, "$10").replace(/^ *#.*$/gm, "").replace(/\n(?: *\n)+/g, "\n");

// The parser of Python names a colour for each word; nothing here shows any.
const COLOURLESS = "export const tags = new Proxy(() => tags, { get: () => tags }); export const styleTags = () => () => null;";

// For esbuild: the package adapted, "micropython.wasm" as that text, and "python-files".
const MADE = { "micropython.wasm": packed, "python-files": python };
export const plugin = {
  name: "micropython",
  setup(build) {
    build.onLoad({ filter: /micropython\.mjs$/, namespace: "file" }, async ({ path }) =>
      path.includes("node_modules") ? { contents: adapted(await readFile(path, "utf8")), loader: "js" } : null);
    build.onResolve({ filter: /^@lezer\/highlight$/ }, ({ path }) => ({ path, namespace: "made" }));
    build.onResolve({ filter: /^(?:micropython\.wasm|python-files)$/ }, ({ path }) => ({ path, namespace: "made" }));
    build.onLoad({ filter: /highlight/, namespace: "made" }, () => ({ contents: COLOURLESS, loader: "js" }));
    build.onLoad({ filter: /.*/, namespace: "made" }, async ({ path }) =>
      ({ contents: `export default ${JSON.stringify(await MADE[path]())};`, loader: "js" }));
  },
};
