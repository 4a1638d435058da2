// The four pictures. Each has one function that draws it for a state of the page.

const BLACK = "#1b1f24";
const VERMILLION = "#D55E00";
const PALETTE = ["#0072B2", "#E69F00", "#009E73", "#CC79A7", "#56B4E9"];
const CONFIG = { displayModeBar: false, responsive: true, scrollZoom: false, doubleClick: false };
const FONT = { family: "system-ui, sans-serif", size: 12, color: BLACK };
const GRID_POINTS = 61;

// Powers of ten only where plain digits would be long.
const exponents = (low, high) => {
  const size = Math.max(Math.abs(low), Math.abs(high));
  return { exponentformat: size >= 1e6 || size < 1e-3 ? "power" : "none", separatethousands: true };
};
const axisOf = (title, more) => ({
  title: { text: title, standoff: 6 }, automargin: true, zeroline: false, gridcolor: "#e6e9ed", ...more,
});
const layoutOf = (more) => ({
  margin: { l: 10, r: 12, t: 8, b: 10 }, font: FONT, showlegend: false, paper_bgcolor: "#fff", plot_bgcolor: "#fff", ...more,
});
// Names are shown as they are: to plotly they would be markup.
const plain = (name) => name.replace(/&/g, "&amp;").replace(/</g, "&lt;").replace(/>/g, "&gt;");

const column = (run, j) => run.theta.map((theta) => theta[j]);
const isInside = (sides, a, b) => a >= sides[0][0] && a <= sides[0][1] && b >= sides[1][0] && b <= sides[1][1];

// A grid is the same as long as the plane is; plotly then spares most of its work.
let drawn = { key: null, grid: null };
function gridFor(page) {
  const key = JSON.stringify(page.plane);
  if (drawn.key !== key) {
    const grid = gridOf(page.plane, page.content.box.sides, GRID_POINTS);
    drawn = { key, grid: { ...grid, heights: heights(grid), text: grid.z.map((row) => row.map((z) => format(z))) } };
  }
  return drawn.grid;
}

// Level lines of sqrt(J - least J) lie evenly on the slope of a bowl.
function heights(grid) {
  const least = Math.min(...grid.z.map((row) => Math.min(...row)));
  return grid.z.map((row) => row.map((z) => Math.sqrt(z - least)));
}

// A path as far as it is near the map: the rest of one that leaves for good would
// be a thick band, of numbers that a browser cannot draw.
function beginning(path, sides, lengths) {
  const far = ([a, b]) => !isInside(sides.map(([low, high], axis) => [low - lengths[axis], high + lengths[axis]]), a, b);
  const last = path.findIndex(far);
  if (last < 1) return path.slice(0, last < 0 ? path.length : 1);
  const from = path[last - 1];
  const way = path[last].map((x, axis) => x - from[axis]);
  const share = Math.min(1, 3 / Math.hypot(...way.map((x, axis) => x / lengths[axis])));
  return [...path.slice(0, last), from.map((x, axis) => x + share * way[axis])];
}

const boundsShown = ({ low, high, shown }) => ({ low: shown.map((j) => low[j]), high: shown.map((j) => high[j]) });

const rectangle = ([[x0, x1], [y0, y1]]) => ({ x0, x1, y0, y1, xref: "x", yref: "y" });

// Rectangles over what is beyond the bounds.
function shades(content) {
  const { low, high } = boundsShown(content);
  return [0, 1].flatMap((axis) => [[content.box.sides[axis][0], low[axis]], [high[axis], content.box.sides[axis][1]]]
    .filter(([from, to]) => from !== null && to !== null && from < to)
    .map(([from, to]) => ({
      type: "rect", layer: "above", fillcolor: "#4a4f57", opacity: 0.45, line: { width: 0 },
      ...rectangle(axis === 0 ? [[from, to], content.box.sides[1]] : [content.box.sides[0], [from, to]]),
    })));
}

