// The tensor primitives of ONNX opset 20 in exported views. Long: one table, an entry for each operator.
// Each entry: [attributes it knows, function(attributes, ...inputs) -> tensor or list of tensors, and, for attributes
// of which not every value is known, {attribute: values}].
import { matmul } from "./products.js";
import { axisOf, broadcastDims, lines, map, offsets, size, strides, tensor } from "./tensors.js";

const list = (t) => Array.from(t.data);
const number = (t) => t.data[0];
const like = (t, dims, data) => ({ type: t.type, dims, data });

const real = ({ type }) => (type === "float64" ? type : "float32");
const unary = (f) => [[], (_, a) => map(real(a), f, a)];
const keep = (f) => [[], (_, a, ...rest) => rest.reduce((left, right) => map(left.type, f, left, right), a)];
const compare = (f) => [[], (_, a, b) => map("bool", (x, y) => (f(x, y) ? 1 : 0), a, b)];

// Integer division cuts towards zero; typed arrays do that when they store.
const divide = (x, y) => x / y;

// Where JavaScript says NaN, everyone else says that one to any power is one.
const power = (x, y) => (x === 1 || (x === -1 && Math.abs(y) === Infinity) ? 1 : x ** y);

// To the nearest whole number, halves to the even one.
function roundEven(x) {
  const below = Math.floor(x);
  return x - below === 0.5 ? 2 * Math.round(below / 2) : Math.round(x);
}

function erf(x) {
  // Series for small arguments, continued fraction (Lentz) for large ones; both to double precision.
  const a = Math.abs(x);
  if (a > 6) return Math.sign(x);
  if (a < 2.5) {
    let term = a;
    let sum = a;
    for (let n = 1; Math.abs(term) > 1e-17 * sum; n += 1) {
      term *= (-a * a) / n;
      sum += term / (2 * n + 1);
      if (n > 80) break;
    }
    return (Math.sign(x) * 2 * sum) / Math.sqrt(Math.PI);
  }
  let fraction = a;
  for (let n = 60; n > 0; n -= 1) fraction = a + n / 2 / fraction;
  return Math.sign(x) * (1 - Math.exp(-a * a) / Math.sqrt(Math.PI) / fraction);
}

function softmax(a, axis, log) {
  const out = tensor(real(a), a.dims);
  lines(a.dims, axisOf(axis, a.dims.length), (start, step, length) => {
    let largest = -Infinity;
    for (let i = 0; i < length; i += 1) largest = Math.max(largest, a.data[start + i * step]);
    let sum = 0;
    for (let i = 0; i < length; i += 1) sum += Math.exp(a.data[start + i * step] - largest);
    for (let i = 0; i < length; i += 1) {
      const shifted = a.data[start + i * step] - largest;
      out.data[start + i * step] = log ? shifted - Math.log(sum) : Math.exp(shifted) / sum;
    }
  });
  return out;
}

function layerNorm({ axis = -1, epsilon = 1e-5 }, a, scale, bias) {
  const first = axisOf(axis, a.dims.length);
  const length = size(a.dims.slice(first));
  const out = tensor(real(a), a.dims);
  for (let start = 0; start < a.data.length; start += length) {
    let mean = 0;
    for (let i = 0; i < length; i += 1) mean += a.data[start + i];
    mean /= length;
    let variance = 0;
    for (let i = 0; i < length; i += 1) variance += (a.data[start + i] - mean) ** 2;
    const root = Math.sqrt(variance / length + epsilon);
    for (let i = 0; i < length; i += 1) {
      const shift = bias ? bias.data[i % bias.data.length] : 0;
      out.data[start + i] = ((a.data[start + i] - mean) / root) * scale.data[i % scale.data.length] + shift;
    }
  }
  return out;
}

