// A field to write an answer in, with its buttons and its line. All that is shown is text.
import * as keeping from "./keeping.js";

const LOADING = "Loading Python, 0.3 MB, once per visit …";
const CHECKING = "Checking …";
const BACK = "bring it back";
const INDENT = "    ";

export const kindOf = (line) => (line.startsWith("Right") ? "right" : line.startsWith("not tried") ? "open" : "not");
const spoken = (line) => line.replace("and run the cell again", "and check again");

/** The text after a key, and where the cursor stands then; null if the key is the browser's own business. */
export function typed(key, text, from, to, shift = false) {
  const start = text.lastIndexOf("\n", from - 1) + 1;
  if (key === "Enter") {
    const before = text.slice(start, from);
    const indent = before.match(/^ */)[0] + (/:\s*$/.test(before.replace(/#.*$/, "")) ? INDENT : "");
    return { from, to, put: `\n${indent}`, at: from + 1 + indent.length };
  }
  if (key !== "Tab") return null;
  if (!shift && from === to) {
    const put = " ".repeat(INDENT.length - ((from - start) % INDENT.length));
    return { from, to, put, at: from + put.length };
  }
  const lines = text.slice(start, to).split("\n");
  const moved = lines.map((line) => (shift ? line.replace(/^ {1,4}/, "") : INDENT + line)).join("\n");
  return { from: start, to, put: moved, at: [Math.max(start, from + (shift ? moved.length - (to - start) : INDENT.length)), start + moved.length] };
}

/**
 * @param {HTMLElement} root
 * @param {{ python: () => any, right: (name: string) => void }} given
 */
export function edit(root, { python, right }) {
  const { exercise: name, chapter, answer } = root.dataset;
  const field = root.querySelector("textarea");
  const part = (name) => /** @type {HTMLElement} */ (root.querySelector(`.exercise-${name}`));
  const [numbers, line, printed, check, reset] = ["numbers", "line", "printed", "check", "reset"].map(part);
  const stub = field.defaultValue;
  let ready = false;
  let leaving = false; // after Escape the next Tab leaves the field
  let before = null; // what stood there before "start over"

  const say = (text, verdict = "") => {
    line.textContent = text;
    root.dataset.verdict = verdict;
  };
  const show = (text) => {
    printed.textContent = text;
    printed.hidden = !text;
  };
  const count = () => {
    const rows = field.value.split("\n").length;
    numbers.textContent = Array.from({ length: rows }, (_, i) => i + 1).join("\n");
    field.rows = Math.max(rows + 1, 3);
  };
  const changed = () => {
    count();
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
    if (check.getAttribute("aria-disabled") === "true") return;
    check.setAttribute("aria-disabled", "true");
    say(ready ? CHECKING : LOADING);
    show("");
    touch();
    try {
      const found = await python().check({ chapter, name, text: field.value, answer });
      const verdict = kindOf(found.line);
      say(spoken(found.line), verdict);
      show(found.printed.trimEnd());
      if (verdict === "right") right(name);
    } catch (error) {
      ready = false;
      say(error.message, "not");
    } finally {
      check.removeAttribute("aria-disabled");
    }
  };

  const kept = keeping.answer(name);
  if (kept !== null) field.value = kept;
  count();
  field.addEventListener("input", changed);
  field.addEventListener("keydown", (event) => {
    if (event.key === "Escape") leaving = true;
    else if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) {
      event.preventDefault();
      judge();
    } else if (!event.ctrlKey && !event.metaKey && !event.altKey && !(leaving && event.key === "Tab")) {
      if (event.key !== "Shift") leaving = false;
      const made = typed(event.key, field.value, field.selectionStart, field.selectionEnd, event.shiftKey);
      if (!made || (event.key === "Enter" && event.isComposing)) return;
      event.preventDefault();
      field.setSelectionRange(made.from, made.to);
      // the one way that leaves the browser's own undo intact
      if (!document.execCommand("insertText", false, made.put)) field.setRangeText(made.put);
      const [from, to] = [made.at].flat();
      field.setSelectionRange(from, to ?? from);
      changed();
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
    show("");
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
      count();
      say("");
      show("");
    },
  };
}
