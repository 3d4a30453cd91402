// Every kind of drawing. A new one is a file like these and a line here.
import * as bars from "./bars.js";
import * as heatmap from "./heatmap.js";

export const DRAWINGS = { bars, heatmap };
