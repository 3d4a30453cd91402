// Letters that phones put in the place of Python's own, put back.
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
