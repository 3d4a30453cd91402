// Every kind of drawing. A new one is a file like these and a line here.
import * as bars from "./bars.js";
import * as curves from "./curves.js";
import * as dials from "./dials.js";
import * as groups from "./groups.js";
import * as heatmap from "./heatmap.js";
import * as links from "./links.js";
import * as numbers from "./numbers.js";
import * as plane from "./plane.js";
import * as stages from "./stages.js";
import * as strip from "./strip.js";
import * as tree from "./tree.js";
import * as words from "./words.js";

export const DRAWINGS = { bars, curves, dials, groups, heatmap, links, numbers, plane, stages, strip, tree, words };
