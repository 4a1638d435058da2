// Where alpha_k comes from, as in learning_rates/, and descents by it, as in _descent/. Knows nothing of the page.

// What does not change while a quadratic is explored.
const traits = new WeakMap();
function traitsOf(q) {
  if (!traits.has(q)) traits.set(q, computedTraits(q));
  return traits.get(q);
}

// From H alone an eigenvalue is rounding if it is a few units in the last place of what it would be with
// uncorrelated features (_objective/spectrum.py looks at the rows, which tell twice as many digits).
function computedTraits(q) {
  const { values, vectors } = spectrumOf(q);
  const n = values.length;
  const diagonal = q.hessian.map((row, i) => row[i]);
  const apart = vectors.map((vector) => vector.reduce((sum, x, i) => sum + x * x * diagonal[i], 0));
  const known = values.map((_, i) => i).filter((i) => values[i] > 4 * n * Number.EPSILON * apart[i]);
  const isStandardised = diagonal.every((x) => x === 0 || Math.abs(x - 1) < 1e-9);
  const hasClearSpectrum = values.every((x) => x >= 1e-9 * values[n - 1]);
  return {
    largest: Math.max(values[n - 1], 0),
    values: known.map((i) => values[i]),
    vectors: known.map((i) => vectors[i]),
    sizes: diagonal.map((x) => Math.sqrt(x)),
    // Elsewhere the features' units would decide what is rounding (_objective/curvature.py).
    mayUseEigenvalues: known.length > 0 && (isStandardised || hasClearSpectrum),
    totalLoss: totalLoss(q),
  };
}

// J of the best constant prediction. An intercept is the last parameter, the one whose second derivative is 1.
function totalLoss(q) {
  const zero = q.centre.map(() => 0);
  const last = zero.length - 1;
  const isIntercept = q.hessian[last][last] === 1;
  return lossAt(q, zero) - (isIntercept ? gradientAt(q, zero)[last] ** 2 / 2 : 0);
}

// The rules. start({q, alpha, gradient, nSteps}) returns a function (k, line) => alpha_k, where the line is J along
// the negative gradient g: {gradient, product: Hg, slope: g'g, curvature: g'Hg, minimum}, as in protocol.py.
const RATES = {
  constant: { kind: "constant", start: ({ alpha }) => () => alpha },
  lipschitz: { kind: "constant", start: ({ q }) => () => 1 / (traitsOf(q).largest || 1) },
  exact: { kind: "adaptive", start: () => (k, line) => line.minimum },
  "barzilai-borwein": { kind: "adaptive", start: longSteps },
  auto: { kind: "adaptive", start: automaticSteps },
  chebyshev: { kind: "scheduled", start: chebyshevCycle },
};

// With bounds, the others' rules are different ones, which the page does not have.
const allowedRates = (bounds) => (hasBounds(bounds) ? ["constant", "lipschitz"] : Object.keys(RATES));
const hasBounds = (bounds) => [...bounds.low, ...bounds.high].some((bound) => bound !== null);

// Barzilai-Borwein's steps (_adaptive.py): the exact line search's for the previous gradient.
function longSteps() {
  let previous = null;
  return (k, line) => {
    const alpha = previous ?? line.minimum;
    previous = line.minimum;
    return alpha;
  };
}

// ABBmin (_adaptive.py): long steps, and the least of the last three short ones, in turn.
function alternatingSteps() {
  let long = 0;
  let short = [];
  let threshold = 0.4;
  const next = () => {
    const isShort = short[short.length - 1] < threshold * long;
    threshold *= isShort ? 0.95 : 1.05;
    return isShort ? Math.min(...short) : long;
  };
  return (k, line) => {
    const alpha = short.length ? next() : line.minimum;
    const square = dot(line.product, line.product);
    long = line.minimum;
    short = [...short.slice(-2), square > 0 ? Math.max(line.curvature, 0) / square : 0];
    return alpha;
  };
}

// The default (_automatic.py): alternating steps, and later reciprocals of eigenvalues.
function automaticSteps({ q, gradient }) {
  const { values, vectors, mayUseEigenvalues } = traitsOf(q);
  const alternating = alternatingSteps();
  const first = Math.sqrt(dot(gradient, gradient));
  const progress = { growth: 100, lowest: Infinity, inVain: 0 };
  return (k, line) => {
    if (k < 16 + 2 * gradient.length || !mayUseEigenvalues) return alternating(k, line);
    const components = times(vectors, line.gradient);
    if (!components.some((x) => x !== 0)) return alternating(k, line);
    const shares = components.map((x, i) => (x * x) / values[i]);
    raiseGrowth(progress, shares.reduce((sum, x) => sum + x, 0), values.length);
    const sizes = components.map(Math.abs);
    return reciprocalEigenvalue(values, sizes, shares, progress.growth * Math.max(...sizes, first));
  };
}

// Lets components of the gradient grow further if J - J* has not halved for a long time.
function raiseGrowth(progress, suboptimality, nValues) {
  if (suboptimality < 0.5 * progress.lowest) {
    progress.lowest = suboptimality;
    progress.inVain = 0;
  } else if (++progress.inVain > 4 * nValues) {
    progress.growth *= 10;
    progress.inVain = 0;
  }
}

// Of the eigenvalue along which most of J - J* is, or of one that must come first: no component may grow beyond most.
function reciprocalEigenvalue(values, sizes, shares, most) {
  let chosen = shares.indexOf(Math.max(...shares));
  while (chosen + 1 < values.length) {
    const after = sizes.slice(chosen + 1).map((size, i) => size * (values[chosen + 1 + i] / values[chosen] - 1));
    const largest = Math.max(...after);
    if (largest <= most) break;
    chosen += 1 + after.indexOf(largest);
  }
  return 1 / values[chosen];
}

