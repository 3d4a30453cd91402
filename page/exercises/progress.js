// How far a reader is: a line at a chapter's exercises, and quietly a figure in the list of chapters.
import * as keeping from "./keeping.js";

const SURE = "forget answers and progress of all chapters?";
const plural = (n, one) => `${n} ${one}${n === 1 ? "" : "s"}`;

export const pageOf = (address) => new URL(address, location.href).pathname.split("/").at(-1).replace(/\.html$/, "");

// Quiz questions: the options, folded, that follow one bold line.
export function questions() {
  const found = [];
  for (const option of document.querySelectorAll("section#quiz > details")) {
    const before = option.previousElementSibling;
    if (before?.tagName === "DETAILS") found.at(-1)?.push(option);
    else found.push([option]);
  }
  return found;
}

// `forgotten` is called when all was forgotten.
export function progress(exercises, { forgotten }) {
  const page = pageOf(location.href);
  const asked = questions();
  const totals = { exercises: exercises.length, questions: asked.length };
  const heading = document.querySelector("section#exercises > :is(h1, h2, h3)");
  const line = document.createElement("p");
  const words = document.createElement("span");
  const button = document.createElement("button");
  line.className = "exercise-progress";
  line.hidden = true;
  button.type = "button";
  line.append(words, " ", button);
  heading?.after(line);

  const show = () => {
    const { right, tried } = keeping.chapter(page);
    line.hidden = !right.length && !tried.length;
    const reached = `${right.length} of ${plural(exercises.length, "exercise")} right`;
    const quiz = asked.length ? `, ${tried.length} of ${plural(asked.length, "question")} tried` : "";
    words.textContent = `${reached}${quiz}; kept in this browser alone.`;
    button.textContent = "forget";
    list();
  };
  button.addEventListener("click", () => {
    if (button.textContent !== SURE) {
      button.textContent = SURE;
      return;
    }
    keeping.forget();
    forgotten();
    show();
  });
  button.addEventListener("blur", () => {
    button.textContent = "forget";
  });
  asked.forEach((options, i) => options.forEach((option) => option.addEventListener("toggle", () => {
    if (option.open && keeping.reach(page, "tried", i, totals)) show();
  })));
  show();
  return {
    right(name) {
      if (keeping.reach(page, "right", name, totals)) show();
    },
  };
}

// In the list of chapters, a figure beside each that was begun.
export function list() {
  for (const link of document.querySelectorAll(".bd-links a.reference.internal")) {
    const { right, exercises } = keeping.chapter(pageOf(/** @type {HTMLAnchorElement} */ (link).href));
    let figure = link.querySelector(".exercise-figure");
    if (!right.length) {
      figure?.remove();
      continue;
    }
    if (!figure) {
      figure = document.createElement("span");
      figure.className = "exercise-figure";
      link.append(" ", figure);
    }
    figure.textContent = `${right.length}/${exercises}`;
    figure.setAttribute("aria-label", `${right.length} of ${plural(exercises, "exercise")} right`);
    figure.setAttribute("role", "img");
  }
}
