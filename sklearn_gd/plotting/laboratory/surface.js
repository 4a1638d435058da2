// J over the same part of the plane as a surface, in the colours of the map; drag it to turn it.

const MESH = 20;

// A view from the side: coordinates from -1 to 1 (the last one up) to pixels, and how far away they are.
function camera({ yaw, pitch }, area) {
  const [c, s, e, f] = [Math.cos(yaw), Math.sin(yaw), Math.sin(pitch), Math.cos(pitch)];
  const unit = Math.min(area.width / 3.1, area.height / 3.1);
  const middle = [area.x + area.width / 2, area.y + area.height / 2];
  return ([a, b, z]) => {
    const across = c * a + s * b;
    const away = c * b - s * a;
    return [middle[0] + unit * across, middle[1] - unit * (f * z * 0.9 + e * away), away];
  };
}

function drawSurface(page) {
  if (!seen.surface || !shownMap) return;
  const canvas = byId("surface");
  const { width, height } = sizes.surface || { width: 0, height: 0 };
  if (!(width > 0)) return;
  const pixels = window.devicePixelRatio || 1;
  if (canvas.width !== Math.round(width * pixels)) canvas.width = Math.round(width * pixels);
  if (canvas.height !== Math.round(height * pixels)) canvas.height = Math.round(height * pixels);
  const pen = canvas.getContext("2d");
  pen.setTransform(pixels, 0, 0, pixels, 0, 0);
  pen.clearRect(0, 0, width, height);
  const { frame } = shownMap;
  const range = rangeOf(page.plane, frame);
  const look = camera(state.turned, { x: 8, y: 8, width: width - 16, height: height - 16 });
  const high = (loss) => (range[1] > range[0] ? (2 * (loss - range[0])) / (range[1] - range[0]) - 1 : -1);
  const point = (a, b) => [sideOf(frame, 0, a), sideOf(frame, 1, b)];
  const corners = Array.from({ length: MESH + 1 }, (_, i) => Array.from({ length: MESH + 1 }, (_, j) => {
    const [a, b] = [(2 * i) / MESH - 1, (2 * j) / MESH - 1];
    const loss = lossAt(page.plane, point(a, b));
    return { loss, at: look([a, b, high(loss)]) };
  }));
  drawMesh(pen, corners, range);
  drawOnSurface(pen, page, { look, high, frame });
}

// The furthest cells first, so that nearer ones hide them.
function drawMesh(pen, corners, range) {
  const cells = [];
  for (let i = 0; i < MESH; i++) {
    for (let j = 0; j < MESH; j++) {
      const four = [corners[i][j], corners[i + 1][j], corners[i + 1][j + 1], corners[i][j + 1]];
      cells.push({ four, away: four[0].at[2] + four[2].at[2], loss: (four[0].loss + four[2].loss) / 2 });
    }
  }
  cells.sort((a, b) => b.away - a.away);
  pen.lineWidth = 0.6;
  for (const { four, loss } of cells) {
    pen.beginPath();
    for (const { at } of four) pen.lineTo(at[0], at[1]);
    pen.closePath();
    pen.fillStyle = colourOf(shareOf(range, loss));
    pen.strokeStyle = inks.line;
    pen.fill();
    pen.stroke();
  }
}

// Runs lie on the surface as they are seen from above; with more than two parameters their own J may differ.
function drawOnSurface(pen, page, { look, high, frame }) {
  const at = (p) => look([...p.map((x, axis) => (x - frame.centre[axis]) / frame.half[axis]), high(lossAt(page.plane, p)) + 0.02]);
  const line = (points, colour, width) => {
    pen.beginPath();
    for (const [x, y] of points) pen.lineTo(x, y);
    pen.strokeStyle = colour;
    pen.lineWidth = width;
    pen.stroke();
  };
  for (const run of page.runs.filter((one) => one.theta)) {
    const inside = [];
    for (const theta of pathIn(run, page.view)) {
      if (!isInFrame(frame, pairOf(theta))) break;
      inside.push(at(pairOf(theta)));
    }
    line(inside, inks[run.colour], run === page.run ? 2 : 2.5);
  }
  const here = pairOf(page.theta);
  if (!isInFrame(frame, here)) return;
  const tip = pairOf(page.tip);
  if (isInFrame(frame, tip)) line(Array.from({ length: 13 }, (_, i) => at(between(here, tip, i / 12))), inks.step, 3);
  const [x, y] = at(here);
  pen.beginPath();
  pen.arc(x, y, 6, 0, 7);
  Object.assign(pen, { fillStyle: inks.ground, strokeStyle: inks.step, lineWidth: 3 });
  pen.fill();
  pen.stroke();
}

// A canvas must be told its colours.
const inks = {};
function readInks() {
  const style = getComputedStyle(document.documentElement);
  const names = { line: "--mesh", step: "--step", ground: "--ground" };
  for (const [name, variable] of Object.entries(names)) inks[name] = style.getPropertyValue(variable).trim();
  for (const variable of ["--ink", "--fit", ...RUN_COLOURS]) inks[variable] = style.getPropertyValue(variable).trim();
}

function turn(dYaw, dPitch) {
  state.turned = { yaw: state.turned.yaw + dYaw, pitch: Math.max(0.1, Math.min(1.5, state.turned.pitch + dPitch)) };
  show();
}

function connectSurface() {
  const canvas = byId("surface");
  let before = null;
  canvas.addEventListener("pointerdown", (event) => {
    before = [event.clientX, event.clientY];
    canvas.setPointerCapture(event.pointerId);
  });
  canvas.addEventListener("pointermove", (event) => {
    if (!before) return;
    turn((event.clientX - before[0]) / 120, (event.clientY - before[1]) / 150);
    before = [event.clientX, event.clientY];
  });
  for (const end of ["pointerup", "pointercancel"]) canvas.addEventListener(end, () => { before = null; });
  canvas.addEventListener("keydown", (event) => {
    if (!(event.key in ARROWS)) return;
    turn(...ARROWS[event.key].map((x) => x / 10));
    event.preventDefault();
    event.stopPropagation();
  });
}
