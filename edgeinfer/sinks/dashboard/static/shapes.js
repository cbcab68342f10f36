// What is drawn over a picture, as points in fractions of it.

/** Points that each must have. */
export const LEAST = { zone: 3, line: 2, region: 4 };
export const DEFAULTS = {
  zone: [[0.35, 0.35], [0.65, 0.35], [0.65, 0.65], [0.35, 0.65]],
  line: [[0.25, 0.5], [0.75, 0.5]],
  region: [[0.1, 0.1], [0.9, 0.1], [0.9, 0.9], [0.1, 0.9]],
};

/** Within the picture, to a thousandth. */
export const inside = (value) => Math.min(1, Math.max(0, Math.round(value * 1000) / 1000));

/** The corner at `now`; a region stays a rectangle. */
export function moved(kind, points, corner, now) {
  const after = points.map((point) => [...point]);
  after[corner] = now;
  if (kind === "region") {
    const [besides, below] = corner % 2 ? [(corner + 1) % 4, corner - 1] : [(corner + 3) % 4, (corner + 1) % 4];
    after[besides][0] = now[0];
    after[below][1] = now[1];
  }
  return after;
}

/** All of it by the same way, and none of it out of the picture. */
export function shifted(points, x, y) {
  const [xs, ys] = [points.map((point) => point[0]), points.map((point) => point[1])];
  const right = Math.min(1 - Math.max(...xs), Math.max(-Math.min(...xs), x));
  const down = Math.min(1 - Math.max(...ys), Math.max(-Math.min(...ys), y));
  return points.map(([px, py]) => [inside(px + right), inside(py + down)]);
}

/** From one corner to the other: a rectangle, or a line. */
export function spanned(kind, [x1, y1], [x2, y2]) {
  if (kind === "line") return [[x1, y1], [x2, y2]];
  const [left, right, top, bottom] = [Math.min(x1, x2), Math.max(x1, x2), Math.min(y1, y2), Math.max(y1, y2)];
  return [[left, top], [right, top], [right, bottom], [left, bottom]];
}

/** The arrow of `in`, to the right hand of who walks the line; in pixels. */
export function inwards([[x1, y1], [x2, y2]], long) {
  const length = Math.hypot(x2 - x1, y2 - y1) || 1;
  const [right, down] = [-(y2 - y1) / length, (x2 - x1) / length];
  const foot = [(x1 + x2) / 2, (y1 + y2) / 2];
  const tip = [foot[0] + right * long, foot[1] + down * long];
  const barbs = [1, -1].map((side) => [tip[0] - right * 9 + down * 7 * side, tip[1] - down * 9 - right * 7 * side]);
  return { foot, tip, barbs };
}
