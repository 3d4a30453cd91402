// The programs by the name of their view, and the parts of a model that they run.
import { load, stored } from "../tensor/reader.js";
import { program as beam } from "./beam.js";
import { program as sampling } from "./sampling.js";
import { program as translator } from "./translator.js";

export const PROGRAMS = { beam, sampling, translator };

const each = (object, f) => Object.fromEntries(Object.entries(object).map(([name, value]) => [name, f(value)]));

// The exported parts, ready to run, and the model's constants.
export function assemble({ weights, graphs, limits, grammar = null }) {
  const shared = each(weights, (weight) => stored(weight));
  return { ...each(graphs, (graph) => load(graph, shared)), ...limits, grammar };
}
