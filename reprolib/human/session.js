"use strict";
// What is known of one rater: the study, the order of things, the answers, the clock.

const study = JSON.parse(document.getElementById("study").textContent);
const at = (id) => document.getElementById(id);
const FORMAT = "reprolib human answers 1";

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
let trials = []; // in this rater's order
let trial = null; // the one in sight
let told = false; // whether the answer to a trial of practice is shown
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

function forget() {
  try {
    localStorage.removeItem(place(session.rater));
    localStorage.removeItem(LAST);
  } catch {
    // Nothing was kept.
  }
  session = { ...session, step: 0, answers: {}, spent: {} };
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

// The file of answers.

function text() {
  const given = trials.map((one) => session.answers[one.id]).filter(Boolean);
  const value = { format: FORMAT, list: study.list, rater: session.rater, answers: given };
  return `${JSON.stringify(value, null, 1)}\n`;
}

function save() {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(new Blob([text()], { type: "application/json" }));
  link.download = `answers-${session.rater}.json`;
  link.click();
  URL.revokeObjectURL(link.href);
}
