// Test pictures in a plane through a training, and the nearest picture of each.

const SIDE = 340, TALL = 360;
const PAINTS = ["blue", "orange", "green", "red", "purple", "sky"];
const SHAPES = ["M-5-5h10v10h-10z", "M0-6.5 6.5 5h-13z", "M0-7.5 6 0 0 7.5-6 0z",
  "M-6 0a6 6 0 1 0 12 0a6 6 0 1 0-12 0z"];

function draw(stage, data, figure) {
  const { sheet, snapshots } = data;
  const count = sheet.across * sheet.down;
  const now = { chosen: 0, at: 0 };
  const right = snapshots.map(({ nearest }) =>
    nearest.filter((other, k) => person(sheet, other) === person(sheet, k)).length);

  const plane = picture(stage, SIDE, TALL, "");
  const rings = svg("g", { "pointer-events": "none" });
  const marks = [...Array(count).keys()].map((k) => mark(sheet, k, () => {
    pictures.set(k + 1);
    choose(k);
  }));
  const [first, second] = data.shares.map((share) => (100 * share).toFixed(0));
  plane.append(...marks, rings,
    label(SIDE / 2, TALL - 9, `this plane holds ${first} + ${second} % of the variance`,
      { class: "soft" }));
  const beside = picture(stage, SIDE, TALL, "");
  const at = inThePlane(snapshots);

  function choose(k) {
    now.chosen = k;
    show();
  }

  function show() {
    const { nearest, points } = snapshots[now.at];
    marks.forEach((one, k) => one.move(...at(points[k])));
    const pair = [now.chosen, nearest[now.chosen]];
    const good = person(sheet, pair[0]) === person(sheet, pair[1]);
    rings.replaceChildren(...pair.map((k, i) => ring(at(points[k]), i, good)));
    beside.replaceChildren(...large(sheet, pair, good),
      ...growth(snapshots, right, now.at, count));
    const told = words(data, now, pair, good, right, count);
    figure.say(told);
    describe(plane, `${figure.alt} ${told}`);
    describe(beside, told);
  }

  player(figure, {
    steps: snapshots.length, start: snapshots.length - 1, delay: 1200,
    label: "Snapshot of the training",
    show: (k) => { now.at = k; show(); },
  });
  const pictures = slider(figure, {
    label: "Picture", min: 1, max: count, value: 1, show: (k) => choose(k - 1),
  });
}

const person = (sheet, k) => place(sheet, k).column;

// From features in the plane to places in the picture, the same for all snapshots.
function inThePlane(snapshots) {
  const all = snapshots.flatMap(({ points }) => points);
  const [low, high] = [Math.min, Math.max].map((most) =>
    [0, 1].map((axis) => most(...all.map((point) => point[axis]))));
  const half = Math.max(high[0] - low[0], high[1] - low[1]) / 2;
  const reach = SIDE / 2 - 14;
  return (point) => point.map((v, axis) =>
    SIDE / 2 + (reach * (v - (low[axis] + high[axis]) / 2)) / half);
}

function mark(sheet, k, onpick) {
  const who = person(sheet, k);
  const made = svg("path", {
    d: SHAPES[who % SHAPES.length], fill: COLOURS[PAINTS[who % PAINTS.length]],
    stroke: "var(--paper)", "data-picture": k, onclick: onpick, onpointerenter: onpick,
  });
  const motion = still.matches ? "" : "transition: transform 0.6s;";
  made.move = (x, y) =>
    made.setAttribute("style", `${motion} cursor: pointer; transform: translate(${x}px, ${y}px)`);
  return made;
}

// Around the chosen picture a full ring, around its nearest one a dashed one.
const ring = ([cx, cy], i, good) => svg("circle", {
  cx, cy, r: i ? 10 : 12, fill: "none", "stroke-width": 2.5,
  stroke: i ? COLOURS[good ? "green" : "red"] : "var(--ink)",
  "stroke-dasharray": i ? "4 2" : "none",
});

function large(sheet, pair, good) {
  const width = 56, tall = (width * sheet.height) / sheet.width;
  return pair.flatMap((k, i) => {
    const x = 60 + 164 * i;
    const colour = i ? COLOURS[good ? "green" : "red"] : "var(--ink)";
    return [
      cut(sheet, k, x, 28, width),
      svg("rect", { x, y: 28, width, height: tall, fill: "none", stroke: colour,
        "stroke-width": 4 }),
      label(x + width / 2, 10, i ? `nearest: ${good ? "✓ right" : "✗ wrong"}` : "chosen"),
    ];
  });
}

function growth(snapshots, right, now, count) {
  const x = scale(0, snapshots.length - 1, 44, SIDE - 16);
  const y = scale(0, count, TALL - 48, 196);
  const ticks = [0, count / 2, count];
  const points = right.map((v, k) => `${x(k)},${y(v)}`).join(" ");
  const named = snapshots.map((_, k) => k);
  return [
    uprightAxis(y, 38, SIDE - 10, ticks, "pictures whose nearest is right"),
    levelAxis(x, y(0), y(0), named, "batches trained on", (k) =>
      k % 2 && k < named.length - 1 ? "" : String(snapshots[k].step)),
    svg("polyline", { points, fill: "none", stroke: COLOURS.blue, "stroke-width": 2.2 }),
    ...right.map((v, k) => svg("circle", {
      cx: x(k), cy: y(v), r: k === now ? 6 : 3, fill: COLOURS.blue,
    })),
  ];
}

function words({ sheet, snapshots }, { chosen, at }, [, near], good, right, count) {
  const { step } = snapshots[at];
  return `After ${step} ${step === 1 ? "batch" : "batches"}: nearest to picture `
    + `${chosen + 1}, of person ${person(sheet, chosen) + 1}, in all dimensions is a `
    + `picture of person ${person(sheet, near) + 1}, which is ${good ? "right" : "wrong"}. `
    + `Of ${count} pictures, ${right[at]} have a right nearest picture.`;
}
