// MicroPython, started once: runs text, stops what takes too long, refuses what would fill the memory.
import { loadMicroPython } from "@micropython/micropython-webassembly-pyscript/micropython.mjs";

const MEMORY = 256 * 1024 * 1024; // bytes; beyond, Python raises MemoryError
const SOME = 512; // calls between two looks at the clock
const HEAP = 4 * 1024 * 1024; // bytes to begin with
const STACK = 16 * 1024;

export async function unpacked(base64) {
  const text = atob(base64);
  const bytes = new Uint8Array(text.length);
  for (let i = 0; i < text.length; i += 1) bytes[i] = text.charCodeAt(i);
  const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("gzip"));
  return new Response(stream).arrayBuffer();
}

// Calls of `imports` that catch Python's exceptions pass by here: among them each step of a loop that does anything.
function watched(imports, late) {
  const env = { ...imports.env };
  let calls = 0;
  for (const [name, call] of Object.entries(env)) {
    if (!name.startsWith("invoke_")) continue;
    // all that any of them takes; to spread a list here is slow, and they are called for each step
    env[name] = (f, a, b, c, d, e) => {
      calls += 1;
      if (calls % SOME === 0) late();
      return call(f, a, b, c, d, e);
    };
  }
  const grow = env.emscripten_resize_heap;
  env.emscripten_resize_heap = (wanted) => (wanted > MEMORY ? 0 : grow(wanted));
  return { ...imports, env };
}

/**
 * @param {{ wasm: BufferSource, files: Record<string, string>, write: (line: string) => void, now?: () => number }} given
 */
export async function start({ wasm, files, write, now = () => performance.now() }) {
  let exports = null;
  let deadline = Infinity;
  let fired = false;
  const late = () => {
    if (now() < deadline) return;
    deadline = Infinity;
    fired = true;
    exports.mp_sched_keyboard_interrupt();
  };
  const instantiateWasm = (imports, ready) => {
    WebAssembly.instantiate(wasm, watched(imports, late)).then(({ instance, module }) => {
      exports = instance.exports;
      ready(instance, module);
    });
    return {};
  };
  const python = await loadMicroPython({ module: { instantiateWasm }, heapsize: HEAP, pystack: STACK, stdout: write, linebuffer: true });
  // An interrupt that came too late to be heard must not end what runs next.
  const swallow = () => {
    try {
      python.runPython("for _ in range(3): pass");
    } catch (error) {
      if (error.type !== "KeyboardInterrupt") throw error;
    }
  };
  for (const name of ["js", "jsffi"]) python.registerJsModule(name, {}); // an answer has no business in the page
  python.FS.mkdir("/lib");
  for (const [path, text] of Object.entries(files)) put(path, text);
  python.runPython("import sys\nsys.path[:] = ['', '/lib', '.frozen']");

  function put(path, text) {
    const folders = `/lib/${path}`.split("/").slice(1, -1);
    folders.reduce((at, name) => {
      const here = `${at}/${name}`;
      if (!python.FS.analyzePath(here).exists) python.FS.mkdir(here);
      return here;
    }, "");
    python.FS.writeFile(`/lib/${path}`, text);
  }

  return {
    put,
    memory: () => exports.memory.buffer,
    register: (name, module) => python.registerJsModule(name, module),
    module: (name) => python.pyimport(name),
    // `within` milliseconds, or KeyboardInterrupt
    run(work, within = Infinity) {
      deadline = now() + within;
      fired = false;
      try {
        return work();
      } finally {
        deadline = Infinity;
        if (fired) swallow();
      }
    },
    tick: late,
    // What was printed without an end of line.
    rest() {
      const { _stdoutBuffer: left, _textDecoder: decoder } = python._module;
      return decoder.decode(new Uint8Array(left.splice(0)));
    },
  };
}
