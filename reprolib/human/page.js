"use strict";
// One rater's session. Everything that is shown is set as text, never as HTML.

const study = JSON.parse(document.getElementById("study").textContent);
const at = (id) => document.getElementById(id);
const FORMAT = "reprolib human answers 1";
const TYPING = 700; // milliseconds in which a second digit belongs to the first
const LETTERS = { g: 1, u: 2, f: 3, c: 4 };

// The same order as shown_order in trials.py.
function shownOrder(rater, what, length) {
  let state = 2166136261;
  for (const letter of `${study.list}/${rater}/${what}`) {
    state = Math.imul(state ^ letter.charCodeAt(0), 16777619);
  }
  const random = () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), state | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
  const order = [...Array(length).keys()];
  for (let last = length - 1; last > 0; last -= 1) {
    const other = Math.floor(random() * (last + 1));
    [order[last], order[other]] = [order[other], order[last]];
  }
  return order;
}

// What is kept in this browser: a session for each code of each list.

const place = (rater) => `reprolib human ${study.list} ${rater}`;
const LAST = `reprolib human ${study.list}`;
let session = null; // { rater, practised, step, answers: {trial: answer}, spent: {trial: ms} }
let keeps = true; // whether the browser lets a page keep something

function keep() {
  try {
    localStorage.setItem(place(session.rater), JSON.stringify(session));
    localStorage.setItem(LAST, session.rater);
  } catch {
    keeps = false; // a private window: the session goes on, but only here
  }
}

function kept(key) {
  try {
    return localStorage.getItem(key);
  } catch {
    return null;
  }
}

function resume(rater) {
  const fresh = { rater, practised: 0, step: 0, answers: {}, spent: {} };
  try {
    return { ...fresh, ...JSON.parse(kept(place(rater))), rater };
  } catch {
    return fresh;
  }
}

// Screens.

function show(id) {
  for (const screen of document.querySelectorAll("main")) screen.hidden = screen.id !== id;
  window.scrollTo(0, 0);
  at(id).querySelector("h1").focus();
}

let trials = []; // in this rater's order
let trial = null;
let order = [];
let told = false; // whether the answer to a trial of practice is shown

function proceed() {
  const practice = session.practised < study.practice.length;
  if (practice) return ask(study.practice[session.practised]);
  if (session.practised === study.practice.length && study.practice.length > 0) {
    return show("between");
  }
  if (session.step < trials.length) return ask(trials[session.step]);
  return finish();
}

const practising = () => session.practised < study.practice.length;

function choices(box, name, labels, fill) {
  box.querySelectorAll("label").forEach((old) => old.remove());
  labels.forEach(([value, text], number) => {
    const label = document.createElement("label");
    const input = document.createElement("input");
    const face = document.createElement("span");
    Object.assign(input, { type: "radio", name, value });
    input.addEventListener("change", () => say(""));
    face.append(fill ? fill(number) : "", text);
    label.className = name;
    label.append(input, face);
    box.append(label);
  });
}

function ask(next) {
  trial = next;
  told = false;
  const practice = practising();
  const [number, of] = practice
    ? [session.practised + 1, study.practice.length]
    : [session.step + 1, trials.length];
  order = shownOrder(session.rater, trial.id, trial.candidates.length);
  at("count").textContent = `${practice ? "Practice" : "Question"} ${number} of ${of}`;
  Object.assign(at("progress"), { max: of, value: number - 1 });
  at("query").querySelector("img").src = study.pictures[trial.query];
  const labels = order.map((item, position) => [item, `${position + 1}`]);
  choices(at("candidates"), "candidate", labels, (position) => {
    const image = document.createElement("img");
    image.src = study.pictures[trial.candidates[order[position]]];
    image.alt = "Picture";
    return image;
  });
  choices(at("confidence"), "confidence", Object.entries(study.confidence));
  at("candidates").disabled = at("confidence").disabled = false;
  at("undo").disabled = practice || session.step === 0;
  at("skip").hidden = practice;
  at("next").textContent = practice ? "Check" : "Next";
  at("ask").textContent = "Which picture shows the same person?";
  say("");
  const before = session.answers[trial.id];
  if (before && !practice && before.candidate !== null) {
    pick("candidate", before.candidate);
    pick("confidence", before.confidence);
  }
  show("question");
  startClock();
}

function say(text) {
  at("say").textContent = text;
}

const picked = (name) => document.querySelector(`input[name=${name}]:checked`);

function pick(name, value) {
  const input = [...document.querySelectorAll(`input[name=${name}]`)].find(
    (one) => Number(one.value) === Number(value),
  );
  if (!input || input.matches(":disabled")) return;
  input.checked = true;
  input.focus({ preventScroll: name === "confidence" });
  say("");
}

// The clock of a trial stops with a pause, and when the page is out of sight.

let since = null;

function startClock() {
  since = document.hidden || at("paused").open || told ? null : performance.now();
}

function stopClock() {
  if (since === null || trial === null) return;
  session.spent[trial.id] = (session.spent[trial.id] || 0) + performance.now() - since;
  since = null;
  keep();
}

// Answers.

function decide() {
  if (told) return leavePractice();
  const candidate = picked("candidate");
  const confidence = picked("confidence");
  if (!candidate) return say("Choose a picture first.");
  if (!confidence) return say("Say how sure you are.");
  stopClock();
  if (practising()) return tell(Number(candidate.value));
  return note(Number(candidate.value), Number(confidence.value));
}

