// All parameters at once: a line for each, small maps of pairs, and the eigenvectors of H.

// --- a line for each parameter -----------------------------------------------

const TRACK = { width: 84, height: 22, room: 10 };

// Where each parameter has been and will be on this run.
function reachesOf(page) {
  const path = pathIn(page.run, page.view).slice(0, framing(page.run, page.at));
  return page.names.map((_, j) => {
    const values = path.map((theta) => theta[j]);
    const [low, high] = [Math.min(...values), Math.max(...values)];
    return high > low ? [low, high] : [low - 1, low + 1];
  });
}

function trackOf(page, j, [low, high]) {
  const x = (value) => TRACK.room + ((value - low) / (high - low)) * (TRACK.width - 2 * TRACK.room);
  const middle = TRACK.height / 2;
  const here = x(page.theta[j]);
  const next = page.next && shows("step") ? x(page.next[j]) : here;
  const items = [["path", { class: "axis", d: `M${TRACK.room} ${middle}H${TRACK.width - TRACK.room}` }]];
  const way = Math.sign(next - here);
  // The arrow of the sign can be seen even where the step is too short to be.
  const tip = way === 0 ? here : here + way * Math.max(9, Math.abs(next - here));
  if (way !== 0) items.push(["path", { class: "arrow step", d: `M${short(here)} ${middle}H${short(tip)}` }], ["path", { class: "head step", d: arrowHead([here, middle], [tip, middle], 8) }]);
  items.push(["circle", { class: "here", cx: short(here), cy: middle, r: 4.5 }]);
  return items;
}

function drawTracks(page) {
  if (state.tab !== "words") return;
  const reaches = reachesOf(page);
  rows("parameters", page.names.length, 5).forEach((cells, j) => {
    const [head, track, value, slope, update] = cells;
    if (head.textContent !== page.names[j]) head.textContent = head.title = page.names[j];
    head.className = j === page.pair[0] ? "first" : j === page.pair[1] ? "second" : "";
    if (!track.firstChild) {
      track.append(document.createElementNS(SVG, "svg"));
      setAll(track.firstChild, { width: TRACK.width, height: TRACK.height, "aria-hidden": "true" });
    }
    paint(track.firstChild, trackOf(page, j, reaches[j]));
    setNumber(value, page.theta[j], format(page.theta[j], 4));
    setNumber(slope, page.gradient[j], format(page.gradient[j], 4));
    if (page.next === null || !shows("step")) return setNumber(update, page.theta[j], "");
    return setNumber(update, page.next[j], `${isCut(page, j) ? "→ " : ""}${format(page.next[j], 4)}`);
  });
}

// Whether a step ends at a bound instead of where the rule leads.
const alongRule = ({ theta, alpha, gradient }, j) => theta[j] - alpha * gradient[j];
const isCut = (page, j) => page.isOwn && within(boundsOf(page.view), j, alongRule(page, j)) !== alongRule(page, j);

// --- small maps ----------------------------------------------------------------

// The pair of the map, and both with a third: four axes with J as colour.
function pairsShown(page) {
  const [i, j] = page.pair;
  const others = page.names.map((_, index) => index).filter((index) => index !== i && index !== j);
  if (others.length === 0) return [[i, j]];
  const intercept = page.names.indexOf("b");
  const third = others.includes(intercept) ? intercept : others[0];
  return [[i, j], [i, third], [j, third]];
}

const SMALL_MARGIN = { left: 24, right: 6, top: 6, bottom: 24 };
function drawSmallMaps(page) {
  if (state.tab !== "all") return;
  const pairs = pairsShown(page);
  [0, 1, 2].forEach((n) => {
    const button = byId(`small-${n}`);
    button.hidden = n >= pairs.length;
    if (button.hidden) return;
    const pair = pairs[n];
    const area = areaOf(`small-${n}`, SMALL_MARGIN);
    const map = projection(frameOf(page, pair, area, 1), area);
    const plane = planeOf(page.system.quadratic, pair, state.others === "step" ? page.theta : page.system.fitted);
    const pick = (theta) => pair.map((j) => theta[j]);
    const [here, tip] = [pick(page.theta), pick(page.next || page.theta)].map(map.to);
    setAll(byId(`small-${n}-clip`), { x: area.x, y: area.y, width: area.width, height: area.height });
    paint(byId(`small-${n}-map`), [
      ...ground(plane, map), ...drawPaths(page, pair, map, false), ...arrow(here, between(here, tip, enlargement(here, tip)), "step"),
      ["circle", { class: "here", cx: short(here[0]), cy: short(here[1]), r: 4.5 }],
    ]);
    const [a, b] = pair.map((j) => page.names[j]);
    paint(byId(`small-${n}-names`), [
      ["text", { class: "name", x: area.x + area.width / 2, y: area.y + area.height + 17, "text-anchor": "middle" }, shortened(a, area.width / 7.5)],
      ["text", { class: "name", transform: `translate(15 ${area.y + area.height / 2}) rotate(-90)`, "text-anchor": "middle" }, shortened(b, area.height / 7.5)],
    ]);
    button.setAttribute("aria-label", `Show ${a} and ${b} on the large map`);
    button.pairShown = pair;
  });
  fill("all-words", pairs.length === 1 ? (held > 0 ? `This page knows two of the model’s ${content.nParameters} parameters.` : "The model has two parameters: with J as colour, the map shows all there is.")
    : `J depends on ${content.nParameters} parameters. Each map shows two of them, with J as colour; the others have ${state.others === "step" ? "their values at this step" : "their fitted values"}. One step moves the point on all maps at once.`);
}

