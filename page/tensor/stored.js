// Tensors as files hold them: small ones as numbers, others as base64 of little-endian bytes.
import { tensor } from "./tensors.js";

export function bytes(base64) {
  const text = atob(base64);
  const out = new Uint8Array(text.length);
  for (let i = 0; i < text.length; i += 1) out[i] = text.charCodeAt(i);
  return out;
}

// Half precision: sign, five bits of exponent, ten of fraction.
function widened(halves) {
  return Float32Array.from(halves, (half) => {
    const [exponent, fraction] = [(half >> 10) & 31, half & 1023];
    const size = exponent ? 2 ** (exponent - 15) * (1 + fraction / 1024) : 2 ** -24 * fraction;
    return half >> 15 ? -size : size;
  });
}

// Bytes, with a scale for each row of the matrix.
function scaled(whole, scales, width) {
  const out = new Float32Array(whole.length);
  for (let i = 0, row = 0; row < scales.length; row += 1) {
    for (const end = i + width; i < end; i += 1) out[i] = whole[i] * scales[row];
  }
  return out;
}

export function plain({ type, shape, values, data, scales }) {
  if (type === "float16") return tensor("float32", shape, values ?? widened(new Uint16Array(bytes(data).buffer)));
  if (type === "int8") return tensor("float32", shape, scaled(new Int8Array(bytes(data).buffer), plain(scales).data, shape[1]));
  if (values) return tensor(type, shape, values);
  const raw = bytes(data);
  if (type === "bool") return tensor(type, shape, raw);
  const Array = type === "float32" ? Float32Array : Int32Array;
  return tensor(type, shape, new Array(raw.buffer));
}
