// What the theme leaves to inline handlers, which the pages' security policy forbids.
(() => {
  // Opened from disk, search cannot fetch the pages' summaries: show hits without them.
  if (location.protocol === "file:" && typeof DOCUMENTATION_OPTIONS !== "undefined") {
    DOCUMENTATION_OPTIONS.SHOW_SEARCH_SUMMARY = false;
  }
  const actions = {
    print: () => window.print(),
    fullscreen: () => (document.fullscreenElement ? document.exitFullscreen() : document.documentElement.requestFullscreen()),
  };
  document.addEventListener("click", (event) => {
    const button = event.target.closest?.("[data-action]");
    if (button) actions[button.dataset.action]?.();
  });
  // While an exercise is written. Were it a rule of style, each change of a picture would have to ask it again.
  for (const event of ["focusin", "focusout"]) {
    document.addEventListener(event, ({ type, target }) => {
      document.body.classList.toggle("exercise-written", type === "focusin" && Boolean(target.closest(".exercise")));
    });
  }
  // Menus and tooltips: not before the page stands.
  const later = document.querySelector('link[rel="preload"][href*="scripts/bootstrap.js"]');
  addEventListener("load", () => later && setTimeout(() => {
    document.body.append(Object.assign(document.createElement("script"), { src: later.href }));
  }));
  // Paper is white, whatever the screen is.
  const root = document.documentElement;
  let screen = null;
  addEventListener("beforeprint", () => {
    screen = root.dataset.theme;
    root.dataset.theme = "light";
  });
  addEventListener("afterprint", () => {
    root.dataset.theme = screen;
  });
  // Sections further down are laid out late; by then the letters of their equations have come.
  if (document.querySelector(".katex")) {
    for (const face of ["1em KaTeX_Main", "italic 1em KaTeX_Math"]) document.fonts.load(face);
  }
  // What is wider than its box scrolls there, and the keyboard must reach it. Measured when it comes into view, so
  // that opening a page does not lay out all of it.
  const reach = (block) => {
    if (block.scrollWidth > block.clientWidth) block.tabIndex = 0;
    else block.removeAttribute("tabindex");
  };
  const seen = new Set();
  const watcher = new IntersectionObserver((entries) => {
    for (const { isIntersecting, target } of entries) {
      if (isIntersecting) {
        seen.add(target);
        reach(target);
      }
    }
  });
  document.querySelectorAll("pre, div.math, .cell_output > .output, .pst-scrollable-table-container").forEach((block) => watcher.observe(block));
  addEventListener("resize", () => seen.forEach(reach));
})();
