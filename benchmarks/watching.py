"""Scripts that watch a page from within while `benchmarks.pages` opens, scrolls and moves it."""

# Notes what jumps, tasks that block the page, and for each picture when it was ready and when its drawing took the
# still's place. Nothing is measured on the page meanwhile: that would lay it out and be counted.
NOTES = """
window.notes = { ready: new Map(), drawn: new Map(), shift: 0, long: 0 };
new PerformanceObserver((list) => {
  for (const entry of list.getEntries()) if (!entry.hadRecentInput) notes.shift += entry.value;
}).observe({ type: "layout-shift", buffered: true });
new PerformanceObserver((list) => {
  for (const entry of list.getEntries()) notes.long += entry.duration;
}).observe({ type: "longtask", buffered: true });
const changes = new MutationObserver((records) => {
  for (const { target, removedNodes } of records) {
    const root = target.closest("figure.live");
    if (root.dataset.state === "ready" && !notes.ready.has(root)) notes.ready.set(root, performance.now());
    for (const node of removedNodes) if (node.classList?.contains("live-still")) notes.drawn.set(root, performance.now());
  }
});
// From when all markup is there, before any script of the page ran, and in pictures alone: of all else nothing is noted.
document.addEventListener("readystatechange", () => {
  for (const root of document.querySelectorAll("figure.live"))
    changes.observe(root, { subtree: true, childList: true, attributeFilter: ["data-state"] });
}, { once: true });
// When all pictures were ready, and those on the screen drawn; null before.
notes.alive = () => {
  const all = [...document.querySelectorAll("figure.live")];
  const seen = all.filter((root) => root.getBoundingClientRect().top < innerHeight);
  const times = [...all.map((root) => notes.ready.get(root)), ...seen.map((root) => notes.drawn.get(root) ?? 0)];
  return times.includes(undefined) || seen.some((root) => root.querySelector(".live-still")) ? null : Math.max(...times);
};
"""
# For each input event: how long its handlers ran, and when the frame that drew it had ended.
FRAMES = """() => {
  window.frames_ = [];
  const { port1, port2 } = new MessageChannel();
  const waiting = [];
  port1.onmessage = () => waiting.shift()();
  addEventListener("input", (event) => {
    event.began = performance.now();
  }, true);
  addEventListener("input", (event) => {
    const handler = performance.now() - event.began;
    requestAnimationFrame(() => {
      waiting.push(() => frames_.push([handler, performance.now() - event.timeStamp]));
      port2.postMessage(null);
    });
  });
}"""
SCROLL = """async () => {
  for (let y = 0; y < document.documentElement.scrollHeight; y += innerHeight) {
    scrollTo(0, y);
    await new Promise((resolve) => requestAnimationFrame(() => setTimeout(resolve, 30)));
  }
}"""
