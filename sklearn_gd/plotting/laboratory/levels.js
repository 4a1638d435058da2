// Level lines of J over two parameters, and what part of the plane is drawn.
// A frame is {centre, half}: its middle, and half the length of each side.

// Beyond this ratio of its sides a picture with equal axes would be a sliver.
const SLIVER = 4;
const LEVELS = 12;

const sideOf = (frame, axis, side) => frame.centre[axis] + side * frame.half[axis];
const isInFrame = (frame, point) => point.every((x, axis) => Math.abs(x - frame.centre[axis]) <= frame.half[axis]);

// The frame with these points, centred on the minimum; sides of some length, even if nothing moves.
function frameAround(centre, points, plane) {
  const half = [0, 1].map((axis) => points.reduce((most, point) => Math.max(most, Math.abs(point[axis] - centre[axis])), 0));
  const longest = Math.max(...half);
  if (!(longest > 0) || !Number.isFinite(longest)) {
    // Far enough for J to double, or to rise from 0 to 1/2.
    const rise = Math.sqrt(2 * (plane.loss > 0 ? plane.loss : 0.5));
    return { centre, half: [0, 1].map((axis) => Math.max(plane.hessian[axis][axis] > 0 ? rise / Math.sqrt(plane.hessian[axis][axis]) : 1, 1e-3 * Math.abs(centre[axis]))) };
  }
  // A side along which nothing moves is as long as the other.
  return { centre, half: half.map((length) => 1.18 * (length > 1e-6 * longest ? length : longest)) };
}

// The same for a picture of this width and height: with units of the same length unless that leaves a sliver.
function framedFor(frame, width, height) {
  const [a, b] = frame.half;
  const equal = Math.max(a, b) <= SLIVER * Math.min(a, b);
  if (!equal) return { ...frame, equal };
  const unit = Math.min(width / a, height / b);
  return { centre: frame.centre, half: [width / unit, height / unit], equal };
}

// Where J is at most ``level``, as the corners of a polygon; beyond the frame it is cut off.
function sublevel(plane, level, frame, n = 44) {
  const weight = (axis) => plane.hessian[axis][axis] * frame.half[axis] ** 2;
  // For each s the region is an interval of t around the lowest point.
  const [s, t] = weight(1) >= weight(0) ? [0, 1] : [1, 0];
  const [steep, mixed, flat] = [plane.hessian[t][t], plane.hessian[s][t], plane.hessian[s][s]];
  if (!(steep > 0)) return null;
  const valley = {
    loss: plane.loss - plane.gradient[t] ** 2 / (2 * steep),
    slope: plane.gradient[s] - (mixed / steep) * plane.gradient[t],
    curvature: Math.max(0, flat - mixed ** 2 / steep),
  };
  const lowest = (u) => valley.loss + u * (valley.slope + (u * valley.curvature) / 2);
  const limits = [-1.05, 1.05].map((side) => sideOf(frame, s, side) - plane.centre[s]);
  const [from, to] = interval(valley, level - valley.loss, limits);
  if (!(from < to)) return [];
  const cut = (x) => Math.max(sideOf(frame, t, -1.05), Math.min(sideOf(frame, t, 1.05), x));
  const corners = [[], []];
  for (let i = 0; i <= n; i++) {
    // Closer to each other at the ends, where an ellipse is round.
    const u = (from + to) / 2 - ((to - from) / 2) * Math.cos((Math.PI * i) / n);
    const middle = plane.centre[t] - (plane.gradient[t] + mixed * u) / steep;
    const width = Math.sqrt(Math.max(0, (2 * (level - lowest(u))) / steep));
    [-1, 1].forEach((side, k) => {
      const point = [0, 0];
      point[s] = plane.centre[s] + u;
      point[t] = cut(middle + side * width);
      corners[k].push(point);
    });
  }
  return [...corners[0], ...corners[1].reverse()];
}

// Where slope u + curvature/2 u^2 <= rise, within limits.
function interval({ slope, curvature }, rise, [low, high]) {
  if (!(curvature * (high - low) ** 2 > 1e-12 * Math.abs(rise))) {
    if (slope === 0) return rise >= 0 ? [low, high] : [0, 0];
    return slope > 0 ? [low, Math.min(high, rise / slope)] : [Math.max(low, rise / slope), high];
  }
  const square = slope * slope + 2 * curvature * rise;
  if (!(square > 0)) return [0, 0];
  const root = Math.sqrt(square);
  return [Math.max(low, (-slope - root) / curvature), Math.min(high, (-slope + root) / curvature)];
}

// The lowest and the highest J in the frame. J is convex: the highest is at a corner.
function rangeOf(plane, frame) {
  const corners = [[-1, -1], [-1, 1], [1, -1], [1, 1]].map(([a, b]) => lossAt(plane, [sideOf(frame, 0, a), sideOf(frame, 1, b)]));
  const low = [-1, 0, 1].map((side) => sideOf(frame, 0, side));
  const bounds = { low: [low[0], sideOf(frame, 1, -1)], high: [low[2], sideOf(frame, 1, 1)] };
  const lowest = minimumOf(plane, bounds);
  return [lowest ? lossAt(plane, lowest) : Math.min(...corners, lossAt(plane, frame.centre)), Math.max(...corners)];
}

// Their lines lie evenly on the slope of a bowl.
const levelsOf = ([low, high]) => Array.from({ length: LEVELS - 1 }, (_, i) => low + (high - low) * ((i + 1) / LEVELS) ** 2);
const shareOf = ([low, high], loss) => (high > low ? Math.sqrt(Math.min(1, Math.max(0, (loss - low) / (high - low)))) : 0);