function drawMap(page) {
  const { content, runs, theta, gradient, direction } = page;
  const [i, j] = content.shown;
  const sides = content.box.sides;
  const grid = gridFor(page);
  const lengths = sides.map(([low, high]) => high - low);
  const highest = Math.max(...grid.heights.map((row) => Math.max(...row)));
  const traces = [{
    type: "contour", x: grid.x, y: grid.y, z: grid.heights, colorscale: "Viridis", autocontour: false, opacity: 0.55, showscale: false,
    contours: { coloring: "fill", start: highest / 14, end: highest, size: highest / 14 || 1 }, line: { width: 0.7, color: "#fff" },
    text: grid.text, hovertemplate: "(%{x:.4g}, %{y:.4g}): J = %{text}<extra></extra>",
  }];
  for (const run of runs) {
    const shown = beginning(run.theta.map((at) => [at[i], at[j]]), sides, lengths);
    const dots = run.active && shown.length <= 300;
    traces.push({
      type: "scatter", x: shown.map(([a]) => a), y: shown.map(([, b]) => b), mode: dots ? "lines+markers" : "lines", hoverinfo: "skip",
      opacity: run.k.length > 100 ? 0.7 : 1,
      line: { color: run.colour, width: shown.length > 100 ? 1 : run.active ? 1.6 : 2.2 }, marker: { size: 4, color: run.colour }, cliponaxis: true,
    });
  }
  const lowest = minimumOf(page.plane, boundsShown(content));
  if (lowest && isInside(sides, ...lowest)) {
    traces.push({
      type: "scatter", x: [lowest[0]], y: [lowest[1]], mode: "markers", hovertemplate: "lowest J here<extra></extra>",
      marker: { symbol: "star", size: 13, color: VERMILLION, line: { width: 1, color: "#fff" } },
    });
  }
  const inside = isInside(sides, theta[i], theta[j]);
  traces.push({
    type: "scatter", x: inside ? [theta[i]] : [], y: inside ? [theta[j]] : [], mode: "markers", hoverinfo: "skip",
    marker: { size: 12, color: "#fff", line: { width: 3, color: VERMILLION } },
  });
  const arrow = (vector, colour, text) => {
    const size = Math.hypot(...vector.map((x, axis) => x / lengths[axis]));
    if (!(size > 0)) return [];
    // As long as all arrows, but not beyond the map's edge.
    const room = vector.map((x, axis) => (x === 0 ? Infinity : (sides[axis][x > 0 ? 1 : 0] - theta[content.shown[axis]]) / x));
    const reach = Math.min(0.16 / size, ...room);
    return [{
      x: theta[i] + reach * vector[0], y: theta[j] + reach * vector[1], ax: theta[i], ay: theta[j], xref: "x", yref: "y", axref: "x", ayref: "y",
      showarrow: true, arrowhead: 2, arrowwidth: 2.5, arrowcolor: colour, text: "", hovertext: text,
    }];
  };
  const shownGradient = content.shown.map((axis) => gradient[axis]);
  const annotations = inside
    ? [...(page.level ? [] : arrow(shownGradient.map((x) => -x), VERMILLION, "negative gradient")), ...arrow(direction, BLACK, "the direction you turn")]
    : [];
  const y = axisOf(plain(content.names[j]), { range: sides[1], fixedrange: true, ...exponents(...sides[1]) });
  if (content.box.equal) Object.assign(y, { scaleanchor: "x", constrain: "domain" });
  const x = axisOf(plain(content.names[i]), { range: sides[0], fixedrange: true, constrain: "domain", ...exponents(...sides[0]) });
  return Plotly.react("map", traces, layoutOf({ xaxis: x, yaxis: y, annotations, shapes: shades(content), dragmode: false, hovermode: "closest" }), CONFIG);
}

// From the low side, somewhat from the left, so that the slope the fit came down is seen.
function eyeOf(content) {
  const { theta } = content.fit;
  const ends = [theta[0], content.fitted];
  const [dx, dy] = content.shown.map((j, axis) => (ends[1][j] - ends[0][j]) / (content.box.sides[axis][1] - content.box.sides[axis][0]));
  const angle = Math.atan2(dy, dx) - 0.7;
  return { x: 2.15 * Math.cos(angle), y: 2.15 * Math.sin(angle), z: 1.25 };
}

