// Keys that a phone's keyboard lacks or hides, and rows that are wrapped where a line is longer than the screen.

/** The row of keys above a field: `press` gets what stands on one. Style shows the row where fingers point. */
export function keys(row, press) {
  // the field keeps the cursor, and the phone its keyboard
  for (const event of ["pointerdown", "mousedown"]) row.addEventListener(event, (e) => e.preventDefault());
  row.addEventListener("click", ({ target }) => target.matches("button") && press(target.textContent));
}

/**
 * Numbers lines beside a field, also where it wraps them, and makes it as high as they are; the mirror is a copy that nobody
 * sees. The first time is when the field is laid out: to measure before would lay out the end of a page that just opens.
 */
export function ruler(field, mirror, numbers) {
  const measure = () => {
    mirror.style.width = `${field.clientWidth}px`;
    mirror.replaceChildren(...field.value.split("\n").map((line) => {
      const row = document.createElement("div");
      row.textContent = line || " ";
      return row;
    }));
    const high = parseFloat(getComputedStyle(field).lineHeight);
    const rows = Array.from(mirror.children, (row) => Math.round(/** @type {HTMLElement} */ (row).offsetHeight / high) || 1);
    numbers.textContent = rows.map((n, i) => `${i + 1}${"\n".repeat(n)}`).join("");
    field.rows = Math.max(rows.reduce((sum, n) => sum + n, 1), 3);
  };
  new ResizeObserver(measure).observe(field);
  return measure;
}
