// Weights and parts of the writer from a kernel, which may be busy or gone.
const LATE = 20_000; // milliseconds without an answer after which a reader is told
export const BUSY = "The kernel is busy or gone. Press or type again to try once more.";
const TIMERS = { start: (f, milliseconds) => setTimeout(f, milliseconds), stop: (id) => clearTimeout(id) };

// One question is on its way at a time. An answer that comes too late is kept for the next try.
export function asker(model, timers = TIMERS) {
  let arrived = null;
  let waiting = null; // the try under way

  function settled() {
    const { resolve, reject, timer } = waiting;
    timers.stop(timer);
    waiting = null;
    return { resolve, reject };
  }

  function heard({ parts, error }) {
    arrived ??= parts ?? null;
    if (!waiting) return;
    if (parts) settled().resolve(parts);
    else settled().reject(new Error(error));
  }
  model.on("msg:custom", heard);

  return {
    ask() {
      if (arrived) return Promise.resolve(arrived);
      if (waiting) return waiting.promise;
      const promise = new Promise((resolve, reject) => {
        const late = () => settled().reject(Object.assign(new Error("no answer"), { said: BUSY }));
        waiting = { resolve, reject, timer: timers.start(late, LATE) };
      });
      waiting.promise = promise;
      model.send({ ask: "parts" });
      return promise;
    },
    stop() {
      if (waiting) timers.stop(waiting.timer);
      model.off("msg:custom", heard);
    },
  };
}
