// The hardest triplet of an anchor in one batch, at several steps of a training.

const WIDE = 340, COLUMN = WIDE / 12;
const MARKS = [
  ["anchor", COLOURS.blue, "a"],
  ["farthest positive", COLOURS.green, "p"],
  ["nearest negative", COLOURS.red, "n"],
];

function draw(stage, data, figure) {
  const { sheet, snapshots } = data;
  const count = sheet.across * sheet.down, tall = (COLUMN * sheet.height) / sheet.width;
  const tables = snapshots.map((one) => unfold(one.distances, count));
  const farthest = Math.max(...tables.flat(2));
  const now = { anchor: 0, at: 0 };

  const batch = picture(stage, WIDE, 2 + sheet.down * tall + 24, "");
  const frames = svg("g", { "pointer-events": "none" });
  batch.append(whole(sheet, 0, 2, WIDE), ...pointers(), frames, key(sheet.down * tall + 15));
  const triplet = picture(stage, WIDE, 2 + sheet.down * tall + 24, "");

  // A click on a picture makes it the anchor.
  function pointers() {
    return [...Array(count).keys()].map((k) => {
      const { column, row } = place(sheet, k);
      return svg("rect", {
        x: column * COLUMN, y: 2 + row * tall, width: COLUMN, height: tall,
        fill: "transparent", style: "cursor: pointer",
        onclick: () => { anchors.set(k + 1); choose(k); },
      });
    });
  }

  function choose(anchor) {
    now.anchor = anchor;
    show();
  }

  function show() {
    const table = tables[now.at], picked = hardest(table, now.anchor, sheet.down);
    const three = [now.anchor, picked.positive, picked.negative];
    frames.replaceChildren(...three.map((k, i) => framed(sheet, k, tall, MARKS[i])));
    const row = table[now.anchor];
    triplet.replaceChildren(
      ...large(sheet, three, row),
      ...onALine(row, now.anchor, three, sheet.down, farthest, data.margin));
    const told = words(data, now, tables, three);
    figure.say(told);
    describe(batch, `${figure.alt} ${told}`);
    describe(triplet, told);
  }

  player(figure, {
    steps: snapshots.length, delay: 1200, label: "Snapshot of the training",
    show: (at) => { now.at = at; show(); },
  });
  const anchors = slider(figure, {
    label: "Anchor", min: 1, max: count, value: 1, show: (k) => choose(k - 1),
  });
}

// A symmetric table from its upper triangle, as text in thousandths.
function unfold(text, count) {
  const values = text.split(" ").map((v) => Number(v) / 1000);
  const table = Array.from({ length: count }, () => Array(count).fill(0));
  let next = 0;
  for (let i = 0; i < count; i++) {
    for (let j = i + 1; j < count; j++) table[i][j] = table[j][i] = values[next++];
  }
  return table;
}

// The farthest picture of the anchor's person and the nearest of anybody else.
function hardest(table, anchor, down) {
  const own = (k) => Math.floor(k / down) === Math.floor(anchor / down);
  let positive = -1, negative = -1;
  table[anchor].forEach((d, k) => {
    if (k === anchor) return;
    if (own(k) && (positive < 0 || d > table[anchor][positive])) positive = k;
    if (!own(k) && (negative < 0 || d < table[anchor][negative])) negative = k;
  });
  return { positive, negative };
}

function framed(sheet, k, tall, [name, colour, letter]) {
  const { column, row } = place(sheet, k);
  const [x, y] = [column * COLUMN, 2 + row * tall];
  return svg("g", { "data-picture": k, "data-mark": name },
    svg("rect", { x, y, width: COLUMN, height: tall, fill: "none", stroke: colour,
      "stroke-width": 3.5 }),
    svg("circle", { cx: x + COLUMN / 2, cy: y + tall - 9, r: 8, fill: colour }),
    label(x + COLUMN / 2, y + tall - 9, letter, { style: `fill: ${inkOn(colour)}` }));
}

function key(y) {
  const at = [8, 76, 206];
  return svg("g", {}, ...MARKS.flatMap(([name, colour, letter], i) => [
    svg("circle", { cx: at[i], cy: y, r: 8, fill: colour }),
    label(at[i], y, letter, { style: `fill: ${inkOn(colour)}` }),
    label(at[i] + 13, y, name, { "text-anchor": "start" }),
  ]));
}

function large(sheet, three, row) {
  const width = 56, tall = (width * sheet.height) / sheet.width;
  // The anchor stands in the middle, its distances to either side.
  return three.flatMap((k, i) => {
    const x = 20 + 122 * [1, 0, 2][i], colour = MARKS[i][1];
    return [
      cut(sheet, k, x, 3, width),
      svg("rect", { x, y: 3, width, height: tall, fill: "none", stroke: colour,
        "stroke-width": 4 }),
      ...(i ? [label(i === 1 ? x + 89 : x - 33, tall / 2, row[k].toFixed(2),
        { style: "font-size: 15px" })] : []),
    ];
  });
}

// All distances from the anchor: its own person above the line, strangers below it.
function onALine(row, anchor, three, down, farthest, margin) {
  const x = scale(0, farthest, 14, WIDE - 14), y = 168;
  const dots = row.map((d, k) => {
    if (k === anchor) return "";
    const own = Math.floor(k / down) === Math.floor(anchor / down);
    const hard = three.includes(k);
    return svg("circle", {
      cx: x(d), cy: own ? y - 9 : y + 9, r: hard ? 6 : 3.5,
      fill: own ? COLOURS.green : COLOURS.red, "fill-opacity": hard ? 1 : 0.45,
    });
  });
  const ticks = [...Array(Math.floor(farthest * 2) + 1).keys()].map((t) => t / 2);
  const from = x(row[three[1]]), to = x(Math.min(row[three[1]] + margin, farthest));
  return [
    levelAxis(x, y + 22, y - 18, ticks, "distance from the anchor"),
    svg("rect", { x: from, y: y - 13, width: to - from, height: 8, rx: 2,
      fill: COLOURS.green, "fill-opacity": 0.25 }),
    line(x(0), y, x(farthest), y, { stroke: "var(--soft)" }),
    ...dots,
  ];
}

function words({ sheet, snapshots, margin }, { anchor, at }, tables, [, positive, negative]) {
  const table = tables[at], { step, losses } = snapshots[at];
  const far = table[anchor][positive], near = table[anchor][negative];
  const cost = Math.max(0, margin + far - near);
  const wrong = table.filter((row, a) => {
    const picked = hardest(table, a, sheet.down);
    return row[picked.negative] < row[picked.positive];
  }).length;
  const person = (k) => Math.floor(k / sheet.down) + 1;
  return `After ${step} ${step === 1 ? "batch" : "batches"}, anchor ${anchor + 1} (person `
    + `${person(anchor)}): its farthest positive is ${far.toFixed(2)} away, its nearest `
    + `negative (person ${person(negative)}) ${near.toFixed(2)}. With the margin of ${margin} `
    + `this triplet costs ${cost.toFixed(2)}. For ${wrong} of ${table.length} anchors a `
    + `stranger is nearer than the farthest positive; the mean hinge is `
    + `${losses.global.toFixed(2)}.`;
}
