// What `torch` of the pages computes with: tensors of the live pictures' reader, and views that share their numbers.
// A view is the tensor it looks into, and for each of its places the place there; so writing through it is writing there.
import { cholesky, qr, svd } from "../tensor/decompositions.js";
import { OPERATORS } from "../tensor/operators.js";
import { broadcastDims, offsets, size, tensor } from "../tensor/tensors.js";
import { generator } from "./random.js";

const MOST = 2 ** 23; // numbers in a tensor
const WORK = 4e9; // multiplications of a product
const SAME = ["Reshape", "Squeeze", "Unsqueeze"]; // views in the same order

function bounded(dims) {
  const numbers = size(dims);
  if (numbers > MOST) throw new Error(`a tensor of ${numbers} numbers is too large for a page`);
  return numbers;
}

const plain = (t) => (t.index ? { type: t.type, dims: t.dims, data: taken(t) } : t);

function taken({ base, index }) {
  const out = new base.data.constructor(index.length);
  for (let i = 0; i < index.length; i += 1) out[i] = base.data[index[i]];
  return out;
}

const places = (t) => t.index ?? Int32Array.from({ length: size(t.dims) }, (_, i) => i);

const integers = (numbers) => tensor("int64", [numbers.length], numbers);

/** What Python calls; `memory` gives the bytes that it can see. Lists come and go as text, numbers through memory. */
export function operations(memory) {
  const doubles = (address, count) => new Float64Array(memory(), address, count);
  const compute = (name, attributes, inputs) => OPERATORS[name][1](JSON.parse(attributes), ...inputs.map(plain));
  const generators = [generator(0)];
  const fresh = (name, made, inputs) => {
    const shares = inputs.some((input) => input.data && input.data === made.data);
    return shares ? { ...made, data: made.data.slice() } : made;
  };

  let failure = "";
  // Nothing is thrown through the interpreter: what fails gives false, and `failure` says why.
  const guarded = ([name, f]) => [name, (...inputs) => {
    try {
      return f(...inputs) ?? true;
    } catch (error) {
      failure = error.message;
      return false;
    }
  }];
  const calls = {
    make(type, dims, address, count) {
      const shape = JSON.parse(dims);
      bounded(shape);
      return tensor(type, shape, Array.from(doubles(address, count)));
    },
    full(type, dims, value) {
      const shape = JSON.parse(dims);
      bounded(shape);
      const made = tensor(type, shape);
      made.data.fill(value);
      return made;
    },
    integers: (text) => integers(JSON.parse(text)),
    // start, start + step, …
    steps(type, start, step, count) {
      bounded([count]);
      return tensor(type, [count], Array.from({ length: count }, (_, i) => start + i * step));
    },
    eye(type, rows, columns) {
      bounded([rows, columns]);
      const made = tensor(type, [rows, columns]);
      for (let i = 0; i < Math.min(rows, columns); i += 1) made.data[i * columns + i] = 1;
      return made;
    },
    // 1 where all of a and b are within `absolute` + `relative` |b| of each other, else 0.
    close(a, b, relative, absolute, nan) {
      const [x, y] = [plain(a), plain(b)];
      const dims = broadcastDims(x.dims, y.dims);
      const [of, and] = [offsets(x.dims, dims), offsets(y.dims, dims)];
      return Number(of.every((place, i) => {
        const [left, right] = [x.data[place], y.data[and[i]]];
        if (left === right || (nan && left !== left && right !== right)) return true;
        return Math.abs(right) < Infinity && Math.abs(left - right) <= absolute + relative * Math.abs(right);
      }));
    },
    read(t, address) {
      doubles(address, size(t.dims)).set(plain(t).data);
    },
    item: (t) => plain(t).data[0],
    info: (t) => `${t.type}|${t.dims.join(",")}`,
    run(name, attributes, ...inputs) {
      if (name === "MatMul") {
        const [a, b] = inputs;
        if ((size(a.dims) * size(b.dims)) / Math.max(1, a.dims.at(-1)) > WORK) throw new Error("this product is too large for a page");
      }
      if (name === "Expand") bounded(broadcastDims(inputs[0].dims, Array.from(inputs[1].data)));
      const made = compute(name, attributes, inputs);
      return Array.isArray(made) ? made : fresh(name, made, inputs);
    },
    all: (t) => Number(plain(t).data.every((x) => x !== 0)),
    any: (t) => Number(plain(t).data.some((x) => x !== 0)),
    svd: (t, whole) => svd(plain(t), whole),
    qr: (t) => qr(plain(t)),
    cholesky: (t) => cholesky(plain(t)),
    part: (list, i) => list[i],
    copy: (t) => ({ type: t.type, dims: t.dims, data: plain(t).data.slice() }),
    view(name, attributes, t, ...inputs) {
      if (name === "Expand") bounded(broadcastDims(t.dims, Array.from(inputs[0].data)));
      if (SAME.includes(name) && !t.index) return compute(name, attributes, [t, ...inputs]);
      const made = compute(name, attributes, [{ type: "int64", dims: t.dims, data: places(t) }, ...inputs]);
      return { type: t.type, dims: made.dims, base: t.base ?? t, index: made.data };
    },
    // The diagonal of the last two axes, moved by an offset; of others after a transposition.
    diagonal(t, offset) {
      const [rows, columns] = t.dims.slice(-2);
      const length = Math.max(0, Math.min(rows, columns - offset, offset < 0 ? rows + offset : rows, columns));
      const outer = size(t.dims.slice(0, -2));
      const own = places(t);
      const index = new Int32Array(outer * length);
      const first = offset < 0 ? -offset * columns : offset;
      for (let o = 0; o < outer; o += 1) {
        for (let i = 0; i < length; i += 1) index[o * length + i] = own[o * rows * columns + first + i * (columns + 1)];
      }
      return { type: t.type, dims: [...t.dims.slice(0, -2), length], base: t.base ?? t, index };
    },
    assign(t, value) {
      const from = plain(value);
      const spread = offsets(from.dims, t.dims);
      const numbers = from.data === (t.base ?? t).data ? from.data.slice() : from.data;
      const data = (t.base ?? t).data;
      const truth = t.type === "bool";
      for (let i = 0; i < spread.length; i += 1) {
        const number = numbers[spread[i]];
        data[t.index ? t.index[i] : i] = truth ? Number(number !== 0) : number;
      }
    },
    // Places where a mask is true, row by row, (n, axes).
    nonzero(t) {
      const { dims, data } = plain(t);
      const found = [];
      for (let i = 0; i < data.length; i += 1) {
        if (!data[i]) continue;
        for (let d = 0, rest = i, step = data.length; d < dims.length; d += 1) {
          step /= dims[d];
          found.push(Math.floor(rest / step));
          rest %= step;
        }
      }
      const count = dims.length ? found.length / dims.length : data.filter(Boolean).length;
      return tensor("int64", [count, dims.length], found);
    },
    seed(which, seed) {
      generators[which] = generator(seed);
    },
    anotherGenerator: (seed) => generators.push(generator(seed)) - 1,
    random(which, kind, dims, low, high) {
      const shape = JSON.parse(dims);
      const count = bounded(shape);
      const numbers = generators[which][kind](count, low, high);
      return tensor(kind === "integers" ? "int64" : "float32", shape, numbers);
    },
    state: (which) => generators[which].state(),
    restore(which, state) {
      generators[which].restore(state);
    },
    permutation: (which, n) => tensor("int64", [n], generators[which].permutation(n)),
  };
  return { ...Object.fromEntries(Object.entries(calls).map(guarded)), failure: () => failure, names: () => Object.keys(calls).join(" ") };
}
