// The state of the page, and the controls that change it.

const content = JSON.parse(document.getElementById("content").textContent);
const byId = (id) => document.getElementById(id);
const [FIRST, SECOND] = content.shown;
const held = content.nParameters - content.names.length;
const bounded = [...content.low, ...content.high].some((bound) => bound !== null);
const limit = content.largest > 0 ? 2 / content.largest : 1;

const fitRun = { ...content.fit, name: "the fit", colour: BLACK, fit: true, status: content.status };
const state = {
  run: fitRun, at: 0, kept: [], trial: null, slice: "fitted", degrees: 90, timer: null,
  start: content.fit.theta[0].slice(), alpha: content.alpha === null ? Number((limit / 2).toPrecision(4)) : content.alpha,
  nSteps: Math.min(Math.max(content.nIter, 50), 5000),
};

// --- what is shown -------------------------------------------------------

// Everything that pictures and words need to know of the current step.
function current() {
  const { run, at } = state;
  const theta = run.theta[at];
  const gradient = run.gradient ? run.gradient[at] : gradientAt(content.quadratic, theta);
  const angle = (state.degrees * Math.PI) / 180;
  const others = state.slice === "current" ? theta : content.fitted;
  const runs = [...state.kept.filter((kept) => kept !== run), run].map((one) => ({ ...one, active: one === run }));
  const size = (at) => Math.hypot(...(run.gradient ? run.gradient[at] : gradientAt(content.quadratic, run.theta[at])));
  return {
    // Where the gradient is but the rounding of what it was it points nowhere.
    level: size(at) <= 1e-7 * size(0), content, runs, run, theta, gradient, at, k: run.k[at], loss: run.loss[at],
    predictions: run.predictions ? run.predictions[at] : null,
    direction: [Math.cos(angle), Math.sin(angle)].map((x) => (Math.abs(x) < 1e-12 ? 0 : x)), plane: planeOf(content.quadratic, content.shown, others),
  };
}

let waiting = false;
function draw() {
  if (waiting) return;
  waiting = true;
  requestAnimationFrame(() => {
    waiting = false;
    const page = current();
    drawMap(page);
    drawLoss(page);
    drawData(page);
    drawSurface(page);
  });
}

function show() {
  tell(current());
  draw();
}

function tell(page) {
  const { run, at, k, theta, gradient, loss } = page;
  const alpha = run.alpha[at];
  const total = run.k[run.k.length - 1];
  byId("step").max = run.k.length - 1;
  byId("step").value = at;
  byId("step").setAttribute("aria-valuetext", `step ${k} of ${total}`);
  byId("position").textContent = `step ${k} of ${total}`;
  fill("step-title", numberElement("span", k, `Step ${k}`), ` of ${run.name}`);
  fill("cost", ...costParts(loss, run.nextLoss[at]));
  fill("rate", ...rateParts(alpha, run.fit ? content.fitLargest : content.largest));
  fill("sentences", ...content.shown.map((j) => {
    const sentence = document.createElement("p");
    sentence.textContent = signSentence(content.names[j], gradient[j], alpha === null, boundAt(theta[j], gradient[j], j));
    return sentence;
  }));
  fill("parameters", ...content.names.map((name, j) => {
    const row = document.createElement("tr");
    row.className = content.shown.includes(j) ? "shown" : "";
    const head = document.createElement("th");
    head.textContent = name;
    const along = alpha === null ? null : theta[j] - alpha * gradient[j];
    const next = alpha === null ? null : within(content, j, along);
    const cut = next === along ? "" : ` → ${format(next, 4)}`;
    const update = alpha === null ? numberElement("td", theta[j], "") : numberElement("td", next,
      `${format(theta[j], 4)} − ${format(alpha, 3)} · ${bracketed(gradient[j], 4)} = ${format(along, 4)}${cut}`);
    row.append(head, numberElement("td", theta[j]), numberElement("td", gradient[j]), update);
    return row;
  }));
  byId("degrees").textContent = `${state.degrees}°`;
  const [sentence, rate] = derivativeSentence(page.direction, content.shown.map((j) => gradient[j]));
  fill("derivative", numberElement("span", rate, sentence));
}

// The bound that a parameter is at and would cross, or null.
function boundAt(x, slope, j) {
  const { low, high } = content;
  if (low[j] !== null && x <= low[j] && slope > 0) return low[j];
  return high[j] !== null && x >= high[j] && slope < 0 ? high[j] : null;
}

