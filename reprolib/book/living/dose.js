// The dose of box error: seeds as dots, a table of training against test, and curves.

const METHODS = [
  ["global", "global", "global"],
  ["unaligned", "unaligned", "rigid"],
  ["aligned", "aligned", "aligned"],
];
const STRIPES = ["unaligned", "aligned"];
const SQUARE = STRIPES.flatMap((row) => STRIPES.map((kind) => `${row} ${kind}`));
const WIDE = 340, TALL = 318;
const SCORE = { mAP: "mAP", rank1: "rank-1" };

function draw(stage, data, figure) {
  const now = { error: data.errors.indexOf(0.4), trained: "box0.4", score: "mAP" };
  const seeds = picture(stage, WIDE, TALL, figure.alt);
  const curves = picture(stage, WIDE, TALL, "");
  const of = (row, kind, error) => data.values[now.trained][`${row} ${kind}`][now.score][error];

  function show() {
    const low = floor(data, METHODS.map(([row, kind]) => `${row} ${kind}`), now.score);
    const ticks = [];
    for (let t = low; t <= 100; t += 10) ticks.push(t);
    const ranked = METHODS
      .map(([row, kind, name]) => ({ row, name, values: of(row, kind, now.error) }))
      .map((one) => ({ ...one, mean: mean(one.values) }))
      .sort((a, b) => b.mean - a.mean);
    const bill = square(of, now.error);
    seeds.replaceChildren(dots(ranked, low, ticks, now), ...table(bill, floor(data, SQUARE, now.score)));
    curves.replaceChildren(...lines(data, of, low, ticks, now));
    const told = words(data, now, ranked, bill);
    figure.say(told);
    describe(seeds, `${figure.alt} ${told}`);
    describe(curves, curvesInWords(data, of, now));
  }

  slider(figure, {
    label: "Error of the test boxes", min: 0, max: data.errors.length - 1,
    value: now.error, text: (k) => data.errors[k].toFixed(1),
    show: (k) => { now.error = k; show(); },
  });
  choice(figure, {
    label: "Trained on", options: Object.entries(data.trained), value: now.trained,
    show: (boxes) => { now.trained = boxes; show(); },
  });
  choice(figure, {
    label: "Score", options: Object.entries(SCORE), value: now.score,
    show: (score) => { now.score = score; show(); },
  });
  show();
}

// The ten below the lowest score of these series, so that scales do not move.
function floor(data, series, score) {
  const all = Object.values(data.values).flatMap((boxes) =>
    series.flatMap((one) => boxes[one][score].flat()));
  return 10 * Math.floor(Math.min(...all) / 10);
}

// The means of two ways to train (rows) by two ways to test (columns).
const square = (of, error) => STRIPES.map((row) =>
  STRIPES.map((kind) => mean(of(row, kind, error))));

function dots(ranked, low, ticks, { score }) {
  const x = scale(low, 100, 62, WIDE - 48);
  const rows = METHODS.map(([row, , name], k) => {
    const { mean: middle, values } = ranked.find((one) => one.row === row);
    const y = 22 + 34 * k, colour = COLOURS[row], best = row === ranked[0].row;
    const weight = best ? { "font-weight": 700 } : {};
    return svg("g", {},
      label(54, y, name, { "text-anchor": "end", ...weight }),
      ...values.map((value, seed) => svg("circle", {
        cx: x(value), cy: y + 9 * Math.sin(2.4 * seed), r: 3.2, fill: colour,
        "fill-opacity": 0.8,
      })),
      line(x(middle), y - 13, x(middle), y + 13, { stroke: "var(--ink)", "stroke-width": 2.5 }),
      label(WIDE - 2, y, middle.toFixed(1), { "text-anchor": "end", ...weight }));
  });
  return svg("g", {}, levelAxis(x, 118, 6, ticks, `${SCORE[score]}, %`), ...rows);
}

