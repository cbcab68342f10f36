// From fractions of the picture shown to those of another cut of it, and back.
// A region is [left, top, right, bottom] of the whole picture; what is shown is cut to it already.

import { inside } from "./shapes.js";

function bounds(points) {
  const [xs, ys] = [points.map(([x]) => x), points.map(([, y]) => y)];
  return [Math.min(...xs), Math.min(...ys), Math.max(...xs), Math.max(...ys)];
}

/** Corners on the picture shown as a region of the whole picture. */
export function whole(points, [left, top, right, bottom]) {
  const [l, t, r, b] = bounds(points);
  const [width, height] = [right - left, bottom - top];
  return [inside(left + l * width), inside(top + t * height), inside(left + r * width), inside(top + b * height)];
}

/** A rule of the picture shown as one of the part within `points`. */
export function cut(rule, points) {
  const [left, top, right, bottom] = bounds(points);
  return mapped(rule, ([x, y]) => [inside((x - left) / (right - left)), inside((y - top) / (bottom - top))]);
}

/** A rule of the picture shown as one of the whole picture. */
export function uncut(rule, [left, top, right, bottom]) {
  return mapped(rule, ([x, y]) => [inside(left + x * (right - left)), inside(top + y * (bottom - top))]);
}

function mapped(rule, move) {
  const after = { ...rule };
  for (const key of ["polygon", "line"]) if (rule[key]) after[key] = rule[key].map(move);
  return after;
}
