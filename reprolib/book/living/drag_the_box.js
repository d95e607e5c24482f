// A box over a wide shot: the stripes in it against the query's, and against a stranger's.

async function draw(stage, data, figure) {
  const count = data.stripes, ZOOM = 1.4;
  const [query, scene, ...others] = await Promise.all(
    [data.query, data.scene, ...data.strangers.map(([, address]) => address)].map(pixelsOf));
  const whole = ({ width, height }) => ({ x: 0, y: 0, width, height });
  const stripes = (pixels, box) => stripesIn(pixels, box, count, data.middle);
  const usual = { width: query.width, height: query.height };
  const asked = stripes(query, whole(query));
  const tables = others.map((pixels) => stripeDistances(asked, stripes(pixels, whole(pixels))));
  let stranger = 0, at = { down: 0, right: 0, size: 100 };

  // Left: the query, and the scene with its box, which is a button of its own.
  const left = html("div", { class: "living-row" });
  const asking = picture(left, 84, 190, "The query: a drawn person in a good box.");
  asking.append(label(42, 9, "query", { class: "soft" }));
  striped(asking, data.query, 0, 20, 84, 168, count);
  fifth(asking, 0, 20, 84, 168, data.middle);
  const [wide, high] = [scene.width * ZOOM, scene.height * ZOOM];
  const frame = html("div", { style: `position: relative; width: ${wide}px; height: ${high}px` });
  const view = picture(frame, wide, high, figure.alt);
  const shade = svg("path", { fill: "#000", "fill-opacity": 0.45, "fill-rule": "evenodd" });
  view.append(svg("image", { href: data.scene, width: wide, height: high }), shade);
  const handle = html("button", {
    type: "button", class: "living-handle", "aria-roledescription": "movable box",
    "aria-label": "The box. Arrow keys move it, plus and minus change its size.",
  });
  frame.append(handle);
  left.append(html("div", {}, html("p", { class: "living-small" }, "the scene and a box"), frame));
  const right = html("div", { class: "living-row" });
  stage.append(left, right);

  const pairs = ["in the box", "stranger"].map((words, k) => {
    const made = picture(right, 150, 345, "");
    made.append(label(75, 9, words, { class: "soft" }));
    const inside = svg("svg", { x: 33, y: 20, width: 84, height: 168, preserveAspectRatio: "none" });
    made.append(inside);
    cuts(made, 33, 20, 84, 168, count);
    fifth(made, 33, 20, 84, 168, data.middle);
    const cells = squares(made, count, 5, 200, 20, false);
    const walks = ["unaligned", "aligned"].map((name) => svg("polyline", {
      fill: "none", stroke: COLOURS[name], "stroke-width": 3, "stroke-linejoin": "round" }));
    made.append(...walks);
    return { made, inside, cells, walks, k };
  });
  const bars = [["Aligned path", "aligned"], ["Rigid diagonal", "unaligned"]].map(
    ([title, name]) => rows(picture(stage, 286, 76, ""), title, name));

  const sliders = {
    down: slider(figure, {
      label: "Up, down", min: -50, max: 50, value: 0, text: said("up", "down"), show: (v) => move({ down: v }) }),
    right: slider(figure, {
      label: "Left, right", min: -50, max: 50, value: 0, text: said("left", "right"), show: (v) => move({ right: v }) }),
    size: slider(figure, {
      label: "Size", min: 60, max: 160, value: 100, text: (v) => `${v} %`, show: (v) => move({ size: v }) }),
  };
  choice(figure, {
    label: "Stranger", value: 0, options: data.strangers.map(([words], k) => [k, words]),
    show: (k) => { stranger = k; move({}); } });
  carry(handle, () => at, move, ZOOM, usual);
  move({});

  // The box in the pixels of the scene; 0, 0, 100 is the usual one, in the middle.
  function boxOf({ down, right, size }) {
    const [width, height] = [usual.width, usual.height].map((v) => (v * size) / 100);
    const x = scene.width / 2 + (right / 100) * usual.width - width / 2;
    const y = scene.height / 2 + (down / 100) * usual.height - height / 2;
    return { x, y, width, height };
  }

  // Percent of the usual box, kept so that the box stays in the scene.
  function move(change) {
    const wanted = { ...at, ...change };
    const size = Math.round(Math.min(Math.max(wanted.size, 60), 160));
    const most = Math.floor(50 * (scene.height / usual.height - size / 100));
    const inside = (v) => Math.round(Math.min(Math.max(v, -most), most)) || 0;
    at = { size, down: inside(wanted.down), right: inside(wanted.right) };
    for (const [name, one] of Object.entries(sliders)) one.set(at[name]);
    show(boxOf(at));
  }

  function show(box) {
    const [x, y, w, h] = [box.x, box.y, box.width, box.height].map((v) => v * ZOOM);
    shade.setAttribute("d", `M0 0H${wide}V${high}H0ZM${x} ${y}h${w}v${h}h${-w}z`);
    Object.assign(handle.style, {
      left: `${x}px`, top: `${y}px`, width: `${w}px`, height: `${h}px` });
    const seen = [[data.scene, scene, box],
      [data.strangers[stranger][1], others[stranger], whole(others[stranger])]];
    const found = seen.map(([address, pixels, its], k) => {
      const d = k ? tables[stranger] : stripeDistances(asked, stripes(pixels, its));
      fill(pairs[k], address, pixels, its, d);
      return measures(d);
    });
    const verdicts = bars.map((bar) => bar(found));
    figure.say(`${where(at)} ${verdicts.join(" ")}`);
  }

  function fill({ made, inside, cells, walks, k }, address, pixels, box, d) {
    inside.setAttribute("viewBox", `${box.x} ${box.y} ${box.width} ${box.height}`);
    const { width, height } = pixels;
    inside.replaceChildren(svg("image", { href: address, width, height }));
    cells.forEach((row, i) => row.forEach((square, j) =>
      square.setAttribute("fill", heat(d[i][j] / data.far))));
    const path = tracedBack(totals(d)).reverse();
    [diagonal(d), path].forEach((walk, one) =>
      walks[one].setAttribute("points", through(walk, 5, 200, 20)));
    const bends = path.reduce((sum, [i, j]) => sum + j - i, 0) / path.length;
    const who = k ? "The stranger in a good box" : "What the box shows";
    describe(made, `${who}, and the table of distances to the query's stripes: ` +
      `the path lies ${bends.toFixed(1)} stripes off the diagonal on average.`);
  }
}