function tellControls() {
  // Fewer digits than the state has: all of them would hide the exponent.
  byId("alpha").value = Number(state.alpha.toPrecision(6));
  byId("alpha-slider").value = positionOf(state.alpha);
  byId("start-0").value = state.start[FIRST];
  byId("start-1").value = state.start[SECOND];
  byId("steps").value = state.nSteps;
  const [text, warning] = verdictOf(state.alpha, content.largest, state.trial || descend(content.quadratic, state.start, state.alpha, state.nSteps, content));
  fill("verdict", text);
  byId("verdict").className = warning ? "warning" : "";
  byId("keep").disabled = state.run !== state.trial;
  const runs = [fitRun, ...(state.trial ? [state.trial] : []), ...state.kept];
  fill("run", ...runs.map((run, index) => {
    const option = document.createElement("option");
    Object.assign(option, { value: index, textContent: run.name, selected: run === state.run });
    option.run = run;
    return option;
  }));
  fill("kept", ...state.kept.map((run) => {
    const item = document.createElement("li");
    const swatch = Object.assign(document.createElement("span"), { className: "swatch" });
    swatch.style.background = run.colour;
    const name = Object.assign(document.createElement("span"), { className: "name", textContent: `${run.name}: J = ${format(run.loss[run.loss.length - 1])}` });
    const look = Object.assign(document.createElement("button"), { textContent: "show", onclick: () => select(run) });
    const remove = Object.assign(document.createElement("button"), { textContent: "×", onclick: () => drop(run) });
    remove.setAttribute("aria-label", `remove ${run.name}`);
    item.append(swatch, name, look, remove);
    return item;
  }));
}

// --- what the reader does ------------------------------------------------

function goTo(at) {
  state.at = Math.max(0, Math.min(at, state.run.k.length - 1));
  show();
}

function select(run) {
  pause();
  state.run = run;
  state.at = Math.min(state.at, run.k.length - 1);
  tellControls();
  show();
}

// Run the descent again with what the controls say, and look at its first step.
function rerun() {
  if (!(state.alpha > 0) || !Number.isFinite(state.alpha) || !state.start.every((x) => Math.abs(x) < 1e100)) {
    fill("verdict", state.alpha > 0 ? "The start must be two numbers, below 1e100 in size." : "α must be a positive number.");
    byId("verdict").className = "warning";
    return null;
  }
  pause();
  state.start = state.start.map((x, j) => within(content, j, x));
  const elsewhere = state.start.some((x, j) => x !== content.fit.theta[0][j]);
  const from = elsewhere ? ` from (${format(state.start[FIRST], 3)}, ${format(state.start[SECOND], 3)})` : "";
  state.trial = { ...descend(content.quadratic, state.start, state.alpha, state.nSteps, content), name: `α = ${format(state.alpha, 4)}${from}`, colour: BLACK };
  state.run = state.trial;
  state.at = 0;
  tellControls();
  show();
  return state.trial;
}

function keep() {
  const run = state.trial;
  const used = state.kept.map((kept) => kept.colour);
  run.colour = PALETTE.find((colour) => !used.includes(colour)) || PALETTE[state.kept.length % PALETTE.length];
  state.kept.push(run);
  state.trial = null;
  select(run);
}

function drop(run) {
  state.kept = state.kept.filter((kept) => kept !== run);
  select(state.run === run ? fitRun : state.run);
}

function pause() {
  clearInterval(state.timer);
  state.timer = null;
  byId("play").textContent = "Play";
}

function play() {
  if (state.timer) return pause();
  if (state.at === state.run.k.length - 1) state.at = 0;
  byId("play").textContent = "Pause";
  // A long run jumps, so that none takes longer than some ten seconds.
  const stride = Math.max(1, Math.round(state.run.k.length / 60));
  state.timer = setInterval(() => {
    goTo(state.at + stride);
    if (state.at === state.run.k.length - 1) pause();
  }, 180);
  return undefined;
}

// --- controls ------------------------------------------------------------

// The slider is logarithmic, from 2/L / 1000 to 2/L * 4.
const DECADES = [-3, Math.log10(4)];
const positionOf = (alpha) => (Math.log10(alpha / limit) - DECADES[0]) / (DECADES[1] - DECADES[0]);
const alphaAt = (position) => limit * 10 ** (DECADES[0] + position * (DECADES[1] - DECADES[0]));