// --- eigenvectors -----------------------------------------------------------------

// Errors along the eigenvectors of H, and what a step with this alpha multiplies them by.
function errorsOf(system, theta, alpha) {
  const { quadratic } = systems[system];
  const { values, vectors } = spectrumOf(quadratic);
  const error = theta.map((x, j) => x - quadratic.centre[j]);
  return values.map((value, i) => {
    const size = dot(vectors[i], error);
    return { value, size, factor: 1 - alpha * value, share: (value * size * size) / 2 };
  });
}

function drawEigen(page) {
  if (state.tab !== "eigen") return;
  const { quadratic, names } = systems[page.run.system];
  const errors = errorsOf(page.run.system, page.own.theta, page.t).reverse();
  const total = errors.reduce((sum, { share }) => sum + share, 0);
  const longest = Math.max(...errors.map(({ size }) => Math.abs(size)));
  const { vectors } = spectrumOf(quadratic);
  rows("eigenvalues", errors.length, 5).forEach((cells, i) => {
    const { value, factor, share } = errors[i];
    // What is but rounding of the largest error is none.
    const size = Math.abs(errors[i].size) > 1e-13 * longest ? errors[i].size : 0;
    const vector = vectors[errors.length - 1 - i];
    const largest = vector.reduce((most, x, j) => (Math.abs(x) > Math.abs(vector[most]) ? j : most), 0);
    setNumber(cells[0], value, format(value, 4));
    setNumber(cells[1], factor, format(factor, 4));
    cells[1].className = Math.abs(factor) > 1 ? "rising" : "";
    setNumber(cells[2], size, `${format(size, 3)} → ${format(size * factor, 3)}`);
    cells[3].textContent = total > 0 ? percent(share / total) : "0";
    cells[4].textContent = names[largest];
  });
  const [most, least] = [errors[0].value, errors.reduce((low, { value }) => (value > 1e-12 * errors[0].value ? Math.min(low, value) : low), Infinity)];
  const slowest = Math.abs(1 - page.t * least);
  const digits = slowest < 1 && slowest > 0 ? `, so that such steps make this error ten times smaller after ${format(Math.ceil(Math.log(10) / -Math.log(slowest)), 4)}` : "";
  fill("eigen-words", most > 0
    ? `${held > 0 ? "Of the two parameters in this page alone" : `In ${systemName(page.run.system)}`}: along an eigenvector of H with eigenvalue λ a step multiplies the error by 1 − αλ, whatever the other errors are. α = ${format(page.t, 4)}. The largest eigenvalue is L = ${format(most, 4)}: its factor is ${format(1 - page.t * most, 3)}, and beyond −1, that is with α > 2/L = ${format(2 / most, 4)}, the error grows. The smallest is ${format(least, 4)}: its factor is ${format(1 - page.t * least, 5)}${digits}. Their ratio, the condition number, is ${format(most / least, 4)}.`
    : "J is level: all eigenvalues are 0.");
  drawFactors(errors, page.t, least);
}

// The factor 1 - alpha lambda over lambda: a step converges where all are between -1 and 1.
function drawFactors(errors, alpha, least) {
  const area = areaOf("factors", CURVE_MARGIN);
  const most = errors[0].value;
  if (!(most > 0)) return paint(byId("factors-picture"), []);
  const [low, high] = [Math.log10(least) - 0.15, Math.log10(most) + 0.15];
  const x = (value) => area.x + ((Math.log10(value) - low) / (high - low)) * area.width;
  const bottom = Math.min(-1.3, Math.max(-4, 1 - alpha * most - 0.3));
  const y = side(bottom, 1.3, area.y + area.height, area.y, "1 − αλ");
  // At whole numbers, -1 and 1 among them.
  y.ticks = Array.from({ length: 2 - Math.ceil(bottom) }, (_, i) => ({ at: y.scale(1 - i), text: tickText(1 - i) }));
  const ticks = logTicks(low, high).map((log) => ({ at: x(10 ** log), text: tickText(10 ** log) }));
  const curve = Array.from({ length: 61 }, (_, i) => 10 ** (low + ((high - low) * i) / 60)).map((value) => [x(value), Math.min(area.y + area.height, y.scale(1 - alpha * value))]);
  return paint(byId("factors-picture"), [
    ["rect", { class: "stable", x: area.x, y: short(y.scale(1)), width: area.width, height: short(y.scale(-1) - y.scale(1)) }],
    ["path", { class: "curve", d: pathOf(curve) }],
    ...errors.filter(({ value }) => value >= least).map(({ value, factor }) => ["circle", { class: Math.abs(factor) > 1 ? "factor growing" : "factor", cx: short(x(value)), cy: short(Math.min(area.y + area.height, y.scale(factor))), r: 5 }]),
    ...axes(area, [{ name: "λ", ticks }, y]),
  ]);
}
