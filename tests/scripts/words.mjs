// Splits and looks up text as a page does, for the test in Python. Standard input: a JSON list of {text, vocabulary}, with
// `split` where words alone are wanted;
// standard output: for each {words, ids, unknown: {word: near words}}.
import { encode, near, tokenise } from "../../page/text/vocabulary.js";

const chunks = [];
for await (const chunk of process.stdin) chunks.push(chunk);
const answers = JSON.parse(Buffer.concat(chunks).toString()).map(({ text, vocabulary, split }) => {
  const words = tokenise(text);
  if (split) return { words };
  const { ids, unknown } = encode(words, vocabulary);
  return { words, ids: ids.map((id) => id ?? null), unknown: Object.fromEntries(unknown.map((word) => [word, near(word, vocabulary)])) };
});
process.stdout.write(JSON.stringify(answers));
