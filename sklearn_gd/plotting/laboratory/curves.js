// Curves beside the map: J after each step, J along the negative gradient, and the data.

const CURVE_MARGIN = { left: 58, right: 18, top: 10, bottom: 38 };

// As high as the descents that do not diverge need; alone one may climb some decades.
function lossRange(page) {
  const staying = page.runs.filter((run) => run.status !== "diverged");
  const counted = state.asking ? [] : page.runs.flatMap((run) => (run.status !== "diverged" ? run.loss : staying.length ? run.loss.slice(0, 1) : run.loss.slice(0, Math.max(30, page.at + 2))));
  const logs = counted.concat(page.loss).filter((loss) => loss > 0).map(Math.log10);
  if (logs.length === 0) return [-1, 1];
  const [low, high] = logs.reduce(([a, b], x) => [Math.min(a, x), Math.max(b, x)], [Infinity, -Infinity]);
  const room = Math.max(0.06 * (high - low), 0.02);
  return [low - room, high + room];
}

let lossSide = null;
function drawLoss(page) {
  const area = areaOf("loss", CURVE_MARGIN);
  const [low, high] = lossRange(page);
  const longest = Math.max(1, ...page.runs.map((run) => last(run.k)));
  const x = side(0, longest, area.x, area.x + area.width, "step");
  x.ticks = x.ticks.filter(({ text }) => !text.includes("."));
  lossSide = x;
  const y = (log) => area.y + area.height - ((log - low) / (high - low)) * area.height;
  const ticks = logTicks(low, high).map((log) => ({ at: y(log), text: tickText(10 ** log) }));
  const point = (k, loss) => [x.scale(k), loss > 0 ? Math.max(-1e4, y(Math.log10(loss))) : area.y + area.height];
  setAll(byId("loss-clip-area"), { x: area.x, y: area.y, width: area.width + 12, height: area.height });
  paint(byId("loss-runs"), page.runs.flatMap((run) => {
    const style = `--colour: var(${run.colour})`;
    const diverged = run.status === "diverged" ? " diverged" : "";
    const points = run.loss.slice(0, page.shownSteps(run)).map((loss, i) => point(run.k[i], loss));
    const at = indexOf(run, page.k);
    const items = [["path", { class: `${run === page.run ? "run active" : "run"}${diverged}`, style, d: pathOf(points) }]];
    if (run !== page.run) items.push(["circle", { class: "rival", style, cx: short(points[at][0]), cy: short(points[at][1]), r: 4 }]);
    return items;
  }));
  const [cx, cy] = point(page.k, page.loss);
  paint(byId("loss-point"), cy >= area.y - 6 ? [["circle", { class: "here", cx: short(cx), cy: short(cy), r: 6 }]] : []);
  paint(byId("loss-axes"), axes(area, [x, { name: "J", ticks }]));
  drawLegend(page);
}

// Which curve is which, where there are several.
let legend = "";
function drawLegend({ runs }) {
  const shown = runs.length > 1 ? runs : [];
  const key = shown.map((run) => run.name + run.colour).join("|");
  if (key === legend) return;
  legend = key;
  byId("loss-legend").replaceChildren(...shown.map((run) => element("span", {}, element("i", { class: "swatch", style: `background: var(${run.colour})` }), run.name)));
}

// --- J along the negative gradient -----------------------------------------

const sliceSides = {};
// Beside the map while another step than the run's is looked at, and with all its words in a view of its own.
function drawSlices(page) {
  byId("slice-figure").hidden = state.reach === null;
  byId("beside").classList.toggle("trial", state.reach !== null);
  if (state.reach !== null) drawSlice(page, "slice-small");
  if (state.tab !== "slice") return;
  const { line, loss, largest, t, alpha } = page;
  const longest = drawSlice(page, "slice");
  const lowest = line.curvature > 0 ? ` The lowest point of the parabola is at α = ${format(-line.slope / line.curvature, 4)}: exact line search would step there.` : "";
  const relative = largest > 0 ? ` = ${format((t * largest) / 2, 3)} · 2/L` : "";
  fill("slice-words", `${held > 0 ? "Of the two parameters in this page alone: " : ""}${t === alpha ? "This step" : "A step"}: α = ${format(t, 4)}${relative}. J ${changeText(loss, page.tipLoss)}.${lowest}`);
  byId("slice-range").value = Math.min(1, t / longest);
  byId("slice-range").setAttribute("aria-valuetext", `α = ${format(t, 4)}`);
  byId("slice-run").textContent = `Descend with α = ${format(t, 4)}`;
}

// A word at the right edge ends there.
const atEdge = (x, area) => (x > area.x + area.width - 45 ? { "text-anchor": "end", dx: -8 } : {});

