// A field to write an answer in, with its buttons and its line. All that is shown is text.
import { keys, ruler } from "./keys.js";
import * as keeping from "./keeping.js";
import { indentAt, typed } from "./typing.js";

const LOADING = "Loading Python, 0.3 MB, once per visit …";
const CHECKING = "Checking …";
const BACK = "bring it back";

export const kindOf = (line) => (line.startsWith("Right") ? "right" : line.startsWith("not tried") ? "open" : "not");
const spoken = (line) => line.replace("and run the cell again", "and check again");

/**
 * @param {HTMLElement} root
 * @param {{ python: () => any, right: (name: string) => void }} given
 */
export function edit(root, { python, right }) {
  const { exercise: name, chapter, answer } = root.dataset;
  const field = root.querySelector("textarea");
  const part = (name) => /** @type {HTMLElement} */ (root.querySelector(`.exercise-${name}`));
  const [row, mirror, numbers, line, printed, check, reset] = ["keys", "mirror", "numbers", "line", "printed", "check", "reset"].map(part);
  const stub = field.defaultValue;
  const first = printed.textContent; // what the stub prints
  const measure = ruler(field, mirror, numbers);
  let ready = false;
  let leaving = false; // after Escape the next Tab leaves the field
  let placing = false; // while this script itself puts text in
  let before = null; // what stood there before "start over"

  const say = (text, verdict = "") => {
    line.textContent = text;
    root.dataset.verdict = verdict;
  };
  const show = (text) => {
    printed.textContent = text;
    printed.hidden = !text;
  };
  const changed = () => {
    measure();
    keeping.keepAnswer(name, field.value === stub ? null : field.value);
    reset.textContent = "start over";
    before = null;
  };
  const touch = () => {
    if (ready) return;
    ready = true;
    python().ready(chapter).catch(() => {
      ready = false;
    });
  };
  const judge = async () => {
    if (check.ariaDisabled) return;
    check.ariaDisabled = "true";
    const text = field.value;
    if (matchMedia("(pointer: coarse)").matches) field.blur(); // the phone's keyboard covers the line
    say(ready ? CHECKING : LOADING);
    show("");
    touch();
    try {
      const found = await python().check({ chapter, name, text, answer });
      const verdict = kindOf(found.line);
      // with the quotes of Python, where a phone had put others
      if (found.text && found.text !== text && field.value === text) {
        field.value = found.text;
        changed();
      }
      say(spoken(found.line), verdict);
      show(found.printed.trimEnd());
      if (verdict === "right") right(name);
    } catch (error) {
      ready = false;
      say(error.message, "not");
    } finally {
      check.ariaDisabled = null;
      // unless the reader has gone on
      const { top, bottom } = check.getBoundingClientRect();
      if (top < innerHeight && bottom > 0) line.scrollIntoView({ block: "nearest" });
    }
  };
  // Puts text in the place of other text: the one way that leaves the browser's own undo intact.
  const place = ({ from, to, put, at }) => {
    field.setSelectionRange(from, to);
    placing = true;
    if (!document.execCommand("insertText", false, put)) field.setRangeText(put);
    placing = false;
    const [start, end] = [at].flat();
    field.setSelectionRange(start, end ?? start);
    changed();
  };
  const key = (name, shift) => typed(name, field.value, field.selectionStart, field.selectionEnd, shift);
  const sign = (put) => {
    field.focus({ preventScroll: true });
    const { selectionStart: from, selectionEnd: to } = field;
    place(put === "⇥" || put === "⇤" ? key("Tab", put === "⇤") : { from, to, put, at: from + put.length });
  };

  const kept = keeping.answer(name);
  if (kept !== null) field.value = kept;
  keys(row, sign);
  field.addEventListener("input", (event) => {
    if (placing) return;
    changed();
    // many phones send no key for a new line
    const { inputType, data } = /** @type {InputEvent} */ (event);
    const at = field.selectionStart;
    const put = inputType === "insertLineBreak" || data === "\n" ? indentAt(field.value, at) : "";
    if (put) place({ from: at, to: at, put, at: at + put.length });
  });
  field.addEventListener("keydown", (event) => {
    const command = event.ctrlKey || event.metaKey;
    if (event.key === "Escape") leaving = true;
    else if (event.key === "Enter" && command) {
      event.preventDefault();
      judge();
    } else if (!command && !event.altKey && !(leaving && event.key === "Tab")) {
      if (event.key !== "Shift") leaving = false;
      const made = key(event.key, event.shiftKey);
      if (!made || (event.key === "Enter" && event.isComposing)) return;
      event.preventDefault();
      place(made);
    }
  });
  field.addEventListener("blur", () => {
    leaving = false;
  });
  field.addEventListener("scroll", () => {
    numbers.style.transform = `translateY(${-field.scrollTop}px)`;
  });
  for (const event of ["focusin", "pointerdown"]) root.addEventListener(event, touch);
  check.addEventListener("click", judge);
  reset.addEventListener("click", () => {
    const next = before ?? stub;
    const left = before === null ? field.value : null;
    field.value = next;
    changed();
    say(left === null ? "" : "Back to the start.");
    show(left === null ? "" : first);
    if (left !== null && left !== stub) {
      before = left;
      reset.textContent = BACK;
    }
  });
  root.querySelector(".exercise-work").removeAttribute("hidden");
  root.dataset.state = "ready";
  return {
    forget() {
      field.value = stub;
      measure();
      say("");
      show(first);
    },
  };
}
