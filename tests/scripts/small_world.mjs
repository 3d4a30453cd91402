// Reads typed sentences as a page does, for the test in Python. Standard input: {tables, typed: [text], sentences: [words],
// french: [words]}; standard output: {read: [{words, writtenOut, stopped}], recognised: [bool], written: [text]}.
import { recogniser } from "../../page/models/grammar.js";
import { asSentence, readTyped } from "../../page/text/spelling.js";
import { tokenise } from "../../page/text/vocabulary.js";

const chunks = [];
for await (const chunk of process.stdin) chunks.push(chunk);
const { tables, typed, sentences, french } = JSON.parse(Buffer.concat(chunks).toString());
const recognises = recogniser(tables);
const answer = {
  read: typed.map((text) => readTyped([...tokenise(text)])),
  recognised: sentences.map(recognises),
  written: french.map(asSentence),
};
process.stdout.write(JSON.stringify(answer));
