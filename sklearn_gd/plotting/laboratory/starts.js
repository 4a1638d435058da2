// Where the chapters of the lesson begin: which parameters the map shows, from where, and how close.

// Two parameters that J depends on: those shown, or those with the largest second derivatives.
function lessonPair() {
  const H = systems[OWN].quadratic.hessian;
  const order = [...content.shown, ...H.map((_, j) => j).sort((a, b) => H[b][b] - H[a][a])].filter((j) => H[j][j] > 0);
  return [...new Set(order)].slice(0, 2);
}

// The fit's start, moved where one of the two parameters would hardly move, so that both can be seen.
function lessonStart(view, pair) {
  const q = systems[view].quadratic;
  const theta = moved(content.start, OWN, view).slice();
  const force = () => { const g = gradientAt(q, theta); return pair.map((j) => (q.hessian[j][j] > 0 ? g[j] / Math.sqrt(q.hessian[j][j]) : 0)); };
  const most = Math.max(...force().map(Math.abs), 0.3 * Math.sqrt(2 * q.loss), 1e-3);
  pair.forEach((j, axis) => {
    const own = force()[axis];
    const move = ((own < 0 ? -1 : 1) * 0.7 * most - own) / Math.sqrt(q.hessian[j][j]);
    if (Math.abs(own) < 0.3 * most) theta[j] = rounded(theta[j] + move, Math.abs(move) / 50);
  });
  return theta;
}

// A run with this share of 2/L, looked at from its first step.
function lessonRun(share, { view = OWN, pair = lessonPair(), steps = 25, start = lessonStart(view, pair), digits = 2 } = {}) {
  Object.assign(state, { view, along: view, pair: pair.slice(), others: "step", zoom: 1, nSteps: steps });
  state.start = start;
  state.rate = { name: "constant", alpha: Number((share * limitOf(view)).toPrecision(digits)) };
  state.hidden = { direction: true };
  rerun();
  return current();
}

// Look closely at a step that would be too short to be seen or clicked.
function lookAt(page, tip, ...more) {
  const here = pairOf(page.theta);
  if (tip.every((x, axis) => x === here[axis])) return;
  const map = projection(frameOf(page, page.pair, areaOf("map"), 1), areaOf("map"));
  const [a, b] = [map.to(here), map.to(tip)];
  if (Math.hypot(a[0] - b[0], a[1] - b[1]) > 70) return;
  const reach = [0, 1].map((axis) => Math.max(...[tip, ...more].map((point) => Math.abs(point[axis] - here[axis]))));
  const longest = Math.max(...reach);
  state.focus = { centre: here, half: reach.map((x) => 1.5 * (x > 1e-6 * longest ? x : longest)) };
}

// The pair, and the coordinates, in which moving one parameter changes the slope of the other most.
function coupledPair() {
  // By which share of itself, up to the whole; with the step that the chapter takes.
  const effect = (view, [i, j]) => {
    const q = systems[view].quadratic;
    const slopes = gradientAt(q, lessonStart(view, [i, j]));
    const change = 0.4 * limitOf(view) * q.hessian[i][j] * slopes[i];
    return slopes[j] !== 0 && q.hessian[i][i] > 0 ? Math.min(1, Math.abs(change / slopes[j])) : 0;
  };
  const all = systems[OWN].names.flatMap((_, i) => systems[OWN].names.slice(i + 1).map((__, n) => [i, i + 1 + n]));
  const usual = lessonPair();
  const best = all.reduce((most, pair) => (effect(OWN, pair) > effect(OWN, most) ? pair : most), usual);
  const found = [[OWN, usual], [OWN, best], ...(systems.length > 1 ? [[1 - OWN, usual]] : [])];
  return found.find(([view, pair]) => effect(view, pair) > 0.1) || found.find(([view, pair]) => effect(view, pair) > 1e-6) || found[0];
}

// A start that lies from the minimum along the eigenvector of L, and the two parameters that lead it.
function steepestStart(view) {
  const q = systems[view].quadratic;
  const { values, vectors } = spectrumOf(q);
  const steepest = last(vectors);
  const excess = Math.max(lossAt(q, moved(content.start, OWN, view)) - q.loss, 0.1 * q.loss, 1e-3);
  const size = Math.sqrt((2 * excess) / last(values));
  const pair = steepest.map((x, j) => [Math.abs(x), j]).filter(([, j]) => q.hessian[j][j] > 0).sort(([a], [b]) => b - a).slice(0, 2).map(([, j]) => j).sort((a, b) => a - b);
  const start = q.centre.map((x, j) => rounded(x - size * steepest[j], size / 100));
  return { start, pair };
}

// Steps with 1/L that cover 99 % of the way down: each multiplies the errors along eigenvectors by 1 - lambda/L.
function stepsNeeded(view, start) {
  const errors = errorsOf(view, start, limitOf(view) / 2).filter(({ share }) => share > 0);
  const total = errors.reduce((sum, { share }) => sum + share, 0);
  const isEnough = (k) => errors.reduce((sum, { share, factor }) => sum + share * factor ** (2 * k), 0) <= 0.01 * total;
  let high = 1;
  while (!isEnough(high) && high < 1e15) high *= 2;
  let low = high / 2;
  while (high - low > 1) {
    const middle = Math.floor((low + high) / 2);
    if (isEnough(middle)) high = middle; else low = middle;
  }
  return high;
}
