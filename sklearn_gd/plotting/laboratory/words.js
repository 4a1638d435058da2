// Numbers and sentences. Knows nothing of the page.

const SUPERSCRIPTS = { "-": "⁻", 0: "⁰", 1: "¹", 2: "²", 3: "³", 4: "⁴", 5: "⁵", 6: "⁶", 7: "⁷", 8: "⁸", 9: "⁹" };

function format(x, digits = 5) {
  if (x === 0) return "0";
  if (!Number.isFinite(x)) return Number.isNaN(x) ? "not a number" : x > 0 ? "∞" : "−∞";
  const size = Math.abs(x);
  const sign = x < 0 ? "−" : "";
  // Of large numbers all digits before the point.
  if (size >= 1e-3 && size < 1e7) return sign + String(Number(size.toPrecision(Math.max(digits, Math.floor(Math.log10(size)) + 1))));
  return sign + inPowers(size, Math.max(digits - 2, 1));
}

// With as many digits after the first.
function inPowers(size, digits) {
  const [digitsPart, exponent] = size.toExponential(digits).split("e");
  return `${String(Number(digitsPart))}·10${[...String(Number(exponent))].map((c) => SUPERSCRIPTS[c]).join("")}`;
}

// At a tick: "10⁶" is shorter than its digits.
function tickText(x, digits = 3) {
  const size = Math.abs(x);
  if (size < 1e5 && (size >= 1e-3 || x === 0)) return format(x, digits);
  return `${x < 0 ? "−" : ""}${inPowers(size, digits - 1).replace(/^1·/, "")}`;
}

// In a product or a difference a negative number has brackets.
const bracketed = (x, digits) => (x < 0 ? `(${format(x, digits)})` : format(x, digits));
const vectorText = (values, digits, more) => `(${values.map((x) => format(x, digits)).join(", ")}${more ? ", …" : ""})`;
// With as many digits as it takes to see a change of this size.
const digitsFor = (x, change) => (change === 0 || x === 0 ? 3 : Math.max(3, Math.min(12, Math.ceil(Math.log10(Math.abs(x / change))) + 3)));
const pointText = (point, changes, more) => `(${point.map((x, i) => format(x, digitsFor(x, changes[i]))).join(", ")}${more ? ", …" : ""})`;
const percent = (x) => `${format(100 * x, 2)}\u00a0%`;

const RATE_NAMES = {
  constant: "constant α", lipschitz: "1/L", exact: "exact line search", "barzilai-borwein": "Barzilai-Borwein", auto: "“auto”",
  chebyshev: "Chebyshev", silver: "silver", own: "its own schedule",
};
const RATE_WORDS = {
  exact: "Exact line search: each step goes to the lowest point along the negative gradient.",
  "barzilai-borwein": "Barzilai-Borwein: the exact step of the step before. J may rise on the way; it falls much faster in the end.",
  auto: "“auto”, this package’s own rule: long and short Barzilai-Borwein steps in turn, later the reciprocals of eigenvalues. J may rise on the way.",
  chebyshev: "Chebyshev: steps fixed in advance from the smallest and the largest eigenvalue; only the ends of their cycles count.",
};
const rateName = (rate) => (rate.name === "constant" ? `α = ${format(rate.alpha, 4)}` : RATE_NAMES[rate.name] || rate.name);

// A name with spaces is held together.
const grouped = (name) => (/\s/.test(name) ? `(${name})` : name);

// What the sign of a partial derivative means, and what follows if there is a next step; ``bound``
// is the one that the parameter is at and would cross, or null.
function signSentence(name, slope, isLast, bound) {
  const d = `dJ/d${grouped(name)} = ${format(slope)}`;
  if (bound !== null) {
    const [way, side] = slope < 0 ? ["increasing", "upper"] : ["decreasing", "lower"];
    return `${d} ${slope < 0 ? "<" : ">"} 0: ${way} ${name} would lower J, but it is at its ${side} bound, ${format(bound)}, and stays.`;
  }
  const follows = (way) => (isLast ? "." : `, so ${name} ${way}.`);
  if (slope < 0) return `${d} < 0: increasing ${name} lowers J${follows("goes up")}`;
  if (slope > 0) return `${d} > 0: increasing ${name} raises J${follows("goes down")}`;
  return `${d}: J is level along ${name}${follows("stays")}`;
}

// How J changes, in words: "falls by 12.3 (4 %)".
function changeText(before, after) {
  const change = after - before;
  if (change === 0) return "stays";
  const share = before > 0 ? ` (${percent(Math.abs(change) / before)})` : "";
  return `${change < 0 ? "falls" : "rises"} by ${format(Math.abs(change), 4)}${share}`;
}

// What a constant rate does, and whether that is a warning.
function verdictOf(rate, largest, isBounded) {
  if (!(largest > 0)) return ["J is level: there is nowhere to go.", false];
  if (rate.name in RATE_WORDS) return [RATE_WORDS[rate.name], false];
  const relative = rate.name === "lipschitz" ? 1 : rate.alpha * largest;
  // 2 and 1 are often typed with some digits only.
  const end = isBounded ? "until a bound stops it" : "and J climbs in the end";
  if (relative > 2 + 1e-9) return [`Above 2/L = ${format(2 / largest, 4)}: along the steepest direction each step overshoots by more than the last, ${end}.`, true];
  if (relative > 2 - 1e-9) return ["2/L itself: along the steepest direction it jumps to and fro for ever.", true];
  if (relative > 1 + 1e-9) return [`Between 1/L = ${format(1 / largest, 4)} and 2/L: it overshoots along the steepest direction, less each time.`, false];
  return [`Up to 1/L = ${format(1 / largest, 4)} it never overshoots: J falls at every step.`, false];
}

function angleBetween(direction, gradient) {
  const cosine = Math.max(-1, Math.min(1, dot(direction, gradient) / (Math.hypot(...direction) * Math.hypot(...gradient))));
  return (Math.acos(cosine) * 180) / Math.PI;
}

function derivativeSentence(direction, gradient) {
  const length = Math.hypot(...gradient);
  const rate = dot(direction, gradient);
  const d = `d = ${vectorText(direction, 3)}`;
  if (length === 0) return [`${d}: the gradient is zero here, J is level in every direction.`, rate];
  const angle = angleBetween(direction, gradient);
  const kind = angle < 3 ? "nearly straight along the gradient, the steepest ascent"
    : angle > 177 ? "nearly straight against the gradient, the steepest descent"
    : Math.abs(angle - 90) < 2 ? "nearly along the level line, where J does not change at first"
    : rate > 0 ? "J rises" : "J falls";
  return [
    `${d} is ${format(angle, 4)}° from the gradient: |gradient| cos(angle) = ${format(length, 4)} · ${bracketed(rate / length, 3)} = ${format(rate, 4)} per unit of length: ${kind}.`,
    rate,
  ];
}
