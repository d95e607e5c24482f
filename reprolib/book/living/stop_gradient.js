// Two students, the squares of their loss, and where each of their distances goes.

const PICTURES = ["a", "b", "c"], PAIRS = [[0, 1], [0, 2], [1, 2]];
const STUDENT = [COLOURS.blue, COLOURS.orange];

function draw(stage, { matrices, rate, steps }, figure) {
  const mode = { both: true, stop: true };
  let at = 0, runs = descent(matrices, mode, rate, steps);
  const flow = picture(stage, 292, 262, figure.alt);
  const chart = picture(stage, 280, 262, "");
  choice(figure, {
    label: "Loss", value: true, show: (both) => change({ both }),
    options: [[true, "both squares, the paper's"], [false, "student 1's square alone"]],
  });
  tick(figure, { label: "stop-gradient ZG", on: true, show: (stop) => change({ stop }) });
  player(figure, { steps: steps + 1, show: (step) => { at = step; show(); } });

  function change(what) {
    Object.assign(mode, what);
    runs = descent(matrices, mode, rate, steps);
    show();
  }

  function show() {
    const gap = (k) => meanOf(runs[k], (a, b) => Math.abs(a - b));
    students(flow, runs[at], mode, gap(at) / gap(0));
    curves(chart, runs, at);
    const text = `Step ${at}: ${sentence(runs[at], mode, rate)}`;
    describe(flow, `${figure.alt} ${text}`);
    describe(chart, `The distance of each pair over ${steps} steps, for both students; ` +
      `after step ${at} they are ${gap(at).toFixed(3)} apart on average.`);
    figure.say(text);
  }
}

// Both matrices above the squares; arrows are as wide as the distances are apart.
function students(made, matrices, mode, strength) {
  made.replaceChildren();
  const lefts = [18, 184];
  matrices.forEach((matrix, k) => {
    const title = label(lefts[k] + 45, 9, `student ${k + 1}`, { "font-weight": 600 });
    made.append(title);
    matrix.forEach((row, i) => {
      made.append(
        label(lefts[k] - 9, 47 + 30 * i, PICTURES[i], { class: "soft" }),
        label(lefts[k] + 15 + 30 * i, 24, PICTURES[i], { class: "soft" }));
      row.forEach((value, j) => cell(made, lefts[k] + 30 * j, 32 + 30 * i, value, k));
    });
  });
  const flows = moved(mode);
  [0, 1].forEach((own) => {
    const from = lefts[own] + 45, there = own < flows.length;
    if (there) {
      [own, 1 - own].forEach((who) => {
        const to = lefts[who] + 45 + (who === own ? 0 : 30 * (own - who));
        arrow(made, [from, 216], [to, 130], flows[own].includes(who) && STUDENT[who], strength);
      });
    }
    square(made, from, own, mode.stop, there);
  });
}

function cell(made, x, y, value, student) {
  made.append(
    svg("rect", {
      x, y, width: 30, height: 30, fill: STUDENT[student],
      "fill-opacity": 0.08 + 0.3 * value, stroke: "var(--line)" }),
    label(x + 15, y + 16, value.toFixed(2), { style: "font-size: 11.5px" }));
}

function square(made, x, own, stop, there) {
  const [mine, other] = [own ? "M²" : "M¹", own ? "M¹" : "M²"];
  const held = stop ? `ZG(${other})` : other;
  const words = own ? `[${held} − ${mine}]²` : `[${mine} − ${held}]²`;
  made.append(
    svg("rect", {
      x: x - 62, y: 216, width: 124, height: 34, rx: 6, fill: "var(--shade)",
      stroke: "var(--line)", "stroke-dasharray": there ? "none" : "4 4" }),
    label(x, 234, there ? words : "left out", there ? {} : { class: "soft" }));
}

// An arrow in a colour; without one, a dashed line that ZG bars.
function arrow(made, [x1, y1], [x2, y2], colour, strength) {
  const long = Math.hypot(x2 - x1, y2 - y1), [u, v] = [(x2 - x1) / long, (y2 - y1) / long];
  const width = colour ? 1.5 + 5 * strength : 1.5, head = 7 + width;
  const end = colour ? [x2 - head * u, y2 - head * v] : [x2, y2];
  made.append(svg("line", {
    x1, y1, x2: end[0], y2: end[1], stroke: colour || "var(--soft)", "stroke-width": width,
    "stroke-dasharray": colour ? "none" : "4 4" }));
  if (colour) {
    const side = head / 1.8;
    const corners = [[x2, y2], [end[0] - side * v, end[1] + side * u], [end[0] + side * v, end[1] - side * u]];
    made.append(svg("polygon", { points: corners.join(" "), fill: colour }));
  } else {
    const [x, y] = [x1 + 0.3 * (x2 - x1), y1 + 0.3 * (y2 - y1)];
    made.append(
      svg("rect", { x: x - 13, y: y - 9, width: 26, height: 18, rx: 4, fill: "var(--paper)", stroke: "var(--soft)" }),
      label(x, y + 1, "ZG", { style: "font-size: 11.5px" }));
  }
}

// Each pair's distance by both students: whole runs faint, strong up to the step shown.
function curves(made, runs, at) {
  const last = runs.length - 1, MOST = 1.4;
  const x = (k) => 34 + (k / last) * 214, y = (value) => 226 - (value / MOST) * 200;
  made.replaceChildren();
  for (const value of [0, 0.5, 1]) {
    made.append(
      svg("line", { x1: 34, x2: 248, y1: y(value), y2: y(value), stroke: "var(--line)" }),
      label(17, y(value), value.toFixed(1), { class: "soft" }));
  }
  for (let k = 0; k <= last; k += 3) made.append(label(x(k), 240, k, { class: "soft" }));
  made.append(
    label(141, 255, "step", { class: "soft" }),
    label(141, 9, "distance of each pair, by both students"));
  PAIRS.forEach(([i, j]) => {
    [0, 1].forEach((student) => {
      const points = runs.map((run, k) => `${x(k)},${y(run[student][i][j])}`);
      const look = {
        fill: "none", stroke: STUDENT[student], "stroke-width": 3,
        "stroke-dasharray": student ? "6 4" : "none" };
      made.append(
        svg("polyline", { ...look, points: points.join(" "), opacity: 0.25 }),
        svg("polyline", { ...look, points: points.slice(0, at + 1).join(" ") }),
        svg("circle", { cx: x(at), cy: y(runs[at][student][i][j]), r: 4.5, fill: STUDENT[student] }));
    });
    const middle = (runs[last][0][i][j] + runs[last][1][i][j]) / 2;
    made.append(label(265, y(middle), PICTURES[i] + PICTURES[j]));
  });
}

function sentence(matrices, mode, rate) {
  const { both, stop } = mode, [first, second] = [0, 1].map((student) =>
    moved(mode).flat().filter((who) => who === student).length);
  const kept = 1 - (2 * rate * (first + second)) / matrices[0].length ** 2;
  const who = {
    "true true": "Each square moves one student. They meet in the middle.",
    "true false": "Each square moves both students: the same value, twice the gradient. They meet at the same place in twice as large steps; twice the learning rate would do the same.",
    "false true": "Only student 1 moves; student 2 is a target that stays.",
    "false false": "The square moves both, so the target comes to meet its pupil: step for step what both squares do with ZG.",
  }[`${both} ${stop}`];
  return `the loss is ${lossOf(matrices, mode).toFixed(4)}. ${who} A step leaves ${(100 * kept).toFixed(0)} % of every gap.`;
}
