// The three models as their page runs them, for the tests in Python. Standard input: JSON {parts, stages, world, asked:
// [{facts, question, exam}], judged: [{facts, question, reply}]}. Standard output: what was written for each question by
// the model of each stage, with the look before each word; and verdicts.
import { assistant, retrieving } from "../../page/assistant/work.js";
import { worldOf } from "../../page/assistant/world.js";

const chunks = [];
for await (const chunk of process.stdin) chunks.push(chunk);
const { parts, stages, world: tables, asked, judged } = JSON.parse(Buffer.concat(chunks).toString());
const world = worldOf(tables);
const models = stages.map((own) => assistant(parts, own));

function finished(steps) {
  for (;;) {
    const { done, value } = steps.next();
    if (done) return value;
  }
}

const answers = asked.map(({ facts, question, exam }) => {
  const [story, text] = [world.story(facts), world.ask(question)];
  const replies = models.map((model) => {
    const prompt = model.prompt(story, text, exam);
    const written = finished(model.reply(prompt));
    const plain = model.plain(written);
    const { candidates, weights } = model.look(prompt.length - 1);
    return {
      written, plain, candidates, verdict: world.judge(facts, question, plain), given: world.given(question, plain),
      weights: { dims: weights.dims, data: Array.from(weights.data) }, retrieving: retrieving(weights, [2, 3], [1, prompt.length - 1]),
    };
  });
  return { story, text, replies, truth: world.truth(facts, question), told: world.told(facts).map(world.ask), untold: world.untold(facts).map(world.ask) };
});
const verdicts = judged.map(({ facts, question, reply }) => world.judge(facts, question, reply.split(" ").filter(Boolean)));
process.stdout.write(JSON.stringify({ answers, verdicts }));
