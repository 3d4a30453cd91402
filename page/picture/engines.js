// Engines compute the outputs: the exported view in a page, Python in a kernel. A picture sends a request (wish) and
// is called back on `listener`: answer({outputs, error}), waiting(text), late(), moved(values).
import { inputOf, settle } from "./controls.js";
import { PROGRAMS } from "../models/small_world.js";
import { load, loadTable } from "../tensor/reader.js";
import { tensor } from "../tensor/tensors.js";

const LATE = 2000; // milliseconds after which a reader is told that the kernel is busy
const SLICE = 8; // milliseconds of work before the page may handle other events
export const LOADING = "Loading the translator, 0.5 MB, once per visit …";
export const WORKING = "Translating …";
export const UNLOADED = "The translator did not load. Move a control to try again.";

// Wrapped: a browser's timers may only be called as methods of the window.
const TIMERS = { start: (f, milliseconds) => setTimeout(f, milliseconds), stop: (id) => clearTimeout(id) };
const BROWSER = { now: () => performance.now(), breathe: () => new Promise((resolve) => setTimeout(resolve, 0)) };

export const unpack = ({ type, shape, values }) =>
  tensor(type, shape, values.map((value) => (value === null ? NaN : value)));

export const unpackAll = (packed) => Object.fromEntries(Object.entries(packed).map(([name, value]) => [name, unpack(value)]));

// The inputs of a view: the picture's constants, and the values of its controls.
function feeder(spec) {
  const constants = unpackAll(settle(spec).constants);
  return (values) => {
    const inputs = { ...constants };
    for (const control of spec.controls) inputs[control.name] = inputOf(control, values[control.name]);
    return inputs;
  };
}

export function pageEngine(spec, exported) {
  const feed = feeder(spec);
  const run = spec.kind === "table" ? loadTable(exported) : load(exported);
  return {
    quick: true, // an answer costs little: previews may ask for it
    listen(listener) {
      this.listener = listener;
    },
    request(values) {
      let answer;
      try {
        answer = { outputs: run(spec.kind === "table" ? values : feed(values)), error: null };
      } catch (error) {
        answer = { outputs: null, error: error.message };
      }
      this.listener.answer(answer);
    },
  };
}


// Runs the program of a view with parts that are fetched at the first request. A newer request aborts the one being
// computed.
export function programEngine(spec, fetchParts, { now, breathe } = BROWSER) {
  const feed = feeder(spec);
  let listener = null;
  let run = null;
  let wish = null;
  let working = false;

  const outdated = Symbol("a newer wish");
  const compute = async (values) => {
    const steps = run(feed(values));
    for (let since = now(); ; ) {
      const { done, value } = steps.next();
      if (done) return value;
      if (now() - since < SLICE) continue;
      listener.waiting(WORKING);
      await breathe();
      if (wish) return outdated;
      since = now();
    }
  };
  const ready = async () => {
    listener.waiting(LOADING);
    try {
      run = PROGRAMS[spec.name](await fetchParts());
    } catch (error) {
      throw new Error(UNLOADED, { cause: error });
    }
  };
  const work = async () => {
    working = true;
    try {
      while (wish) {
        const answer = await attempt();
        if (!wish && answer.outputs !== outdated) listener.answer(answer);
      }
    } finally {
      working = false;
    }
  };
  const attempt = async () => {
    try {
      if (!run) await ready();
      const values = wish;
      wish = null;
      return { outputs: await compute(values), error: null };
    } catch (error) {
      if (!run) wish = null; // the next one tries again
      return { outputs: null, error: error.message };
    }
  };

  return {
    get quick() {
      return Boolean(run); // a preview loads nothing
    },
    listen(given) {
      listener = given;
    },
    request(values) {
      wish = values;
      if (!working) return work();
      return null;
    },
  };
}

// At most one request is pending; of later ones only the newest is kept.
export function kernelEngine(model, timers = TIMERS) {
  let listener = null;
  let flying = null;
  let wish = null;
  let timer = null;

  const send = (values) => {
    flying = model.get("number") + 1;
    model.set("values", values);
    model.set("number", flying);
    model.save_changes();
    timers.stop(timer);
    timer = timers.start(() => listener.late(), LATE);
  };
  const heard = () => {
    const { number, outputs, error } = model.get("response");
    if (flying !== null && number < flying) return; // an answer to an older request
    const answered = flying !== null;
    flying = null;
    if (wish) {
      const values = wish;
      wish = null;
      send(values);
      return;
    }
    timers.stop(timer);
    if (!answered) listener.moved(model.get("values"));
    listener.answer({ outputs: unpackAll(outputs), error });
  };

  return {
    listen(given) {
      listener = given;
      model.on("change:response", heard);
    },
    request(values) {
      listener.waiting();
      if (flying === null) send(values);
      else wish = values;
    },
    stop() {
      timers.stop(timer);
      model.off("change:response", heard);
    },
  };
}