const reduce = (start, step, finish = (x, _count) => x) => [
  ["keepdims", "noop_with_empty_axes"],
  ({ keepdims = 1, noop_with_empty_axes: noop = 0 }, a, axes) => {
    const given = axes ? list(axes) : [];
    if (!given.length && noop) return a;
    const reduced = given.length ? given.map((x) => axisOf(x, a.dims.length)) : a.dims.map((_, i) => i);
    const kept = a.dims.map((n, i) => (reduced.includes(i) ? 1 : n));
    const sums = new Float64Array(size(kept)).fill(start);
    const into = offsets(kept, a.dims);
    for (let i = 0; i < a.data.length; i += 1) sums[into[i]] = step(sums[into[i]], a.data[i]);
    const count = a.data.length / sums.length;
    const dims = keepdims ? kept : a.dims.filter((_, i) => !reduced.includes(i));
    return tensor(a.type, dims, sums.map((x) => finish(x, count)));
  },
];

// An index as it counts from the start; negative ones count from the end.
function placeOf(index, n) {
  const place = index < 0 ? index + n : index;
  if (!(place >= 0 && place < n)) throw new Error(`index ${index} outside 0 … ${n - 1}`);
  return place;
}

function gather({ axis = 0 }, a, indices) {
  const at = axisOf(axis, a.dims.length);
  const inner = size(a.dims.slice(at + 1));
  const outer = size(a.dims.slice(0, at));
  const n = a.dims[at];
  const count = indices.data.length;
  const out = tensor(a.type, [...a.dims.slice(0, at), ...indices.dims, ...a.dims.slice(at + 1)]);
  for (let o = 0; o < outer; o += 1) {
    for (let j = 0; j < count; j += 1) {
      const from = (o * n + placeOf(indices.data[j], n)) * inner;
      out.data.set(a.data.subarray(from, from + inner), (o * count + j) * inner);
    }
  }
  return out;
}

function gatherElements({ axis = 0 }, a, indices) {
  const at = axisOf(axis, a.dims.length);
  const out = tensor(a.type, indices.dims);
  const steps = strides(a.dims);
  const own = strides(indices.dims);
  for (let i = 0; i < out.data.length; i += 1) {
    let from = 0;
    for (let d = 0, rest = i; d < own.length; rest %= own[d], d += 1) {
      const index = d === at ? placeOf(indices.data[i], a.dims[at]) : Math.floor(rest / own[d]);
      from += index * steps[d];
    }
    out.data[i] = a.data[from];
  }
  return out;
}

function scatterElements({ axis = 0 }, a, indices, updates) {
  const at = axisOf(axis, a.dims.length);
  const out = tensor(a.type, a.dims, a.data.slice());
  const steps = strides(a.dims);
  const own = strides(indices.dims);
  for (let i = 0; i < indices.data.length; i += 1) {
    let to = 0;
    for (let d = 0, rest = i; d < own.length; rest %= own[d], d += 1) {
      const index = d === at ? placeOf(indices.data[i], a.dims[at]) : Math.floor(rest / own[d]);
      to += index * steps[d];
    }
    out.data[to] = updates.data[i];
  }
  return out;
}

// A view of `a` described by start, dims and steps, copied out.
function copyOut(a, start, dims, steps) {
  const out = tensor(a.type, dims);
  const last = dims.length - 1;
  const [length, step] = last < 0 ? [1, 1] : [dims[last], steps[last]];
  const index = new Int32Array(dims.length);
  for (let i = 0, at = start; i < out.data.length; i += length) {
    for (let j = 0, from = at; j < length; j += 1, from += step) out.data[i + j] = a.data[from];
    for (let d = last - 1; d >= 0; d -= 1) {
      index[d] += 1;
      at += steps[d];
      if (index[d] < dims[d]) break;
      at -= steps[d] * dims[d];
      index[d] = 0;
    }
  }
  return out;
}

