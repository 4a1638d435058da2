// The eight chapters of the lesson: what each sets, tells, asks, and answers, with the learner's own numbers.
//
// set() puts the page in its state and returns facts; tell(facts) gives paragraphs and ask(facts) the question.
// A question has options, of which facts.right is the index, or a place on the map (facts.landing) to be
// clicked, or the direction d to be turned. answer(facts, given) says what is true; show(facts) shows it.

const GOOD_GUESS = 0.25; // of the step's length
const GOOD_ANGLE = 10; // degrees

const nameOf = (axis) => systems[state.view].names[state.pair[axis]];
const ways = (slope) => (slope < 0 ? 0 : slope > 0 ? 1 : 2);

const scaledTo = () => (hasIntercept ? "mean 0 and standard deviation 1" : "a root mean square of 1");
const closer = () => (state.focus ? " The map has moved in on the ring." : "");
const changed = () => (state.pair.join() !== lessonPair().join() || state.view !== OWN ? `The map now shows ${nameOf(0)} and ${nameOf(1)}${state.view === OWN ? "" : `, for ${systemName(state.view)}`}, where it can be seen best. ` : "");
// A point, with so many digits that the step is seen.
const pointOf = (point, from_) => pointText(point, point.map((x, axis) => x - from_[axis]));

// How far a guess is from where the step lands, as a share of the step, with units of the map.
function missed({ here, landing, unit }, guess) {
  const length = (a, b) => Math.hypot(...a.map((x, axis) => (x - b[axis]) * unit[axis]));
  return length(guess, landing) / length(here, landing);
}

const unitOfMap = (page) => projection(frameNow(page, areaOf("map")), areaOf("map")).unit;

function landingText(facts, given, how) {
  const share = missed(facts, given);
  const distance = Math.hypot(...given.map((x, axis) => x - facts.landing[axis]));
  return `${how} Your guess is ${format(distance, 3)} away, ${percent(share)} of the step’s length${share <= GOOD_GUESS ? ": well seen." : "."}`;
}

const showLanding = (facts, given) => [
  { end: facts.landing, className: "truth", text: "here" }, { end: given, className: "guessed", text: "your guess" },
];

// Two points with as many decimals as it takes to tell them apart.
function toldApart(a, b) {
  const decimals = a.map((x, axis) => (x === b[axis] ? null : Math.max(0, Math.min(12, 1 - Math.floor(Math.log10(Math.abs(x - b[axis])))))));
  const text = (point) => `(${point.map((x, axis) => (decimals[axis] === null ? format(x, 4) : x.toFixed(decimals[axis]).replace("-", "−"))).join(", ")})`;
  return [text(a), text(b)];
}

