// The page begins: what it says of the fit, which pictures it draws, and where it opens.

function introduce() {
  const n = content.nParameters;
  const rate = { constant: ` with α = ${format(content.rate.alpha ?? 0)}`, own: " by its own schedule of learning rates" }[content.rate.name] || `, with learning rates chosen by “${content.rate.name}”,`;
  const ended = { converged: "ended at a solution after", max_iter: "ended after its", diverged: "diverged within", early_stopped: "was stopped early after", stopped: "was stopped after" }[content.status] || "ended after";
  const cost = content.penalty ? `J is half the mean squared error plus ${format(content.penalty)}/2 times the sum of the squared coefficients.` : "J is half the mean squared error.";
  fill("summary", `${cost} The fit${rate} ${ended} ${content.nIter} ${content.nIter === 1 ? "step" : "steps"}; it has ${n} parameters.`);
  fill("notes", notes().join(" "));
  const allowed = allowedRates(boundsOf(OWN));
  byId("rate").replaceChildren(...allowed.map((name) => element("option", { value: name }, RATE_NAMES[name])));
  // A rate of the fit that the page cannot run is named, but not to be chosen.
  if (!allowed.includes(content.rate.name)) byId("rate").append(element("option", { value: content.rate.name, disabled: "" }, RATE_NAMES[content.rate.name] || content.rate.name));
  byId("view-row").hidden = systems.length === 1;
  byId("others-row").hidden = systems[OWN].names.length === 2;
  byId("penalty-formula").hidden = !content.penalty;
  for (const part of document.querySelectorAll(".with-intercept")) part.style.display = hasIntercept ? "" : "none";
  fill("scaled-words", hasIntercept ? "features with mean 0 and standard deviation 1" : "features divided by their root mean squares");
}

function notes() {
  const found = [];
  if (content.fit.why) found.push(content.fit.why);
  if (held > 0) found.push(`The other ${held} parameters are held at their fitted values, so that a run in this page moves these two alone; the fit moved all. 1/L and 2/L on the slider are those of these two.`);
  if (content.fit.k.length <= content.nIter) found.push(`Of the fit’s ${content.nIter} steps ${content.fit.k.length} are in the page.`);
  if (isBounded) found.push("The shaded part of the map is beyond the bounds: a step that would lead there ends at the border (→ in the table).");
  if (isBounded && content.rate.alpha === null) found.push("If J would be above each of its last ten values, the fit has shortened the step; the table has it whole.");
  return found;
}

// Screen readers are told what a step does, but not each one of a run that is played.
let told = "";
function drawTold(page) {
  if (state.timer || state.asking) return;
  const way = page.next ? page.pair.map((j) => `${page.names[j]} ${page.next[j] > page.theta[j] ? "goes up" : page.next[j] < page.theta[j] ? "goes down" : "stays"}`).join(", ") : "the last point";
  const text = `Step ${page.k}: J = ${format(page.loss)}; ${way}.`;
  if (text !== told) byId("told").textContent = text;
  told = text;
}

const PICTURES = ["map", "loss", "slice", "slice-small", "surface", "data", "factors", "small-0", "small-1", "small-2"];
function measure() {
  for (const id of PICTURES) {
    const { width, height } = byId(id).getBoundingClientRect();
    if (width > 0) sizes[id] = { width, height };
  }
}

// At first d is at a right angle to the step, where it is in nobody's way, on the side with more room.
function turnAside() {
  const [a, b] = current().slopes;
  if (a === 0 && b === 0) return;
  const map = projection(frameNow(current(), areaOf("map")), areaOf("map"));
  for (const direction of [[b, -a], [-b, a]]) {
    turnTo(direction);
    if (isInFrame(map.frame, map.back(directionTip(current(), map).tip))) return;
  }
}

function begin() {
  introduce();
  readColours();
  readInks();
  measure();
  connectMap();
  connectSurface();
  connectCurves();
  connectControls();
  connectAddress();
  watchers.push(drawMenus, drawMap, drawLoss, drawNumbers, drawRule, drawSentences, drawTracks, drawDirectionWords, drawControls, drawSlices, drawSmallMaps, drawEigen, drawSurface, drawData, drawTold, writeAddress);
  const observer = new ResizeObserver(() => { measure(); show(); });
  for (const id of PICTURES) observer.observe(byId(id));
  // What sticks below the rule, which may take two lines or three.
  new ResizeObserver(([entry]) => document.documentElement.style.setProperty("--rule", `${entry.target.offsetHeight}px`)).observe(byId("rule"));
  // The surface is not drawn while nobody sees it.
  new IntersectionObserver(([entry]) => { seen.surface = entry.isIntersecting; show(); }).observe(byId("surface"));
  window.matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => { readColours(); readInks(); show(); });
  drawLesson();
  if (!fitHasPath) rerun();
  turnAside();
  readAddress();
  show();
}

begin();
// For tests, and for the curious in the browser's console.
window.laboratory = { content, systems, state, current, goTo, rerun, keep, startAt, select, fitRun, setRate, setView, setPair, openChapter, closeLesson, lesson, chapters };