function slice(_, a, starts, ends, axes, steps) {
  const own = strides(a.dims);
  const dims = [...a.dims];
  const step = [...own];
  let start = 0;
  list(starts).forEach((_s, i) => {
    const d = axisOf(axes ? axes.data[i] : i, a.dims.length);
    const by = steps ? steps.data[i] : 1;
    const n = a.dims[d];
    const place = (x) => (x < 0 ? x + n : x);
    const clamp = (x, low, high) => Math.min(Math.max(x, low), high);
    const from = by > 0 ? clamp(place(starts.data[i]), 0, n) : clamp(place(starts.data[i]), 0, n - 1);
    const to = by > 0 ? clamp(place(ends.data[i]), 0, n) : clamp(ends.data[i] < -n ? -1 : place(ends.data[i]), -1, n - 1);
    dims[d] = Math.max(0, Math.ceil((to - from) / by));
    start += from * own[d];
    step[d] = own[d] * by;
  });
  return copyOut(a, start, dims, step);
}

function transpose({ perm = undefined }, a) {
  const order = perm ?? a.dims.map((_, i) => a.dims.length - 1 - i);
  const own = strides(a.dims);
  return copyOut(a, 0, order.map((i) => a.dims[i]), order.map((i) => own[i]));
}

function concat({ axis }, ...parts) {
  const at = axisOf(axis, parts[0].dims.length);
  const dims = [...parts[0].dims];
  dims[at] = parts.reduce((sum, part) => sum + part.dims[at], 0);
  const out = tensor(parts[0].type, dims);
  const outer = size(dims.slice(0, at));
  const width = size(dims.slice(at));
  let shift = 0;
  for (const part of parts) {
    const own = size(part.dims.slice(at));
    for (let o = 0; o < outer; o += 1) out.data.set(part.data.subarray(o * own, (o + 1) * own), o * width + shift);
    shift += own;
  }
  return out;
}

function split({ axis = 0, num_outputs: count }, a, sizes) {
  const at = axisOf(axis, a.dims.length);
  const even = Math.ceil(a.dims[at] / (count ?? 1));
  const parts = sizes ? list(sizes) : Array.from({ length: count }, (_, i) => Math.min(even, a.dims[at] - i * even));
  const own = strides(a.dims);
  let from = 0;
  return parts.map((n) => {
    const dims = [...a.dims];
    dims[at] = n;
    const part = copyOut(a, from * own[at], dims, own);
    from += n;
    return part;
  });
}

function reshape({ allowzero = 0 }, a, shape) {
  const dims = list(shape).map((n, i) => (n === 0 && !allowzero ? a.dims[i] : n));
  const open = dims.indexOf(-1);
  if (open >= 0) dims[open] = a.data.length / size(dims.filter((_, i) => i !== open));
  if (size(dims) !== a.data.length) throw new Error(`Reshape: [${a.dims}] does not fit [${dims}]`);
  return like(a, dims, a.data);
}

function squeeze(_, a, axes) {
  const gone = axes ? list(axes).map((x) => axisOf(x, a.dims.length)) : null;
  return like(a, a.dims.filter((n, i) => (gone ? !gone.includes(i) : n !== 1)), a.data);
}

function unsqueeze(_, a, axes) {
  const rank = a.dims.length + axes.data.length;
  const fresh = list(axes).map((x) => axisOf(x, rank));
  const rest = [...a.dims];
  return like(a, Array.from({ length: rank }, (_x, i) => (fresh.includes(i) ? 1 : rest.shift())), a.data);
}

function expand(_, a, shape) {
  const dims = broadcastDims(a.dims, list(shape));
  const from = offsets(a.dims, dims);
  const out = tensor(a.type, dims);
  for (let i = 0; i < from.length; i += 1) out.data[i] = a.data[from[i]];
  return out;
}

function range(_, start, limit, delta) {
  const count = Math.max(0, Math.ceil((number(limit) - number(start)) / number(delta)));
  return tensor(start.type, [count], Array.from({ length: count }, (_x, i) => number(start) + i * number(delta)));
}

function trilu({ upper = 1 }, a, k) {
  const shift = k ? number(k) : 0;
  const [rows, columns] = a.dims.slice(-2);
  const out = tensor(a.type, a.dims);
  for (let i = 0; i < a.data.length; i += 1) {
    const row = Math.floor(i / columns) % rows;
    const column = i % columns;
    if (upper ? column >= row + shift : column <= row + shift) out.data[i] = a.data[i];
  }
  return out;
}

