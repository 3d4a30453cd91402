// What the pages of trained models share: what state they show, and long work in slices that a newer wish ends.
const SLICE = 24; // milliseconds of work before the page may handle other events
export const BROWSER = { now: () => performance.now(), breathe: () => new Promise((resolve) => setTimeout(resolve, 0)) };

/** Shows a state and says a line, once. */
export const shower = (root, status) => (state, said) => {
  root.dataset.state = state;
  root.classList.toggle("live-waiting", state === "waiting");
  if (status.textContent !== said) status.textContent = said;
};

/**
 * Runs generators to their end with pauses, and gives what they return; null once `stale(mine)`. `each` is told what
 * they yield.
 */
export function slicer({ now, breathe }, stale) {
  return async function finished(steps, mine, each = (_) => {}) {
    for (let since = now(); ; ) {
      const { done, value } = steps.next();
      if (done) return value;
      if (value !== undefined) each(value);
      if (now() - since < SLICE) continue;
      await breathe();
      if (stale(mine)) return null;
      since = now();
    }
  };
}
