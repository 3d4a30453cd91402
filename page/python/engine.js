// The exercises' Python: an interpreter with its torch, which runs what a reader wrote.
import { readable } from "./source.js";
import { start } from "./interpreter.js";
import { operations } from "./torch.js";

export const PATIENCE = 3000; // milliseconds that an answer may take
const MOST_PRINTED = 20_000; // characters

/** @param {{ wasm: BufferSource, files: Record<string, string>, now?: () => number }} given */
export async function engine({ wasm, files, now }) {
  let printed = "";
  const write = (line) => {
    if (printed.length < MOST_PRINTED) printed += `${line}\n`;
    else if (!printed.endsWith("…\n")) printed += "…\n";
  };
  const python = await start({ wasm, files, write, now });
  python.register("_reader", operations(python.memory));
  python.register("_page", { tick: () => (python.tick(), true), readable: (text) => JSON.stringify(readable(text)) });
  const runner = python.module("runner");

  return {
    put: python.put,
    /** Runs a text; gives what it printed and, if it failed, one line on how. */
    run(text, within = PATIENCE) {
      printed = "";
      const { code, refused } = readable(text);
      const said = refused ? `NotInPage: ${refused.word}` : python.run(() => runner.run(code), within);
      return { printed, said };
    },
  };
}
