// The numbers of the current step, the controls, and the keyboard.

// --- numbers ------------------------------------------------------------------

// theta <- theta - alpha * gradient, with the numbers of this step.
function drawRule(page) {
  const { run, own, pair } = page;
  const alpha = state.reach ?? page.alpha;
  const more = own.theta.length > 2;
  const pick = (values, digits) => vectorText(pair.map((j) => values[j]), digits, more);
  // So many digits that the parameters are seen to move.
  const point = (theta) => pointText(pair.map((j) => theta[j]), pair.map((j) => (alpha ?? 0) * own.gradient[j]), more);
  const names = `(${pair.map((j) => own.names[j]).join(", ")}${more ? ", …" : ""})`;
  const where = ` in ${systemName(run.system)}`;
  fill("rule-names", `θ = ${names}${where}: θ ← θ − α · ∇J`);
  const result = shows("step") && own.next ? point(own.next) : "(?, ?)";
  fill("rule-numbers", alpha === null ? `= ${pick(own.theta, 4)}, the last point of this run`
    : `= ${point(own.theta)} − ${format(alpha, 3)} · ${pick(own.gradient, 3)} = ${result}, all at once`);
}

function drawNumbers(page) {
  const { run, k, loss, nextLoss, alpha, largest } = page;
  const total = last(run.k);
  byId("step").max = run.k.length - 1;
  byId("step").value = page.at;
  byId("step").setAttribute("aria-valuetext", `step ${k} of ${total}`);
  fill("position", `step ${k} of ${total}`);
  fill("run-name", run.name);
  // So many digits that J is seen to change.
  const digits = nextLoss === null ? 5 : Math.max(5, digitsFor(loss, nextLoss - loss));
  setNumber(byId("loss-now"), loss, format(loss, digits));
  const isTried = state.reach !== null;
  byId("loss-next").hidden = nextLoss === null || state.asking || isTried;
  if (nextLoss !== null) setNumber(byId("loss-next-value"), nextLoss, format(nextLoss, digits));
  fill("loss-change", changeWords(page, isTried));
  byId("use-alpha").hidden = !isTried || state.asking;
  const after = isTried ? page.tipLoss : nextLoss;
  byId("loss-change").className = !state.asking && after !== null && after > loss ? "rising" : "";
  byId("alpha-now").hidden = alpha === null;
  if (alpha !== null) {
    setNumber(byId("alpha-value"), alpha);
    fill("alpha-share", largest > 0 ? `= ${format((alpha * largest) / 2, 3)} · 2/L` : "");
  }
  fill("gradient-name", held > 0 ? "|∇J|, these two" : page.names.length > 2 ? `|∇J|, all ${page.names.length} parameters` : "|∇J|");
  setNumber(byId("gradient-size"), Math.hypot(...page.own.gradient), format(Math.hypot(...page.own.gradient), 4));
  byId("play").textContent = state.timer ? "Pause" : "Play";
}

// What this step does to J, or another one that is tried.
function changeWords({ loss, nextLoss, t, tipLoss }, isTried) {
  if (state.asking) return "after the step: ?";
  if (isTried) return `with α = ${format(t, 4)} J ${changeText(loss, tipLoss)}`;
  return nextLoss === null ? "the last point of this run" : `J ${changeText(loss, nextLoss)}`;
}

function drawSentences(page) {
  if (state.tab !== "words") return;
  const isLast = page.alpha === null || !shows("step");
  page.pair.forEach((j, axis) => fill(`sentence-${axis}`, page.isOwn
    ? `${signSentence(page.names[j], page.gradient[j], isLast, boundAt(page, j))}${isLast ? "" : ` ${updateText(page, j)}`}`
    : signSentence(page.names[j], page.gradient[j], true, null)));
  fill("sentence-2", page.isOwn ? "" : `This run steps along the gradient in ${systemName(page.run.system)}: seen in ${systemName(page.view)}, a step need not be perpendicular to the level lines.`);
}

// The rule for one parameter, in numbers; a step that would lead beyond a bound ends there.
function updateText(page, j) {
  const along = alongRule(page, j);
  const cut = isCut(page, j) ? ` → ${format(page.next[j], 4)}` : "";
  const digits = (x) => Math.max(4, digitsFor(x, page.alpha * page.gradient[j]));
  return `${format(page.theta[j], digits(page.theta[j]))} − ${format(page.alpha, 3)} · ${bracketed(page.gradient[j], 4)} = ${format(along, digits(along))}${cut}.`;
}

// The bound that a parameter is at and would cross, or null.
function boundAt({ theta, gradient, view }, j) {
  const bounds = boundsOf(view);
  const [low, high] = [bounds.low[j], bounds.high[j]];
  if (low !== null && theta[j] <= low && gradient[j] > 0) return low;
  return high !== null && theta[j] >= high && gradient[j] < 0 ? high : null;
}

