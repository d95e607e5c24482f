// The page of the model: two pictures, what the network says of them, and a gallery.

import { compare } from "./alignment.js";
import { image, json, load } from "./network.js";
import * as panels from "./panels.js";
import { moved, pixels, show } from "./pictures.js";

const KINDS = ["global", "rigid", "aligned"];
const QUIET = 700; // milliseconds without a change before a reader is told
const page = document.getElementById("model");
const find = (selector) => page.querySelector(selector);
const slider = (name) => find(`input[name=${name}]`);
const state = { query: null, other: null, result: null };
let people, embed;

// What the page shows now; tests compare it with the library.
export const now = () => ({
  kind: kind(), change: change(), ...state.result.pair, ranking: state.result.ranking,
});

const kind = () => find("input[name=kind]:checked").value;

function change() {
  const [shift, scale, hidden, place] = ["shift", "scale", "hidden", "place"]
    .map((name) => Number(slider(name).value) / 100);
  const bar = [place - hidden / 2, place + hidden / 2]
    .map((edge) => Math.min(Math.max(edge, 0), 1));
  return { shift, scale, bar };
}

// From pictures to numbers. Changes that come while the network runs wait for it.

let running = null;
let waiting = false;

export function update() {
  waiting = true;
  running ??= (async () => {
    try {
      while (waiting) {
        waiting = false;
        await step();
      }
    } catch (error) {
      say(`The network failed: ${error.message}`);
    } finally {
      running = null;
    }
  })();
  return running;
}

async function step() {
  const { query, other } = state;
  const picture = moved(query.picture, change());
  const [features] = await embed([picture]);
  const pair = compare(features, other.features, people.stripes);
  const every = people.gallery.map((one) =>
    compare(features, one.features, people.stripes).distances);
  const numbers = [...people.gallery.keys()];
  const ranking = Object.fromEntries(KINDS.map((name) =>
    [name, [...numbers].sort((a, b) => every[a][name] - every[b][name])]));
  state.result = { pair, every, ranking };
  show(picture, canvas("query"));
  show(other.picture, canvas("other"));
  draw();
}

// From numbers to the page.

const canvas = (side) => find(`[data-side=${side}] canvas`);

function draw() {
  const { pair, every, ranking } = state.result;
  const { query, other } = state;
  panels.drawLinks(find("#links"), pair, kind());
  panels.drawMatrix(find("#matrix"), pair);
  for (const name of KINDS) {
    const cells = find(`tr[data-kind=${name}]`).cells;
    cells[1].textContent = pair.distances[name].toFixed(3);
    cells[2].textContent = places(name).join(", ") || "–";
  }
  const distances = every.map((one) => one[kind()]);
  const list = find("#ranked");
  panels.drawRanked(list, people.gallery, ranking[kind()], { distances, query, other });
  for (const side of ["query", "other"]) {
    const { looks, camid } = state[side];
    const seen = camid ? `${looks}, seen by camera ${camid}` : looks;
    canvas(side).setAttribute("aria-label", seen);
  }
  for (const shown of page.querySelectorAll("[data-of]")) {
    const input = slider(shown.dataset.of);
    shown.textContent = `${input.value} %`;
    input.setAttribute("aria-valuetext", shown.textContent);
  }
  tell();
}

// The ranks at which the right person's pictures stand.
function places(name) {
  return state.result.ranking[name].flatMap((k, place) =>
    people.gallery[k].pid === state.query.pid ? [place + 1] : []);
}

let told;
function tell() {
  clearTimeout(told);
  told = setTimeout(() => {
    const { distances } = state.result.pair;
    const numbers = KINDS.map((name) => `${name} ${distances[name].toFixed(3)}`);
    const [first] = places(kind());
    const rank = first ? ` By ${kind()} distance the right person is first found at ` +
      `rank ${first} of ${people.gallery.length}.` : "";
    say(`Distances of the two pictures: ${numbers.join(", ")}.${rank}`);
  }, QUIET);
}

