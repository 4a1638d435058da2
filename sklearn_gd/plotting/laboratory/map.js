// J over two parameters, seen from above: level lines, runs, and the step at the current point.

// Size of each picture in pixels, as the browser says when it changes.
const sizes = {};
const seen = {};
const MARGIN = { left: 58, right: 18, top: 10, bottom: 40 };

function areaOf(id, margin = MARGIN) {
  const { width, height } = sizes[id] || { width: 400, height: 300 };
  return { x: margin.left, y: margin.top, width: Math.max(20, width - margin.left - margin.right), height: Math.max(20, height - margin.top - margin.bottom) };
}

// From the plane of two parameters to pixels, and back.
function projection(frame, area) {
  const unit = [area.width / (2 * frame.half[0]), area.height / (2 * frame.half[1])];
  const middle = [area.x + area.width / 2, area.y + area.height / 2];
  return {
    frame, area, unit,
    to: (p) => [middle[0] + (p[0] - frame.centre[0]) * unit[0], middle[1] - (p[1] - frame.centre[1]) * unit[1]],
    back: ([x, y]) => [frame.centre[0] + (x - middle[0]) / unit[0], frame.centre[1] - (y - middle[1]) / unit[1]],
  };
}

// The steps of a run that frame the map: all, or of one that diverges those made so far.
const framing = (run, at) => (run.status === "diverged" ? Math.max(at + 2, 3) : run.k.length);

// Framed by the run on it and centred on the minimum.
function frameOf(page, pair, area, zoom) {
  const { run, view, system, at } = page;
  const centre = pair.map((j) => (hasBoundsNow() ? system.fitted : system.quadratic.centre)[j]);
  const points = pathIn(run, view).slice(0, framing(run, at)).map((theta) => pair.map((j) => theta[j]));
  const plane = planeOf(system.quadratic, pair, system.fitted);
  const { half } = frameAround(centre, points, plane);
  return framedFor({ centre, half: half.map((length) => length / zoom) }, area.width, area.height);
}

// Level lines, the higher J the further from the colour of the ground.
function ground(plane, map) {
  const { frame, area, to } = map;
  const range = rangeOf(plane, frame);
  const levels = range[1] > range[0] ? levelsOf(range) : [];
  const items = [["rect", { x: area.x, y: area.y, width: area.width, height: area.height, fill: colourOf(levels.length ? 1 - 0.5 / LEVELS : 0) }]];
  for (let i = levels.length - 1; i >= 0; i--) {
    const corners = sublevel(plane, levels[i], frame);
    if (!corners || corners.length === 0) continue;
    items.push(["path", { class: "level", d: pathOf(corners.map(to), "Z"), fill: colourOf((i + 0.5) / LEVELS) }]);
  }
  return items;
}

function shades(page, pair, map) {
  const { area, to, frame } = map;
  return [0, 1].flatMap((axis) => {
    const bounds = boundsOf(page.view);
    const [low, high] = [bounds.low[pair[axis]], bounds.high[pair[axis]]];
    return [[sideOf(frame, axis, -1), low], [high, sideOf(frame, axis, 1)]].filter(([a, b]) => a !== null && b !== null && a < b).map(([a, b]) => {
      const ends = [a, b].map((x) => to(axis === 0 ? [x, 0] : [0, x])[axis]).map((x) => Math.max(axis ? area.y : area.x, Math.min(axis ? area.y + area.height : area.x + area.width, x)));
      const [least, length] = [Math.min(...ends), Math.abs(ends[1] - ends[0])];
      return ["rect", axis === 0 ? { class: "beyond", x: least, y: area.y, width: length, height: area.height } : { class: "beyond", x: area.x, y: least, width: area.width, height: length }];
    });
  });
}

// The beginning of a run's path, as far as it stays anywhere near the map: of one that leaves for good
// the rest would be numbers that a browser cannot draw.
function pixelsOf(run, view, pair, map, upTo) {
  const { frame, to } = map;
  const path = pathIn(run, view);
  const found = [];
  for (let i = 0; i < Math.min(upTo, path.length); i++) {
    const point = pair.map((j) => path[i][j]);
    const far = Math.max(...point.map((x, axis) => Math.abs(x - frame.centre[axis]) / frame.half[axis]));
    if (far > 40) {
      const before = found.length ? map.back(found[found.length - 1]) : frame.centre;
      found.push(to(before.map((x, axis) => x + ((point[axis] - x) * 40) / far)));
      break;
    }
    found.push(to(point));
  }
  return found;
}