function drawDirectionWords(page) {
  byId("direction").value = state.degrees;
  fill("degrees", `${state.degrees}°`);
  if (state.tab !== "direction") return;
  const [sentence, rate] = derivativeSentence(page.direction, page.slopes);
  setNumber(byId("derivative"), rate, sentence);
}

// --- controls -------------------------------------------------------------------

// The slider is logarithmic, from 2/L / 1000 to 2/L * 4.
const DECADES = [-3, Math.log10(4)];
const positionOf = (alpha) => (Math.log10(alpha / limitOf(state.along)) - DECADES[0]) / (DECADES[1] - DECADES[0]);
const alphaAt = (position) => limitOf(state.along) * 10 ** (DECADES[0] + position * (DECADES[1] - DECADES[0]));
// A field that is being typed in is left alone.
const setField = (id, value) => { if (document.activeElement !== byId(id)) byId(id).value = value; };

function drawControls(page) {
  const wrong = complaint();
  // That of this step, or the one typed if it is wrong; all digits would hide the exponent.
  const alpha = wrong ? state.rate.alpha : page.alpha ?? page.run.alpha[page.at - 1] ?? state.rate.alpha;
  setField("alpha", Number(alpha.toPrecision(6)));
  byId("alpha-slider").value = positionOf(alpha);
  byId("alpha-slider").setAttribute("aria-valuetext", `α = ${format(alpha, 4)}, ${format(alpha / limitOf(state.along), 3)} times 2/L`);
  byId("rate").value = page.run.rate.name;
  state.pair.forEach((j, axis) => setField(`start-${axis}`, state.start[j]));
  setField("steps", state.nSteps);
  const [text, warning] = wrong ? [wrong, true] : verdict(page);
  fill("verdict", state.asking ? "" : text);
  byId("verdict").className = warning ? "warning" : "";
  byId("keep").disabled = state.run !== state.trial;
  byId("fit-start").disabled = state.run.fit;
  for (const [id, what] of [["show-direction", "direction"], ["show-step", "step"]]) byId(id).checked = shows(what);
  if (systems.length > 1) byId("scaled").checked = state.view === 1;
  byId("descend-here").hidden = state.view === page.run.system;
  for (const id of ["controls", "legend", "settings", "side"]) byId(id).inert = state.asking;
  byId("others").value = state.others;
  drawRuns();
}

function verdict(page) {
  if (!page.run.fit) return verdictOf(page.run.rate, page.largest, hasBoundsNow());
  const { rate } = page.run;
  if (rate.name === "constant" || rate.name === "lipschitz") return verdictOf(rate, page.largest, hasBoundsNow());
  const chosen = rate.name === "own" ? "followed a schedule of its own" : `chose its learning rates itself, by “${rate.name}”`;
  return [`The fit ${chosen}. Move the slider to try a constant one.`, false];
}

// When a run has covered nearly all of the way: of runs that end alike this says which was faster.
function wayDown(run) {
  if (hasBoundsNow()) return "";
  const least = systems[run.system].quadratic.loss;
  const at = run.loss.findIndex((loss) => loss - least <= 0.01 * (run.loss[0] - least));
  return at < 0 ? "; not yet 99 % of the way down" : `; 99 % of the way down after ${run.k[at]}`;
}

let listed = "";
function drawRuns() {
  const runs = [...(fitHasPath ? [fitRun] : []), ...(state.trial ? [state.trial] : []), ...state.kept];
  const key = runs.map((run) => run.name + run.colour + (run === state.run)).join("|");
  if (key === listed) return;
  listed = key;
  byId("runs").replaceChildren(...runs.map((run) => {
    const swatch = element("span", { class: "swatch", style: `background: var(${run.colour})` });
    const name = element("span", { class: "name" }, `${run.name}: J = ${format(last(run.loss), 4)} after ${last(run.k)} steps${run.status === "diverged" ? ", diverged" : wayDown(run)}`);
    const look = element("button", { "aria-pressed": String(run === state.run), "aria-label": `look at ${run.name}`, onclick: () => select(run) }, run === state.run ? "shown" : "show");
    const buttons = state.kept.includes(run) ? [look, element("button", { "aria-label": `remove ${run.name}`, onclick: () => drop(run) }, "×")] : [look];
    return element("li", {}, swatch, name, ...buttons);
  }));
}

function chooseTab(name) {
  state.tab = name;
  for (const tab of document.querySelectorAll("[role=tab]")) {
    const chosen = tab.id === `tab-${name}`;
    tab.setAttribute("aria-selected", String(chosen));
    tab.tabIndex = chosen ? 0 : -1;
    byId(tab.getAttribute("aria-controls")).hidden = !chosen;
  }
  measure();
  show();
}