// The surface ends at the bounds.
function allowed(content, grid) {
  const bounds = boundsShown(content);
  return grid.z.map((row, b) => row.map((z, a) => (isWithin(bounds, [grid.x[a], grid.y[b]]) ? z : null)));
}

function drawSurface(page) {
  const { content, runs, theta, loss } = page;
  const [i, j] = content.shown;
  const sides = content.box.sides;
  const grid = gridFor(page);
  // As high as the runs need, but for those that climb beyond their start.
  const shownLosses = runs.flatMap((run) => run.loss.filter((value, k) => value <= run.loss[0] && isInside(sides, run.theta[k][i], run.theta[k][j])));
  const top = Math.max(...grid.z.map((row) => Math.max(...row)), ...shownLosses);
  const low = Math.min(...grid.z.map((row) => Math.min(...row)), ...shownLosses);
  const room = 0.03 * (top - low || 1);
  const traces = [{
    type: "surface", x: grid.x, y: grid.y, z: allowed(content, grid), surfacecolor: grid.heights, colorscale: "Viridis", showscale: false, opacity: 0.85,
    hovertemplate: "(%{x:.4g}, %{y:.4g}): J = %{z:.5g}<extra></extra>", // Where the surface ends, plotly would draw lines through the air.
    contours: { z: { show: !allowed(content, grid).flat().includes(null), usecolormap: true, width: 1 } },
  }];
  for (const run of runs) {
    const visible = run.theta.map((at) => isInside(sides, at[i], at[j]));
    const cut = (values) => values.map((value, k) => (visible[k] ? value : null));
    // A little above the surface, which would hide every second bit of it.
    const z = cut(run.loss.map((value) => (value + room / 2 <= top + room ? value + room / 2 : null)));
    traces.push({
      type: "scatter3d", x: cut(column(run, i)), y: cut(column(run, j)), z, mode: "lines", hoverinfo: "skip",
      line: { color: run.colour, width: run.k.length > 100 ? 2 : run.active ? 5 : 4 },
    });
  }
  const here = isInside(sides, theta[i], theta[j]) ? [[theta[i]], [theta[j]], [Math.min(loss + room / 2, top + room)]] : [[], [], []];
  traces.push({
    type: "scatter3d", x: here[0], y: here[1], z: here[2], mode: "markers", hoverinfo: "skip",
    marker: { size: 6, color: "#fff", line: { width: 3, color: VERMILLION } },
  });
  const axis = (title, low, high) => ({ title: { text: title }, range: [low, high], nticks: 6, tickfont: { size: 11 }, ...exponents(low, high) });
  const scene = {
    xaxis: axis(plain(content.names[i]), ...sides[0]),
    yaxis: axis(plain(content.names[j]), ...sides[1]),
    zaxis: axis("J", low - room, top + room),
    aspectmode: "cube", camera: { eye: eyeOf(content), center: { x: 0, y: 0, z: -0.18 } },
  };
  return Plotly.react("surface", traces, layoutOf({ scene, uirevision: "turned", margin: { l: 0, r: 0, t: 0, b: 0 } }), CONFIG);
}

// Ticks of a logarithmic axis at round numbers, some five of them.
function ticksOf(low, high) {
  const decades = high - low;
  let values;
  if (decades < 0.7) {
    const [from, to] = [10 ** low, 10 ** high];
    const rough = (to - from) / 4;
    const power = 10 ** Math.floor(Math.log10(rough));
    const step = power * [1, 2, 5, 10].find((factor) => factor * power >= rough);
    values = Array.from({ length: 8 }, (_, n) => (Math.ceil(from / step) + n) * step).filter((value) => value <= to);
  } else {
    const factors = decades < 1.6 ? [1, 2, 5] : decades < 3 ? [1, 3] : [1];
    const stride = Math.max(1, Math.ceil(decades / 7));
    values = [];
    for (let power = Math.ceil(low / stride - 1) * stride; power <= high; power += stride) values.push(...factors.map((factor) => factor * 10 ** power));
  }
  const powers = values.some((value) => value >= 1e6 || value < 1e-3);
  const power = (value) => format(value, 3).replace(/^1·/, "");
  return { tickvals: values, ticktext: values.map((value) => (powers && Math.abs(Math.log10(value)) > 2.5 ? power(value) : format(value))) };
}