// Reciprocals of the Chebyshev points of [mu, L] in a stable order (_chebyshev.py), for tol=0 and max_iter=nSteps.
function chebyshevCycle({ q, nSteps }) {
  const { largest, values } = traitsOf(q);
  if (largest === 0) return () => 1;
  const smallest = values[0];
  const n = cycleLength(largest / smallest, nSteps);
  const points = stableOrder(n).map((j) => Math.cos((Math.PI * j) / (2 * n)));
  const steps = points.map((x) => 2 / (largest + smallest + (largest - smallest) * x));
  return Object.assign((k) => steps[k % n], { mayStop: (k) => k % n === 0 });
}

// The smallest power of two that takes J - J* to rounding, but at most the largest within nSteps.
function cycleLength(kappa, nSteps) {
  const above = 2 / (kappa - 1);
  const steps = Math.acosh(1e15) / Math.log1p(above + Math.sqrt(above * (above + 2)));
  return Math.min(2 ** Math.ceil(Math.log2(Math.max(steps, 1))), 2 ** Math.floor(Math.log2(Math.max(nSteps, 1))));
}

function stableOrder(n) {
  let order = [1];
  while (order.length < n) order = order.flatMap((i) => [i, 4 * order.length - i]);
  return order;
}

// theta_(k+1) = theta_k - alpha_k g_k, or the nearest point within the bounds. Ends where _descent/loop.py does with
// tol=0 and max_iter=nSteps, and earlier, "converged", where nothing but rounding is left of the gradient.
function descend(q, from, rate, nSteps, bounds) {
  if (!allowedRates(bounds).includes(rate.name)) throw new RangeError(`${rate.name} has no rule for bounds`);
  const { kind, start } = RATES[rate.name];
  let theta = from.map((x, j) => within(bounds, j, x));
  let line = lineAlong(q, gradientAt(q, theta));
  const alphaOf = start({ q, alpha: rate.alpha, gradient: line.gradient, nSteps });
  const [path, losses, alphas] = [[theta], [lossFromZero(q, theta)], []];
  const hopeless = kind === "adaptive" ? Infinity : Math.max(losses[0], traitsOf(q).totalLoss) / Number.EPSILON ** 2;
  const look = (loss) => {
    const counts = !alphaOf.mayStop || alphaOf.mayStop(alphas.length);
    if (!(loss < Infinity) || (loss > hopeless && counts)) return "diverged";
    if (isRounding(q, theta, line.gradient, loss, bounds)) return "converged";
    if (alphas.length < nSteps) return null;
    return counts && isRising(kind, losses, alphas, line, bounds) ? "diverged" : "max_iter";
  };
  let status = look(losses[0]);
  while (!status) {
    const alpha = alphaOf(alphas.length, line);
    theta = theta.map((x, j) => within(bounds, j, x - alpha * line.gradient[j]));
    line = lineAfter(q, theta, alpha, line, bounds);
    const loss = lossFromZero(q, theta);
    if (loss < Infinity) {
      path.push(theta);
      losses.push(loss);
      alphas.push(alpha);
    }
    status = look(loss);
  }
  const nextLoss = [...losses.slice(1), null];
  return { k: losses.map((_, k) => k), theta: path, loss: losses, alpha: [...alphas, null], nextLoss, status };
}

// About the minimum of a perfect fit rounding may be all there is of J, and below 0.
const lossFromZero = (q, theta) => Math.max(lossAt(q, theta), 0);

function lineAlong(q, gradient, steepest = 0) {
  const product = times(q.hessian, gradient);
  const [slope, curvature] = [dot(gradient, gradient), dot(gradient, product)];
  const minimum = curvature > 0 ? slope / curvature : 0;
  return { gradient, product, slope, curvature, minimum, steepest: Math.max(steepest, slope) };
}

// By the recurrence of _descent/step.py, as adaptive rates would amplify any other rounding; computed from theta where
// bounds may have cut the step, or the gradient has lost six of its digits.
function lineAfter(q, theta, alpha, line, bounds) {
  const gradient = line.gradient.map((x, j) => x - alpha * line.product[j]);
  const isLost = hasBounds(bounds) || dot(gradient, gradient) < 1e-12 * line.steepest;
  return isLost ? lineAlong(q, gradientAt(q, theta)) : lineAlong(q, gradient, line.steepest);
}

// Whether the gradient is what two units in the last place of predictions and residuals may leave of it, but for
// parameters that are held at bounds.
function isRounding(q, theta, gradient, loss, bounds) {
  const { sizes } = traitsOf(q);
  const terms = theta.reduce((sum, x, j) => sum + Math.abs(x) * sizes[j], Math.sqrt(2 * loss));
  const isHeld = (j, slope) => theta[j] === (slope > 0 ? bounds.low[j] : bounds.high[j]);
  return gradient.every((x, j) => Math.abs(x) <= 2 * Number.EPSILON * terms * sizes[j] || isHeld(j, x));
}

// Whether J, after the last step allowed, is growing without bound.
function isRising(kind, losses, alphas, line, bounds) {
  if (kind === "adaptive") return false;
  if (kind === "constant" && !hasBounds(bounds)) {
    return alphas[alphas.length - 1] * line.curvature > 2 * (1 + 1e-9) * line.slope;
  }
  const isBox = [...bounds.low, ...bounds.high].every((bound) => bound !== null);
  return !isBox && losses[losses.length - 1] > losses[0];
}
