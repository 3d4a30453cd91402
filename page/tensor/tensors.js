// Tensors, their data row-major: a Float32Array, Float64Array, Int32Array or Uint8Array by their type.
// Integers have 32 bits here; sums run in double precision and are rounded when stored.

/** @typedef {{ type: "float32" | "float64" | "int64" | "bool", dims: number[], data: any }} Tensor */

const ARRAYS = { float32: Float32Array, float64: Float64Array, int64: Int32Array, bool: Uint8Array };

export const size = (dims) => dims.reduce((product, n) => product * n, 1);

/**
 * @param {Tensor["type"] | string} type
 * @param {number[]} dims
 * @param {any} [data] numbers, or none for zeros
 * @returns {Tensor}
 */
export function tensor(type, dims, data) {
  const Array = ARRAYS[type];
  if (!Array) throw new Error(`unknown tensor type ${type}`);
  const stored = data instanceof Array ? data : data ? Array.from(data) : new Array(size(dims));
  if (stored.length !== size(dims)) {
    throw new Error(`${stored.length} numbers do not fill a tensor of shape [${dims}]`);
  }
  return { type: /** @type {Tensor["type"]} */ (type), dims: [...dims], data: stored };
}

export const strides = (dims) => {
  const out = new Array(dims.length);
  for (let i = dims.length - 1, step = 1; i >= 0; step *= dims[i], i -= 1) out[i] = step;
  return out;
};

export function axisOf(axis, rank) {
  const out = axis < 0 ? axis + rank : axis;
  if (!(out >= 0 && out < Math.max(rank, 1))) throw new Error(`axis ${axis} does not exist in rank ${rank}`);
  return out;
}

export function broadcastDims(...shapes) {
  const rank = Math.max(...shapes.map((shape) => shape.length));
  const out = new Array(rank).fill(1);
  for (const shape of shapes) {
    shape.forEach((n, i) => {
      const at = rank - shape.length + i;
      if (n !== 1 && out[at] !== 1 && out[at] !== n) {
        throw new Error(`shapes ${shapes.map((s) => `[${s}]`).join(" and ")} do not broadcast`);
      }
      if (n !== 1) out[at] = n;
    });
  }
  return out;
}

// For each element of `dims`, in order, the offset of the matching element of a tensor of shape `from`.
export function offsets(from, dims) {
  const total = size(dims);
  const out = new Int32Array(total);
  const own = strides(from);
  const lead = dims.length - from.length;
  const steps = dims.map((_, i) => (i < lead || from[i - lead] === 1 ? 0 : own[i - lead]));
  const index = new Int32Array(dims.length);
  for (let i = 0, at = 0; i < total; i += 1) {
    out[i] = at;
    for (let d = dims.length - 1; d >= 0; d -= 1) {
      index[d] += 1;
      at += steps[d];
      if (index[d] < dims[d]) break;
      at -= steps[d] * dims[d];
      index[d] = 0;
    }
  }
  return out;
}

// Whether a tensor of shape `own` is laid along the end of `dims`, once for each place of the dimensions before.
const isTail = (own, dims) => {
  const inner = own.slice(own.findIndex((n) => n !== 1));
  return size(own) > 1 && inner.every((n, i) => n === dims[dims.length - inner.length + i]);
};

// Apply f element by element over broadcast tensors.
export function map(type, f, ...inputs) {
  const dims = inputs.length === 1 ? inputs[0].dims : broadcastDims(...inputs.map((t) => t.dims));
  const total = size(dims);
  const out = tensor(type, dims);
  const arrays = inputs.map((t) => t.data);
  const tail = inputs.length === 2 && inputs[0].data.length === total && isTail(inputs[1].dims, dims);
  const place = (t) => (t.data.length === total ? null : t.data.length === 1 ? 0 : offsets(t.dims, dims));
  const places = tail ? [null, null] : inputs.map(place);
  const pick = (k, i) => arrays[k][places[k] === null ? i : places[k] === 0 ? 0 : places[k][i]];
  const [a, b] = arrays;
  if (inputs.length === 1) for (let i = 0; i < total; i += 1) out.data[i] = f(a[i]);
  else if (tail) {
    for (let i = 0, j = 0; i < total; i += 1, j = j + 1 === b.length ? 0 : j + 1) out.data[i] = f(a[i], b[j]);
  } else if (inputs.length === 2) for (let i = 0; i < total; i += 1) out.data[i] = f(pick(0, i), pick(1, i));
  else for (let i = 0; i < total; i += 1) out.data[i] = f(pick(0, i), pick(1, i), pick(2, i));
  return out;
}

// Visit the lines of a tensor along one axis: f(first offset, step, length, running number).
export function lines(dims, axis, f) {
  const inner = size(dims.slice(axis + 1));
  const length = dims[axis];
  const outer = size(dims.slice(0, axis));
  for (let o = 0, n = 0; o < outer; o += 1) {
    for (let i = 0; i < inner; i += 1, n += 1) f(o * length * inner + i, inner, length, n);
  }
}