function connect() {
  const on = (id, event, action) => byId(id).addEventListener(event, action);
  on("step", "input", () => { pause(); goTo(byId("step").valueAsNumber); });
  on("first", "click", () => { pause(); goTo(0); });
  on("back", "click", () => { pause(); goTo(state.at - 1); });
  on("forward", "click", () => { pause(); goTo(state.at + 1); });
  on("last", "click", () => { pause(); goTo(state.run.k.length - 1); });
  on("play", "click", play);
  on("run", "change", () => select(byId("run").selectedOptions[0].run));
  on("alpha", "change", () => { state.alpha = byId("alpha").valueAsNumber; rerun(); });
  on("alpha-slider", "input", () => { state.alpha = Number(alphaAt(byId("alpha-slider").valueAsNumber).toPrecision(4)); rerun(); });
  on("steps", "change", () => {
    state.nSteps = Math.max(1, Math.min(5000, Math.round(byId("steps").valueAsNumber) || 1));
    byId("steps").value = state.nSteps;
    rerun();
  });
  [FIRST, SECOND].forEach((j, axis) => on(`start-${axis}`, "change", () => { state.start[j] = byId(`start-${axis}`).valueAsNumber; rerun(); }));
  on("fit-start", "click", () => { state.start = content.fit.theta[0].slice(); rerun(); });
  on("keep", "click", keep);
  on("direction", "input", () => { state.degrees = byId("direction").valueAsNumber; show(); });
  byId("slice").addEventListener("change", (event) => { state.slice = event.target.value; show(); });
  document.addEventListener("keydown", (event) => {
    const tag = document.activeElement.tagName;
    if (event.altKey || event.ctrlKey || event.metaKey || tag === "INPUT" || tag === "SELECT") return;
    const moves = { ArrowLeft: state.at - 1, ArrowRight: state.at + 1, Home: 0, End: state.run.k.length - 1 };
    if (event.key in moves) { pause(); goTo(moves[event.key]); }
    else if (event.key === " " && tag !== "BUTTON") play();
    else return;
    event.preventDefault();
  });
  on("map", "click", (event) => {
    const { xaxis, yaxis, _size: size } = byId("map")._fullLayout;
    const frame = byId("map").getBoundingClientRect();
    const point = [xaxis.p2d(event.clientX - frame.left - xaxis._offset), yaxis.p2d(event.clientY - frame.top - yaxis._offset)];
    if (!isInside(content.box.sides, ...point)) return;
    startAt(point);
  });
}

// A point of the map: the other parameters are those for which the map is drawn.
function startAt([a, b]) {
  const others = state.slice === "current" ? state.run.theta[state.at] : content.fitted;
  state.start = others.slice();
  state.start[FIRST] = Number(a.toPrecision(5));
  state.start[SECOND] = Number(b.toPrecision(5));
  rerun();
}

function introduce() {
  const n = content.nParameters;
  const rate = content.alpha === null ? "" : ` with α = ${format(content.alpha)}`;
  const ended = { converged: "ended at a solution after", max_iter: "ended after its", diverged: "diverged within", early_stopped: "was stopped early after", stopped: "was stopped after" }[content.status] || "ended after";
  const others = n === 2 ? "" : `, two of ${n} parameters`;
  const cost = content.penalty ? `J, half the mean squared error plus ${format(content.penalty)}/2 times the sum of the squared coefficients,` : "J, half the mean squared error,";
  fill("summary", `${cost} over ${content.names[FIRST]} and ${content.names[SECOND]}${others}. The fit${rate} ${ended} ${content.nIter} steps.`);
  fill("start-name-0", content.names[FIRST]);
  fill("start-name-1", content.names[SECOND]);
  byId("mark-one").style.left = `calc(8px + ${positionOf(limit / 2)} * (100% - 16px))`;
  byId("mark-two").style.left = `calc(8px + ${positionOf(limit)} * (100% - 16px))`;
  byId("slice").hidden = content.names.length === 2;
  fill("map-title", `Seen from above: click to start there${content.box.equal ? "" : " (axes not to scale)"}`);
  const notes = [];
  if (n > 2) notes.push("With more than two parameters map and surface are a slice of J, and the path lies off the surface as long as the other parameters differ from those of the slice.");
  if (held > 0) notes.push(`The other ${held} parameters are held at their fitted values, so that a run in this page moves these two alone; the fit moved all. 1/L and 2/L on the slider are those of these two.`);
  if (content.fit.k.length <= content.nIter) notes.push(`Of the fit's ${content.nIter} steps ${content.fit.k.length} are in the page.`);
  if (bounded) notes.push("The shaded part of the map is beyond the bounds: a step that would lead there ends at the border (→ in the table).");
  if (bounded && content.alpha === null) notes.push("If J would be above each of its last ten values, the fit has shortened the step; the table has it whole.");
  fill("notes", notes.join(" "));
}

introduce();
connect();
tellControls();
show();
// For tests, and for the curious in the browser's console.
window.laboratory = { content, state, current, goTo, rerun, keep, startAt, select, fitRun };
