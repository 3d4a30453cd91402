// Where names stand beside the points they name: free of each other, of points, of lines, inside the frame.
const TURNS = [0, 1, -1, 2, -2, 3, -3, 4].map((eighth) => (eighth * Math.PI) / 4);
const LETTER = 6.9;
const TALL = 14;
const GAP = 9; // from a point to the edge of its name

export const wide = (text) => text.length * LETTER + 4;

// items: [{text, at, out: direction away from the origin, was: last turn}]; points: every place to keep free;
// segments: [[from, to]]; frame: [left, top, right, bottom]. Returns a centre and a turn for each item.
export function standing(items, points, segments, frame) {
  const taken = points.map(([x, y]) => [x - 8, y - 8, x + 8, y + 8]);
  const marks = segments.flatMap(([[x0, y0], [x1, y1]]) =>
    Array.from({ length: 12 }, (_, i) => [x0 + ((x1 - x0) * i) / 12, y0 + ((y1 - y0) * i) / 12]),
  );
  return items.map(({ text, at, out, was }) => {
    let best = null;
    for (const turn of TURNS) {
      const [c, s] = [Math.cos(turn), Math.sin(turn)];
      const [dx, dy] = [out[0] * c - out[1] * s, out[0] * s + out[1] * c];
      const half = [wide(text) / 2, TALL / 2];
      const centre = [at[0] + dx * (GAP + half[0]), at[1] + dy * (GAP + half[1])];
      const box = [centre[0] - half[0], centre[1] - half[1], centre[0] + half[0], centre[1] + half[1]];
      const cost =
        taken.reduce((sum, other) => sum + overlap(box, other), 0) +
        marks.reduce((sum, [x, y]) => sum + 12 * Number(x > box[0] && x < box[2] && y > box[1] && y < box[3]), 0) +
        20 * outside(box, frame) + 6 * Math.abs(turn) - (turn === was ? 10 : 0);
      if (!best || cost < best.cost) best = { cost, centre, turn, box };
    }
    taken.push(best.box);
    return best;
  });
}

const overlap = (a, b) =>
  Math.max(0, Math.min(a[2], b[2]) - Math.max(a[0], b[0])) * Math.max(0, Math.min(a[3], b[3]) - Math.max(a[1], b[1]));

const outside = (box, [left, top, right, bottom]) =>
  Math.max(0, left - box[0]) + Math.max(0, top - box[1]) + Math.max(0, box[2] - right) + Math.max(0, box[3] - bottom);
