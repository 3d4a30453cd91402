// Characters that people type for another, as transformer_lib/text/characters.json lists them.
import alike from "../../transformer_lib/text/characters.json" with { type: "json" };

const point = (code) => `\\u{${code}}`;
const oneOf = (kind) => new RegExp(`[${alike[kind].map((bounds) => bounds.split("-").map(point).join("-")).join("")}]`, "gu");
const [APOSTROPHE, DROPPED, BLANK] = ["apostrophe", "dropped", "blank"].map(oneOf);

// One apostrophe, one blank, and nothing invisible.
export const plainly = (text) => text.replace(APOSTROPHE, "'").replace(DROPPED, "").replace(BLANK, " ");
