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
  // An equation wider than a telephone scrolls in its box; the keyboard must reach it there.
  const reach = () => {
    for (const equation of document.querySelectorAll("div.math")) {
      if (equation.scrollWidth > equation.clientWidth) equation.tabIndex = 0;
      else equation.removeAttribute("tabindex");
    }
  };
  addEventListener("load", reach);
  addEventListener("resize", reach);
})();