const TYPES = { 1: "float32", 6: "int64", 7: "int64", 9: "bool", 11: "float64" };

function cast({ to }, a) {
  return TYPES[to] === "bool" ? map("bool", (x) => (x !== 0 ? 1 : 0), a) : map(TYPES[to], (x) => x, a);
}

function topK({ axis = -1, largest = 1 }, a, k) {
  const at = axisOf(axis, a.dims.length);
  const dims = [...a.dims];
  dims[at] = number(k);
  const values = tensor(a.type, dims);
  const indices = tensor("int64", dims);
  lines(a.dims, at, (start, step, length, n) => {
    const order = Array.from({ length }, (_, i) => i);
    const key = (i) => a.data[start + i * step] * (largest ? -1 : 1);
    order.sort((i, j) => key(i) - key(j) || i - j); // ties: the smaller index first
    const inner = size(dims.slice(at + 1));
    const to = Math.floor(n / inner) * dims[at] * inner + (n % inner);
    for (let i = 0; i < dims[at]; i += 1) {
      values.data[to + i * inner] = a.data[start + order[i] * step];
      indices.data[to + i * inner] = order[i];
    }
  });
  return [values, indices];
}

function cumSum({ exclusive = 0, reverse = 0 }, a, axis) {
  const out = tensor(a.type, a.dims);
  lines(a.dims, axisOf(number(axis), a.dims.length), (start, step, length) => {
    let sum = 0;
    for (let i = 0; i < length; i += 1) {
      const at = start + (reverse ? length - 1 - i : i) * step;
      if (exclusive) out.data[at] = sum;
      sum += a.data[at];
      if (!exclusive) out.data[at] = sum;
    }
  });
  return out;
}

function argMax({ axis = 0, keepdims = 1, select_last_index: last = 0 }, a) {
  const at = axisOf(axis, a.dims.length);
  const kept = a.dims.map((n, i) => (i === at ? 1 : n));
  const out = tensor("int64", keepdims ? kept : a.dims.filter((_, i) => i !== at));
  lines(a.dims, at, (start, step, length, n) => {
    let best = 0;
    for (let i = 1; i < length; i += 1) {
      const value = a.data[start + i * step];
      const record = a.data[start + best * step];
      if (value > record || (last && value === record)) best = i;
    }
    out.data[n] = best;
  });
  return out;
}

function gemm({ alpha = 1, beta = 1, transA = 0, transB = 0 }, a, b, c) {
  const product = matmul(transA ? transpose({}, a) : a, transB ? transpose({}, b) : b);
  const scaled = alpha === 1 ? product : map("float32", (x) => alpha * x, product);
  return c ? map("float32", (x, y) => x + beta * y, scaled, c) : scaled;
}

const gelu = (approximate) => (x) =>
  approximate === "tanh"
    ? 0.5 * x * (1 + Math.tanh(Math.sqrt(2 / Math.PI) * (x + 0.044715 * x ** 3)))
    : 0.5 * x * (1 + erf(x / Math.SQRT2));

/**
 * Of each: names of attributes; the function of attributes and tensors; where it matters, what an attribute may be.
 * @type {Record<string, any[]>}
 */
