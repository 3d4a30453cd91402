// Runs exported views in the page's reader, for the tests in Python. Standard input: a JSON list of jobs
// {exported, cases: [inputs by name]}, tensors as the exports store them. Standard output: for each job
// {refused: message} or {answers: [{outputs} or {error}]}.
import { load, loadTable, stored } from "../../transformer_lib/live/scripts/reader.js";

const packed = ({ type, dims, data }) => ({
  type,
  shape: dims,
  data: Buffer.from(data.buffer, data.byteOffset, data.byteLength).toString("base64"),
});
const each = (object, f) => Object.fromEntries(Object.entries(object).map(([name, value]) => [name, f(value)]));

function perform({ exported, cases }) {
  let run;
  try {
    run = exported.axes ? loadTable(exported) : load(exported);
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
