// The lesson: one chapter after the other, each with a question; progress is kept within the page.

const lesson = { facts: null, given: null, done: new Set() };

// Where J is level everywhere there is nothing to see; the last chapter compares two systems of coordinates.
const chapters = () => (lessonPair().length === 2 ? CHAPTERS.filter((_, index) => index !== 7 || systems.length > 1) : []);

function openChapter(index) {
  pause();
  dropLessonRuns();
  state.chapter = index;
  Object.assign(state, { overlay: null, guess: null, focus: null });
  // Pictures have the sizes in which they will be seen.
  state.asking = true;
  document.body.classList.add("asking", "lesson");
  measure();
  Object.assign(lesson, { given: null, facts: chapters()[index].set() });
  if (chapters()[index].guess) state.guess = { point: null };
  drawLesson();
  // Where map and chapter are one under the other both begin at the top.
  if (window.matchMedia("(max-width: 68.74em)").matches) window.scrollTo(0, 0);
  byId("chapter-title").focus({ preventScroll: true });
  show();
}

// What the last chapter keeps is its own.
function dropLessonRuns() {
  for (const run of state.kept.filter((kept) => kept.ofLesson)) drop(run);
}

function closeLesson() {
  pause();
  dropLessonRuns();
  Object.assign(state, { chapter: null, asking: false, overlay: null, guess: null, focus: null, hidden: {}, view: OWN, along: OWN, pair: content.shown.slice(), zoom: 1, reach: null, rate: usualRate(), start: content.start.slice(), nSteps: USUAL_STEPS });
  state.trial = null;
  if (fitHasPath) select(fitRun, 0);
  else rerun();
  drawLesson();
}

function answerWith(given) {
  const chapter = chapters()[state.chapter];
  if (lesson.given !== null) return;
  lesson.given = given;
  lesson.done.add(state.chapter);
  state.guess = null;
  state.asking = false;
  lesson.text = chapter.answer(lesson.facts, given);
  lesson.right = chapter.guess ? missed(lesson.facts, given) <= GOOD_GUESS
    : chapter.turn ? Math.abs(angleBetween(directionOf(given), lesson.facts.page.slopes) - 90) <= GOOD_ANGLE
    : given === lesson.facts.right;
  chapter.show(lesson.facts, given);
  drawLesson();
  byId("chapter-next").focus({ preventScroll: true });
  byId("told").textContent = byId("feedback").textContent;
  byId("feedback").scrollIntoView({ block: "nearest" });
}

function answerGuess() {
  if (state.guess && state.guess.point) answerWith(state.guess.point.slice());
}

// --- how it looks -----------------------------------------------------------------

const paragraph = (text, attributes = {}) => element("p", attributes, text);

function drawLesson() {
  const card = byId("story");
  document.body.classList.toggle("lesson", state.chapter !== null);
  document.body.classList.toggle("asking", state.asking);
  const list = chapters();
  for (const pointed of document.querySelectorAll(".pointed")) pointed.classList.remove("pointed");
  card.replaceChildren(...(state.chapter === null ? invitation(list) : chapterParts(list)));
  if (state.chapter !== null) byId(list[state.chapter].point).classList.add("pointed");
}

function invitation(list) {
  if (list.length === 0) return [paragraph(`J depends on ${lessonPair().length === 0 ? "none" : "only one"} of these parameters: there is nothing for the lesson to show.`)];
  const all = lesson.done.size === list.length;
  const left = list.findIndex((_, index) => !lesson.done.has(index));
  const start = element("button", { id: "begin", class: "main", onclick: () => openChapter(all ? 0 : left) }, lesson.done.size === 0 ? "Start the lesson" : all ? "Once more" : "Go on with the lesson");
  return [
    element("h2", {}, lesson.done.size ? "Free play" : "New to gradient descent?"),
    paragraph(lesson.done.size ? "Drag the start, the step’s tip or the direction d on the map; move α beyond 2/L; choose other parameters or another learning rate; keep runs and race them."
      : `${list.length} short chapters explain it on this table, with a question each. Or play: drag the start, the step’s tip or the direction d on the map, and move α.`),
    start, dots(list),
  ];
}

const dots = (list) => element("nav", { class: "chapters", "aria-label": "Chapters" }, ...list.map((chapter, index) => element("button", {
  class: `dot${lesson.done.has(index) ? " done" : ""}`, "aria-label": `Chapter ${index + 1}: ${chapter.title}${lesson.done.has(index) ? ", answered" : ""}`, title: chapter.title,
  "aria-current": String(index === state.chapter), onclick: () => openChapter(index),
}, lesson.done.has(index) ? "✓" : String(index + 1))));

function chapterParts(list) {
  const chapter = list[state.chapter];
  const { facts, given } = lesson;
  const parts = [
    element("h2", { id: "chapter-title", tabindex: "-1" }, `${state.chapter + 1} of ${list.length}: ${chapter.title}`),
    ...chapter.tell(facts).map((text) => paragraph(text)),
    paragraph(chapter.ask(facts), { class: "question" }),
  ];
  if (chapter.options) parts.push(element("div", { class: "options", role: "group" }, ...chapter.options(facts).map((text, index) => optionButton(text, index))));
  if (chapter.turn && given === null) parts.push(turner(), element("button", { id: "check", onclick: () => answerWith(state.degrees) }, "Check"));
  if (chapter.guess && given === null) parts.push(paragraph("Or move a “?” there with the arrow keys, and press Enter.", { class: "small" }));
  const feedback = element("p", { id: "feedback", class: given === null ? "" : lesson.right ? "right" : "wrong" });
  if (given !== null) feedback.append(element("strong", {}, lesson.right ? "Yes. " : "Not quite. "), lesson.text);
  const isLast = state.chapter === list.length - 1;
  return [...parts, feedback, element("div", { class: "steps" },
    ...(state.chapter > 0 ? [element("button", { id: "chapter-back", onclick: () => openChapter(state.chapter - 1) }, "Back")] : []),
    element("button", { id: "chapter-next", class: given === null ? "" : "main", onclick: () => (isLast ? closeLesson() : openChapter(state.chapter + 1)) }, isLast ? "Free play" : given === null ? "Skip" : "Next"),
    element("button", { id: "leave", onclick: closeLesson }, "Leave the lesson")), dots(list)];
}

function optionButton(text, index) {
  const { given, facts } = lesson;
  const mark = given === null ? "" : index === facts.right ? " true" : index === given ? " false" : "";
  const button = element("button", { class: `option${mark}`, onclick: () => answerWith(index) }, text);
  button.disabled = given !== null;
  return button;
}

// The slider of d, within reach while the map is looked at.
function turner() {
  const slider = element("input", { type: "range", min: "0", max: "359", value: String(state.degrees), "aria-label": "Turn d" });
  slider.addEventListener("input", () => { state.degrees = slider.valueAsNumber; show(); });
  return slider;
}