function note(candidate, confidence) {
  stopClock();
  session.answers[trial.id] = {
    trial: trial.id,
    candidate,
    place: candidate === null ? null : order.indexOf(candidate) + 1,
    confidence,
    seconds: Math.round(session.spent[trial.id] || 0) / 1000,
  };
  session.step += 1;
  keep();
  proceed();
}

function tell(candidate) {
  told = true;
  at("candidates").querySelectorAll("label").forEach((label) => {
    const mine = trial.right.includes(Number(label.querySelector("input").value));
    label.classList.add(mine ? "right" : "miss");
  });
  const good = trial.right.includes(candidate);
  const numbers = trial.right.map((item) => order.indexOf(item) + 1).sort((a, b) => a - b);
  const which = numbers.length > 1 ? `Pictures ${numbers.join(", ")} show` : `Picture ${numbers[0]} shows`;
  say(`${good ? "Right." : "Not this one."} ${which} the person.`);
  at("candidates").disabled = at("confidence").disabled = true;
  at("next").textContent = "Go on";
  at("next").focus();
}

function leavePractice() {
  session.practised += 1;
  keep();
  proceed();
}

function undo() {
  if (at("undo").disabled || at("question").hidden) return;
  stopClock();
  session.step -= 1;
  keep();
  proceed();
}

function pause() {
  stopClock();
  at("question").hidden = true;
  at("paused").showModal();
  at("go-on").focus();
}

function goOn() {
  if (!trial) return; // stopped for good
  at("question").hidden = false;
  startClock();
}

function text() {
  const given = trials.map((one) => session.answers[one.id]).filter(Boolean);
  const value = { format: FORMAT, list: study.list, rater: session.rater, answers: given };
  return `${JSON.stringify(value, null, 1)}\n`;
}

function finish() {
  stopClock();
  trial = null;
  const count = Object.keys(session.answers).length;
  const lost = keeps ? "" : " This browser keeps nothing: save before you close the page.";
  at("summary").textContent = `You have answered ${count} of ${trials.length} questions.${lost}`;
  at("copy").value = text();
  at("save").disabled = count === 0;
  at("forgotten").textContent = "";
  show("end");
}

function save() {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(new Blob([text()], { type: "application/json" }));
  link.download = `answers-${session.rater}.json`;
  link.click();
  URL.revokeObjectURL(link.href);
}

function forget() {
  try {
    localStorage.removeItem(place(session.rater));
    localStorage.removeItem(LAST);
  } catch {
    // Nothing was kept.
  }
  session = { ...session, step: 0, answers: {}, spent: {} };
  at("copy").value = "";
  at("save").disabled = true;
  at("back").hidden = true;
  at("summary").textContent = "";
  at("forgotten").textContent = "Your answers were deleted from this browser.";
}

// Mouse, keyboard, and a page that goes out of sight.

at("enter").addEventListener("submit", (event) => {
  event.preventDefault();
  const code = at("code").value.trim();
  if (!new RegExp(study.code).test(code)) {
    at("code-wrong").textContent = "A code has 1 to 16 letters, digits and hyphens.";
    at("code").focus();
    return;
  }
  session = resume(code);
  trials = shownOrder(code, "trials", study.trials.length).map((k) => study.trials[k]);
  keep();
  proceed();
});
at("answer").addEventListener("submit", (event) => {
  event.preventDefault();
  decide();
});
at("start").addEventListener("click", () => {
  session.practised += 1;
  keep();
  proceed();
});
at("skip").addEventListener("click", () => note(null, null));
at("undo").addEventListener("click", undo);
at("pause").addEventListener("click", pause);
at("paused").addEventListener("close", goOn);
at("go-on").addEventListener("click", () => at("paused").close());
at("export-now").addEventListener("click", () => {
  at("paused").close();
  finish();
});
at("back").addEventListener("click", () => {
  session.step = Math.min(session.step, trials.length - 1);
  proceed();
});
at("save").addEventListener("click", save);
at("forget").addEventListener("click", forget);
document.addEventListener("visibilitychange", () => (document.hidden ? stopClock() : startClock()));
window.addEventListener("pagehide", stopClock);

let digits = "";
let lastDigit = 0;

function typed(digit) {
  const now = performance.now();
  digits = now - lastDigit < TYPING ? digits + digit : digit;
  lastDigit = now;
  const few = order.length <= 10;
  const number = few ? Number(digit) || 10 : Number(digits) || Number(digit);
  if (number >= 1 && number <= order.length) pick("candidate", order[number - 1]);
}

document.addEventListener("keydown", (event) => {
  if (at("question").hidden || event.repeat || event.ctrlKey || event.metaKey || event.altKey) return;
  const key = event.key.toLowerCase();
  if (/^[0-9]$/.test(key)) typed(key);
  else if (key in LETTERS) pick("confidence", LETTERS[key]);
  else if (key === "s" && !practising()) note(null, null);
  else if (key === "p") pause();
  else if (key === "backspace") undo();
  else if (key !== "enter" || event.target.matches("button, summary")) return;
  else decide();
  event.preventDefault();
});

at("how-many").textContent = `${study.trials.length} questions`;
at("code").value = kept(LAST) || "";
show("consent");