export const OPERATORS = {
  Add: keep((x, y) => x + y),
  Sub: keep((x, y) => x - y),
  Mul: keep((x, y) => x * y),
  Div: keep(divide),
  Pow: [[], (_, a, b) => map(a.type, power, a, b)],
  Mod: [["fmod"], ({ fmod = 0 }, a, b) => map(a.type, (x, y) => (fmod ? x % y : x - y * Math.floor(x / y)), a, b)],
  Min: keep(Math.min),
  Max: keep(Math.max),
  Sqrt: unary(Math.sqrt),
  Reciprocal: unary((x) => 1 / x),
  Exp: unary(Math.exp),
  Log: unary(Math.log),
  Sin: unary(Math.sin),
  Cos: unary(Math.cos),
  Tanh: unary(Math.tanh),
  Erf: unary(erf),
  Sigmoid: unary((x) => 1 / (1 + Math.exp(-x))),
  Relu: [[], (_, a) => map(a.type, (x) => Math.max(x, 0), a)],
  Gelu: [
    ["approximate"],
    ({ approximate = "none" }, a) => map(real(a), gelu(approximate), a),
    { approximate: ["none", "tanh"] },
  ],
  Neg: [[], (_, a) => map(a.type, (x) => -x, a)],
  Abs: [[], (_, a) => map(a.type, Math.abs, a)],
  Floor: unary(Math.floor),
  Ceil: unary(Math.ceil),
  Round: unary(roundEven),
  Sign: [[], (_, a) => map(a.type, Math.sign, a)],
  Clip: [
    [],
    (_, a, low, high) =>
      map(a.type, (x) => Math.min(Math.max(x, low ? number(low) : -Infinity), high ? number(high) : Infinity), a),
  ],
  Equal: compare((x, y) => x === y),
  Less: compare((x, y) => x < y),
  LessOrEqual: compare((x, y) => x <= y),
  Greater: compare((x, y) => x > y),
  GreaterOrEqual: compare((x, y) => x >= y),
  And: compare((x, y) => x && y),
  Or: compare((x, y) => x || y),
  Xor: compare((x, y) => !x !== !y),
  Not: [[], (_, a) => map("bool", (x) => (x ? 0 : 1), a)],
  IsNaN: [[], (_, a) => map("bool", (x) => (Number.isNaN(x) ? 1 : 0), a)],
  Where: [[], (_, c, a, b) => map(a.type, (test, x, y) => (test ? x : y), c, a, b)],
  MatMul: [[], (_, a, b) => matmul(a, b)],
  Gemm: [["alpha", "beta", "transA", "transB"], gemm],
  Softmax: [["axis"], ({ axis = -1 }, a) => softmax(a, axis, false)],
  LogSoftmax: [["axis"], ({ axis = -1 }, a) => softmax(a, axis, true)],
  LayerNormalization: [["axis", "epsilon", "stash_type"], layerNorm],
  ReduceSum: reduce(0, (sum, x) => sum + x),
  ReduceMean: reduce(0, (sum, x) => sum + x, (sum, n) => sum / n),
  ReduceMax: reduce(-Infinity, Math.max),
  ReduceMin: reduce(Infinity, Math.min),
  ReduceProd: reduce(1, (product, x) => product * x),
  ArgMax: [["axis", "keepdims", "select_last_index"], argMax],
  Gather: [["axis"], gather],
  GatherElements: [["axis"], gatherElements],
  ScatterElements: [["axis", "reduction"], scatterElements, { reduction: ["none"] }],
  Shape: [
    ["start", "end"],
    ({ start = 0, end }, a) => {
      const dims = a.dims.slice(start, end);
      return tensor("int64", [dims.length], dims);
    },
  ],
  Size: [[], (_, a) => tensor("int64", [], [a.data.length])],
  Reshape: [["allowzero"], reshape],
  Transpose: [["perm"], transpose],
  Concat: [["axis"], concat],
  Split: [["axis", "num_outputs"], split],
  Slice: [[], slice],
  Squeeze: [[], squeeze],
  Unsqueeze: [[], unsqueeze],
  Expand: [[], expand],
  Cast: [["to"], cast, { to: Object.keys(TYPES).map(Number) }],
  Range: [[], range],
  Trilu: [["upper"], trilu],
  ConstantOfShape: [
    ["value"],
    ({ value }, shape) => {
      const fill = value ?? tensor("float32", [1], [0]);
      return tensor(fill.type, list(shape), new Array(size(list(shape))).fill(number(fill)));
    },
  ],
  Identity: [[], (_, a) => a],
  TopK: [["axis", "largest", "sorted"], topK],
  CumSum: [["exclusive", "reverse"], cumSum],
};
