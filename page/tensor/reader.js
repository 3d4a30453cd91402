// Runs an exported graph. What it cannot run it refuses when the graph is loaded, not at the first move.
import { OPERATORS } from "./operators.js";
import { bytes, plain } from "./stored.js";
import { size, tensor } from "./tensors.js";

export const FORMAT = 1;

// A stored tensor, or rows of a weight that graphs share.
export function stored(given, weights = {}) {
  const { type, shape, shared, rows, transposed } = given;
  if (shared) {
    if (!Object.hasOwn(weights, shared)) throw new Error(`no weight is called ${shared}`);
    const whole = weights[shared];
    const [first, last] = rows ?? [0, whole.dims[0]];
    const width = size(whole.dims.slice(1));
    const part = tensor(type, [last - first, ...whole.dims.slice(1)], whole.data.subarray(first * width, last * width));
    const found = transposed ? OPERATORS.Transpose[1]({}, part) : part;
    if (String(found.dims) !== String(shape)) {
      throw new Error(`the weight ${shared} has shape [${found.dims}], the graph needs [${shape}]`);
    }
    return found;
  }
  return plain(given);
}

export function load(graph, shared = {}) {
  if (graph.format !== FORMAT) throw new Error(`graph format ${graph.format} is not ${FORMAT}`);
  /** @type {[string, import("./tensors.js").Tensor][]} */
  const weights = Object.entries(graph.weights).map(([name, weight]) => [name, stored(weight, shared)]);
  const known = new Set(["", ...weights.map(([name]) => name), ...graph.inputs.map(({ name }) => name)]);
  const steps = graph.nodes.map(([type, inputs, outputs, attributes]) => {
    const operator = Object.hasOwn(OPERATORS, type) ? OPERATORS[type] : null;
    if (!operator) throw new Error(`${graph.name}: the reader knows no operator ${type}`);
    const strange = Object.keys(attributes).filter((name) => !operator[0].includes(name));
    if (strange.length) throw new Error(`${graph.name}: ${type} has unknown attributes ${strange}`);
    for (const [name, allowed] of Object.entries(operator[2] ?? {})) {
      const value = attributes[name];
      if (value !== undefined && !allowed.includes(value)) {
        throw new Error(`${graph.name}: ${type} has the unknown ${name} ${value}`);
      }
    }
    const absent = inputs.filter((name) => !known.has(name));
    if (absent.length) throw new Error(`${graph.name}: ${type} reads ${absent} before it is computed`);
    outputs.forEach((name) => known.add(name));
    const value = attributes.value?.shape ? { ...attributes, value: stored(attributes.value) } : attributes;
    return { type, inputs, outputs, attributes: value, compute: operator[1] };
  });
  const missing = graph.outputs.filter(({ name }) => !known.has(name));
  if (missing.length) throw new Error(`${graph.name}: nothing computes ${missing.map(({ name }) => name)}`);

  return function run(inputs) {
    checkInputs(graph, inputs);
    const values = new Map([...weights, ...Object.entries(inputs)]);
    for (const { type, inputs: names, outputs, attributes, compute } of steps) {
      let results;
      try {
        results = compute(attributes, ...names.map((name) => values.get(name)));
      } catch (error) {
        throw new Error(`${graph.name}: ${type}: ${error.message}`, { cause: error });
      }
      (Array.isArray(results) ? results : [results]).forEach((result, i) => values.set(outputs[i], result));
    }
    return Object.fromEntries(graph.outputs.map(({ name }) => [name, values.get(name)]));
  };
}

function checkInputs(graph, inputs) {
  const sizes = {};
  const strange = Object.keys(inputs).filter((name) => !graph.inputs.some((input) => input.name === name));
  if (strange.length) throw new Error(`${graph.name} takes no input ${strange}`);
  for (const { name, type, shape } of graph.inputs) {
    const given = inputs[name];
    if (!given) throw new Error(`${graph.name} needs the input ${name}`);
    if (given.type !== type) throw new Error(`${graph.name}: ${name} must be ${type}, got ${given.type}`);
    const fits = given.dims.length === shape.length && shape.every((wanted, i) => {
      if (typeof wanted === "string") sizes[wanted] ??= given.dims[i];
      return given.dims[i] === (typeof wanted === "string" ? sizes[wanted] : wanted);
    });
    if (!fits) throw new Error(`${graph.name}: ${name} must have shape [${shape}], got [${given.dims}]`);
  }
}

// A table answers for exactly the values it was made with.
export function loadTable(table) {
  if (table.format !== FORMAT) throw new Error(`table format ${table.format} is not ${FORMAT}`);
  const outputs = Object.entries(table.outputs).map(([name, { shape, data }]) => {
    const numbers = new Float32Array(bytes(data).buffer);
    return { name, shape, numbers, length: shape.reduce((product, n) => product * n, 1) };
  });
  return function run(values) {
    let cell = 0;
    for (const { name, values: steps } of table.axes) {
      const at = steps.findIndex((step) => step === values[name] || Math.abs(step - values[name]) < 1e-9);
      if (at < 0) throw new Error(`${table.name}: ${name} = ${values[name]} is not in the table`);
      cell = cell * steps.length + at;
    }
    return Object.fromEntries(
      outputs.map(({ name, shape, numbers, length }) => [
        name,
        tensor("float32", shape, numbers.slice(cell * length, (cell + 1) * length)),
      ]),
    );
  };
}
