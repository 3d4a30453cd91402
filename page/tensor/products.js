// Products of matrices: most of a page's arithmetic.
import { broadcastDims, offsets, size, tensor } from "./tensors.js";

// Rows of a (m, k) times b (k, n), added up in double precision. Eight sums at a time, for memory is slower than they.
function rowsTimes(a, from, b, by, out, to, m, k, n) {
  for (let i = 0; i < m; i += 2) {
    const next = i + 1 < m ? k : 0; // without a second row, the first is its own
    const first = to + i * n;
    const second = first + (next ? n : 0);
    let c = 0;
    for (; c + 4 <= n; c += 4) {
      let s0 = 0, s1 = 0, s2 = 0, s3 = 0, t0 = 0, t1 = 0, t2 = 0, t3 = 0;
      for (let j = 0, p = from + i * k, q = by + c; j < k; j += 1, p += 1, q += n) {
        const x = a[p];
        const y = a[p + next];
        s0 += x * b[q];
        s1 += x * b[q + 1];
        s2 += x * b[q + 2];
        s3 += x * b[q + 3];
        t0 += y * b[q];
        t1 += y * b[q + 1];
        t2 += y * b[q + 2];
        t3 += y * b[q + 3];
      }
      const o = first + c;
      const p = second + c;
      out[o] = s0;
      out[o + 1] = s1;
      out[o + 2] = s2;
      out[o + 3] = s3;
      out[p] = t0;
      out[p + 1] = t1;
      out[p + 2] = t2;
      out[p + 3] = t3;
    }
    for (; c < n; c += 1) {
      let s = 0, t = 0;
      for (let j = 0, p = from + i * k, q = by + c; j < k; j += 1, p += 1, q += n) {
        s += a[p] * b[q];
        t += a[p + next] * b[q];
      }
      out[first + c] = s;
      out[second + c] = t;
    }
  }
}

export function matmul(a, b) {
  const left = a.dims.length === 1 ? [1, a.dims[0]] : a.dims;
  const right = b.dims.length === 1 ? [b.dims[0], 1] : b.dims;
  const [m, k] = left.slice(-2);
  const [inner, n] = right.slice(-2);
  if (k !== inner) throw new Error(`MatMul of [${a.dims}] and [${b.dims}]: ${k} is not ${inner}`);
  const batch = broadcastDims(left.slice(0, -2), right.slice(0, -2));
  const starts = [left, right].map((dims) => offsets(dims.slice(0, -2), batch));
  const out = tensor(a.type, [size(batch) * m * n]).data;
  for (let g = 0; g < starts[0].length; g += 1) {
    rowsTimes(a.data, starts[0][g] * m * k, b.data, starts[1][g] * k * n, out, g * m * n, m, k, n);
  }
  const dims = [...batch, m, n];
  if (b.dims.length === 1) dims.pop();
  if (a.dims.length === 1) dims.splice(batch.length, 1);
  return { type: a.type, dims, data: out };
}
