// Whether the grammar of the small world makes a sentence. Long: the whole grammar, whose rules call each other.
// Its rules for English are those of transformer_lib/data/grammar, over the words that transformer_lib/live/grammar_tables.py
// lists; a test compares the two.
// A rule says words from left to right. Where it may go on in several ways, each is tried, from the start, in turn.
import { tensor } from "../tensor/tensors.js";

const DEAD = new Error("these choices do not lead to the sentence");
const VOWEL = /^[aeiou]/;
const PERSON = { i: 0, you: 1, he: 2, she: 2, it: 2, we: 3, they: 4 };
const FREE = ["i", "you", "he", "she", "we", "they"];
const CLITICS = { me: 0, you: 1, him: 2, her: 2, us: 3, them: 4 };
const REFLEXIVE = [["me", "us"], ["you"], [], ["us", "me"], []];
const BE = [["am", "are", "is", "are", "are"], ["was", "were", "was", "were", "were"]];
const BIRTHDAY = ["my", "your", "", "our", "their"];
const POSSESSIVE = ["my", "your", "his", "her", "our", "their"];
const [ONE, MANY] = ["singular", "plural"];
const MUST = /** @type {any} */ ("must");
const THE = { the: "" };
const THE_ONE = { the: "", this: ONE };
const DEFINITE = { the: "", this: ONE, these: MANY };
const SINGLE = { a: ONE };
const SEVERAL = { some: MANY, two: MANY, three: MANY, many: MANY };
const NEGATED = { a: ONE, any: MANY };
const EVERYONE = { every: ONE, two: MANY, three: MANY, many: MANY };
const OWNED = "relation family parent owned";
const PEOPLE = "adult young relation";
const LIKED = "animal text place car hat eaten";
const SMALL = "given text cat";
const EVENTS = "bought gives opened sees receives comes";
const PARTS = { thing: "door window", opened: "door window" };
const [MEN, WOMEN] = ["man boy brother father", "woman girl sister mother"];
const BOTH = "child friend neighbour";
const [TAUGHT, BARE] = ["teacher doctor", "teacher doctor friend neighbour"];
const FOUND = ["good", "beautiful", "expensive", "interesting", "sad"];
const ACTIONS = `written eaten drunk alone goes speaks ${EVENTS}`;

const has = (tags, wanted) => wanted.split(" ").some((tag) => tags?.split(" ").includes(tag));
const isPerson = ({ tags }) => tags === null || has(tags, "person");
const isPlural = ({ person }) => person > 2;
const remembered = (f) => {
  const known = new Map();
  return (...given) => {
    const key = given.join("|");
    if (!known.has(key)) known.set(key, f(...given));
    return known.get(key);
  };
};