function drawPaths(page, pair, map, dotted) {
  return page.runs.filter((run) => run.theta).flatMap((run) => {
    const active = run === page.run;
    const points = pixelsOf(run, page.view, pair, map, Math.min(page.shownSteps(run), run.status === "diverged" && active ? page.at + 2 : run.k.length));
    const style = `--colour: var(${run.colour})`;
    const items = [["path", { class: active ? "run active" : "run", style, d: pathOf(points) }]];
    if (dotted && active) items.push(["path", { class: "dots", style, d: dotsOf(points.slice(0, 400)) }]);
    return items;
  });
}

// Where the other runs are at this step.
function rivals(page, map) {
  return page.runs.filter((run) => run !== page.run && run.theta).flatMap((run) => {
    const point = pairOf(pathIn(run, page.view)[indexOf(run, page.k)]);
    if (!isInFrame(map.frame, point)) return [];
    const [cx, cy] = map.to(point);
    return [["circle", { class: "rival", style: `--colour: var(${run.colour})`, cx: short(cx), cy: short(cy), r: 5 }]];
  });
}

// How many points of the run are off the map, at the edge where they are.
function offMap(page, map) {
  const { area, frame } = map;
  const counts = [0, 0, 0, 0];
  for (const theta of pathIn(page.run, page.view).slice(0, page.shownSteps(page.run))) {
    const [a, b] = pairOf(theta).map((x, axis) => (x - frame.centre[axis]) / frame.half[axis]);
    if (Math.max(Math.abs(a), Math.abs(b)) > 1) counts[Math.abs(a) >= Math.abs(b) ? (a < 0 ? 0 : 1) : b < 0 ? 2 : 3] += 1;
  }
  const places = [
    [area.x + 6, area.y + area.height / 2 + 24, "start", "◂ "], [area.x + area.width - 6, area.y + area.height / 2 + 42, "end", "▸ "],
    [area.x + area.width / 2 + 24, area.y + area.height - 8, "middle", "▾ "], [area.x + area.width / 2 + 24, area.y + 18, "middle", "▴ "],
  ];
  return counts.flatMap((count, i) => (count ? [["text", { class: "off", x: places[i][0], y: places[i][1], "text-anchor": places[i][2] }, `${places[i][3]}${count} ${count === 1 ? "point" : "points"} off the map`]] : []));
}

// How much larger than it is an arrow has to be drawn to be seen.
function enlargement([x0, y0], [x1, y1]) {
  const length = Math.hypot(x1 - x0, y1 - y0);
  return length > 0 && length < 12 ? 10 ** Math.min(12, Math.ceil(Math.log10(24 / length))) : 1;
}

const between = (a, b, factor) => a.map((x, i) => x + factor * (b[i] - x));

// The step from this point to the next, and its two components in the colours of their parameters.
function stepOf(page, map) {
  const here = map.to(pairOf(page.theta));
  const tip = map.to(pairOf(page.tip));
  const factor = enlargement(here, tip);
  return { here, tip: between(here, tip, factor), factor };
}

function drawStep(page, map) {
  const { here, tip, factor } = stepOf(page, map);
  // After the last point of a run there is none, unless one is tried.
  if (page.level || !shows("step") || (page.next === null && state.reach === null)) return [];
  const corner = [tip[0], here[1]];
  const items = [
    ["path", { class: "part first", d: pathOf([here, corner]) }], ["path", { class: "part second", d: pathOf([corner, tip]) }],
    ...rightAngle(page, map, here, tip), ...arrow(here, tip, factor > 1 ? "step enlarged" : "step"),
  ];
  if (factor > 1) items.push(label([tip[0], tip[1] + (tip[1] < here[1] ? -10 : 18)], `the step, ×${tickText(factor)}`, "note-text", map.area));
  return items;
}

// The sign of a right angle, where the negative gradient is perpendicular to the level line on the map.
function rightAngle(page, map, here, tip) {
  const length = Math.hypot(tip[0] - here[0], tip[1] - here[1]);
  if (!map.frame.equal || !page.isOwn || hasBoundsNow() || state.others !== "step" || length < 14) return [];
  const [u, v] = [(tip[0] - here[0]) / length, (tip[1] - here[1]) / length];
  const at = (along, across) => [here[0] + along * u - across * v, here[1] + along * v + across * u];
  return [["path", { class: "right-angle", d: pathOf([at(9, 0), at(9, 9), at(0, 9)]) }]];
}

