// Matrices taken apart, of the last two axes of one matrix: no exported view needs these, exercises do.
import { tensor } from "./tensors.js";

const SWEEPS = 60;

const square = ({ dims: [n, m] }, name) => {
  if (n !== m) throw new Error(`${name}: a square matrix is wanted, not ${n} by ${m}`);
  return n;
};

/** L with L Lᵀ = a, for a positive definite matrix. */
export function cholesky(a) {
  const n = square(a, "cholesky");
  const l = new Float64Array(n * n);
  for (let i = 0; i < n; i += 1) {
    for (let j = 0; j <= i; j += 1) {
      let sum = a.data[i * n + j];
      for (let k = 0; k < j; k += 1) sum -= l[i * n + k] * l[j * n + k];
      if (i === j && !(sum > 0)) throw new Error("linalg.cholesky: the input is not positive-definite");
      l[i * n + j] = i === j ? Math.sqrt(sum) : sum / l[j * n + j];
    }
  }
  return tensor(a.type, [n, n], l);
}

/** [Q, R] by reflections, signs as in LAPACK; Q has as many columns as the smaller side. */
export function qr(a) {
  const [n, m] = a.dims;
  const k = Math.min(n, m);
  const r = Float64Array.from(a.data);
  const mirrors = [];
  for (let j = 0; j < k; j += 1) {
    let norm = 0;
    for (let i = j; i < n; i += 1) norm += r[i * m + j] ** 2;
    norm = Math.sqrt(norm);
    const v = new Float64Array(n);
    for (let i = j; i < n; i += 1) v[i] = r[i * m + j];
    const below = v.subarray(j + 1).some((x) => x !== 0);
    v[j] += below ? (v[j] < 0 ? -norm : norm) : 0;
    const length = below ? v.reduce((sum, x) => sum + x * x, 0) : 0;
    mirrors.push([v, length]);
    mirrored(r, m, v, length);
  }
  const q = new Float64Array(n * k);
  for (let j = 0; j < k; j += 1) q[j * k + j] = 1;
  for (const [v, length] of mirrors.reverse()) mirrored(q, k, v, length);
  const upper = r.slice(0, k * m).map((x, i) => (Math.floor(i / m) > i % m ? 0 : x));
  return [tensor(a.type, [n, k], q), tensor(a.type, [k, m], upper)];
}

function mirrored(matrix, columns, v, length) {
  if (!length) return;
  for (let c = 0; c < columns; c += 1) {
    let dot = 0;
    for (let i = 0; i < v.length; i += 1) dot += v[i] * matrix[i * columns + c];
    for (let i = 0; i < v.length; i += 1) matrix[i * columns + c] -= ((2 * dot) / length) * v[i];
  }
}

/** [U, S, Vᵀ] by turning pairs of columns until all are at right angles; whole square U and V if asked for. */
export function svd(a, whole = true) {
  const [n, m] = a.dims;
  if (n < m) {
    const flipped = tensor("float64", [m, n], Array.from(a.data, (_, i) => a.data[(i % n) * m + Math.floor(i / n)]));
    const [u, s, vh] = svd(flipped, whole).map((part) => ({ ...part, type: a.type }));
    return [turned(vh, a.type), tensor(a.type, s.dims, Array.from(s.data)), turned(u, a.type)];
  }
  const columns = Array.from({ length: m }, (_, j) => Float64Array.from({ length: n }, (_x, i) => a.data[i * m + j]));
  const right = Array.from({ length: m }, (_, j) => Float64Array.from({ length: m }, (_x, i) => (i === j ? 1 : 0)));
  for (let sweep = 0, moved = true; moved && sweep < SWEEPS; sweep += 1) {
    moved = false;
    for (let p = 0; p < m - 1; p += 1) for (let q = p + 1; q < m; q += 1) moved = rotate(columns, right, p, q) || moved;
  }
  const norms = columns.map((column) => Math.hypot(...column));
  const order = norms.map((_, i) => i).sort((i, j) => norms[j] - norms[i]);
  const left = order.map((j) => (norms[j] > 1e-14 * norms[order[0]] ? columns[j].map((x) => x / norms[j]) : null));
  const u = completed(left, n, whole ? n : m);
  const v = order.map((j) => right[j]);
  return [
    turned(tensor("float64", [u.length, n], u.flatMap((x) => Array.from(x))), a.type),
    tensor(a.type, [m], order.map((j) => norms[j])),
    tensor(a.type, [m, m], v.flatMap((x) => Array.from(x))),
  ];
}

const dot = (x, y) => x.reduce((sum, value, i) => sum + value * y[i], 0);

function rotate(columns, right, p, q) {
  const [alpha, beta, gamma] = [dot(columns[p], columns[p]), dot(columns[q], columns[q]), dot(columns[p], columns[q])];
  if (!(Math.abs(gamma) > 1e-15 * Math.sqrt(alpha * beta))) return false;
  const zeta = (beta - alpha) / (2 * gamma);
  const t = Math.sign(zeta || 1) / (Math.abs(zeta) + Math.hypot(1, zeta));
  const c = 1 / Math.hypot(1, t);
  for (const pair of [columns, right]) {
    for (let i = 0; i < pair[p].length; i += 1) {
      const [x, y] = [pair[p][i], pair[q][i]];
      pair[p][i] = c * x - c * t * y;
      pair[q][i] = c * t * x + c * y;
    }
  }
  return true;
}

// Vectors of length 1 at right angles to those that are there, in the places that are empty and beyond.
function completed(vectors, n, count) {
  const found = Array.from({ length: count }, (_, i) => vectors[i] ?? null);
  for (let axis = 0, at = found.indexOf(null); at >= 0; axis += 1, at = found.indexOf(null)) {
    const v = Float64Array.from({ length: n }, (_, i) => (i === axis % n ? 1 : 0));
    for (let again = 0; again < 2; again += 1) {
      for (const other of found) {
        if (!other) continue;
        const share = dot(v, other);
        for (let i = 0; i < n; i += 1) v[i] -= share * other[i];
      }
    }
    const norm = Math.hypot(...v);
    if (norm > 1e-6) found[at] = v.map((x) => x / norm);
  }
  return found;
}

function turned(a, type) {
  const [n, m] = a.dims;
  return tensor(type, [m, n], Array.from(a.data, (_, i) => a.data[(i % n) * m + Math.floor(i / n)]));
}
