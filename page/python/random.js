// Random numbers as torch draws them on a processor: the same seed gives the same numbers.
const N = 624;
const M = 397;

export function generator(seed) {
  const words = new Uint32Array(N);
  let place = N;
  let kept = null; // the second number of a pair
  words[0] = seed >>> 0;
  for (let i = 1; i < N; i += 1) words[i] = Math.imul(1812433253, words[i - 1] ^ (words[i - 1] >>> 30)) + i;

  function twist() {
    for (let i = 0; i < N; i += 1) {
      const y = (words[i] & 0x80000000) | (words[(i + 1) % N] & 0x7fffffff);
      words[i] = words[(i + M) % N] ^ (y >>> 1) ^ (y & 1 ? 0x9908b0df : 0);
    }
    place = 0;
  }
  function bits() {
    if (place >= N) twist();
    let y = words[place];
    place += 1;
    y ^= y >>> 11;
    y ^= (y << 7) & 0x9d2c5680;
    y ^= (y << 15) & 0xefc60000;
    return (y ^ (y >>> 18)) >>> 0;
  }
  const float = () => (bits() & 0xffffff) / 2 ** 24;
  const double = () => {
    const high = bits() & 0x1fffff; // 53 bits of 64
    return (high * 2 ** 32 + bits()) / 2 ** 53;
  };
  const pair = (u, angle) => {
    const radius = Math.sqrt(-2 * u);
    return [radius * Math.cos(2 * Math.PI * angle), radius * Math.sin(2 * Math.PI * angle)];
  };
  function sixteen(out, from) {
    for (let i = from; i < from + 8; i += 1) [out[i], out[i + 8]] = pair(Math.log(1 - out[i]), out[i + 8]);
  }

  return {
    uniform: (count) => Array.from({ length: count }, float),
    // Few numbers one by one, many in blocks of sixteen, the last block drawn again where it is not whole.
    normal(count) {
      if (count >= 16) {
        const out = Float64Array.from({ length: count }, float);
        for (let i = 0; i + 15 < count; i += 16) sixteen(out, i);
        if (count % 16) {
          for (let i = count - 16; i < count; i += 1) out[i] = float();
          sixteen(out, count - 16);
        }
        return Array.from(out);
      }
      return Array.from({ length: count }, () => {
        if (kept !== null) {
          const number = kept;
          kept = null;
          return number;
        }
        const angle = double();
        const [number, other] = pair(Math.log1p(-double()), angle);
        kept = other;
        return number;
      });
    },
    integers: (count, low, high) => Array.from({ length: count }, () => low + (bits() % (high - low))),
    permutation(n) {
      const out = Array.from({ length: n }, (_, i) => i);
      for (let i = 0; i < n - 1; i += 1) {
        const other = i + (bits() % (n - i));
        [out[i], out[other]] = [out[other], out[i]];
      }
      return out;
    },
    state: () => ({ words: words.slice(), place, kept }),
    restore(state) {
      words.set(state.words);
      ({ place, kept } = state);
    },
  };
}
