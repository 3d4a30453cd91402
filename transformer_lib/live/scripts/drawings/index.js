// Every kind of drawing. A new one is a file like these and a line here.
import * as bars from "./bars.js";
import * as heatmap from "./heatmap.js";
import * as plane from "./plane.js";
import * as stages from "./stages.js";

export const DRAWINGS = { bars, heatmap, plane, stages };