const said = (less, more) => (v) => `${Math.abs(v)} % ${v ? (v < 0 ? less : more) : ""}`;

// The borders of the middle fifth, whose colour is measured.
function fifth(parent, x, y, width, height, parts) {
  for (const part of parts) {
    const line = { x1: x + part * width, x2: x + part * width, y1: y, y2: y + height };
    parent.append(svg("line", { ...line, stroke: "#fff", "stroke-dasharray": "4 3" }));
  }
}

// Both distances of a table, in all and per cell.
function measures(d) {
  return Object.fromEntries(["aligned", "unaligned"].map((name) => {
    const cells = name === "aligned" ? tracedBack(totals(d)) : diagonal(d);
    const total = cost(d, cells);
    return [name, { total, cells: cells.length, each: total / cells.length }];
  }));
}

function where({ down, right, size }) {
  const parts = [
    down && `${Math.abs(down)} % too ${down < 0 ? "high" : "low"}`,
    right && `${Math.abs(right)} % too far to the ${right < 0 ? "left" : "right"}`,
    size !== 100 && `${Math.abs(size - 100)} % too ${size < 100 ? "small" : "large"}`,
  ].filter(Boolean);
  return parts.length ? `The box is ${parts.join(", ")}.` : "A good box.";
}

// Two bars of one method, her and the stranger; returns what draws them and judges.
function rows(made, title, name) {
  const LONGEST = 0.3, WIDE = 85;
  const head = label(0, 10, "", { "text-anchor": "start", "font-weight": 600 });
  const lines = ["in the box", "stranger"].map((who, k) => {
    const y = 24 + 25 * k;
    const bar = svg("rect", {
      x: 74, y, height: 19, fill: COLOURS[name], "fill-opacity": k ? 0.25 : 1,
      stroke: COLOURS[name], "stroke-width": 1.5 });
    const said = label(0, y + 10, "", { "text-anchor": "start" });
    made.append(label(0, y + 10, who, { "text-anchor": "start", class: "soft" }), bar, said);
    return { bar, said };
  });
  made.append(head);
  return (found) => {
    const both = found.map((one) => one[name]);
    both.forEach(({ total, each }, k) => {
      const width = (WIDE * Math.min(each, LONGEST)) / LONGEST;
      lines[k].bar.setAttribute("width", width);
      lines[k].said.setAttribute("x", 80 + width);
      lines[k].said.textContent = `${each.toFixed(3)} (in all ${total.toFixed(2)})`;
    });
    const right = both[0].each < both[1].each;
    head.textContent = `${right ? "✓" : "✗"} ${title}, cost per cell of ${both[0].cells}`;
    const nearer = right ? "she is nearer" : "the stranger is nearer";
    const verdict = `${title}: ${both.map((one) => one.each.toFixed(3)).join(" against ")} a cell, ${nearer}.`;
    describe(made, verdict);
    return verdict;
  };
}

// Pointer and keys on the box itself.
function carry(handle, at, move, zoom, usual) {
  let from = null;
  handle.addEventListener("pointerdown", (event) => {
    from = { x: event.clientX, y: event.clientY, ...at() };
    handle.setPointerCapture(event.pointerId);
  });
  handle.addEventListener("pointermove", (event) => {
    if (!from) return;
    const part = (pixels, whole) => (100 * pixels) / (zoom * whole);
    move({
      right: from.right + part(event.clientX - from.x, usual.width),
      down: from.down + part(event.clientY - from.y, usual.height),
    });
  });
  for (const end of ["pointerup", "pointercancel"]) {
    handle.addEventListener(end, () => { from = null; });
  }
  handle.addEventListener("keydown", (event) => {
    const { down, right, size } = at();
    const change = {
      ArrowUp: { down: down - 2 }, ArrowDown: { down: down + 2 },
      ArrowLeft: { right: right - 2 }, ArrowRight: { right: right + 2 },
      "+": { size: size + 5 }, "=": { size: size + 5 }, "-": { size: size - 5 },
    }[event.key];
    if (!change) return;
    event.preventDefault();
    move(change);
  });
}
