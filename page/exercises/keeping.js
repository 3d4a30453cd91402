// What a reader wrote and reached, kept in this browser alone.
const PREFIX = "attention-live:";
const ANSWER = `${PREFIX}answer:`;
const CHAPTER = `${PREFIX}chapter:`;

function read(key) {
  try {
    return JSON.parse(localStorage.getItem(key) ?? "null");
  } catch {
    return null;
  }
}

function write(key, value) {
  if (value === null) localStorage.removeItem(key);
  else localStorage.setItem(key, JSON.stringify(value));
}

export const answer = (name) => read(ANSWER + name)?.text ?? null;
export const keepAnswer = (name, text) => write(ANSWER + name, text === null ? null : { text });

const EMPTY = { right: [], tried: [], exercises: 0, questions: 0 };
export const chapter = (page) => ({ ...EMPTY, ...read(CHAPTER + page) });

// Adds a name to a chapter's list of what is right, or was tried; says whether it is new there.
export function reach(page, list, name, totals) {
  const found = chapter(page);
  const known = found[list].includes(name);
  write(CHAPTER + page, { ...found, ...totals, [list]: known ? found[list] : [...found[list], name] });
  return !known;
}

export function forget() {
  for (const key of Object.keys(localStorage)) if (key.startsWith(PREFIX)) localStorage.removeItem(key);
}
