// Cuts text into subwords and sentences as a page does, for the test in Python. Standard input: JSON {words, limits, texts}.
// Standard output: for each text {ids, text, passages}: the ids of the whole, the text that they are of, and its sentences.
import { passages } from "../../page/text/sentences.js";
import { subwords } from "../../page/text/subwords.js";

const chunks = [];
for await (const chunk of process.stdin) chunks.push(chunk);
const { words: stored, limits, texts } = JSON.parse(Buffer.concat(chunks).toString());
const words = subwords(stored);
const answers = texts.map((text) => {
  const ids = words.encode(text);
  return { ids, text: words.decode(ids), passages: passages(text, words, limits) };
});
process.stdout.write(JSON.stringify(answers));
