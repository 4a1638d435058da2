// J as a quadratic. Knows nothing of the page.

const dot = (a, b) => a.reduce((sum, x, i) => sum + x * b[i], 0);
const times = (matrix, v) => matrix.map((row) => dot(row, v));

// J(c + u) = J(c) + g'u + 1/2 u'Hu
function lossAt(q, theta) {
  const u = theta.map((x, i) => x - q.centre[i]);
  return q.loss + dot(q.gradient, u) + 0.5 * dot(u, times(q.hessian, u));
}

function gradientAt(q, theta) {
  const u = theta.map((x, i) => x - q.centre[i]);
  return times(q.hessian, u).map((x, i) => x + q.gradient[i]);
}

const directionOf = (degrees) => [Math.cos((degrees * Math.PI) / 180), Math.sin((degrees * Math.PI) / 180)];
const degreesOf = ([a, b]) => Math.round(((Math.atan2(b, a) * 180) / Math.PI + 360) % 360) % 360;

// J over two of the parameters, the others held at theta's values.
function planeOf(q, shown, theta) {
  const through = theta.slice();
  for (const j of shown) through[j] = q.centre[j];
  const gradient = gradientAt(q, through);
  return {
    centre: shown.map((j) => through[j]),
    loss: lossAt(q, through),
    gradient: shown.map((j) => gradient[j]),
    hessian: shown.map((i) => shown.map((j) => q.hessian[i][j])),
  };
}

// Bounds are {low, high}, arrays with null where there is none. The nearest value within them.
const within = (bounds, j, x) => Math.min(Math.max(x, bounds.low[j] ?? -Infinity), bounds.high[j] ?? Infinity);
const isWithin = (bounds, theta) => theta.every((x, j) => within(bounds, j, x) === x);

// The lowest point over two parameters within bounds; null if there is a whole valley of them.
function minimumOf(plane, bounds) {
  const [[a, b], [c, d]] = plane.hessian;
  const determinant = a * d - b * c;
  if (!(determinant > 1e-12 * a * d)) return null;
  const [g, h] = plane.gradient;
  const free = [plane.centre[0] - (d * g - b * h) / determinant, plane.centre[1] - (a * h - c * g) / determinant];
  if (isWithin(bounds, free)) return free;
  // Else it is on an edge.
  const edges = [0, 1].flatMap((held) => [bounds.low[held], bounds.high[held]].filter((bound) => bound !== null).map((bound) => {
    const point = free.slice();
    point[held] = bound;
    const other = 1 - held;
    point[other] = within(bounds, other, point[other] - gradientAt(plane, point)[other] / plane.hessian[other][other]);
    return point;
  }));
  return edges.reduce((best, point) => (lossAt(plane, point) < lossAt(plane, best) ? point : best));
}

// How J(theta - t g) changes with t: it begins with this slope, and has this curvature.
const lineOf = (q, gradient) => ({ slope: -dot(gradient, gradient), curvature: dot(gradient, times(q.hessian, gradient)) });
const alongLine = (line, loss, t) => loss + t * (line.slope + (t * line.curvature) / 2);

// The nearest number with no more digits than it takes to tell such a difference.
function rounded(x, difference) {
  const unit = 10 ** Math.floor(Math.log10(difference));
  return Number.isFinite(unit) && unit > 0 ? Number((Math.round(x / unit) * unit).toPrecision(15)) : x;
}

// A sum that is but the rounding of its terms is 0.
function sumOf(terms) {
  const sum = terms.reduce((total, x) => total + x, 0);
  return Math.abs(sum) <= 2 * Number.EPSILON * terms.reduce((total, x) => total + Math.abs(x), 0) ? 0 : sum;
}

// The same parameters for the features as they are, or for standardised ones: w_j sd_j, b + w . mean.
function standardised(change, theta) {
  const moved = change.scale.map((scale, j) => theta[j] * scale);
  return change.mean ? [...moved, sumOf([theta[theta.length - 1], ...change.mean.map((mean, j) => mean * theta[j])])] : moved;
}

function unstandardised(change, theta) {
  const moved = change.scale.map((scale, j) => theta[j] / scale);
  return change.mean ? [...moved, sumOf([theta[theta.length - 1], ...change.mean.map((mean, j) => -mean * moved[j])])] : moved;
}
