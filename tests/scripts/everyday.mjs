// The everyday translator as its page runs it, for the tests in Python and for benchmarks/everyday.py. Standard input:
// JSON {parts, way, settings, texts, whole}. Standard output: for each text {french, rows: [{ids, pieces, draws,
// seconds}]}; the French of the text where `whole` asks for it.
import { translator } from "../../page/everyday/work.js";
import { draws } from "../../page/models/draws.js";

const finished = (steps) => {
  for (;;) {
    const { done, value } = steps.next();
    if (done) return value;
  }
};

const chunks = [];
for await (const chunk of process.stdin) chunks.push(chunk);
const { parts, way, settings, texts, whole = false } = JSON.parse(Buffer.concat(chunks).toString());
const model = translator(parts);
const answers = texts.map((text) => {
  const rows = [];
  const french = model.passages(text).map((passage, place) => {
    if (!passage.ids.length) return passage.before + passage.text;
    const began = performance.now();
    const { labels } = finished(model.look(way, passage, settings, place));
    const seconds = (performance.now() - began) / 1000;
    const drawn = Array.from(draws(1_000 * settings.roll + place, parts.limits.most));
    rows.push({ ids: passage.ids, pieces: labels.written, draws: drawn, seconds });
    return whole ? passage.before + finished(model.translate(way, passage, settings, place)) : "";
  });
  return { french: french.join(""), rows };
});
process.stdout.write(JSON.stringify(answers));