function say(text) {
  const status = find("[role=status]");
  if (status.textContent !== text) status.textContent = text;
}

// What the reader does.

async function choose(side, one) {
  state[side] = one;
  if (side === "other" && !one.features) [one.features] = await embed([one.picture]);
  await update();
}

async function takeFile(side, file) {
  if (!file) return;
  try {
    const picture = pixels(await createImageBitmap(file), people);
    const chosen = find("input[name=query]:checked");
    if (side === "query" && chosen) chosen.checked = false;
    await choose(side, { picture, looks: "Your own picture" });
  } catch {
    say(`${file.name} is no picture that this browser can read.`);
  }
}

function listen() {
  find("#change").addEventListener("input", update);
  find("#reset").addEventListener("click", () => {
    for (const input of page.querySelectorAll("#change input")) {
      input.value = input.defaultValue;
    }
    update();
  });
  find("#distances").addEventListener("change", draw);
  for (const figure of page.querySelectorAll("[data-side]")) {
    const { side } = figure.dataset;
    const input = figure.querySelector("input[type=file]");
    input.addEventListener("change", () => takeFile(side, input.files[0]));
    figure.addEventListener("dragover", (event) => event.preventDefault());
    figure.addEventListener("drop", (event) => {
      event.preventDefault();
      takeFile(side, event.dataTransfer.files[0]);
    });
  }
  drag(canvas("query"));
}

// A bar that is grabbed moves, and anywhere else the person does.
function drag(over) {
  let begun = null;
  const height = (event) => (100 * event.offsetY) / over.clientHeight;
  over.addEventListener("pointerdown", (event) => {
    const [top, bottom] = change().bar.map((edge) => 100 * edge);
    const onBar = height(event) >= top && height(event) < bottom;
    const input = slider(onBar ? "place" : "shift");
    begun = { input, from: Number(input.value) - height(event) };
    over.setPointerCapture(event.pointerId);
    event.preventDefault();
  });
  over.addEventListener("pointermove", (event) => {
    if (!begun) return;
    begun.input.value = begun.from + height(event);
    update();
  });
  const end = () => { begun = null; };
  over.addEventListener("pointerup", end);
  over.addEventListener("pointercancel", end);
}

// The beginning.

function offer(sheet) {
  const { make, thumbnail } = panels;
  people.queries.forEach((one, k) => {
    const input = make("input", { type: "radio", name: "query", value: k });
    input.checked = k === people.start.query;
    input.setAttribute("aria-label", `${one.looks}, camera ${one.camid}`);
    input.addEventListener("change", () => choose("query", one));
    find("#queries div").append(make("label", {}, input, thumbnail(one, sheet)));
  });
  for (const one of people.gallery) {
    one.rank = make("span", { class: "rank" });
    one.button = make("button", { type: "button" }, thumbnail(one, sheet), one.rank);
    one.button.addEventListener("click", () => choose("other", one));
    one.item = make("li", {}, one.button);
  }
}

async function start() {
  people = await json("people.json");
  const bytes = Object.values(people.bytes).reduce((sum, some) => sum + some);
  say(`Loading ${(bytes / 1e6).toFixed(1)} MB: the runtime, the network and the people.`);
  const loaded = await Promise.all([image("people.png"), load()]);
  embed = loaded[1];
  const { width, height, queries, gallery, start: first } = people;
  for (const one of [...queries, ...gallery]) {
    one.picture = pixels(loaded[0], people, one.place);
  }
  const size = { columns: loaded[0].width / width, rows: loaded[0].height / height };
  offer({ width, height, ...size });
  const features = await embed(gallery.map((one) => one.picture));
  gallery.forEach((one, k) => { one.features = features[k]; });
  state.query = queries[first.query];
  state.other = gallery[first.other];
  listen();
  await update();
  page.removeAttribute("aria-busy");
}

export const ready = start().catch((error) => {
  say(`The page could not start: ${error.message}`);
});
