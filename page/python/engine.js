// The exercises' Python: an interpreter with its torch, which runs what a reader wrote.
import { readable } from "./source.js";
import { start } from "./interpreter.js";
import { PATIENCE } from "./patience.js";
import { operations } from "./torch.js";

const MOST_PRINTED = 20_000; // characters

/**
 * @param {{ wasm: BufferSource, files: Record<string, string>, library: Record<string, string>, now?: () => number }} given
 * `files` are written for MicroPython; `library` is plain Python.
 */
export async function engine({ wasm, files, library, now }) {
  let printed = "";
  const write = (line) => {
    if (printed.length < MOST_PRINTED) printed += `${line}\n`;
    else if (!printed.endsWith("…\n")) printed += "…\n";
  };
  const chapters = {};
  const exercises = {};
  const own = new Set([...Object.keys(files), ...Object.keys(library)]);
  const python = await start({ wasm, files, write, now });
  const put = (texts) => Object.entries(texts).forEach(([path, text]) => python.put(path, readable(text).code));
  put(library);
  python.register("_operations", operations(python.memory));
  python.register("_page", {
    tick: () => (python.tick(), true),
    readable: (text) => readable(text).code,
    read: (text) => JSON.stringify(readable(text)),
    prelude: (chapter) => JSON.stringify(chapters[chapter].prelude ?? []),
    absent: (chapter) => JSON.stringify(chapters[chapter].absent ?? []),
    exercise(name) {
      const { given } = exercises[name];
      return JSON.stringify({ ...exercises[name], outcomes: undefined, given: given === undefined ? undefined : true });
    },
    outcome: (name, place) => JSON.stringify(exercises[name].outcomes[place]),
    given: (name) => JSON.stringify(exercises[name].given),
  });
  const runner = python.module("runner");

  return {
    /** What `tools.page_exercises` wrote for a chapter. */
    load(number, chapter) {
      chapters[number] = chapter;
      Object.assign(exercises, chapter.exercises);
      put(Object.fromEntries(Object.entries(chapter.modules).filter(([path]) => !own.has(path))));
    },
    /** The line about an answer, and what it printed. */
    check({ chapter, name, text, answer, within = PATIENCE }) {
      printed = "";
      let line;
      try {
        line = python.run(() => runner.check(chapter, name, text, answer), within);
      } catch (error) {
        line = stopped(error, within);
      }
      return { printed: printed + python.rest(), line };
    },
    /** Runs a text; gives what it printed and, if it failed, one line on how. */
    run(text, within = PATIENCE) {
      printed = "";
      const said = python.run(() => runner.run(readable(text).code), within);
      return { printed: printed + python.rest(), said };
    },
  };
}

function stopped(error, within) {
  if (error.type === "KeyboardInterrupt") {
    return `Not yet. Stopped after ${within / 1000} seconds: is there a loop that does not end?`;
  }
  if (error.type === "SyntaxError" || error.type === "IndentationError") {
    const [, number] = error.message.match(/line (\d+)/) ?? [];
    const words = error.message.trim().split("\n").at(-1);
    return `Not yet. Line ${number} of your code is no Python: ${words.replace(/^\w+: /, "")}.`;
  }
  throw error;
}
