// Numbers and sentences. Knows nothing of the page but how to fill an element.

const SUPERSCRIPTS = { "-": "⁻", 0: "⁰", 1: "¹", 2: "²", 3: "³", 4: "⁴", 5: "⁵", 6: "⁶", 7: "⁷", 8: "⁸", 9: "⁹" };

function format(x, digits = 5) {
  if (x === 0) return "0";
  if (!Number.isFinite(x)) return Number.isNaN(x) ? "not a number" : x > 0 ? "∞" : "−∞";
  const size = Math.abs(x);
  const sign = x < 0 ? "−" : "";
  if (size >= 1e-3 && size < 1e7) return sign + String(Number(size.toPrecision(Math.max(digits, size >= 1e5 ? 7 : 0))));
  const [digitsPart, exponent] = size.toExponential(Math.max(digits - 2, 1)).split("e");
  const power = [...String(Number(exponent))].map((c) => SUPERSCRIPTS[c]).join("");
  return `${sign}${String(Number(digitsPart))}·10${power}`;
}

// In a product or a difference a negative number has brackets.
const bracketed = (x, digits) => (x < 0 ? `(${format(x, digits)})` : format(x, digits));

// An element with a number: what is read, and in data-value all its digits.
function numberElement(tag, x, text) {
  const element = document.createElement(tag);
  element.textContent = text === undefined ? format(x) : text;
  element.dataset.value = x;
  return element;
}

// Fill an element with texts and elements; names are never markup.
function fill(id, ...parts) {
  document.getElementById(id).replaceChildren(...parts);
}

// What the sign of a partial derivative means, and what follows if there is a next step; ``bound``
// is the one that the parameter is at and would cross, or null.
function signSentence(name, slope, isLast, bound) {
  const d = `dJ/d${name} = ${format(slope)}`;
  if (bound !== null) {
    const [way, side] = slope < 0 ? ["increasing", "upper"] : ["decreasing", "lower"];
    return `${d} ${slope < 0 ? "<" : ">"} 0: ${way} ${name} would lower J, but it is at its ${side} bound, ${format(bound)}, and stays.`;
  }
  const follows = (way) => (isLast ? "." : `, so ${name} ${way}.`);
  if (slope < 0) return `${d} < 0: increasing ${name} lowers J${follows("goes up")}`;
  if (slope > 0) return `${d} > 0: increasing ${name} raises J${follows("goes down")}`;
  return `${d}: J is level along ${name}${follows("stays")}`;
}

function costParts(loss, next) {
  const parts = ["J = ", numberElement("strong", loss)];
  if (next === null) return [...parts, ": the last step of this run."];
  const change = next - loss;
  const share = loss > 0 ? ` (${format((100 * Math.abs(change)) / loss, 3)}\u00a0%)` : "";
  const word = change < 0 ? "falls by" : change > 0 ? "rises by" : "stays";
  const text = change === 0 ? " it stays." : ` it ${word} ${format(Math.abs(change))}${share}.`;
  const end = document.createElement("span");
  end.textContent = text;
  end.className = change > 0 ? "rising" : "";
  return [...parts, "; after the step ", numberElement("strong", next), ":", end];
}

function rateParts(alpha, largest) {
  if (alpha === null) return [];
  const parts = ["α = ", numberElement("strong", alpha)];
  if (!(largest > 0)) return parts;
  return [...parts, ` = ${format((alpha * largest) / 2, 3)} · 2/L`];
}

function verdictOf(alpha, largest, run) {
  if (!(alpha > 0) || !Number.isFinite(alpha)) return ["α must be a positive number.", true];
  if (!(largest > 0)) return ["J is level: there is nowhere to go.", false];
  const relative = alpha * largest;
  const end = ` J after ${run.k.length - 1} steps: ${format(run.loss[run.loss.length - 1])}.`;
  // 2 and 1 are often typed with some digits only.
  if (relative > 2 + 1e-9) return [`Above 2/L = ${format(2 / largest)}: along the steepest direction each step overshoots by more than the last, and J climbs in the end.${end}`, true];
  if (relative > 2 - 1e-9) return [`2/L itself: along the steepest direction it jumps to and fro for ever.${end}`, true];
  if (relative > 1 + 1e-9) return [`Between 1/L and 2/L: it overshoots along the steepest direction, less each time.${end}`, false];
  return [`Up to 1/L = ${format(1 / largest)} it never overshoots: J falls at every step.${end}`, false];
}

function derivativeSentence(direction, gradient) {
  const length = Math.hypot(...gradient);
  const rate = dot(direction, gradient);
  const d = `d = (${direction.map((x) => format(x, 3)).join(", ")})`;
  if (length === 0) return [`${d}: the gradient is zero here, J is level in every direction.`, rate];
  const cosine = Math.max(-1, Math.min(1, rate / length));
  const angle = (Math.acos(cosine) * 180) / Math.PI;
  const kind = angle < 3 ? "nearly straight along the gradient, the steepest ascent"
    : angle > 177 ? "nearly straight against the gradient, the steepest descent"
    : Math.abs(angle - 90) < 2 ? "nearly along the level line, where J does not change at first"
    : rate > 0 ? "J rises" : "J falls";
  return [
    `${d} is ${format(angle, 4)}° from the gradient: |gradient| cos(angle) = ${format(length, 4)} · ${bracketed(cosine, 3)} = ${format(rate, 4)} per unit of length: ${kind}.`,
    rate,
  ];
}
