// What helps to write Python: keys that indent.
const INDENT = "    ";

/** How far the line after a line is indented. */
const indentAfter = (line) => line.match(/^ */)[0] + (/:\s*$/.test(line.replace(/#.*$/, "")) ? INDENT : "");

/** The indentation that is still to come where a new line was just begun by other means than a key; "" if none is. */
export function indentAt(text, at) {
  if (text[at - 1] !== "\n") return "";
  return indentAfter(text.slice(text.lastIndexOf("\n", at - 2) + 1, at - 1));
}

/** The text after a key, and where the cursor stands then; null if the key is the browser's own business. */
export function typed(key, text, from, to, shift = false) {
  const start = text.lastIndexOf("\n", from - 1) + 1;
  if (key === "Enter") {
    const indent = indentAfter(text.slice(start, from));
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