const DIRECTION = 0.17; // of the map's shorter side
function directionTip(page, map) {
  const here = pairOf(page.theta);
  return { here: map.to(here), tip: alongPixels(map, here, page.direction) };
}

function drawDirection(page, map) {
  if (!shows("direction") || page.level) return [];
  const { here, tip } = directionTip(page, map);
  const rate = dot(page.direction, page.slopes);
  const words = Math.hypot(...page.slopes) > 0 ? `d: ${format(angleBetween(page.direction, page.slopes), 3)}° from ∇J, rate ${format(rate, 3)}` : "d: J is level here";
  return [
    ...arrow(here, tip, "direction"),
    label([tip[0], tip[1] + (tip[1] > here[1] ? 16 : -10)], words, "note-text", map.area),
  ];
}

function levelLine(page, map) {
  const corners = sublevel(page.plane, lossAt(page.plane, pairOf(page.theta)), map.frame, 64);
  return corners && corners.length ? [["path", { class: "through", d: pathOf(corners.map(map.to), "Z") }]] : [];
}

function star(page, map) {
  const { low, high } = boundsOf(page.view);
  const lowest = minimumOf(page.plane, { low: pairOf(low), high: pairOf(high) });
  if (!lowest || !isInFrame(map.frame, lowest)) return [];
  const [x, y] = map.to(lowest);
  const points = Array.from({ length: 10 }, (_, i) => {
    const angle = (Math.PI * (i - 2.5)) / 5;
    return [x + (i % 2 ? 4 : 9) * Math.cos(angle), y + (i % 2 ? 4 : 9) * Math.sin(angle)];
  });
  return [["path", { class: "star", d: pathOf(points, "Z") }]];
}

// The frame that the map has, or will have once it is drawn.
const frameNow = (page, area) => (state.focus ? framedFor(state.focus, area.width, area.height) : frameOf(page, page.pair, area, state.zoom));

let shownMap = null; // as last drawn: what a click on it means
function drawMap(page) {
  const area = areaOf("map");
  const frame = state.frozen || frameNow(page, area);
  const map = projection(frame, area);
  shownMap = map;
  const [x, y] = [0, 1].map((axis) => {
    const ends = axis === 0 ? [area.x, area.x + area.width] : [area.y + area.height, area.y];
    return side(sideOf(frame, axis, -1), sideOf(frame, axis, 1), ...ends, page.names[page.pair[axis]], { className: axis === 0 ? "first" : "second" });
  });
  setAll(byId("map-clip-area"), { x: area.x, y: area.y, width: area.width, height: area.height });
  paint(byId("map-ground"), [...ground(page.plane, map), ...shades(page, page.pair, map)]);
  paint(byId("map-runs"), [
    ...levelLine(page, map), ...drawPaths(page, page.pair, map, true), ...star(page, map), ...rivals(page, map),
    ...drawStep(page, map), ...drawDirection(page, map), ...drawOverlay(page, map),
  ]);
  const [cx, cy] = map.to(pairOf(page.theta));
  paint(byId("map-point"), isInFrame(frame, pairOf(page.theta)) ? [["circle", { class: "here", cx: short(cx), cy: short(cy), r: 6.5 }]] : []);
  paint(byId("map-axes"), [...axes(area, [x, y]), ...offMap(page, map)]);
  placeHandles(page, map);
  const scales = frame.equal ? "" : "; axes not to scale";
  fill("map-title", `J over ${page.names[page.pair[0]]} and ${page.names[page.pair[1]]}${page.isOwn ? "" : `, ${systemName(page.view)}`}${scales}`);
}

// Where an arrow of the length of d ends that begins at a point and has a direction.
function alongPixels(map, start, along) {
  const way = [along[0] * map.unit[0], -along[1] * map.unit[1]];
  const reach = (DIRECTION * Math.min(map.area.width, map.area.height)) / (Math.hypot(...way) || 1);
  return map.to(start).map((x, axis) => x + reach * way[axis]);
}

// What a chapter of the lesson draws on the map: arrows and places, with a word each.
function drawOverlay(page, map) {
  return (state.overlay || []).flatMap(({ start, end, along, className, text, below }) => {
    const tip = end ? map.to(end) : alongPixels(map, start, along);
    const items = start ? arrow(map.to(start), tip, className) : [["circle", { class: `place ${className}`, cx: short(tip[0]), cy: short(tip[1]), r: 7 }]];
    return text ? [...items, label([tip[0], tip[1] + (below ? 18 : -9)], text, `note-text ${className}`, map.area)] : items;
  });
}
