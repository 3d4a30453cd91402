// Where the numbers come from: the exported view in a page, Python in a kernel. A picture gives an engine its
// wish and hears back by `listener`: answer({outputs, error}), waiting(), late(), moved(values).
import { inputOf, settle } from "./controls.js";
import { load, loadTable } from "./reader.js";
import { tensor } from "./tensors.js";

const LATE = 2000; // milliseconds after which a reader is told that the kernel is busy

export const unpack = ({ type, shape, values }) =>
  tensor(type, shape, values.map((value) => (value === null ? NaN : value)));

const unpackAll = (packed) => Object.fromEntries(Object.entries(packed).map(([name, value]) => [name, unpack(value)]));

export function pageEngine(spec, exported) {
  const constants = unpackAll(settle(spec).constants);
  const run = spec.kind === "table" ? loadTable(exported) : load(exported);
  return {
    listen(listener) {
      this.listener = listener;
    },
    request(values) {
      const inputs = { ...constants };
      for (const control of spec.controls) inputs[control.name] = inputOf(control, values[control.name]);
      let answer;
      try {
        answer = { outputs: run(spec.kind === "table" ? values : inputs), error: null };
      } catch (error) {
        answer = { outputs: null, error: error.message };
      }
      this.listener.answer(answer);
    },
  };
}

// Wrapped, for a browser's timers refuse to be called as methods of anything but the window.
const TIMERS = { start: (f, milliseconds) => setTimeout(f, milliseconds), stop: (id) => clearTimeout(id) };

// At most one request is on its way; of later wishes only the newest is kept.
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
    if (flying !== null && number < flying) return; // an answer to an older wish
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
