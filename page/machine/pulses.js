// After *next word*, once: light runs along the ways on which the new word was made, one stage after the other. A way is
// a path with `data-pulse`, its stage; `data-tone` is the role whose colour runs. Any key or press ends it.
const TIME = 700; // all stages together, at most
const STAGE = 280;
const [DASH, WHOLE] = [16, 100];
const SVG = "http://www.w3.org/2000/svg";
const LAYER = "m-pulses";

/** Ends what runs. */
export function still(root) {
  for (const layer of root.querySelectorAll(`.${LAYER}`)) layer.remove();
}

export function pulse(root) {
  const svg = root.querySelector(".m-stage svg");
  const ways = svg ? [...svg.querySelectorAll("path[data-pulse]")] : [];
  if (!ways.length || !svg.animate) return;
  const stages = [...new Set(ways.map((way) => Number(way.dataset.pulse)))].sort((a, b) => a - b);
  const duration = Math.min(STAGE, TIME / stages.length);
  const layer = /** @type {any} */ (document.createElementNS(SVG, "g"));
  layer.setAttribute("class", LAYER);
  layer.setAttribute("aria-hidden", "true");
  layer.machineKey = LAYER;
  const all = ways.map((way) => {
    const light = document.createElementNS(SVG, "path");
    const given = { d: way.machineSet?.d ?? way.getAttribute("d"), class: `m-pulse m-pulse-${way.dataset.tone}`, pathLength: WHOLE, "stroke-dasharray": `${DASH} ${2 * WHOLE}`, "stroke-dashoffset": DASH };
    for (const [name, value] of Object.entries(given)) light.setAttribute(name, String(value));
    layer.append(light);
    return light.animate([{ strokeDashoffset: DASH }, { strokeDashoffset: -WHOLE }], { duration, delay: stages.indexOf(Number(way.dataset.pulse)) * duration, easing: "ease-in-out" });
  });
  svg.append(layer);
  const end = () => {
    removeEventListener("keydown", end, true);
    removeEventListener("pointerdown", end, true);
    layer.remove();
  };
  addEventListener("keydown", end, true);
  addEventListener("pointerdown", end, true);
  Promise.allSettled(all.map(({ finished }) => finished)).then(end);
}
