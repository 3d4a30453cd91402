// Runs exported views in the page's reader, for the tests in Python. Standard input: a JSON list of jobs
// {exported, cases: [inputs by name]}, tensors as the exports store them; with `program`, the name of one or of
// one of its parts, `exported` holds all parts. Standard output: for each job
// {refused: message} or {answers: [{outputs} or {error}]}.
import { assemble } from "../../page/models/index.js";
import { PROGRAMS } from "../../page/models/small_world.js";
import { load, loadTable, stored } from "../../page/tensor/reader.js";

const packed = ({ type, dims, data }) => ({
  type,
  shape: dims,
  data: Buffer.from(data.buffer, data.byteOffset, data.byteLength).toString("base64"),
});
const each = (object, f) => Object.fromEntries(Object.entries(object).map(([name, value]) => [name, f(value)]));

// A program's numbers; a page breathes between its steps, here nobody waits.
function whole(program) {
  return function run(inputs) {
    const steps = program(inputs);
    for (;;) {
      const { done, value } = steps.next();
      if (done) return value;
    }
  };
}

function perform({ exported, program, cases }) {
  let run;
  try {
    if (program) {
      const parts = assemble(exported);
      run = parts[program] ?? whole(PROGRAMS[program](parts));
    }
    else run = exported.axes ? loadTable(exported) : load(exported);
  } catch (error) {
    return { refused: error.message };
  }
  const answers = cases.map((inputs) => {
    try {
      return { outputs: each(run(exported.axes ? inputs : each(inputs, stored)), packed) };
    } catch (error) {
      return { error: error.message };
    }
  });
  return { answers };
}

const chunks = [];
for await (const chunk of process.stdin) chunks.push(chunk);
process.stdout.write(JSON.stringify(JSON.parse(Buffer.concat(chunks).toString()).map(perform)));