function table(bill, low) {
  const top = 214, left = 130, wide = 98, tall = 40;
  const names = [["rigid", "sliding"], ["rigid", "aligned"]];
  const cells = bill.flatMap((row, i) => row.map((value, j) => {
    const colour = heat((value - low) / (100 - low));
    const [x, y] = [left + j * (wide + 3), top + i * (tall + 3)];
    return svg("g", {},
      svg("rect", { x, y, width: wide, height: tall, rx: 4, fill: colour }),
      label(x + wide / 2, y + tall / 2, value.toFixed(1),
        { style: `fill: ${inkOn(colour)}; font-size: 15px` }));
  }));
  return [
    label(left + wide + 1, top - 32, "stripes tested", { class: "soft" }),
    label(left - 8, top - 14, "stripes trained", { class: "soft", "text-anchor": "end" }),
    ...names[0].map((name, j) => label(left + j * (wide + 3) + wide / 2, top - 13, name)),
    ...names[1].map((name, i) =>
      label(left - 8, top + i * (tall + 3) + tall / 2, name, { "text-anchor": "end" })),
    ...cells,
  ];
}

function lines(data, of, low, ticks, { error, score }) {
  const x = scale(0, 1, 40, WIDE - 62), y = scale(low, 100, TALL - 48, 34);
  const [from, to] = data.detector.map(x);
  const means = METHODS.map(([row, kind, name]) =>
    ({ row, name, at: data.errors.map((_, k) => mean(of(row, kind, k))) }));
  const ends = apart(means.map(({ at }) => y(at.at(-1))), 15);
  return [
    svg("rect", { x: from, y: y(100), width: to - from, height: y(low) - y(100),
      fill: COLOURS.grey, "fill-opacity": 0.3 }),
    label((from + to) / 2, y(100) - 9, "real detector", { class: "soft" }),
    uprightAxis(y, 32, WIDE - 56, ticks, `${SCORE[score]}, %`),
    levelAxis(x, y(low), y(low), data.errors, "error of the test boxes", (e) => e.toFixed(1)),
    line(x(data.errors[error]), y(low), x(data.errors[error]), y(100),
      { stroke: "var(--ink)", "stroke-dasharray": "4 3" }),
    ...means.flatMap(({ row, name, at }, k) => [
      svg("polyline", { points: at.map((v, e) => `${x(data.errors[e])},${y(v)}`).join(" "),
        fill: "none", stroke: COLOURS[row], "stroke-width": 2.2 }),
      ...at.map((v, e) => svg("circle", { cx: x(data.errors[e]), cy: y(v),
        r: e === error ? 5.5 : 3, fill: COLOURS[row] })),
      label(x(1) + 10, ends[k], name, { "text-anchor": "start" }),
    ]),
  ];
}

// Heights at least `gap` apart, in the same order, near where they were.
function apart(heights, gap) {
  const order = heights.map((_, k) => k).sort((a, b) => heights[a] - heights[b]);
  const moved = [...heights];
  for (let k = 1; k < order.length; k++) {
    const short = gap - (moved[order[k]] - moved[order[k - 1]]);
    if (short > 0) moved[order[k]] += short;
  }
  return moved;
}

function words(data, { error, trained, score }, [first, second], bill) {
  const seeds = first.values.length, lead = first.mean - second.mean;
  const ahead = first.values.filter((value, k) => value > second.values[k]).length;
  const signed = (v) => (v < 0 ? "−" : "+") + Math.abs(v).toFixed(1);
  const [low, high] = data.detector.map((d) => d.toFixed(2));
  return `Trained on ${data.trained[trained]}, tested on boxes of error `
    + `${data.errors[error].toFixed(1)} (a real detector's is ${low} to ${high}): `
    + `${first.name} wins with ${first.mean.toFixed(1)}\u00a0% ${SCORE[score]}, ${lead.toFixed(1)} `
    + `ahead of ${second.name}, and leads in ${ahead} of ${seeds} seeds. `
    + `Sliding at the test adds ${signed(bill[0][1] - bill[0][0])} points to rigid stripes, `
    + `aligned training ${signed(bill[1][1] - bill[0][1])} to that.`;
}

function curvesInWords(data, of, { score }) {
  const each = METHODS.map(([row, kind, name]) => {
    const [from, to] = [0, data.errors.length - 1].map((k) => mean(of(row, kind, k)).toFixed(1));
    return `${name} falls from ${from} to ${to}`;
  });
  return `${SCORE[score]} in percent over the error of the test boxes from 0 to 1: `
    + `${each.join(", ")}.`;
}
