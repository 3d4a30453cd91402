// The programs of the translator of the small world: what they show, and whether the grammar makes the sentence.
import { insideOf } from "./grammar.js";
import { PROGRAMS as OF_ANY } from "./index.js";
import { idsOf } from "./loop.js";

const judged = (program) => (parts) => {
  const [run, inside] = [program(parts), insideOf(parts)];
  return function* judge(inputs) {
    const outputs = yield* run(inputs);
    return { ...outputs, inside: inside(idsOf(parts, inputs.sentence)) };
  };
};

const all = () => Object.fromEntries(Object.entries(OF_ANY).map(([name, program]) => [name, judged(program)]));

export const PROGRAMS = /* @__PURE__ */ all(); // a bundle that does not use them leaves them out
