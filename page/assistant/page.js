// Three models side by side in a page: a story and a question are put together from lists, each model replies, each word
// of a reply is looked into. A newer wish stops what is being done for an older one.
import { shower } from "../turns.js";
import { bars, factRow, lookSaid, questionLists, reply, text, titleOf, truth, verdict } from "./drawing.js";
import { retrieving } from "./work.js";
import { worldOf } from "./world.js";

const LEAST = 2; // facts of a story; training had as many
const MOST = 4;
const PACE = 70; // milliseconds between two words that are shown
const READY = "Change the story or the question: all three models reply.";
const LOADING = "Loading the three models, about 0.7 MB, once per visit …";
const UNLOADED = "The models did not load. Choose or press again to try once more.";
const BROWSER = {
  pause: (time) => new Promise((resolve) => setTimeout(resolve, time)),
  still: () => matchMedia("(prefers-reduced-motion: reduce)").matches,
};

export function mount(root, load, { pause, still } = BROWSER) {
  const part = (name) => root.querySelector(`[data-part="${name}"]`);
  const world = worldOf(JSON.parse(root.dataset.world));
  const panels = [...root.querySelectorAll("[data-stage]")].map((node) => {
    const own = (name) => node.querySelector(`[data-own="${name}"]`);
    return { stage: node.dataset.stage, reply: own("reply"), verdict: own("verdict"), bars: own("bars"), title: own("title") };
  });
  const [list, fields, add, exam, status] = ["facts", "question", "add", "exam", "status"].map(part);
  let facts = JSON.parse(root.dataset.story).map(([kind, person, relation, other]) => ({ kind, person, relation, other }));
  let question = JSON.parse(root.dataset.question);
  const presses = { told: -1, untold: 0 }; // the first untold one is close to what the story tells, and comes last
  let [models, turn, chosen] = [null, 0, Number(root.dataset.chosen)];
  let found = []; // of each model: prompt, what it wrote, the chosen word of it

  const show = shower(root, status);
  const stale = (mine) => mine !== turn;

  // The models, loaded at the first call.
  async function ready(mine) {
    if (models) return true;
    show("waiting", LOADING);
    try {
      models = await load(panels.map(({ stage }) => stage));
    } catch (error) {
      console.info(`the models: ${error.message}`);
      if (!stale(mine)) show("error", UNLOADED);
      return false;
    }
    return !stale(mine);
  }

  // Does one thing after the models have come; what is older is dropped.
  async function wish(work) {
    const mine = (turn += 1);
    try {
      if (!(await ready(mine))) return;
      await work(mine);
      if (!stale(mine)) show("ready", READY);
    } catch (error) {
      if (!stale(mine)) show("error", `This could not be done: ${error.message}.`);
    }
  }

  const told = () => world.truth(facts, question);

  // All three models reply to what the lists say.
  const run = () => wish(async (mine) => {
    show("writing", "The models reply …");
    const [story, asked] = [world.story(facts), world.ask(question)];
    const answers = [];
    for (const model of models) {
      const prompt = model.prompt(story, asked, exam.checked);
      answers.push({ prompt, written: await whole(model.reply(prompt), mine) });
      if (stale(mine)) return;
    }
    found = answers.map((answer, i) => ({ ...answer, place: answering(models[i].plain(answer.written)) }));
    const longest = Math.max(...found.map(({ written }) => written.length));
    for (let count = 1; !still() && count < longest; count += 1) {
      panels.forEach((panel, i) => reply(panel.reply, found[i], -1, false, count));
      await pause(PACE);
      if (stale(mine)) return;
    }
    draw();
  });

  // A generator to its end, with a pause for the page after each step of reading.
  async function whole(steps, mine) {
    for (;;) {
      const { done, value } = steps.next();
      if (done) return value;
      await pause(0);
      if (stale(mine)) return [];
    }
  }

  // The word of a reply that answers; the first, if none does.
  function answering(words) {
    const given = world.given(question, words);
    return given === null ? 0 : words.lastIndexOf(given);
  }

  function draw() {
    panels.forEach((panel, i) => {
      const { prompt, written, place } = found[i];
      reply(panel.reply, found[i], place, i === chosen);
      verdict(panel.verdict, world.judge(facts, question, models[i].plain(written)), told());
      panel.title.textContent = titleOf(place);
      bars(panel.bars, models[i].look(prompt.length + place - 1).candidates, written[place]);
    });
    shade();
  }

  // Story and question in the shades of the head that looks at the answer most.
  function shade() {
    const { prompt, written, place } = found[chosen];
    const words = [...prompt, ...written.slice(0, place)];
    const { weights } = models[chosen].look(words.length - 1);
    const span = storySpan(prompt);
    const sought = told();
    const places = prompt.flatMap((word, i) => (i >= span[0] && i < span[1] && sought.includes(word) ? [i] : []));
    const most = retrieving(weights, places, span);
    text(part("text"), words, most.row, prompt.length);
    part("look").textContent = lookSaid(panels[chosen].stage, written[place], most, words, places.length > 0);
  }

  // Where in a prompt the story stands.
  /** @returns {[number, number]} */
  function storySpan(prompt) {
    const end = prompt.length - world.ask(question).split(" ").length;
    return [end - world.story(facts).split(" ").length, end];
  }

  function compose() {
    list.replaceChildren(...facts.map((fact, i) => factRow(world, fact, i)));
    list.querySelectorAll("[data-remove]").forEach((button) => (button.disabled = facts.length <= LEAST));
    add.disabled = facts.length >= MOST;
  }

  function asking() {
    const { activeElement: active } = document;
    const name = fields.contains(active) ? /** @type {HTMLElement} */ (active).dataset.name : null;
    fields.replaceChildren(...questionLists(world, question));
    if (name) fields.querySelector(`[data-name="${name}"]`)?.focus();
    truth(part("truth"), world.ask(question), told());
  }

  function changed() {
    truth(part("truth"), world.ask(question), told());
    return run();
  }

  // A fact as its three lists say; nobody helps himself.
  function setFact(row) {
    const value = (name) => row.querySelector(`[data-name="${name}"]`).value;
    const [kind, relation] = value("relation").split(" ");
    const [person, i] = [value("person"), Number(row.dataset.fact)];
    const others = world.wordsOf(kind, "other").filter((word) => word !== person);
    facts[i] = { kind, person, relation, other: others.includes(value("other")) ? value("other") : others[i] };
    const fresh = factRow(world, facts[i], i);
    row.querySelector('[data-name="other"]').replaceWith(fresh.querySelector('[data-name="other"]'));
    return changed();
  }

  // A question of this form; words that it shares with the last one stay.
  function setForm(text) {
    const [kind, index] = text.split(" ");
    const fact = facts.find((one) => one.kind === kind);
    const wanted = world.kinds[kind].askings[Number(index)].known;
    const known = Object.fromEntries(wanted.map((slot) => {
      const words = world.wordsOf(kind, slot);
      const before = question.known[slot];
      return [slot, words.includes(before) ? before : (fact?.[slot] ?? words[0])];
    }));
    return setQuestion({ kind, index: Number(index), known });
  }

  function setQuestion(wanted) {
    question = wanted;
    asking();
    return run();
  }

  // The next question that the story tells, or does not.
  function suggest(way) {
    const all = world[way](facts);
    presses[way] += 1;
    return setQuestion(all[presses[way] % all.length]);
  }

  const DO = {
    told: () => suggest("told"),
    untold: () => suggest("untold"),
    add() {
      // a fact of a person who is not in the story yet, like the last one
      const last = facts.at(-1);
      const free = (words, slot) => words.find((word) => !facts.some((fact) => fact[slot] === word || fact.person === word)) ?? words[0];
      const person = free(world.people, "person");
      const others = world.wordsOf(last.kind, "other").filter((word) => word !== person);
      facts = [...facts, { ...last, person, other: free(others, "other") }];
      compose();
      list.lastElementChild.querySelector("select").focus();
      return changed();
    },
    remove(i) {
      facts = facts.filter((_, at) => at !== i);
      compose();
      const next = list.children[Math.min(i, facts.length - 1)];
      (facts.length > LEAST ? next.querySelector("[data-remove]") : add).focus();
      return changed();
    },
    look(i, place) {
      return wish(async () => {
        [chosen, found[i].place] = [i, place];
        draw();
        panels[i].reply.children[place].focus();
      });
    },
  };

  root.addEventListener("change", ({ target }) => {
    const row = target.closest("[data-fact]");
    const { name } = target.dataset;
    if (row) setFact(row);
    else if (name === "form") setForm(target.value);
    else if (name) setQuestion({ ...question, known: { ...question.known, [name]: target.value } });
    else if (target === exam) run();
  });
  root.addEventListener("click", ({ target }) => {
    const button = target.closest("button");
    if (!button) return;
    const { word, remove, part: name } = button.dataset;
    if (word !== undefined) {
      const panel = button.closest("[data-stage]");
      const i = panels.findIndex(({ stage }) => stage === panel.dataset.stage);
      if (!found.length) run();
      else if (root.dataset.state === "ready") DO.look(i, Number(word));
    } else if (remove !== undefined) DO.remove(Number(remove));
    else DO[name]?.();
  });

  // The weights come at the first touch.
  root.addEventListener("focusin", () => models || wish(async () => true), { once: true });
  root.querySelectorAll("select, button, input").forEach((node) => (node.disabled = false));
  compose();
  asking();
  show("ready", READY);
  return { world, DO, run };
}
