// The writer as its page runs it, for the tests in Python and for benchmarks/writer.py. Standard input: JSON {parts,
// tasks: [{text, settings, most}]}. Standard output: for each task what was read of the text, the subwords written, the
// draws of all places, the weights of the last place, and the seconds of reading and of all steps after.
import { draws } from "../../page/models/draws.js";
import { writer } from "../../page/writer/work.js";

const chunks = [];
for await (const chunk of process.stdin) chunks.push(chunk);
const { parts, tasks } = JSON.parse(Buffer.concat(chunks).toString());
const model = writer(parts);
const answers = tasks.map(({ text, settings, most }) => {
  const { ids, clean, leftOut, count } = model.encode(text);
  const seconds = [];
  let since = performance.now();
  const written = [];
  for (const id of model.write(ids, settings)) {
    if (id === undefined) continue;
    written.push(id);
    seconds.push((performance.now() - since) / 1000);
    since = performance.now();
    if (written.length === most) break;
  }
  const all = [...ids, ...written].slice(0, -1);
  const { candidates, taken, weights } = model.look(all, all.length - 1, settings);
  return {
    ids, clean, leftOut, count, written, seconds, taken, candidates,
    draws: Array.from(draws(settings.roll, parts.limits.window)),
    weights: { dims: weights.dims, data: Array.from(weights.data) },
  };
});
process.stdout.write(JSON.stringify(answers));
