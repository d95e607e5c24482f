// Queries one by one: the first right rank of each, the CMC curve so far, and the mAP.

const ACROSS = 20, CELL = 17, LONGEST = 20;
const TALL = 322;

function draw(stage, data, figure) {
  const count = data.ranks.length;
  const table = picture(stage, ACROSS * CELL, TALL, "");
  const plot = picture(stage, 340, TALL, "");
  const cells = data.ranks.map((rank, k) => cell(rank, k, () => moves.go(k + 1)));
  const frame = svg("rect", { width: CELL, height: CELL, fill: "none", rx: 3,
    stroke: "var(--ink)", "stroke-width": 2.5, "pointer-events": "none" });
  table.append(label(0, 11, "First right rank of each query", { "text-anchor": "start" }),
    ...cells, frame, key());
  const axes = plotAxes();
  const moving = svg("g");
  plot.append(axes, moving);

  // The figure after `n` queries.
  function show(n) {
    cells.forEach((one, k) => one.light(k < n));
    frame.setAttribute("visibility", n ? "visible" : "hidden");
    if (n) make(frame, { x: left(n - 1), y: top(n - 1) });
    const scores = n ? after(data, n) : null;
    moving.replaceChildren(...(n ? curve(scores, data.ranks[n - 1]) : []));
    const told = n ? words(data, n, scores) : "No query has been asked yet.";
    figure.say(told);
    describe(table, `${n} of ${count} queries are lit. ${told}`);
    describe(plot, `${figure.alt} ${told}`);
  }
  const moves = player(figure,
    { steps: count + 1, show, start: 1, delay: 150, label: "Queries asked" });
}

const left = (k) => (k % ACROSS) * CELL;
const top = (k) => 24 + Math.floor(k / ACROSS) * CELL;

// CMC in percent at ranks 1 to LONGEST, and mAP, of the first `n` queries.
function after({ ranks, ap }, n) {
  const cmc = [];
  for (let k = 1; k <= LONGEST; k++) {
    cmc.push((100 * ranks.slice(0, n).filter((rank) => rank <= k).length) / n);
  }
  return { cmc, mAP: 100 * mean(ap.slice(0, n)) };
}

// The colour of a query whose first right picture is at `rank`.
function shade(rank) {
  if (rank === 1) return COLOURS.green;
  if (rank <= 5) return COLOURS.yellow;
  return rank <= 10 ? COLOURS.orange : COLOURS.red;
}

function cell(rank, k, onclick) {
  const colour = shade(rank);
  const box = svg("rect", { x: left(k) + 1, y: top(k) + 1, width: CELL - 2, height: CELL - 2, rx: 2 });
  const number = label(left(k) + CELL / 2, top(k) + CELL / 2 + 0.5, rank > 99 ? "…" : rank);
  const made = svg("g", { onclick, style: "cursor: pointer" }, box, number);
  made.light = (on) => {
    box.setAttribute("fill", on ? colour : "var(--shade)");
    number.setAttribute("style", `font-size: ${rank > 9 ? 9 : 11}px; fill: ${on ? inkOn(colour) : "none"}`);
  };
  return made;
}

function key() {
  const y = TALL - 18;
  const parts = [["1", 1], ["2 to 5", 2], ["6 to 10", 6], ["later", 11]];
  return svg("g", {}, ...parts.flatMap(([text, rank], k) => [
    svg("rect", { x: 4 + 84 * k, y: y - 7, width: 14, height: 14, rx: 2, fill: shade(rank) }),
    label(24 + 84 * k, y, text, { "text-anchor": "start" }),
  ]));
}

const x = scale(1, LONGEST, 40, 326), y = scale(0, 100, TALL - 48, 30);

const plotAxes = () => svg("g", {},
  uprightAxis(y, 34, 332, [0, 20, 40, 60, 80, 100], "queries with a right picture, %"),
  levelAxis(x, y(0), y(0), [1, 5, 10, 15, 20], "among the first k"));

function curve({ cmc, mAP }, rank) {
  const points = cmc.map((v, k) => `${x(k + 1)},${y(v)}`).join(" ");
  const counts = { stroke: COLOURS.orange, "stroke-width": 2, "stroke-dasharray": "2 3" };
  const below = mAP > 12 ? 13 : -12;
  return [
    ...(rank <= LONGEST ? [line(x(rank), y(0), x(rank), y(100), counts)] : []),
    line(34, y(mAP), 332, y(mAP),
      { stroke: COLOURS.red, "stroke-width": 2, "stroke-dasharray": "6 4" }),
    label(330, y(mAP) + below, `mAP ${mAP.toFixed(1)}`, { "text-anchor": "end" }),
    svg("polyline", { points, fill: "none", stroke: COLOURS.blue, "stroke-width": 2.5 }),
    ...[1, 5, 10].flatMap((k) => [
      svg("circle", { cx: x(k), cy: y(cmc[k - 1]), r: 4.5, fill: COLOURS.blue }),
      label(x(k) + 4, Math.min(y(cmc[k - 1]) + 15, y(0) - 9), cmc[k - 1].toFixed(1),
        { "text-anchor": "start" }),
    ]),
  ];
}

function words({ ranks, ap }, n, { cmc, mAP }) {
  const [one, five, ten] = [1, 5, 10].map((at) => cmc[at - 1].toFixed(1));
  return `Query ${n} of ${ranks.length}: its first right picture is at rank `
    + `${ranks[n - 1]}, its average precision is ${ap[n - 1].toFixed(2)}. So far rank-1 is ${one}\u00a0%, `
    + `rank-5 ${five}\u00a0%, rank-10 ${ten}\u00a0%, mAP ${mAP.toFixed(1)}\u00a0%.`;
}
