// The writer of stories in its page: a beginning is typed, subwords are taken one by one or written, each place of the
// story is looked into. A newer wish stops what is being done for an older one.
import { BROWSER, shower, slicer } from "../turns.js";
import { bars, chip, lookSaid, rowOf, story, tiles } from "./drawing.js";
import { CHARACTERS, visible } from "./work.js";

const PAUSE = 350; // milliseconds without a key after which a beginning is read
const READY = "Type a beginning; then take one subword, or let it write.";
const LOADING = "Loading the writer, about 1 MB, once per visit …";
const UNLOADED = "The writer did not load. Press or type again to try once more.";
const MOVES = { ArrowRight: [0, 1], ArrowLeft: [0, -1], ArrowDown: [1, 0], ArrowUp: [-1, 0] };

export function mount(root, load, clock = BROWSER) {
  const part = (name) => root.querySelector(`[data-part="${name}"]`);
  const [field, list, text, table, status, look] = ["beginning", "bars", "story", "heads", "status", "look"].map(part);
  const buttons = Object.fromEntries(["next", "write", "back", "before", "after", "roll"].map((name) => [name, part(name)]));
  const settings = { way: "greedy", roll: 1, shown: list.childElementCount };
  const named = (text) => {
    const [layer, head] = text.split(" ").map(Number);
    return { layer, head };
  };
  let chosen = named(root.dataset.chosen);
  let ids = root.dataset.ids.split(" ").map(Number); // of the story, <bos> first
  let [given, place, ended, remark] = [Number(root.dataset.given), ids.length - 1, false, ""];
  let [model, turn, timer, writing, seen] = [null, 0, 0, false, null];
  let unread = false; // another beginning was typed than the story's

  const show = shower(root, status);
  const stale = (mine) => mine !== turn;
  const finished = slicer(clock, stale);
  const full = () => ids.length >= model.sizes.window;
  const pieces = () => ids.map(model.piece);

  // The model, loaded at the first call.
  async function ready(mine) {
    if (model) return true;
    show("waiting", LOADING);
    try {
      model = await load();
    } catch (error) {
      console.info(`the writer: ${error.message}`);
      if (!stale(mine)) show("error", error.said ?? UNLOADED);
      return false;
    }
    return !stale(mine);
  }

  // One wish after the other: what `work` does is dropped when a newer one comes. What was typed is read before any.
  async function wish(work) {
    const mine = (turn += 1);
    clearTimeout(timer);
    stopped();
    try {
      if (!(await ready(mine))) return;
      if (unread) read();
      if (!(await work(mine)) || stale(mine)) return;
      if ((await finished(model.read(ids), mine)) !== null) draw();
      show("ready", said());
    } catch (error) {
      if (!stale(mine)) show("error", `This could not be done: ${error.message}.`);
    } finally {
      if (!stale(mine)) stopped();
    }
  }

  function stopped() {
    writing = false;
    buttons.write.textContent = "write";
  }

  function draw() {
    seen = model.look(ids, place, settings);
    bars(list, seen);
    tiles(table, seen.weights, pieces(), chosen);
    shade();
    const [atEnd, last] = [ended || full(), place === ids.length - 1];
    buttons.next.disabled = buttons.write.disabled = atEnd;
    buttons.back.disabled = !ended && ids.length <= given;
    [buttons.before.disabled, buttons.after.disabled] = [place === 0, last];
    part("place").textContent = `subword ${place + 1} of ${ids.length}: `;
    part("here").textContent = visible(model.piece(ids[place]));
    part("kept").textContent = drawSaid();
  }

  function drawSaid() {
    if (settings.way === "greedy") return "The likeliest is taken.";
    return `Drawn from ${seen.kept} subword${seen.kept > 1 ? "s" : ""}; the number for this place is ${seen.draw.toFixed(3)}.`;
  }

  // The story in the shades of the chosen head.
  function shade() {
    const row = rowOf(seen.weights, chosen.layer, chosen.head);
    story(text, { pieces: pieces(), given, ended }, place, row);
    look.textContent = lookSaid(row, pieces(), chosen, model.sizes.heads / model.sizes.kvHeads);
  }

  function said() {
    const end = ended ? "The story has ended: the writer chose <eos>." : full() ? `The window of ${model.sizes.window} subwords is full.` : "";
    return [end, remark].filter(Boolean).join(" ") || READY;
  }

  // The beginning as it stands in the field.
  function read() {
    unread = false;
    const whole = field.value;
    const { ids: fresh, leftOut, count } = model.encode(Array.from(whole).slice(0, CHARACTERS).join(""));
    [ids, given, place, ended] = [fresh, fresh.length, fresh.length - 1, false];
    remark = [
      count === 1 && "There is nothing here that the writer reads: the story begins by itself.",
      leftOut.length > 0 && `Left out, for the writer never saw them: ${leftOut.slice(0, 12).join(" ")}${leftOut.length > 12 ? " …" : ""}`,
      count > fresh.length && `Too long: the first ${fresh.length} of ${count} subwords are read, so that ${model.sizes.window - fresh.length} can be written.`,
    ].filter(Boolean).join(" ");
  }

  function begin() {
    unread = true;
    return wish(async () => true);
  }

  // Puts a subword after a place; what stood there goes.
  function take(id, after) {
    [ids, ended] = [ids.slice(0, after + 1), id === model.eos];
    given = Math.min(given, ids.length);
    if (!ended && !full()) ids.push(id);
    place = ids.length - 1;
  }

  const DO = {
    next: () => wish(async (mine) => {
      if (ended || full()) return true;
      for (const steps = model.write(ids, settings); ;) {
        const { value } = steps.next();
        if (value !== undefined) {
          take(value, ids.length - 1);
          return true;
        }
        await clock.breathe();
        if (stale(mine)) return false;
      }
    }),
    write() {
      if (writing) return DO.stop();
      return wish(async (mine) => {
        writing = true;
        buttons.write.textContent = "stop";
        show("writing", "Writing …");
        story(text, { pieces: pieces(), given, ended }, -1, []);
        await finished(model.write(ids, settings), mine, (id) => {
          take(id, ids.length - 1);
          if (!ended) text.append(chip(model.piece(id), place, { given, place: -1, share: 0 }));
          text.scrollTop = text.scrollHeight;
        });
        return true;
      });
    },
    stop: () => wish(async () => true),
    back: () => wish(async () => {
      if (!ended && ids.length > given) ids = ids.slice(0, -1);
      [ended, place] = [false, ids.length - 1];
      return true;
    }),
    before: () => at(place - 1),
    after: () => at(place + 1),
    roll: () => set("roll", settings.roll + 1),
  };

  const at = (wanted) => wish(async () => {
    place = Math.min(Math.max(wanted, 0), ids.length - 1);
    return true;
  });

  function set(name, value) {
    settings[name] = value;
    root.dataset.way = settings.way;
    return wish(async () => true);
  }

  function headAt(button) {
    chosen = named(button.dataset.head);
    return wish(async () => true);
  }

  // Controls stand in the page's source; a slider of named steps has them in data-values.
  function wire(input) {
    const { name } = input.dataset;
    const steps = input.dataset.values?.split(" ").map(Number);
    const output = input.parentElement.querySelector("output");
    const read = () => (input.type === "radio" ? input.value : steps ? steps[Number(input.value)] : Number(input.value));
    const write = () => {
      if (!output) return;
      output.textContent = steps && !read() ? "all" : steps ? String(read()) : Number(input.value).toFixed(Number(input.dataset.digits));
      input.setAttribute("aria-valuetext", output.textContent);
    };
    if (input.type !== "radio" || input.checked) settings[name] = read();
    input.addEventListener(input.type === "radio" ? "change" : "input", () => {
      write();
      set(name, read());
    });
    write();
    input.disabled = false;
  }

  root.querySelectorAll("[data-name]").forEach(wire);
  root.dataset.way = settings.way;
  root.querySelectorAll("button, textarea").forEach((node) => (node.disabled = false));
  root.addEventListener("click", ({ target }) => {
    const found = target.closest("[data-take], [data-head], [data-place], button[data-part]");
    if (!found) return;
    const { take: id, head, place: wanted, part: name } = found.dataset;
    if (id !== undefined) {
      wish(async () => {
        take(Number(id), place);
        return true;
      });
    } else if (head !== undefined) headAt(found);
    else if (wanted !== undefined) at(Number(wanted));
    else DO[name]?.();
  });
  table.addEventListener("keydown", (event) => {
    const [down, right] = MOVES[event.key] ?? [];
    if (down === undefined) return;
    event.preventDefault();
    const next = table.querySelector(`[data-head="${chosen.layer + down} ${chosen.head + right}"]`);
    if (!next) return;
    headAt(next);
    next.focus();
  });
  field.addEventListener("input", () => {
    clearTimeout(timer);
    turn += 1; // what is being done is for an older text
    stopped();
    root.classList.add("live-waiting");
    unread = true;
    timer = setTimeout(begin, PAUSE);
  });
  // The weights come at the first touch, before a key is pressed.
  field.addEventListener("focus", () => model || wish(async () => true), { once: true });
  show("ready", READY);
  return { begin, set, DO };
}
