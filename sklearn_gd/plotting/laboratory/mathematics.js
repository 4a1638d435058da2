// J as a quadratic, and descents on it. Knows nothing of the page.

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

// Batch gradient descent by the update rule of _descent/step.py, given up where loop.py does;
// each step ends at the nearest point within the bounds (_descent/projection.py).
function descend(q, from, alpha, nSteps, bounds) {
  const start = from.map((x, j) => within(bounds, j, x));
  const run = { k: [0], theta: [start.slice()], loss: [lossAt(q, start)], alpha: [], nextLoss: [], status: "max_iter" };
  const hopeless = Math.max(run.loss[0], q.loss, Number.MIN_VALUE) / Number.EPSILON ** 2;
  let theta = start;
  for (let k = 1; k <= nSteps; k++) {
    const gradient = gradientAt(q, theta);
    theta = theta.map((x, j) => within(bounds, j, x - alpha * gradient[j]));
    const loss = lossAt(q, theta);
    if (!(loss <= hopeless)) { run.status = "diverged"; break; }
    run.k.push(k);
    run.theta.push(theta);
    run.loss.push(loss);
    run.alpha.push(alpha);
    run.nextLoss.push(loss);
  }
  if (run.loss[run.loss.length - 1] > run.loss[0]) run.status = "diverged";
  run.alpha.push(null);
  run.nextLoss.push(null);
  return run;
}

// J on a grid over the box, row by row as plotly wants it.
function gridOf(plane, sides, n) {
  const axis = ([low, high]) => Array.from({ length: n }, (_, i) => low + ((high - low) * i) / (n - 1));
  const x = axis(sides[0]);
  const y = axis(sides[1]);
  return { x, y, z: y.map((b) => x.map((a) => lossAt(plane, [a, b]))) };
}
