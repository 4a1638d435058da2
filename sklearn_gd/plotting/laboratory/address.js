// The state in the page's address, so that a link leads to a moment; and what can be copied.

// A page within a notebook has no address of its own.
const hasAddress = () => window.location.protocol !== "about:";

function addressOf(page) {
  const { run, k } = page;
  const fields = { step: k };
  if (!run.fit) {
    Object.assign(fields, { rate: run.rate.name, alpha: run.rate.alpha, start: run.theta[0].join(","), steps: run.nSteps, in: systems[run.system].name });
  }
  if (state.pair.join() !== content.shown.join()) fields.pair = state.pair.join(",");
  if (state.view !== run.system) fields.view = systems[state.view].name;
  if (state.chapter !== null) fields.chapter = state.chapter + 1;
  return `#${Object.entries(fields).map(([name, value]) => `${name}=${String(value).replace(/e\+/g, "e")}`).join("&")}`;
}

let written = "";
let writing = null;
// Not at every frame: browsers refuse hundreds of addresses in a row.
function writeAddress(page) {
  if (!hasAddress() || state.timer) return;
  clearTimeout(writing);
  writing = setTimeout(() => {
    written = addressOf(page);
    try { window.history.replaceState(null, "", written); } catch { /* of a page that may not */ }
  }, 250);
}

// Numbers of a field; null if it is not so many of them.
function numbersOf(text, count) {
  const numbers = (text || "").split(",").map(Number);
  return text && numbers.length === count && numbers.every(Number.isFinite) ? numbers : null;
}

// Go to the moment that the address tells, as far as it makes sense.
function readAddress() {
  if (!hasAddress() || window.location.hash === written) return;
  const fields = new URLSearchParams(window.location.hash.slice(1));
  if (state.chapter !== null) closeLesson();
  const viewOf = (name) => systems.findIndex((system) => system.name === fields.get(name));
  const pair = numbersOf(fields.get("pair"), 2);
  if (pair && pair[0] !== pair[1] && pair.every((j) => Number.isInteger(j) && j >= 0 && j < systems[OWN].names.length)) state.pair = pair;
  const chapter = Number(fields.get("chapter"));
  if (Number.isInteger(chapter) && chapter >= 1 && chapter <= chapters().length) { openChapter(chapter - 1); return; }
  const alpha = Number(fields.get("alpha"));
  if (alpha > 0 && Number.isFinite(alpha)) {
    if (viewOf("in") >= 0) state.view = state.along = viewOf("in");
    const name = allowedRates(boundsOf(state.along)).includes(fields.get("rate")) ? fields.get("rate") : "constant";
    state.rate = { name, alpha };
    state.start = numbersOf(fields.get("start"), systems[OWN].names.length) || moved(content.start, OWN, state.view);
    const steps = Number(fields.get("steps"));
    if (steps >= 1 && steps <= MOST_STEPS) state.nSteps = Math.round(steps);
    rerun();
  } else if (fitHasPath && window.location.hash.includes("step")) select(fitRun);
  if (viewOf("view") >= 0) setView(viewOf("view"));
  const step = Number(fields.get("step"));
  if (step >= 0 && Number.isFinite(step)) goTo(indexOf(state.run, step));
}

// --- copying -------------------------------------------------------------------------

// The map as a file of its own: with the styles of the page, and its colours of now.
function mapAsSvg() {
  const copy = byId("map").cloneNode(true);
  const { width, height } = sizes.map;
  copy.querySelector("#handles").remove();
  const style = document.createElementNS(SVG, "style");
  const colours = getComputedStyle(document.documentElement);
  const used = [...document.querySelector("style").textContent.matchAll(/(--[a-z0-9-]+):/g)].map(([, name]) => name);
  style.textContent = `svg { ${[...new Set(used)].map((name) => `${name}: ${colours.getPropertyValue(name)}`).join("; ")}; font-family: sans-serif; background: var(--ground); }\n${byId("picture-style").textContent}`;
  copy.prepend(style);
  for (const [name, value] of Object.entries({ xmlns: SVG, width, height, viewBox: `0 0 ${width} ${height}` })) copy.setAttribute(name, value);
  return new XMLSerializer().serializeToString(copy);
}

// To the clipboard; where the browser forbids that, as text to be copied by hand.
async function copyText(text, what) {
  try {
    // Browsers forbid it in a notebook's frame, and complain when asked.
    if (!hasAddress()) throw new Error("forbidden");
    await navigator.clipboard.writeText(text);
    byId("copied").textContent = `${what} copied.`;
  } catch {
    byId("copied").textContent = `${what}: copy this text.`;
    byId("copy-text").value = text;
    byId("copy-dialog").hidden = false;
    byId("copy-text").focus();
    byId("copy-text").select();
  }
}

function connectAddress() {
  byId("copy-picture").addEventListener("click", () => copyText(mapAsSvg(), "The map as SVG"));
  byId("copy-link").addEventListener("click", () => copyText(`${window.location.href.split("#")[0]}${addressOf(current())}`, "The link"));
  byId("copy-close").addEventListener("click", () => { byId("copy-dialog").hidden = true; });
  byId("copy-link").hidden = !hasAddress();
  window.addEventListener("hashchange", readAddress);
}
