"use strict";
// What a rater sees and does. Everything is shown as text, never as HTML.

const TYPING = 700; // milliseconds in which a second digit belongs to the first
const LETTERS = { g: 1, u: 2, f: 3, c: 4 };

// Screens.

function show(id) {
  for (const screen of document.querySelectorAll("main")) screen.hidden = screen.id !== id;
  window.scrollTo(0, 0);
  at(id).querySelector("h1").focus();
}

let order = []; // of the candidates in sight

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
  at("candidates").classList.toggle("few", order.length <= 10);
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

function forgetAll() {
  forget();
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
at("forget").addEventListener("click", forgetAll);
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
