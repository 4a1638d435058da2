// What the page knows: J in one or two systems of coordinates, runs on it, and what is looked at.

const content = JSON.parse(byId("content").textContent);
const systems = content.systems;
const OWN = content.own;
const RUN_COLOURS = ["--run-1", "--run-2", "--run-3", "--run-4", "--run-5"];
const MOST_STEPS = 5000;
const USUAL_STEPS = Math.min(Math.max(content.nIter, 50), MOST_STEPS);
const isScaled = (view) => systems[view].name === "scaled";
const systemName = (view) => (isScaled(view) ? "scaled features" : "the features as they are");
const limitOf = (view) => (systems[view].largest > 0 ? 2 / systems[view].largest : 1);
const isBounded = [...systems[OWN].low, ...systems[OWN].high].some((bound) => bound !== null);
// The lesson leaves bounds aside: it speaks of J and the rule alone.
const hasBoundsNow = () => isBounded && state.chapter === null;
function boundsOf(view) {
  const { low, high } = systems[view];
  return hasBoundsNow() || !isBounded ? { low, high } : { low: low.map(() => null), high: high.map(() => null) };
}
// Parameters that the page does not know: too many to be moved.
const held = content.nParameters - systems[OWN].names.length;
const hasIntercept = systems[OWN].names.includes("b");
const last = (list) => list[list.length - 1];

const fitRun = { ...content.fit, name: "the fit", fit: true, system: OWN, rate: content.rate, status: content.status, colour: "--fit" };
const fitHasPath = fitRun.theta !== null;
const usualRate = () => (content.rate.alpha === null ? { name: "lipschitz", alpha: limitOf(OWN) / 2 } : { name: "constant", alpha: content.rate.alpha });

const state = {
  run: fitRun, at: 0, kept: [], trial: null, timer: null,
  view: OWN, along: OWN, pair: content.shown.slice(), others: "step", zoom: 1, frozen: null,
  rate: usualRate(), start: content.start.slice(), nSteps: USUAL_STEPS,
  degrees: 60, reach: null, turned: { yaw: 0.7, pitch: 0.55 },
  tab: "words", chapter: null, asking: false, overlay: null, guess: null, focus: null, hidden: {},
};

// Parameters in another system of coordinates.
function moved(theta, from, to) {
  if (from === to) return theta;
  return to === 1 ? standardised(content.change, theta) : unstandardised(content.change, theta);
}

const paths = new WeakMap();
function pathIn(run, view) {
  if (run.system === view) return run.theta;
  if (!paths.has(run)) paths.set(run, run.theta.map((theta) => moved(theta, run.system, view)));
  return paths.get(run);
}

// Where a run is after k steps: an index into its lists, which may have gaps.
function indexOf(run, k) {
  if (run.k[k] === k) return k;
  const after = run.k.findIndex((other) => other > k);
  return after < 0 ? run.k.length - 1 : after - 1;
}

// Partial derivatives that are but the rounding of their sum count as 0: the residual is orthogonal to
// the feature, to some digits more than any fit needs.
function cleaned(q, gradient, loss) {
  return gradient.map((slope, j) => (Math.abs(slope) <= 1e-13 * Math.sqrt(2 * loss * q.hessian[j][j]) ? 0 : slope));
}

const pairOf = (theta) => state.pair.map((j) => theta[j]);
const gradientOf = (run, at) => (run.gradient ? run.gradient[at] : gradientAt(systems[run.system].quadratic, run.theta[at]));

// A step of this length along the negative gradient, in the run's own coordinates.
function stepped(run, at, alpha) {
  const gradient = gradientOf(run, at);
  return run.theta[at].map((x, j) => within(boundsOf(run.system), j, x - alpha * gradient[j]));
}

// Everything that pictures and words need to know of the current step.
function current() {
  const { run, at, view } = state;
  const system = systems[view];
  const theta = pathIn(run, view)[at];
  const q = systems[run.system].quadratic;
  const own = cleaned(q, gradientOf(run, at), run.loss[at]);
  const gradient = run.system === view ? own : cleaned(system.quadratic, gradientAt(system.quadratic, theta), run.loss[at]);
  const alpha = run.alpha[at];
  const t = state.reach ?? alpha ?? run.alpha[at - 1] ?? state.rate.alpha;
  const next = alpha === null ? null : stepped(run, at, alpha);
  const tip = stepped(run, at, t);
  const line = lineOf(q, own);
  const plane = planeOf(system.quadratic, state.pair, state.others === "step" ? theta : system.fitted);
  const size = (k) => Math.hypot(...gradientOf(run, k));
  return {
    run, at, view, system, theta, gradient, alpha, t, plane, k: run.k[at], loss: run.loss[at], nextLoss: run.nextLoss[at],
    names: system.names, pair: state.pair, own: { theta: run.theta[at], gradient: own, next: state.reach === null ? next : tip, names: systems[run.system].names },
    next: next && moved(next, run.system, view), tip: moved(tip, run.system, view), tipLoss: hasBoundsNow() ? lossAt(q, tip) : alongLine(line, run.loss[at], t), line,
    largest: run.fit ? systems[run.system].fitLargest : systems[run.system].largest,
    direction: directionOf(state.degrees).map((x) => (Math.abs(x) < 1e-12 ? 0 : x)), slopes: pairOf(gradient),
    // Where the gradient is but the rounding of what it was it points nowhere.
    level: size(at) <= 1e-9 * size(0), isOwn: run.system === view,
    runs: [...(run.fit || state.chapter !== null ? [] : [fitRun]), ...state.kept.filter((kept) => kept !== run), run],
    // What the lesson asks for is not given away: only steps made so far are shown.
    shownSteps: (one) => (state.asking || state.hidden.path ? indexOf(one, run.k[at]) + 1 : one.k.length),
  };
}

