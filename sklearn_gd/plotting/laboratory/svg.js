// Drawing: elements of SVG as described, axes, colours. Knows nothing of descents.

const SVG = "http://www.w3.org/2000/svg";
const byId = (id) => document.getElementById(id);

function setAll(node, attributes) {
  const before = node.painted || {};
  for (const name of Object.keys(before)) if (!(name in attributes)) node.removeAttribute(name);
  for (const [name, value] of Object.entries(attributes)) if (before[name] !== value) node.setAttribute(name, value);
  node.painted = attributes;
}

// Make the children of an element these: [tag, attributes, text or children]. Those that are there are
// used again, so that a frame costs only what has changed. Names are text, never markup.
function paint(parent, items) {
  let child = parent.firstChild;
  for (const item of items) {
    if (!item) continue;
    const [tag, attributes, inner] = item;
    if (!child || child.nodeName !== tag) {
      const made = document.createElementNS(SVG, tag);
      parent.insertBefore(made, child);
      child = made;
    }
    setAll(child, attributes);
    if (Array.isArray(inner)) paint(child, inner);
    else if (inner !== undefined && child.textContent !== inner) child.textContent = inner;
    child = child.nextSibling;
  }
  while (child) {
    const next = child.nextSibling;
    child.remove();
    child = next;
  }
}

const short = (x) => (Math.abs(x) < 1e6 ? Math.round(x * 10) / 10 : Math.sign(x) * 1e6);
const pathOf = (points, end = "") => (points.length ? `M${points.map(([x, y]) => `${short(x)} ${short(y)}`).join("L")}${end}` : "");
// Dots are lines of no length with round ends: one element for all of them.
const dotsOf = (points) => points.map(([x, y]) => `M${short(x)} ${short(y)}h0`).join("");

function arrowHead([x0, y0], [x1, y1], size = 9) {
  const length = Math.hypot(x1 - x0, y1 - y0);
  if (!(length > 0)) return "";
  const [u, v] = [(x1 - x0) / length, (y1 - y0) / length];
  const reach = Math.min(size, 0.7 * length);
  const at = (along, across) => [x1 - along * u - across * v, y1 - along * v + across * u];
  return pathOf([[x1, y1], at(reach, 0.45 * reach), at(reach, -0.45 * reach)], "Z");
}

// An arrow as elements; an outline in the colour of the ground keeps it visible on any other.
function arrow(from, to, className) {
  const line = pathOf([from, to]);
  return [["path", { class: "outline", d: line }], ["path", { class: `arrow ${className}`, d: line }], ["path", { class: `head ${className}`, d: arrowHead(from, to) }]];
}

// --- axes ----------------------------------------------------------------

// Round numbers, at most n of them.
function ticksOf(low, high, n = 5) {
  const rough = (high - low) / n;
  if (!(rough > 0) || !Number.isFinite(rough)) return [];
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = power * [1, 2, 5, 10].find((factor) => factor * power >= rough * 0.999);
  const first = Math.ceil(low / step - 1e-9);
  const count = Math.floor(high / step + 1e-9) - first + 1;
  return Array.from({ length: Math.max(0, Math.min(count, 20)) }, (_, i) => Number(((first + i) * step).toPrecision(12)));
}

// Those of a logarithmic axis, in powers of ten from low to high.
function logTicks(low, high) {
  const decades = high - low;
  if (decades < 0.7) return ticksOf(10 ** low, 10 ** high, 4).filter((x) => x > 0).map(Math.log10);
  const factors = decades < 1.6 ? [1, 2, 5] : decades < 3 ? [1, 3] : [1];
  const stride = Math.max(1, Math.ceil(decades / 6));
  const found = [];
  for (let power = Math.ceil(low / stride - 1) * stride; power <= high; power += stride) {
    found.push(...factors.map((factor) => power + Math.log10(factor)).filter((x) => x >= low && x <= high));
  }
  return found;
}

// Axes of a plot: {x, y, width, height} its area, range and ticks of each side, names, and how numbers are written.
function axes(area, sides) {
  const [bottom, left] = sides;
  const right = area.x + area.width;
  const base = area.y + area.height;
  const items = [["path", { class: "axis", d: `M${area.x} ${area.y}V${base}H${right}` }]];
  for (const { at, text } of bottom.ticks) {
    items.push(["path", { class: "tick", d: `M${short(at)} ${base}v4` }], ["text", { class: "tick-text", x: short(at), y: base + 16, "text-anchor": "middle" }, text]);
  }
  for (const { at, text } of left.ticks) {
    items.push(["path", { class: "tick", d: `M${area.x} ${short(at)}h-4` }], ["text", { class: "tick-text", x: area.x - 7, y: short(at) + 4, "text-anchor": "end" }, text]);
  }
  const turned = `translate(12 ${area.y + area.height / 2}) rotate(-90)`;
  items.push(["text", { class: `name ${bottom.className || ""}`, x: area.x + area.width / 2, y: base + 33, "text-anchor": "middle" }, shortened(bottom.name, area.width / 7.5)]);
  items.push(["text", { class: `name ${left.className || ""}`, transform: turned, "text-anchor": "middle" }, shortened(left.name, area.height / 7.5)]);
  return items;
}

// A linear side from pixel `from` to `to`.
function side(low, high, from, to, name, more = {}) {
  const scale = (x) => from + ((x - low) / (high - low)) * (to - from);
  const most = Math.max(2, Math.min(6, Math.abs(to - from) / 70));
  return { name, ticks: ticksOf(low, high, most).map((x) => ({ at: scale(x), text: tickText(x, 4) })), scale, ...more };
}

// A few words at a place, which stay within the area.
function label([x, y], text, className, area) {
  const width = 7 * text.length;
  const left = x + 11 + width < area.x + area.width ? x + 11 : Math.max(area.x + 4, x - 11 - width);
  const high = Math.max(area.y + 12, Math.min(area.y + area.height - 5, y));
  return ["text", { class: className, x: short(left), y: short(high) }, text];
}

const shortened = (name, most) => (name.length > most ? `${name.slice(0, Math.max(3, Math.floor(most) - 1))}…` : name);

// --- colours ---------------------------------------------------------------

const parts = (colour) => [1, 3, 5].map((i) => parseInt(colour.slice(i, i + 2), 16));
const mixed = (a, b, share) => `rgb(${parts(a).map((x, i) => Math.round(x + share * (parts(b)[i] - x))).join(",")})`;
let ramp = [];

// From low J to high J: the same for maps and surface, in the colours of the page.
function readColours() {
  const style = getComputedStyle(document.documentElement);
  const [low, middle, high] = ["--low", "--middle", "--high"].map((name) => style.getPropertyValue(name).trim());
  ramp = Array.from({ length: 64 }, (_, i) => (i < 32 ? mixed(low, middle, i / 32) : mixed(middle, high, (i - 32) / 31)));
}
const colourOf = (share) => ramp[Math.round(63 * share)];
