// What every living figure may use. All of it runs in a closed function of its own.

const SVG = "http://www.w3.org/2000/svg";
const still = matchMedia("(prefers-reduced-motion: reduce)");

// An element with attributes (a function is a listener: {onclick: f}) and children.
function make(element, attributes = {}, children = []) {
  for (const [key, value] of Object.entries(attributes)) {
    if (typeof value === "function") element.addEventListener(key.slice(2), value);
    else if (value !== false) element.setAttribute(key, value === true ? "" : value);
  }
  element.append(...children);
  return element;
}

const svg = (tag, attributes, ...children) =>
  make(document.createElementNS(SVG, tag), attributes, children);

const html = (tag, attributes, ...children) =>
  make(document.createElement(tag), attributes, children);

// A picture of its own width and height in units of about one pixel. Pictures stand
// side by side where there is room (two of 290 fill a page), else below each other.
// Its alternative text is `alt`; set another one with `describe(picture, text)`.
function picture(stage, width, height, alt) {
  const box = { viewBox: `0 0 ${width} ${height}`, role: "img", class: "living-picture" };
  const made = svg("svg", { ...box, width });
  describe(made, alt);
  stage.append(made);
  return made;
}

const describe = (element, text) => element.setAttribute("aria-label", text);

// Text at a place of an SVG; `more` may hold "text-anchor", class, fill ...
const label = (x, y, text, more = {}) =>
  svg("text", { x, y, "dominant-baseline": "middle", "text-anchor": "middle", ...more }, text);

// A colour of the heat map for t from 0 to 1, and black or white, whichever is read
// better on a colour.
function heat(t) {
  const at = Math.min(Math.max(t, 0), 1) * (HEAT.length - 1);
  const low = Math.min(Math.floor(at), HEAT.length - 2);
  const [a, b] = [rgb(HEAT[low]), rgb(HEAT[low + 1])];
  const mixed = a.map((v, k) => Math.round(v + (b[k] - v) * (at - low)));
  return "#" + mixed.map((v) => v.toString(16).padStart(2, "0")).join("");
}

const rgb = (hex) => [1, 3, 5].map((k) => parseInt(hex.slice(k, k + 2), 16));

function inkOn(hex) {
  const linear = rgb(hex).map((v) => (v / 255) ** 2.2);
  const light = 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2];
  return light > 0.18 ? "#000000" : "#ffffff";
}

const ICONS = {
  First: "M3 2v12M13 2 6 8l7 6z", Back: "M11 2 4 8l7 6", Play: "M4 2l9 6-9 6z",
  Pause: "M5 2v12M11 2v12", Next: "M5 2l7 6-7 6", Last: "M13 2v12M3 2l7 6-7 6z",
};

// A button that shows one of ICONS; `what` is also its name.
function iconButton(what, onclick) {
  const path = svg("path", { class: "living-icon" });
  const button = html("button", { type: "button", onclick },
    svg("svg", { viewBox: "0 0 16 16", width: 16, height: 16, "aria-hidden": "true" }, path));
  button.face = (now) => {
    path.setAttribute("d", ICONS[now]);
    button.title = now;
    describe(button, now);
  };
  button.face(what);
  return button;
}

// First, back, play, next, last, and a slider over `steps` steps from 0 on. `show(k)`
// draws step k. Nothing plays before it is asked to, and where the reader wants no
// motion there is no button to play. Returns {go(k), pause()}.
function player(figure, { steps, show, start = 0, delay = 700, label: name = "Step" }) {
  let at = start, timer = null;
  const range = html("input", {
    type: "range", min: 0, max: steps - 1, step: 1, value: start, "aria-label": name,
    oninput: () => { pause(); go(Number(range.value)); },
  });
  const count = html("output", { class: "living-count" });
  const by = (move) => () => { pause(); go(move()); };
  const play = iconButton("Play", () => (timer ? pause() : run()));
  const back = [
    iconButton("First", by(() => 0)), iconButton("Back", by(() => at - 1))];
  const on = [
    iconButton("Next", by(() => at + 1)), iconButton("Last", by(() => steps - 1))];
  play.hidden = still.matches;
  function go(k) {
    at = Math.min(Math.max(k, 0), steps - 1);
    range.value = at;
    count.textContent = `${at} / ${steps - 1}`;
    range.setAttribute("aria-valuetext", `${at} of ${steps - 1}`);
    back.forEach((one) => { one.setAttribute("aria-disabled", at === 0); });
    on.forEach((one) => { one.setAttribute("aria-disabled", at === steps - 1); });
    show(at);
  }
  function run() {
    if (at === steps - 1) go(0);
    figure.quiet(true);
    play.face("Pause");
    timer = setInterval(() => {
      go(at + 1);
      if (at === steps - 1) pause();
    }, delay);
  }
  function pause() {
    if (!timer) return;
    clearInterval(timer);
    timer = null;
    figure.quiet(false);
    play.face("Play");
  }
  figure.controls.append(
    html("div", { class: "living-player" }, ...back, play, ...on, range, count),
  );
  go(start);
  return { go: (k) => { pause(); go(k); }, pause };
}

// A labelled slider; `show(value)` is called when it moves, `text(value)` says it.
// Returns {set(value)}, which moves it without a call.
function slider(figure, { label: name, min, max, step = 1, value, show, text = String }) {
  const said = html("output", { class: "living-count" });
  const range = html("input", {
    type: "range", min, max, step, value,
    oninput: () => { set(range.value); show(Number(range.value)); },
  });
  function set(next) {
    range.value = next;
    said.textContent = text(Number(range.value));
    range.setAttribute("aria-valuetext", said.textContent);
  }
  set(value);
  figure.controls.append(html("label", { class: "living-slider" }, name, range, said));
  return { set };
}

// One of several `options`, [[value, words], ...], as radio buttons under a legend.
function choice(figure, { label: name, options, value, show }) {
  const group = `living-${figure.name}-${Math.random().toString(36).slice(2)}`;
  const one = ([its, words]) => html("label", {},
    html("input", {
      type: "radio", name: group, value: its, checked: its === value,
      onchange: () => show(its),
    }), words);
  figure.controls.append(html("fieldset", { class: "living-choice" },
    html("legend", {}, name), ...options.map(one)));
}

// A box to tick; `show(on)` is called when it changes.
function tick(figure, { label: name, on, show }) {
  const box = html("input", { type: "checkbox", checked: on, onchange: () => show(box.checked) });
  figure.controls.append(html("label", { class: "living-tick" }, box, name));
}

// Draw the figure wherever it stands on the page and is not yet drawn.
function start(draw, { name, describe: alt, data }) {
  const find = `[data-living="${name}"]:not([data-drawn])`;
  for (const root of document.querySelectorAll(find)) {
    root.setAttribute("data-drawn", "");
    const [stage, controls, said] = ["stage", "controls", "said"].map((part) =>
      root.querySelector(`.living-${part}`));
    draw(stage, data, {
      name, alt, root, controls,
      say: (text) => { said.textContent = text; },
      quiet: (yes) => { said.setAttribute("aria-live", yes ? "off" : "polite"); },
    });
  }
}