const CHAPTERS = [
  {
    title: "J falls", point: "numbers",
    set: () => {
      const page = lessonRun(0.35);
      return { page, right: page.nextLoss < page.loss ? 0 : page.nextLoss > page.loss ? 1 : 2 };
    },
    tell: ({ page }) => [
      `The model predicts ${content.target === "y" ? "y" : `y (${content.target})`} from the features: each feature times its weight w${hasIntercept ? ", plus b" : ""}. J is half the mean squared error of its predictions${content.penalty ? ", plus the penalty" : ""}: it says how wrong they are, in one number.${isBounded ? " (The lesson leaves the fit’s bounds aside.)" : ""}`,
      `The map shows J over two of these parameters, ${nameOf(0)} and ${nameOf(1)}: each line joins points where J is the same, like the contour lines of a valley. The ring is where we are: J = ${format(page.loss)}. ${page.names.length > 2 ? "The star is the lowest point of this map; it moves when the other parameters do." : "The star is the lowest point."}`,
      ...(isScaled(OWN) ? [hasIntercept ? "“·sd” says that the feature is scaled, to mean 0 and standard deviation 1." : "“·sd” says that the feature is divided by its root mean square."] : []),
    ],
    ask: () => "Gradient descent now takes a short step. What will it do to J?",
    options: () => ["J falls", "J rises", "J stays the same"],
    answer: ({ page }) => `J ${changeText(page.loss, page.nextLoss)}: from ${format(page.loss)} to ${format(page.nextLoss)}. Every step that is short enough lowers J. The curve shows J after this step and the next ones.`,
    show,
  },
  {
    title: "One slope, and its sign", point: "map-figure",
    set: () => {
      const page = lessonRun(0.35);
      state.hidden.step = true;
      chooseTab("words");
      return { page, slope: page.slopes[0], right: ways(page.slopes[0]) };
    },
    tell: ({ slope }) => [
      `The partial derivative dJ/d${grouped(nameOf(0))} says how fast J changes when only ${nameOf(0)} grows and every other parameter stays. Here it is ${format(slope)}: if ${nameOf(0)} grows by a small amount, J changes by ${format(slope)} times that amount.`,
      "The rule of gradient descent subtracts α times this slope, with a positive α.",
    ],
    ask: () => `Which way does the step move ${nameOf(0)}?`,
    options: () => [`${nameOf(0)} increases (→)`, `${nameOf(0)} decreases (←)`, `${nameOf(0)} stays`],
    answer: ({ page, slope }) => `${signSentence(nameOf(0), slope, false, boundAt(page, state.pair[0]))} ${slope < 0 ? "Subtracting α times a negative number adds: it" : "It"} goes from ${format(page.theta[state.pair[0]], 4)} to ${format(page.next[state.pair[0]], 4)}.`,
    show: () => { state.hidden.step = false; show(); },
  },
  {
    title: "All slopes together: the gradient", point: "map-figure",
    set: () => {
      const page = lessonRun(0.35);
      lookAt(page, pairOf(page.next));
      state.hidden.step = true;
      return { page, here: pairOf(page.theta), landing: pairOf(page.next), unit: unitOfMap(page) };
    },
    tell: ({ page }) => [
      `The gradient is the list of all partial derivatives: ∇J = ${vectorText(page.slopes, 4, page.names.length > 2)}, here for ${nameOf(0)} and ${nameOf(1)}. As an arrow it points to where J rises fastest. The step goes the opposite way: −α·∇J.`,
      frameNow(page, areaOf("map")).equal ? "On this map the step therefore leaves the level line through the ring at a right angle, downhill." : "The two axes have different scales, so here the step does not look perpendicular to the level line.",
    ],
    ask: () => `α is ${format(state.rate.alpha, 3)}. Click on the map where the step lands.${closer()}`,
    guess: true,
    answer: (facts, given) => landingText(facts, given, `It lands at ${pointOf(facts.here, facts.landing)} − ${format(state.rate.alpha, 3)} · ${vectorText(facts.page.slopes, 4)} = ${pointOf(facts.landing, facts.here)}.`),
    show: (facts, given) => { state.hidden.step = false; state.overlay = showLanding(facts, given); show(); },
  },
  {
    title: "Any other direction", point: "map-figure",
    set: () => {
      const page = lessonRun(0.35);
      Object.assign(state.hidden, { direction: false, step: true });
      // Downhill, where there is room on the map; the gradient goes the other way.
      state.zoom = 0.6;
      state.degrees = (degreesOf(page.slopes.map((x) => -x)) + 35) % 360;
      state.overlay = [{ start: pairOf(page.theta), along: page.slopes, className: "uphill", text: "∇J" }];
      chooseTab("direction");
      return { page };
    },
    tell: ({ page }) => [
      `Take a direction d of length 1. When we leave the ring along d, J changes at the rate |∇J|·cos(angle), where the angle is that between d and the gradient. Here, of the two parameters on the map, |∇J| = ${format(Math.hypot(...page.slopes), 4)}.`,
      "So J rises fastest along the gradient (0°), and falls fastest against it (180°).",
    ],
    ask: () => "Turn d (drag its tip, or use the slider) until J neither rises nor falls as you set out. Then check.",
    turn: true,
    answer: ({ page }, degrees) => {
      const d = directionOf(degrees);
      const angle = angleBetween(d, page.slopes);
      const off = Math.abs(angle - 90);
      return `Your d is ${format(angle, 3)}° from the gradient, so J changes at ${format(dot(d, page.slopes), 3)} per unit of length${off <= GOOD_ANGLE ? ": nearly nothing, as d lies along the level line." : `: ${format(off, 3)}° from the answer. At 90° cos(angle) is 0; d then lies along the level line.`} Against the gradient, at 180°, the rate is −|∇J|: no other direction goes down as fast.`;
    },
    show: ({ page }) => {
      state.degrees = (degreesOf(page.slopes) + 90) % 360;
      state.hidden.step = false;
      show();
    },
  },
  {
    title: "In what order?", point: "map-figure",
    set: () => {
      const [view, pair] = coupledPair();
      const page = lessonRun(0.4, { view, pair });
      const [i, j] = pair;
      const middle = page.theta.slice();
      middle[i] = page.next[i];
      const slope = gradientAt(page.system.quadratic, middle)[j];
      const late = [page.next[i], page.theta[j] - page.alpha * slope];
      const here = pairOf(page.theta);
      const landing = pairOf(page.next);
      lookAt(page, landing, late);
      const apart = Math.abs(late[1] - landing[1]) / Math.abs(landing[1] - here[1]);
      return { page, here, landing, late, slope, middle: [page.next[i], page.theta[j]], right: apart > 1e-6 ? 1 : 0 };
    },
    tell: ({ page }) => [
      `${changed()}The rule takes both slopes at the same point, then moves all parameters at once: ${nameOf(0)} by ${format(-page.alpha * page.slopes[0], 3)} and ${nameOf(1)} by ${format(-page.alpha * page.slopes[1], 3)}, as the arrow shows.`,
      `Another program moves ${nameOf(0)} first, and only then takes the slope for ${nameOf(1)}, at the new point.`,
    ],
    ask: () => `Do both land at the same point?${closer()}`,
    options: () => ["at the same point", "at different points"],
    answer: ({ page, landing, late, slope, right }) => (right === 1
      ? `At different points: ${toldApart(landing, late).join(" and ")}. Moving ${nameOf(0)} has changed dJ/d${grouped(nameOf(1))} from ${format(page.slopes[1], 3)} to ${format(slope, 3)}. The second is a common mistake: gradient descent takes all slopes at one point.`
      : `At the same point: here moving ${nameOf(0)} does not change the slope of ${nameOf(1)}. In this table it makes no difference; usually it does.`),
    show: ({ here, middle, late, landing }) => {
      state.overlay = [{ start: here, end: middle, className: "wrong" }, { start: middle, end: late, className: "wrong" }, { end: late, className: "wrong", text: "one after the other", below: late[1] < landing[1] }, { end: landing, className: "truth", text: "all at once", below: late[1] >= landing[1] }];
      state.hidden.path = true;
      show();
    },
  },
  {
    title: "α scales the step", point: "map-figure",
    set: () => {
      const page = lessonRun(0.2);
      const here = pairOf(page.theta);
      const landing = here.map((x, axis) => x + 2 * (pairOf(page.next)[axis] - x));
      lookAt(page, landing);
      return { page, here, landing, unit: unitOfMap(page) };
    },
    tell: ({ page }) => [
      `The gradient says which way; the learning rate α says how far. The arrow is the step with α = ${format(page.alpha, 3)}: it ends at ${pointOf(pairOf(page.next), pairOf(page.theta))}.`,
    ],
    ask: ({ page }) => `Click where the step lands with twice that, α = ${format(2 * page.alpha, 3)}.${closer()}`,
    guess: true,
    answer: (facts, given) => landingText(facts, given, `It lands at ${pointOf(facts.landing, facts.here)}: the same direction, twice as far. Beside the map is J along this line, a parabola. (In free play, drag the step’s tip to try any α.)`),
    show: (facts, given) => { state.reach = 2 * facts.page.alpha; state.overlay = showLanding(facts, given); show(); },
  },
  {
    title: "A larger α", point: "map-figure",
    set: () => {
      const page = lessonRun(1.15, { ...steepestStart(OWN), steps: 30, digits: 3 });
      // So that the star is the minimum itself, which each step jumps over.
      state.others = "fitted";
      chooseTab("eigen");
      return { page, end: last(page.run.loss), right: last(page.run.loss) > page.loss ? 1 : 0 };
    },
    tell: ({ page }) => [
      `${changed()}Along one direction J curves most; L = ${format(page.largest, 4)} says how much. We start high on the wall of the valley, in that direction.`,
      `A step multiplies the distance from the minimum, along this direction, by 1 − αL. Now α = ${format(state.rate.alpha, 3)}, so that 1 − αL = ${format(1 - state.rate.alpha * page.largest, 3)}.`,
    ],
    ask: ({ page }) => `What is J after ${last(page.run.k)} steps, compared with the start?`,
    options: () => ["lower", "higher"],
    answer: ({ page, end, right }) => `${right === 1 ? "Higher" : "Lower"}: J goes from ${format(page.loss)} to ${format(end)}. Each step overshoots, and lands ${format(state.rate.alpha * page.largest - 1, 3)} times as far away on the other side; the map zooms out to follow it. The distance shrinks only if 1 − αL is between −1 and 1: so α must be below 2/L = ${format(2 / page.largest, 4)}.`,
    show: () => {
      goTo(0);
      if (!window.matchMedia("(prefers-reduced-motion: reduce)").matches) play();
    },
  },
  {
    title: "Scaled features", point: "loss-figure",
    set: () => {
      const start = lessonStart(OWN, lessonPair());
      lessonRun(0.5);
      chooseTab("eigen");
      const kappa = systems.map(({ quadratic }) => {
        const { values } = spectrumOf(quadratic);
        return last(values) / values.find((value) => value > 1e-13 * last(values));
      });
      const counts = systems.map((_, view) => stepsNeeded(view, moved(start, OWN, view)));
      const isSame = Math.abs(counts[0] - counts[1]) <= 0.02 * counts[0];
      return { start, kappa, counts, right: isSame ? 2 : counts[0] < counts[1] ? 0 : 1 };
    },
    tell: ({ kappa }) => [
      "α must be small enough for the direction in which J curves most; where J curves least, such steps are tiny. The condition number κ says how many times more J curves in the one than in the other: the larger κ, the longer and narrower the valley.",
      Math.abs(kappa[0] / kappa[1] - 1) < 0.01 ? `The features of this fit are scaled already: κ = ${format(kappa[0], 3)} as they are, and ${format(kappa[1], 3)} when each is scaled to ${scaledTo()}.`
        : `Features in different units, or far from zero, make such valleys: here κ = ${format(kappa[0], 3)} for the features as they are, and ${format(kappa[1], 3)} when each is scaled to ${scaledTo()}.`,
    ],
    ask: () => "Both start at the same point, with α = 1/L. Which needs fewer steps to cover 99 % of the way down to the least J?",
    options: () => ["the features as they are", "scaled features", "both take the same number"],
    answer: ({ counts, kappa }) => `Features as they are: ${format(counts[0], 3)} steps; scaled features: ${format(counts[1], 3)}.${counts[0] < 0.3 * kappa[0] ? " κ describes the worst case; this start is luckier." : ""} The curves show both. (The switch “scaled features” shows the same J in both coordinates.)`,
    show: ({ start, counts }) => {
      state.nSteps = Math.max(20, Math.min(1000, Math.max(...counts)));
      for (const view of [0, 1]) {
        Object.assign(state, { view, along: view, start: moved(start, OWN, view) });
        state.rate = { name: "lipschitz", alpha: limitOf(view) / 2 };
        rerun();
        if (view === 0) { keep(); Object.assign(last(state.kept), { name: "1/L, the features as they are", ofLesson: true }); } else state.run.name = "1/L, scaled features";
      }
    },
  },
];
