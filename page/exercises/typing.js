// What helps to write Python: keys that indent, and letters that phones put in the place of Python's own.
const INDENT = "    ";
const QUOTES = { "“": '"', "”": '"', "„": '"', "‟": '"', "«": '"', "»": '"', "‘": "'", "’": "'", "‚": "'", "‛": "'" };
const OTHER = { "–": "-", "—": "-", "−": "-", "…": "...", "\u00a0": " ", "\u202f": " " };

/** The same with Python's own quotes and dashes, but for what stands between straight quotes or in a comment. */
export function straight(text) {
  let out = "";
  let open = ""; // what ends the string that the letter stands in
  let curly = false; // and whether it began with a quote that is none of Python's
  for (let i = 0; i < text.length; i += 1) {
    const letter = text[i];
    const quote = QUOTES[letter] ?? letter;
    if (open) {
      const rest = text.slice(i, text.indexOf("\n", i) < 0 ? undefined : text.indexOf("\n", i));
      const ends = text.startsWith(open, i) || (quote === open && (curly || !rest.includes(open)));
      if (letter === "\\" && !ends) {
        out += letter + (text[i + 1] ?? "");
        i += 1;
        continue;
      }
      out += ends ? open : letter;
      if (ends) i += open.length - 1;
      if (ends || (letter === "\n" && open.length === 1)) open = "";
    } else if (letter === "#") {
      const end = text.indexOf("\n", i);
      const comment = end < 0 ? text.slice(i) : text.slice(i, end);
      out += comment;
      i += comment.length - 1;
    } else if (quote === '"' || quote === "'") {
      open = text.startsWith(letter.repeat(3), i) && quote === letter ? letter.repeat(3) : quote;
      curly = quote !== letter;
      out += open;
      i += open.length - 1;
    } else out += OTHER[letter] ?? letter;
  }
  return out;
}

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
