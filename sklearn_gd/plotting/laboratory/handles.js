// What can be dragged on the map, by mouse, finger or arrow keys: the start, the step, the direction d,
// and in the lesson the learner's guess.

const REACH = 26; // pixels within which a handle is taken: more than half of 44

const HANDLES = {
  start: {
    role: "Start of the descent", now: () => pairOf(state.start)[0], place: (page, map) => map.to(pairOf(state.start)),
    says: (page) => state.pair.map((j, axis) => `${page.names[j]} = ${format(pairOf(state.start)[axis], 4)}`).join(", "),
    shown: () => !state.asking && fits(state.run), drag: (point, map) => startAt(map.back(point)),
    nudge: (dx, dy, map) => startAt(nudged(pairOf(state.start), dx, dy, map)),
  },
  step: {
    role: "Length of the step along the negative gradient", now: (page) => page.t, place: (page, map) => stepOf(page, map).tip,
    says: (page) => `α = ${format(page.t, 4)}: J ${changeText(page.loss, page.tipLoss)}`,
    shown: (page) => !state.asking && !page.level && shows("step") && Math.hypot(...page.slopes) > 0,
    drag: (point, map, held) => reachTo(held.t * Math.max(0.001, share(held, point))),
    nudge: (dx, dy) => reachTo(current().t * (dx + dy > 0 ? 1.05 : 1 / 1.05)),
  },
  direction: {
    role: "Direction d", now: () => state.degrees, place: (page, map) => directionTip(page, map).tip,
    says: (page) => derivativeSentence(page.direction, page.slopes)[0],
    shown: (page) => !page.level && shows("direction"),
    drag: (point, map, held) => turnTo(map.back(point).map((x, axis) => x - map.back(held.here)[axis])),
    nudge: (dx, dy) => { state.degrees = (state.degrees + dx + dy + 360) % 360; show(); },
  },
  guess: {
    role: "Your guess", now: () => state.guess.point[0], place: (page, map) => map.to(state.guess.point), says: () => vectorText(state.guess.point, 4),
    shown: () => Boolean(state.guess && state.guess.point), drag: (point, map) => placeGuess(map.back(point)),
    nudge: (dx, dy, map) => placeGuess(nudged(state.guess.point || pairOf(current().theta), dx, dy, map)),
  },
};

const fits = (run) => !run.fit || state.at === 0;
const shows = (what) => !state.hidden[what];

// A point some pixels further.
const nudged = (point, dx, dy, map) => map.back(map.to(point).map((x, i) => x + [dx, -dy][i] * 6));

// How far along the step a point is: 0 at its beginning, 1 at its tip as it was taken.
function share({ here, tip }, point) {
  const way = tip.map((x, i) => x - here[i]);
  return dot(way, point.map((x, i) => x - here[i])) / dot(way, way);
}

function reachTo(t) {
  state.reach = Number(t.toPrecision(6));
  show();
}

function turnTo([a, b]) {
  if (a === 0 && b === 0) return;
  state.degrees = degreesOf([a, b]);
  show();
}

function placeGuess(point) {
  state.guess.point = point;
  show();
}

// The guess is moved by the arrow keys, wherever the focus is, and told by Enter.
const ARROWS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, 1], ArrowDown: [0, -1] };
function guessByKey(event) {
  if (event.key === "Enter" && state.guess.point && document.activeElement.tagName !== "BUTTON") answerGuess();
  else if (event.key in ARROWS) HANDLES.guess.nudge(...ARROWS[event.key].map((x) => x * (event.shiftKey ? 5 : 1)), shownMap);
  else return false;
  return true;
}

function placeHandles(page, map) {
  for (const [name, handle] of Object.entries(HANDLES)) {
    const node = byId(`handle-${name}`);
    const visible = handle.shown(page);
    const [x, y] = visible ? handle.place(page, map) : [0, 0];
    const { area } = map;
    const isPlaced = Number.isFinite(x) && Number.isFinite(y);
    const edge = [Math.max(area.x, Math.min(area.x + area.width, x)), Math.max(area.y, Math.min(area.y + area.height, y))];
    // One that is held by the keys waits at the edge of the map.
    const inside = visible && isPlaced && (Math.hypot(edge[0] - x, edge[1] - y) < 3 || node === document.activeElement);
    setAll(node, {
      id: node.id, class: `handle ${name}`, role: "slider", tabindex: inside ? "0" : "-1", visibility: inside ? "visible" : "hidden",
      transform: inside ? `translate(${short(edge[0])} ${short(edge[1])})` : "", "aria-label": handle.role, "aria-valuenow": inside ? String(handle.now(page)) : "0", "aria-valuetext": inside ? handle.says(page) : "",
    });
    handle.at = inside ? edge : null;
  }
}

function nearest(point) {
  const near = Object.entries(HANDLES).filter(([, handle]) => handle.at)
    .map(([name, handle]) => [Math.hypot(handle.at[0] - point[0], handle.at[1] - point[1]), name]);
  near.sort(([a], [b]) => a - b);
  return near.length && near[0][0] <= REACH ? near[0][1] : null;
}

const positionIn = (svg, event) => {
  const frame = svg.getBoundingClientRect();
  return [event.clientX - frame.left, event.clientY - frame.top];
};

function connectMap() {
  const svg = byId("map");
  let grip = null;
  let pressed = null;
  svg.addEventListener("pointerdown", (event) => {
    const point = positionIn(svg, event);
    const name = nearest(point);
    pressed = name;
    if (!name) return;
    const page = current();
    grip = { name, t: page.t, ...(name === "step" ? stepOf(page, shownMap) : { here: shownMap.to(pairOf(page.theta)) }) };
    // Else the map would be framed anew under the finger.
    state.frozen = shownMap.frame;
    svg.setPointerCapture(event.pointerId);
    byId(`handle-${name}`).focus();
    event.preventDefault();
  });
  // A finger on a handle drags it; anywhere else it scrolls the page.
  svg.addEventListener("touchstart", (event) => {
    const [touch] = event.touches;
    if (nearest(positionIn(svg, touch))) event.preventDefault();
  }, { passive: false });
  svg.addEventListener("pointermove", (event) => {
    const point = positionIn(svg, event);
    if (grip) HANDLES[grip.name].drag(point, shownMap, grip);
    else svg.style.cursor = nearest(point) ? "grab" : "crosshair";
  });
  const release = () => {
    if (!grip) return;
    grip = null;
    state.frozen = null;
    show();
  };
  svg.addEventListener("pointerup", release);
  svg.addEventListener("pointercancel", release);
  svg.addEventListener("click", (event) => {
    // A guess is told where it is dropped, or where it stands when it is clicked.
    if (pressed && pressed !== "guess") return;
    const point = shownMap.back(positionIn(svg, event));
    if (!isInFrame(shownMap.frame, point)) return;
    if (state.guess) { placeGuess(point); answerGuess(); } else if (!state.asking) startAt(point);
  });
  for (const [name, handle] of Object.entries(HANDLES)) {
    byId(`handle-${name}`).addEventListener("keydown", (event) => {
      if (state.guess || !(event.key in ARROWS)) return;
      handle.nudge(...ARROWS[event.key].map((x) => x * (event.shiftKey ? 5 : 1)), shownMap);
      event.preventDefault();
      event.stopPropagation();
    });
  }
}