export function recogniser(tables) {
  const { nouns, masses, adjectives, verbs, names, conditions } = tables;
  const nounsOf = remembered((tags, described = "", number = "") =>
    Object.keys(nouns).filter((noun) => {
      const [own, plural] = nouns[noun];
      const fits = described.split(" ").every((word) => !word || has(own, adjectives[word][0]));
      return fits && has(own, tags) && (!number || number === (plural ? MANY : ONE));
    }),
  );
  const adjectivesOf = remembered((tags, number = "", first = "") =>
    Object.keys(adjectives).filter((word) => !(first && adjectives[word][1]) && nounsOf(tags, `${first} ${word}`, number).length),
  );
  const massesOf = remembered((tags) => Object.keys(masses).filter((word) => has(masses[word], tags)));
  const verbsOf = remembered((tags) => verbs.filter((verb) => has(verb[3], tags)));
  const qualitiesOf = remembered((tags) => Object.keys(adjectives).filter((word) => word !== "new" && has(adjectives[word][0], tags)));

  // The sentence, how many of its words are said, the choices so far, and those to be made again.
  let words = [];
  let said = 0;
  let answers = [];
  let script = [];

  function say(...given) {
    for (const word of given) if (words[said++] !== word) throw DEAD;
    return true;
  }
  function word(options) {
    if (!options.includes(words[said])) throw DEAD;
    return words[said++];
  }
  function either(...rules) {
    const open = rules.filter(Boolean);
    const answer = script[answers.length] ?? 0;
    answers.push([answer, open.length]);
    return open[answer]();
  }
  const maybe = (allowed, rule) => either(() => false, allowed && rule);
  const choice = (...given) => either(...given.map((one) => one && (() => one)));
  // No "paul is older than paul": the words that the sentence does not contain yet, or all if it contains each.
  function unsaid(options) {
    const left = options.filter((option) => !words.slice(0, said).includes(option));
    return left.length ? left : options;
  }

  // Noun phrases
  function nounGroup(tags, number = "", described = true, named = false, woman = false) {
    const before = [];
    const describe = () => {
      const first = word(unsaid(adjectivesOf(tags, number)));
      before.push(first);
      const more = adjectives[first][1] ? adjectivesOf(tags, number, first) : [];
      maybe(more.length, () => before.push(word(unsaid(more))));
    };
    if (described === MUST) describe();
    else maybe(described, describe);
    const [own, plural, feminine, other] = nouns[word(unsaid(nounsOf(tags, before.join(" "), number)))];
    const found = { person: plural ? 4 : 2, feminine: feminine || (woman && other), tags: own, quantified: false };
    if (named && other && !plural) maybe(true, () => (found.feminine = names[word(unsaid(Object.keys(names)))]));
    return found;
  }
  function determined(articles, tags, number = "", described = true, woman = false) {
    const article = word(Object.keys(articles));
    return { ...nounGroup(tags, number || articles[article], described, false, woman), quantified: article === "every" || article === "many" };
  }
  function possessed(tags, number = "", described = true, named = true, woman = false) {
    word(POSSESSIVE);
    return nounGroup(tags, number, described, named, woman);
  }
  function ownedBy(tags, number = "", woman = false) {
    const owned = either(
      () => name() && tags,
      () => possessed("relation family parent", ONE, false, false) && tags,
      () => determined(THE, "owned", ONE, false) && tags,
      () => possessed("animal", ONE, false, false) && tags,
      () => determined(THE_ONE, "man woman boy girl animal", ONE) && tags,
      () => determined(THE, "man woman child", MANY) && tags,
      PARTS[tags] && (() => determined(THE_ONE, "car house school hotel shop train", ONE) && PARTS[tags]),
    );
    say("'s");
    return nounGroup(owned, number, true, false, woman);
  }
  const name = () => ({ person: 2, feminine: names[word(unsaid(Object.keys(names)))], tags: null, quantified: false });
  const definite = (tags, number = "") =>
    either(() => determined(number ? THE_ONE : DEFINITE, tags, number), () => possessed(tags, number), () => ownedBy(tags, number));
  const someone = () => either(name, () => determined(DEFINITE, PEOPLE), () => possessed(OWNED), () => ownedBy(OWNED));
  function place(inside = "inside", on = false) {
    either(
      () => say("in") && either(() => definite(inside, ONE), () => determined(SINGLE, inside)),
      () => say("near") && determined({ ...THE_ONE, ...SINGLE }, "place", ONE),
      () => say("behind") && determined(THE_ONE, "place door", ONE),
      on && (() => say("on") && determined(THE_ONE, "surface", ONE)),
    );
  }

  // Pronouns
  function takenUp(before, lasting, person) {
    if (!before || ![2, 4].includes(before.person) || (person && !isPerson(before))) return "";
    if (!isPerson(before) && !lasting && !has(before.tags, "animal")) return "";
    if (isPlural(before)) return "they";
    return !isPerson(before) ? "it" : before.feminine ? "she" : "he";
  }
  function pronoun(scene, options = FREE) {
    const { antecedent: before } = scene;
    const english = word(options);
    const third = [2, 4].includes(PERSON[english]);
    const found = { person: PERSON[english], feminine: scene[english] ?? english === "she", tags: null, quantified: false, third };
    const again = before && (english === "it" || (english === "they" && isPlural(before)));
    return again ? { ...found, feminine: before.feminine, tags: before.tags } : found;
  }
  function clitic(subject, scene) {
    const english = word(Object.keys(CLITICS).filter((option) => !REFLEXIVE[subject.person].includes(option)));
    const of = { me: scene.i, you: scene.you, us: scene.we, her: true };
    return { person: CLITICS[english], feminine: of[english] ?? false };
  }

  // Verbs
  function be(subject, past, plain = false) {
    say(BE[Number(past)][subject.person]);
    const [free, habit] = [!subject.quantified, isPerson(subject)];
    const polarity = plain ? "plain" : choice("plain", free && "not", habit && free && "never", habit && "often", habit && "always");
    if (polarity !== "plain") say(polarity);
    return polarity;
  }
  function verb(subject, past, tags, plain) {
    const all = verbsOf(tags);
    const habit = !plain && all.some((entry) => has(entry[3], "habit"));
    const free = !subject.quantified && !plain;
    const third = subject.person === 2;
    const often = habit && !past;
    const polarity = choice("plain", free && "not", free && habit && "never", often && "often", often && "always");
    if (polarity === "not") say(past ? "did" : third ? "does" : "do", "not");
    else if (polarity !== "plain") say(polarity);
    const form = polarity === "not" ? 0 : past ? 2 : third ? 1 : 0;
    const options = ["plain", "not"].includes(polarity) ? all : all.filter((entry) => has(entry[3], "habit"));
    const english = word(options.map((entry) => entry[form]));
    const [base, , , own] = options.find((entry) => entry[form] === english);
    return { subject, past, polarity, base, tags: own, negated: polarity === "not" || polarity === "never" };
  }

  // Actions
  const indefinite = (tags, negated) =>
    negated ? determined(NEGATED, tags) : either(() => determined(SINGLE, tags), () => determined(SEVERAL, tags));
  function object(tags, negated, byPerson = true) {
    const some = massesOf(byPerson ? tags : tags === "drunk" ? "water" : "bread");
    const countable = nounsOf(tags).length;
    either(countable && (() => indefinite(tags, negated)), countable && (() => definite(tags)), some.length && (() => word(some)));
  }
  const birthday = ({ person, feminine }) =>
    maybe(true, () => say("for", BIRTHDAY[person] || (feminine ? "her" : "his"), "birthday"));
  function time({ past, polarity, tags }) {
    const dated = polarity === "plain" || polarity === "not";
    const daily = !past && polarity === "plain" && has(tags, "habit");
    either(() => true, past && dated && (() => say("yesterday")), dated && (() => say("today")), daily && (() => say("every", "day")));
  }
  function circumstance(group) {
    const { subject, tags, base } = group;
    if (isPerson(subject) || has(subject.tags, "animal")) {
      const company = isPerson(subject) && base !== "sleep" && has(tags, "alone eaten drunk comes");
      either(() => true, has(tags, "alone sees eaten drunk written") && (() => place()), company && (() => say("with") && someone()));
    }
    time(group);
  }
  function feel(group, scene) {
    const loves = has(group.tags, "loves");
    either(
      () => clitic(group.subject, scene),
      () => say("it"),
      someone,
      loves && (() => word(massesOf("loved"))),
      loves && (() => nounGroup(LIKED, MANY)),
      !loves && (() => indefinite("animal seen", group.negated)),
      () => definite(LIKED),
    );
    if (!loves) circumstance(group);
  }
  function give(group, scene) {
    const tags = group.base === "give" ? "given" : "letter";
    const given = () => object(tags, group.negated);
    const receiver = either(
      () => ({ to: clitic(group.subject, scene), of: given() }),
      () => ({ to: someone(), of: given() }),
      () => ({ of: given(), to: say("to") && someone() }),
      tags === "letter" && (() => void object("written", group.negated)),
      tags === "letter" ? () => void say("it") : () => ({ of: say("it"), to: say("to") && someone() }),
    );
    if (!receiver) return circumstance(group);
    if (tags === "given") birthday(receiver.to);
    return time(group);
  }
  function action(who, scene, past, allowed, plain = false) {
    const group = verb(who, past, allowed, plain);
    const { tags, base, negated } = group;
    if (has(tags, "loves sees")) return feel(group, scene);
    const it = (rule) => either(rule, () => say("it"));
    if (has(tags, "owns")) return it(() => indefinite("animal bought hat apple relation family", negated));
    if (has(tags, "gives")) return give(group, scene);
    if (has(tags, "speaks")) say("to") && either(someone, () => clitic(who, scene));
    else if (has(tags, "receives")) it(() => object("given letter", negated)), birthday(who);
    else if (has(tags, "opened")) it(() => definite("opened"));
    else if (has(tags, "goes")) say("to") && definite("goal", ONE);
    else if (has(tags, "comes")) maybe(base === "arrive" && isPerson(who), () => say("at") && definite("school hotel shop", ONE));
    else if (has(tags, "eaten")) maybe(true, () => it(() => object("eaten", negated, isPerson(who))));
    else if (has(tags, "drunk")) it(() => object("drunk", negated, isPerson(who)));
    else if (has(tags, "bought")) it(() => object("bought given", negated, isPerson(who))), either(() => birthday(who), () => say("for") && someone());
    return circumstance(group);
  }

  // Clauses
  const whereabouts = ({ tags }) => place(has(tags, "car tree") ? "garden" : has(tags, "table") ? "goal house" : "inside", has(tags, SMALL));
  function thereIs(past) {
    say("there");
    const several = choice("one", "several") === "several";
    be({ person: several ? 4 : 2, tags: null }, past, true);
    const tags = choice("animal car tree table letter gift hat", PEOPLE);
    whereabouts(determined(several ? SEVERAL : SINGLE, tags));
    return { person: 2, feminine: false, tags: null };
  }
  function quality(who, past) {
    be(who, past);
    const options = qualitiesOf(who.tags);
    const compared = tables.compared.filter((one) => options.includes(one) && !words.slice(0, said).includes(one));
    either(
      () => word(unsaid(options)),
      () => say("very") && word(unsaid(options.filter((one) => !tables.absolute.includes(one)))),
      compared.length && (() => {
        say("more");
        const rivals = word(unsaid(compared)) === "interesting" ? "text" : has(who.tags, "place car") ? "place car" : "given table";
        say("than");
        definite(rivals);
      }),
      has(who.tags, `animal car ${SMALL}`) && (() => whereabouts(who)),
      has(who.tags, "train") && (() => say("late")),
    );
  }
  function condition(who, past, manner) {
    const always = !["plain", "not"].includes(be(who, past, manner === "event" || manner === "youth"));
    const lasting = manner === "free" || manner === "state";
    const free = lasting && !always;
    const options = conditions[always ? "scene" : manner];
    either(
      () => word(unsaid(options)),
      () => say("very") && word(unsaid(options.filter((one) => !tables.absolute.includes(one)))),
      free && (() => say("older") && maybe(true, () => say("than") && someone())),
      (lasting || manner === "scene") && (() => place()),
      free && !isPlural(who) && !who.quantified && (() => say("a") && word(tables.professions)),
      free && isPlural(who) && !who.quantified && (() => nounGroup(BARE, MANY, false)),
      free && who.tags === null && !who.third && (() => kindOfPerson(who)),
    );
  }

  // What somebody or something is
  const people = (feminine) => `${feminine ? WOMEN : MEN} ${BOTH}`;
  const some = (tags, number, described, woman) =>
    number === ONE ? determined(SINGLE, tags, "", described, woman) : nounGroup(tags, MANY, described, false, woman);
  function kindOfPerson(who) {
    const tags = [2, 4].includes(who.person) ? people(who.feminine) : `${MEN} ${WOMEN} ${BOTH}`;
    const [plural, number] = [isPlural(who), isPlural(who) ? MANY : ONE];
    either(
      () => some(plural ? tags.replace(BOTH, "child") : tags, number, true, who.feminine),
      () => some(plural ? BARE : TAUGHT, number, MUST, who.feminine),
    );
  }
  function identity(scene, past) {
    const who = either(
      () => ({ person: word(["this", "that", "these"]) === "these" ? 4 : 2, feminine: false, tags: null }),
      () => pronoun(scene, ["it", "he", "she", "they"]),
    );
    const [english, feminine, number] = [words[said - 1], who.feminine, isPlural(who) ? MANY : ONE];
    const [gendered, singly] = [["he", "she"].includes(english), ["this", "that", "it"].includes(english)];
    be(who, past, true);
    maybe(true, () => say("not"));
    const anything = `${PEOPLE} animal thing`;
    const kin = gendered ? `${feminine ? "sister mother" : "brother father"} ${BOTH} ${TAUGHT}` : `${OWNED} animal thing`;
    const theirs = feminine ? `${WOMEN} animal thing` : `${MEN} ${WOMEN} child animal thing`;
    const bare = gendered || english === "they";
    const what = either(
      () => possessed(kin, number, true, false, feminine),
      () => ownedBy(kin, number, feminine),
      () => some(gendered ? people(feminine) : english === "they" ? theirs : anything, number, true, feminine),
      bare && (() => some(gendered ? TAUGHT : BARE, number, MUST, feminine)),
      singly && name,
      singly && !scene.antecedent && (() => maybe(true, () => say("very")) !== null && word(FOUND) && { person: 2, feminine: false, tags: null }),
    );
    return gendered ? { ...what, feminine } : what;
  }
  function predicate(who, scene, past, manner) {
    const animate = isPerson(who);
    const free = manner === "free";
    if (!animate && !has(who.tags, "animal")) {
      return either(() => quality(who, past), free && has(who.tags, "train") && (() => action(who, scene, past, "comes")));
    }
    if (manner === "youth") return condition(who, past, manner);
    const being = animate || !["event", "scene", "then"].includes(manner);
    const stative = manner === "state" || manner === "then";
    const acting = () => {
      const plain = manner === "event";
      if (!animate && stative) return action(who, scene, past, "loves");
      if (!animate) return action(who, scene, past, past && !free ? "sees comes" : "eaten drunk sleep sees comes", plain);
      if (stative && past) return action(who, scene, past, "loves owns");
      if (past && !free) return action(who, scene, past, EVENTS, plain);
      return action(who, scene, past, plain || manner === "scene" ? ACTIONS : `loves owns ${ACTIONS}`, plain);
    };
    return either(being && (() => (animate ? condition(who, past, manner) : quality(who, past))), acting);
  }
  function pair(scene) {
    const first = someone();
    say("and");
    return either(
      () => say("i") && { person: 3, feminine: first.feminine && scene.i, tags: null },
      () => ({ person: 4, feminine: someone().feminine && first.feminine, tags: null }),
    );
  }
  function both(tags) {
    const first = definite(tags);
    say("and");
    const second = definite(tags);
    const shared = first.tags.split(" ").filter((tag) => has(second.tags, tag));
    return { person: 4, feminine: first.feminine && second.feminine, tags: shared.join(" ") };
  }
  function subject(scene, manner) {
    if (scene.pronouns) return pronoun(scene, scene.pronouns);
    const { antecedent: before } = scene;
    const [lasting, youth] = [manner === "free" || manner === "state", manner === "youth"];
    const again = takenUp(before, lasting, youth);
    const they = !before || !isPlural(before) || again;
    return either(
      () => pronoun(scene, FREE.filter((option) => option !== "they" || they)),
      again && (() => pronoun(scene, [again])),
      someone,
      () => determined(EVERYONE, PEOPLE),
      !youth && (() => definite("animal")),
      lasting && (() => definite("thing")),
      () => pair(scene),
      lasting && (() => both("animal")),
      lasting && (() => both("thing")),
    );
  }
  const clause = (scene, past, manner = "free") =>
    either(
      () => {
        const who = subject(scene, manner);
        predicate(who, scene, past, manner);
        return who;
      },
      manner === "free" && !scene.pronouns && (() => thereIs(past)),
      manner === "free" && !scene.pronouns && (() => identity(scene, past)),
    );

  // Sentences
  const tense = () => choice("present", "past") === "past";
  const says = (who, past) => verb(who, past, "reports", true);
  function dependent(scene, past, conjunction) {
    if (conjunction !== "because") return say("when") && clause(scene, past, conjunction === "when" ? "event" : "youth");
    say("because");
    const earlier = choice("now", !past && "before") === "before";
    return clause(scene, past || earlier, past ? "state" : "free");
  }
  function subordinate(scene) {
    const past = tense();
    const conjunction = choice("when", "because", past && "youth");
    const manner = { when: "scene", because: "free", youth: "then" }[conjunction];
    either(
      () => {
        const who = dependent(scene, past, conjunction);
        maybe(true, () => say(","));
        clause({ ...scene, antecedent: who }, past, manner);
      },
      () => dependent({ ...scene, antecedent: clause(scene, past, manner) }, past, conjunction),
    );
  }
  function joined() {
    const past = tense();
    const who = clause({}, past);
    maybe(true, () => say(","));
    word(["and", "but"]);
    clause({ antecedent: who }, past && choice("then", "now") === "then");
  }
  function long() {
    const who = clause({}, tense());
    say(";");
    either(() => clause({ antecedent: who }, tense()), () => subordinate({ antecedent: who }));
  }
  function quoted() {
    const who = someone();
    says(who, tense());
    say(":");
    const scene = { i: who.feminine && !isPlural(who), we: who.feminine && isPlural(who) };
    clause({ ...scene, pronouns: isPlural(who) ? ["we"] : choice("self", "other") === "self" ? ["i"] : undefined }, tense());
  }
  function reported() {
    const who = either(() => pronoun({}), someone);
    const past = tense();
    says(who, past);
    say("that");
    clause({ antecedent: who }, past || tense(), past ? "state" : "free");
  }
  function called() {
    const { feminine } = name();
    say(",");
    clause({ you: feminine, pronouns: ["you"] }, tense());
  }
  const sentence = () =>
    either(() => clause({}, tense()), joined, () => subordinate({}), long, quoted, reported, called) !== null && say(".");

  // The next choices in depth-first order: the last one that has a further option takes it.
  function following() {
    while (answers.length && answers.at(-1)[0] + 1 === answers.at(-1)[1]) answers.pop();
    return answers.length ? answers.map(([answer], i) => (i + 1 === answers.length ? answer + 1 : answer)) : null;
  }

  /** Whether the grammar makes a sentence of these words. */
  return function recognises(given) {
    if (given.length > tables.most || given.some((one, i) => ["a", "an"].includes(one) && (one === "an") !== VOWEL.test(given[i + 1] ?? ""))) return false;
    words = given.map((one) => (one === "an" ? "a" : one));
    for (script = []; script; script = following()) {
      [said, answers] = [0, []];
      try {
        sentence();
        if (said === words.length) return true;
      } catch (error) {
        if (error !== DEAD) throw error;
      }
    }
    return false;
  };
}

/** Whether the grammar makes the sentence with these English ids: a tensor, false or true. */
export function insideOf({ grammar }) {
  const recognises = recogniser(grammar);
  let [asked, answer] = ["", 0];
  return (ids) => {
    if (asked !== ids.join()) [asked, answer] = [ids.join(), Number(recognises(ids.map((id) => grammar.words[id])))];
    return tensor("bool", [], Uint8Array.of(answer));
  };
}