// Returns how far it is drawn.
function drawSlice(page, id) {
  const area = areaOf(id, CURVE_MARGIN);
  const { line, loss, largest } = page;
  const lowest = line.curvature > 0 ? -line.slope / line.curvature : 0;
  const limit = largest > 0 ? 2 / largest : 1;
  const longest = Math.max(1.15 * limit, Math.min(2.3 * lowest, 6 * limit), Math.min(1.2 * page.t, 6 * limit));
  const curve = Array.from({ length: 81 }, (_, i) => [(longest * i) / 80, alongLine(line, loss, (longest * i) / 80)]);
  const values = curve.map(([, value]) => value);
  const [low, high] = [Math.min(...values), Math.max(...values)];
  const room = 0.08 * (high - low || Math.abs(high) || 1);
  const x = side(0, longest, area.x, area.x + area.width, "α");
  const y = side(low - room, high + room, area.y + area.height, area.y, area.height > 120 ? "J(θ − α·∇J)" : "J");
  sliceSides[id] = { ...x, longest };
  const mark = (t, text, className) => (t > longest || !(t > 0) ? [] : [
    ["path", { class: `mark ${className}`, d: `M${short(x.scale(t))} ${area.y}V${area.y + area.height}` }],
    ["text", { class: `mark-text ${className}`, x: short(x.scale(t) + 4), y: className === "limit" ? area.y + 12 : area.y + area.height - 6, ...atEdge(x.scale(t), area) }, text],
  ]);
  const at = Math.min(page.t, longest);
  paint(byId(`${id}-picture`), [
    ...(largest > 0 ? [...mark(limit / 2, "1/L", "limit"), ...mark(limit, "2/L", "limit")] : []), ...mark(lowest, "lowest", "lowest"),
    ["path", { class: "curve", d: pathOf(curve.map(([t, value]) => [x.scale(t), y.scale(value)])) }],
    ["path", { class: "level-before", d: `M${area.x} ${short(y.scale(loss))}H${area.x + area.width}` }],
    ["circle", { class: "here", cx: short(x.scale(at)), cy: short(y.scale(alongLine(line, loss, at))), r: 6.5 }],
    ...axes(area, [x, y]),
  ]);
  return longest;
}

// --- the data ----------------------------------------------------------------

function drawData(page) {
  if (state.tab !== "data") return;
  const area = areaOf("data", CURVE_MARGIN);
  const { A, y, held, system } = content.sample;
  const theta = moved(page.own.theta, page.run.system, system);
  const known = page.run.predictions ? page.run.predictions[page.at] : null;
  const predictions = known || A.map((row, r) => dot(row, theta) + held[r]);
  const names = systems[system].names;
  const intercept = names.indexOf("b"); // features are w_...
  const feature = state.pair.find((j) => j !== intercept);
  const alone = content.nParameters === 2 && intercept >= 0;
  const picture = intercept >= 0 && state.pair.includes(intercept) ? lineOfData : predictedOfData;
  const { x, dots, line, title } = picture({ A, y, predictions, theta, feature, intercept, alone, system });
  const extent = (values) => {
    const [low, high] = [Math.min(...values), Math.max(...values)];
    const room = 0.05 * (high - low || Math.abs(high) || 1);
    return [low - room, high + room];
  };
  const across = side(...extent(dots.map(([a]) => a)), area.x, area.x + area.width, x[0]);
  const up = side(...extent(dots.map(([, b]) => b)), area.y + area.height, area.y, x[1]);
  const to = ([a, b]) => [across.scale(a), Math.max(-1e4, Math.min(1e4, up.scale(b)))];
  setAll(byId("data-clip-area"), { x: area.x, y: area.y, width: area.width, height: area.height });
  paint(byId("data-picture"), [["path", { class: "data-dots", d: dotsOf(dots.map(to)) }], ["path", { class: "data-line", d: pathOf(line.map(to)) }]]);
  paint(byId("data-axes"), axes(area, [across, up]));
  fill("data-title", title);
}

// y over one feature, less what the others add, and the line of this step.
function lineOfData({ A, y, predictions, theta, feature, intercept, alone, system }) {
  // Of rows with standardised features the values are shown as they were.
  const { mean, scale } = (isScaled(system) && content.change) || {};
  const value = (z) => (scale ? (mean ? mean[feature] : 0) + z * scale[feature] : z);
  const own = (z) => theta[intercept] + theta[feature] * z;
  const rows = A.map((row) => row[feature]);
  const name = systems[scale ? 0 : system].names[feature].slice(2);
  const ends = [Math.min(...rows), Math.max(...rows)];
  return {
    x: [/^\d+$/.test(name) && alone ? "x" : name, content.target],
    dots: rows.map((z, r) => [value(z), alone ? y[r] : y[r] - predictions[r] + own(z)]),
    line: ends.map((z) => [value(z), own(z)]),
    title: alone ? "The data and the line of this step" : `The line of this step; ${content.target} less what the other features add`,
  };
}

function predictedOfData({ y, predictions }) {
  const ends = [Math.min(...y), Math.max(...y)];
  return { x: [`true ${content.target}`, "predicted"], dots: y.map((value, r) => [value, predictions[r]]), line: ends.map((value) => [value, value]), title: "Predicted against true" };
}

function connectCurves() {
  const along = (id, act) => {
    const svg = byId(id);
    let held = false;
    svg.addEventListener("pointerdown", (event) => { held = true; svg.setPointerCapture(event.pointerId); act(positionIn(svg, event)[0]); });
    svg.addEventListener("pointermove", (event) => { if (held) act(positionIn(svg, event)[0]); });
    for (const end of ["pointerup", "pointercancel"]) svg.addEventListener(end, () => { held = false; });
  };
  const inverse = ({ scale }, x) => (x - scale(0)) / (scale(1) - scale(0));
  along("loss", (x) => { if (state.asking) return; pause(); goTo(indexOf(state.run, Math.max(0, Math.round(inverse(lossSide, x))))); });
  const reach = (id, share) => reachTo(Math.max(1e-3, Math.min(1, share)) * sliceSides[id].longest);
  for (const id of ["slice", "slice-small"]) along(id, (x) => reach(id, inverse(sliceSides[id], x) / sliceSides[id].longest));
  byId("slice-range").addEventListener("input", () => reach("slice", byId("slice-range").valueAsNumber));
  byId("slice-run").addEventListener("click", descendAsTried);
}