// --- what changes it -------------------------------------------------------

let waiting = false;
const watchers = [];
// Draw once a frame, whatever happens within it.
function show() {
  if (waiting) return;
  waiting = true;
  requestAnimationFrame(() => {
    waiting = false;
    const page = current();
    for (const draw of watchers) draw(page);
  });
}

function goTo(at) {
  state.at = Math.max(0, Math.min(at, state.run.k.length - 1));
  state.reach = null;
  show();
}

function select(run, at = Math.min(state.at, run.k.length - 1)) {
  pause();
  state.run = run;
  state.along = run.system;
  // The controls say what was asked of it.
  const begun = run.fit ? content.start : run.theta[0];
  state.start = moved(begun, run.system, state.view);
  if (!run.fit) Object.assign(state, { rate: run.rate, nSteps: run.nSteps });
  goTo(at);
}

const isNumber = (x, most) => typeof x === "number" && Math.abs(x) < most;
// What is wrong with what the controls say, or null.
function complaint() {
  const { rate, start } = state;
  if (!(rate.alpha > 0) || !Number.isFinite(rate.alpha)) return "α must be a positive number.";
  return start.every((x) => isNumber(x, 1e100)) ? null : "The start must be two numbers, below 1e100 in size.";
}

// Run the descent again as the controls say, and look at its first step.
function rerun() {
  if (complaint()) return show();
  pause();
  const { view, along } = state;
  const bounds = boundsOf(along);
  state.start = state.start.map((x, j) => within(boundsOf(view), j, x));
  if (!allowedRates(bounds).includes(state.rate.name)) state.rate = { ...state.rate, name: "constant" };
  const begun = moved(content.start, OWN, view);
  const elsewhere = state.start.some((x, j) => Math.abs(x - begun[j]) > 1e-12 * (Math.abs(x) + Math.abs(begun[j])));
  const from = elsewhere ? ` from (${pairOf(state.start).map((x) => format(x, 3)).join(", ")})` : "";
  const where = along === OWN ? "" : `, ${systemName(along)}`;
  const run = descend(systems[along].quadratic, moved(state.start, view, along), state.rate, state.nSteps, bounds);
  state.trial = { ...run, name: `${rateName(state.rate)}${from}${where}`, rate: state.rate, nSteps: state.nSteps, system: along, colour: "--ink" };
  state.run = state.trial;
  return goTo(0);
}

function setRate(rate) {
  state.rate = rate;
  rerun();
}

// Start at a point of the map: the others are those for which it is drawn.
function startAt(point) {
  const others = state.others === "step" ? pathIn(state.run, state.view)[state.at] : systems[state.view].fitted;
  state.start = others.slice();
  // In round numbers, as far as a pixel tells them apart.
  state.pair.forEach((j, axis) => { state.start[j] = rounded(point[axis], shownMap.frame.half[axis] / 2000); });
  rerun();
}

function startAsTheFit() {
  state.start = moved(content.start, OWN, state.view);
  rerun();
}

// The same descent, seen in the other coordinates.
function setView(view) {
  state.start = moved(state.start, state.view, view);
  state.view = view;
  show();
}

// A descent with the learning rate of the step that is tried.
function descendAsTried() {
  const alpha = current().t;
  state.along = state.run.system;
  setRate({ name: "constant", alpha });
}

// A descent along the gradient in the coordinates that are shown, with as large a share of 2/L.
function descendHere() {
  const alpha = (state.rate.alpha / limitOf(state.along)) * limitOf(state.view);
  state.along = state.view;
  setRate({ ...state.rate, alpha: Number(alpha.toPrecision(6)) });
}

function setPair(pair) {
  if (pair[0] === pair[1]) return;
  state.pair = pair;
  show();
}

function keep() {
  const run = state.trial;
  if (!run || state.kept.includes(run)) return;
  const used = state.kept.map((kept) => kept.colour);
  run.colour = RUN_COLOURS.find((colour) => !used.includes(colour)) || RUN_COLOURS[state.kept.length % RUN_COLOURS.length];
  state.kept.push(run);
  state.trial = null;
  show();
}

function drop(run) {
  state.kept = state.kept.filter((kept) => kept !== run);
  if (state.run === run) state.trial = run;
  run.colour = "--ink";
  show();
}

function pause() {
  clearInterval(state.timer);
  state.timer = null;
}

function play() {
  if (state.timer) { pause(); return show(); }
  const longest = Math.max(...current().runs.map((run) => run.k.length));
  if (state.at === state.run.k.length - 1) state.at = 0;
  // A long run jumps, so that none takes longer than some ten seconds.
  const stride = Math.max(1, Math.round(longest / 60));
  state.timer = setInterval(() => {
    goTo(state.at + stride);
    if (state.at === state.run.k.length - 1) { pause(); show(); }
  }, 180);
  return show();
}
