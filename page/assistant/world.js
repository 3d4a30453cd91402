// The small world of stories, questions and replies, as transformer_lib/assistant/facts.py and judging.py have it. Its
// tables come from there.

/** @typedef {{ kind: string, person: string, relation: string, other: string }} Fact */
/** @typedef {{ kind: string, index: number, known: Record<string, string> }} Question  known: a word for each slot that it names */

const FIRST = 0;
const STRIDES = [7, 11, 13]; // from one untold question to the next, for neighbours are alike; one of them divides no count

export function worldOf({ people, base, kinds, admission, polite, rude }) {
  const verbs = Object.fromEntries(Object.entries(base).map(([relation, verb]) => [verb, relation]));
  const names = Object.keys(kinds);
  const fill = (template, slots) => template.replace(/\{(\w+)\}/g, (_, slot) => slots[slot]);
  const askingOf = ({ kind, index }) => kinds[kind].askings[index];
  const wordsOf = (kind, slot) => (slot === "person" ? people : slot === "relation" ? kinds[kind].relations : kinds[kind].others);
  const questionOf = (fact, index) => {
    const { known } = kinds[fact.kind].askings[index];
    return { kind: fact.kind, index, known: Object.fromEntries(known.map((slot) => [slot, fact[slot]])) };
  };
  const tell = (fact, order) => fill(kinds[fact.kind].tellings[order], fact);
  const ask = (question) => fill(askingOf(question).question, { ...question.known, base: base[question.known.relation] });
  const answers = (facts, { kind, known }) => facts.filter((fact) => fact.kind === kind && Object.entries(known).every(([slot, word]) => fact[slot] === word));

  // The slots of a template filled with words, or null if they do not fit.
  function match(template, words, kind) {
    const pattern = template.split(" ");
    if (pattern.length !== words.length) return null;
    const slots = {};
    for (const [i, expected] of pattern.entries()) {
      const slot = expected.match(/^\{(\w+)\}$/)?.[1];
      const word = words[i];
      if (!slot && word !== expected) return null;
      if (slot === "base") {
        if (!kinds[kind].relations.includes(verbs[word])) return null;
        slots.relation = verbs[word];
      } else if (slot) {
        if (!wordsOf(kind, slot).includes(word)) return null;
        slots[slot] = word;
      }
    }
    return slots;
  }

  // The facts that a sentence tells.
  function readings(words) {
    const found = [];
    for (const kind of names) {
      for (const telling of kinds[kind].tellings) {
        const slots = match(telling, words, kind);
        if (slots && slots.person !== slots.other) found.push({ kind, relation: kinds[kind].relations[0], ...slots });
      }
    }
    return found;
  }

  // The words of a reply without manners and full stop.
  function content(reply) {
    let words = [...reply];
    if (words.at(-1) === ".") words = words.slice(0, -1);
    if (words[1] === "," && polite.includes(words[0])) words = words.slice(2);
    return words.at(-2) === "," && words.at(-1) === rude ? words.slice(0, -2) : words;
  }

  const same = (one, other) => one.kind === other.kind && ["person", "relation", "other"].every((slot) => one[slot] === other[slot]);

  // The word that a reply gives as the answer, in short form or in a whole sentence; null if it is no answer.
  function given(question, reply) {
    const [words, { answer, asked }] = [content(reply), askingOf(question)];
    const short = match(answer, words, question.kind);
    const whole = answers(readings([...words, "."]), question);
    return short ? short[asked] : whole.length ? whole[0][asked] : null;
  }

  function judge(facts, question, reply) {
    const words = content(reply);
    if (words.join(" ") === admission.join(" ")) return "admits";
    const { answer, asked } = askingOf(question);
    const short = match(answer, words, question.kind);
    const whole = answers(readings([...words, "."]), question);
    if (!short && !whole.length) return "other";
    const truth = answers(facts, question);
    if (!truth.length) return "invents";
    const said = short && truth.some((fact) => fact[asked] === short[asked]);
    return said || whole.some((fact) => truth.some((one) => same(fact, one))) ? "right" : "wrong";
  }

  // What a story tells: each question that it answers.
  const told = (facts) => facts.flatMap((fact) => kinds[fact.kind].askings.map((_, index) => questionOf(fact, index)));

  // Questions about the people of a story that it does not answer, neighbours unlike each other.
  function untold(facts) {
    const found = [];
    for (const person of new Set(facts.map((fact) => fact.person))) {
      for (const kind of names) {
        kinds[kind].askings.forEach(({ known }, index) => {
          if (!known.includes("person")) return;
          const relations = known.includes("relation") ? kinds[kind].relations : [FIRST];
          for (const relation of relations) {
            const question = { kind, index, known: relation === FIRST ? { person } : { person, relation } };
            if (!answers(facts, question).length) found.push(question);
          }
        });
      }
    }
    const stride = STRIDES.find((one) => found.length % one);
    return found.map((_, i) => found[(i * stride) % found.length]);
  }

  return {
    people, kinds, base, names, askingOf, wordsOf, tell, ask, answers, given, judge, told, untold,
    // The story as a text: each fact in one order, then each in the other.
    story: (facts) => [0, 1].flatMap((order) => facts.map((fact) => tell(fact, order))).join(" "),
    // The word that a story tells as the answer, or null.
    truth: (facts, question) => [...new Set(answers(facts, question).map((fact) => fact[askingOf(question).asked]))],
  };
}
