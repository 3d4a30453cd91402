// Keys that a phone's keyboard lacks or hides, and rows that are wrapped where a line is longer than the screen.
const SIGNS = [..."()[]:=_*"];

/** A row of keys above a field; `press` gets the key's name, `put` a sign. Style shows it where fingers point. */
export function keys({ press, put }) {
  const row = document.createElement("div");
  row.className = "exercise-keys";
  row.setAttribute("role", "group");
  row.setAttribute("aria-label", "keys for code");
  const add = (text, name, act) => {
    const key = document.createElement("button");
    key.type = "button";
    key.tabIndex = -1;
    key.textContent = text;
    key.setAttribute("aria-label", name);
    // the field keeps the cursor, and the phone its keyboard
    for (const event of ["pointerdown", "mousedown"]) key.addEventListener(event, (e) => e.preventDefault());
    key.addEventListener("click", act);
    row.append(key);
  };
  add("⇥", "indent", () => press(false));
  add("⇤", "indent less", () => press(true));
  for (const sign of SIGNS) add(sign, sign, () => put(sign));
  return row;
}

/** Numbers lines beside a field, also where it wraps them, and makes it as high as they are. */
export function ruler(field, numbers) {
  const mirror = document.createElement("div");
  mirror.className = "exercise-mirror";
  mirror.setAttribute("aria-hidden", "true");
  field.after(mirror);
  const measure = () => {
    mirror.style.width = `${field.clientWidth}px`;
    mirror.replaceChildren(...field.value.split("\n").map((line) => {
      const row = document.createElement("div");
      row.textContent = line || " ";
      return row;
    }));
    const high = parseFloat(getComputedStyle(field).lineHeight);
    const rows = Array.from(mirror.children, (row) => Math.max(1, Math.round(/** @type {HTMLElement} */ (row).offsetHeight / high) || 1));
    numbers.textContent = rows.map((n, i) => `${i + 1}${"\n".repeat(n)}`).join("");
    field.rows = Math.max(rows.reduce((sum, n) => sum + n, 1), 3);
  };
  let width = 0;
  new ResizeObserver(() => {
    if (field.clientWidth === width) return;
    width = field.clientWidth;
    measure();
  }).observe(field);
  return measure;
}