function drawLoss(page) {
  const { runs, k, loss } = page;
  const traces = runs.map((run) => ({
    type: "scatter", x: run.k, y: run.loss.map((value) => (value > 0 ? value : null)), mode: run.k.length === 1 ? "markers" : "lines",
    line: { color: run.colour, width: run.active ? 2 : 2.5, dash: run.status === "diverged" ? "dash" : "solid" },
    hovertemplate: "step %{x}: J = %{y:.6g}<extra></extra>",
  }));
  traces.push({
    type: "scatter", x: [k], y: [loss > 0 ? loss : null], mode: "markers", hoverinfo: "skip", cliponaxis: false,
    marker: { size: 11, color: "#fff", line: { width: 3, color: VERMILLION } },
  });
  // As high as the descents that do not diverge need; alone one may climb some decades.
  const staying = runs.filter((run) => run.status !== "diverged");
  const counted = runs.flatMap((run) => (run.status !== "diverged" ? run.loss : staying.length ? run.loss.slice(0, 1) : run.loss.slice(0, 30)));
  const logs = counted.concat(loss).filter((value) => value > 0).map(Math.log10);
  const [low, high] = [logs.reduce((a, b) => Math.min(a, b), Infinity), logs.reduce((a, b) => Math.max(a, b), -Infinity)];
  const room = Math.max(0.06 * (high - low), 0.02);
  const y = axisOf("J", { type: "log", range: [low - room, high + room], fixedrange: true, ...ticksOf(low - room, high + room) });
  return Plotly.react("loss", traces, layoutOf({ xaxis: axisOf("step", { fixedrange: true, rangemode: "tozero" }), yaxis: y, hovermode: "closest" }), CONFIG);
}

function drawData(page) {
  const { content, theta } = page;
  const { A, y, held } = content.sample;
  const [i, j] = content.shown;
  const intercept = content.names.indexOf("b"); // features are w_...
  const feature = j === intercept ? i : i === intercept ? j : -1;
  const predictions = page.predictions || A.map((row, r) => dot(row, theta) + held[r]);
  const dots = { type: "scatter", mode: "markers", hoverinfo: "skip", marker: { size: 5, color: PALETTE[0], opacity: 0.6 } };
  const line = { type: "scatter", mode: "lines", hoverinfo: "skip", line: { color: VERMILLION, width: 2.5 } };
  if (feature >= 0 && intercept >= 0) {
    const name = content.names[feature].slice(2);
    const alone = content.nParameters === 2;
    const x = A.map((row) => row[feature]);
    const own = (value) => theta[intercept] + theta[feature] * value;
    dots.x = x;
    dots.y = alone ? y : y.map((value, r) => value - predictions[r] + own(x[r]));
    const ends = [Math.min(...x), Math.max(...x)];
    Object.assign(line, { x: ends, y: ends.map(own) });
    fill("data-title", alone ? "The data and the line of this step" : "The line of this step; y less what the other features add");
    return Plotly.react("data", [dots, line], layoutOf({ xaxis: axisOf(plain(alone && /^\d+$/.test(name) ? "x" : name), { fixedrange: true }), yaxis: axisOf("y", { fixedrange: true }) }), CONFIG);
  }
  const limits = [Math.min(...y), Math.max(...y)];
  Object.assign(dots, { x: y, y: predictions });
  Object.assign(line, { x: limits, y: limits });
  fill("data-title", "Predicted against true y");
  return Plotly.react("data", [line, dots], layoutOf({ xaxis: axisOf("true y", { fixedrange: true }), yaxis: axisOf("predicted y", { fixedrange: true }) }), CONFIG);
}