function connectControls() {
  const on = (id, event, action) => byId(id).addEventListener(event, action);
  const to = (at) => () => { pause(); goTo(at()); };
  on("step", "input", to(() => byId("step").valueAsNumber));
  on("first", "click", to(() => 0));
  on("back", "click", to(() => state.at - 1));
  on("forward", "click", to(() => state.at + 1));
  on("last", "click", to(() => state.run.k.length - 1));
  on("play", "click", play);
  on("alpha", "change", () => setRate({ name: "constant", alpha: byId("alpha").valueAsNumber }));
  on("alpha-slider", "input", () => setRate({ name: "constant", alpha: Number(alphaAt(byId("alpha-slider").valueAsNumber).toPrecision(4)) }));
  on("rate", "change", () => {
    const name = byId("rate").value;
    const known = state.rate.alpha > 0 && Number.isFinite(state.rate.alpha);
    setRate({ name, alpha: known && name !== "lipschitz" ? state.rate.alpha : limitOf(state.along) / 2 });
  });
  on("steps", "change", () => {
    state.nSteps = Math.max(1, Math.min(MOST_STEPS, Math.round(byId("steps").valueAsNumber) || 1));
    byId("steps").value = state.nSteps;
    rerun();
  });
  [0, 1].forEach((axis) => on(`start-${axis}`, "change", () => { state.start[state.pair[axis]] = byId(`start-${axis}`).valueAsNumber; rerun(); }));
  on("fit-start", "click", startAsTheFit);
  on("keep", "click", keep);
  on("use-alpha", "click", descendAsTried);
  on("direction", "input", () => { state.degrees = byId("direction").valueAsNumber; show(); });
  on("others", "change", () => { state.others = byId("others").value; show(); });
  on("scaled", "change", () => setView(byId("scaled").checked ? 1 : 0));
  on("descend-here", "click", descendHere);
  [0, 1].forEach((axis) => on(`axis-${axis}`, "change", () => choosePair(axis, Number(byId(`axis-${axis}`).value))));
  for (const [id, what] of [["show-direction", "direction"], ["show-step", "step"]]) on(id, "change", () => { state.hidden[what] = !byId(id).checked; show(); });
  for (const [id, factor] of [["zoom-in", 1.5], ["zoom-out", 1 / 1.5]]) on(id, "click", () => { state.zoom *= factor; show(); });
  on("zoom-run", "click", () => { state.zoom = 1; show(); });
  [0, 1, 2].forEach((n) => on(`small-${n}`, "click", () => setPair(byId(`small-${n}`).pairShown)));
  for (const tab of document.querySelectorAll("[role=tab]")) tab.addEventListener("click", () => chooseTab(tab.id.slice(4)));
  on("tabs", "keydown", (event) => {
    const tabs = [...document.querySelectorAll("[role=tab]")];
    const moves = { ArrowLeft: -1, ArrowRight: 1 };
    if (!(event.key in moves)) return;
    const next = tabs[(tabs.indexOf(document.activeElement) + moves[event.key] + tabs.length) % tabs.length];
    next.focus();
    chooseTab(next.id.slice(4));
    event.preventDefault();
    event.stopPropagation();
  });
  document.addEventListener("keydown", (event) => {
    const { tagName, type } = document.activeElement;
    if (event.altKey || event.ctrlKey || event.metaKey || tagName === "TEXTAREA" || tagName === "SELECT" || (tagName === "INPUT" && type !== "checkbox")) return;
    const moves = { ArrowLeft: state.at - 1, ArrowRight: state.at + 1, Home: 0, End: state.run.k.length - 1 };
    // A question is about the step that it was asked at.
    if (state.asking) { if (state.guess && guessByKey(event)) event.preventDefault(); return; }
    if (event.key in moves) { pause(); goTo(moves[event.key]); }
    else if (event.key === " " && tagName !== "BUTTON" && tagName !== "INPUT") play();
    else return;
    event.preventDefault();
  });
}

// A parameter that is on the other axis changes places with it.
function choosePair(axis, j) {
  const pair = state.pair.slice();
  if (pair[1 - axis] === j) pair[1 - axis] = pair[axis];
  pair[axis] = j;
  setPair(pair);
}

// Menus of names, marks of the slider: what depends on the coordinates shown.
let introduced = null;
function drawMenus(page) {
  const key = `${page.view} ${page.pair} ${state.along}`;
  if (introduced === key) return;
  introduced = key;
  [0, 1].forEach((axis) => {
    byId(`axis-${axis}`).replaceChildren(...page.names.map((name, j) => element("option", { value: j }, name)));
    byId(`axis-${axis}`).value = state.pair[axis];
    fill(`start-name-${axis}`, page.names[page.pair[axis]]);
  });
  byId("mark-one").style.left = `calc(11px + ${positionOf(limitOf(state.along) / 2)} * (100% - 22px))`;
  byId("mark-two").style.left = `calc(11px + ${positionOf(limitOf(state.along))} * (100% - 22px))`;
}
