// The dynamic programme of the shortest path. Step 0 shows d alone, then S is filled
// row by row, then the path is traced back from the last cell to the first.

function draw(stage, { pictures, d, far }, figure) {
  const count = d.length, size = 38, high = count * size, top = 24;
  const S = totals(d), path = tracedBack(S);
  const people = picture(stage, 280, high + top + 2, figure.alt);
  const links = svg("g"), bands = svg("g");
  pictures.forEach((address, k) => {
    people.append(label(60 + 160 * k, 9, k ? "right: columns" : "left: rows", { class: "soft" }));
    striped(people, address, 160 * k, top, 120, high, count);
  });
  people.append(bands, links);

  const board = picture(stage, high + 24, high + top + 2, "");
  const cells = squares(board, count, 22, top, size);
  const overlay = svg("g"), marks = svg("g");
  const texts = cells.map((row, i) => row.map((square, j) => {
    const colour = heat(d[i][j] / far), fill = inkOn(colour);
    square.setAttribute("fill", colour);
    const [x, y] = corner(i, j);
    const small = label(x + size / 2, y + 10, short(d[i][j]), {
      style: `fill: ${fill}; font-size: 10.5px` });
    const big = label(x + size / 2, y + 25, "", { style: `fill: ${fill}; font-weight: 600` });
    const mark = svg("path", { fill: "#fff", stroke: "#000", "stroke-width": 0.7 });
    board.append(small, big);
    marks.append(mark);
    return { big, mark };
  }));
  board.append(overlay, marks);

  function corner(i, j) {
    return [22 + j * size, top + i * size];
  }

  function ring(i, j, colour, more = {}) {
    const [x, y] = corner(i, j);
    overlay.append(svg("rect", {
      x: x + 1.5, y: y + 1.5, width: size - 3, height: size - 3,
      fill: "none", stroke: colour, "stroke-width": 3, ...more,
    }));
  }

  function band(i, j, colour) {
    [i, j].forEach((stripe, k) => bands.append(svg("rect", {
      x: 160 * k + 1.5, y: top + stripe * size + 1.5, width: 117, height: size - 3,
      fill: "none", stroke: colour, "stroke-width": 3,
    })));
  }

  function link([i, j]) {
    links.append(svg("line", {
      x1: 120, y1: top + (i + 0.5) * size, x2: 160, y2: top + (j + 0.5) * size,
      stroke: COLOURS.aligned, "stroke-width": 1 + 4 * (1 - d[i][j] / far) ** 2,
      "stroke-linecap": "round",
    }));
  }

  function fill(step) {
    texts.forEach((row, i) => row.forEach(({ big, mark }, j) => {
      const filled = i * count + j < step;
      big.textContent = filled ? S[i][j].toFixed(2) : "";
      mark.setAttribute("d", filled && (i || j) ? arrow(i, j) : "");
    }));
  }

  // A small head at the border that the best walk crosses.
  function arrow(i, j) {
    const [x, y] = corner(i, j);
    return fromAbove(S, i, j)
      ? `M${x + 3} ${y - 4}h10l-5 9z`
      : `M${x - 4} ${y + 5}v10l9 -5z`;
  }

  function filling(step) {
    const [i, j] = [Math.floor((step - 1) / count), (step - 1) % count];
    const above = i > 0, left = j > 0, won = (i || j) && fromAbove(S, i, j);
    if (above) ring(i - 1, j, COLOURS.sky, won ? {} : { "stroke-dasharray": "3 4" });
    if (left) ring(i, j - 1, COLOURS.sky, won ? { "stroke-dasharray": "3 4" } : {});
    ring(i, j, COLOURS.red);
    band(i, j, COLOURS.red);
    return recurrence(d, S, i, j);
  }

  function tracing(steps) {
    const traced = path.slice(0, steps);
    traced.forEach((cell) => { ring(...cell, COLOURS.aligned); link(cell); });
    if (steps === path.length) return finished();
    const [i, j] = traced[steps - 1], [ni, nj] = path[steps];
    band(i, j, COLOURS.aligned);
    const from = ni < i ? "above" : "the left";
    return `Back along the path: ${named(i, j)} was reached from ${from}, so the cell before it is (${ni + 1}, ${nj + 1}).`;
  }

  function finished() {
    const rigid = diagonal(d);
    overlay.append(svg("polyline", {
      points: through(rigid, 22, top, size), fill: "none", stroke: COLOURS.unaligned,
      "stroke-width": 2.5, "stroke-dasharray": "7 5",
    }));
    const say = (cells) => `${cost(d, cells).toFixed(3)} over ${cells.length} cells, ` +
      `${(cost(d, cells) / cells.length).toFixed(3)} each`;
    return `The path (green) costs ${say(path)}. The rigid diagonal (orange, dashed) ` +
      `costs ${say(rigid)}; it is no path, because a step goes down or right.`;
  }

  const start = "The distances d of all stripes, dark where they are alike. Row i is a " +
    "stripe of the left picture, column j one of the right. The totals S are still empty.";
  const filledBy = count * count;
  player(figure, {
    steps: filledBy + path.length + 1,
    delay: 350,
    show(step) {
      [overlay, bands, links].forEach((group) => group.replaceChildren());
      fill(Math.min(step, filledBy));
      let text = start;
      if (step > filledBy) text = tracing(step - filledBy);
      else if (step) text = filling(step);
      describe(board, `Table of ${count} by ${count} distances and totals. ${text}`);
      figure.say(text);
    },
  });
}

const short = (value) => value.toFixed(2).replace(/^0/, "");
const named = (i, j) => `S(${i + 1}, ${j + 1})`;

// The recurrence at a cell, with its numbers.
function recurrence(d, S, i, j) {
  const its = d[i][j].toFixed(3), sum = S[i][j].toFixed(3);
  const [above, left] = [i && S[i - 1][j].toFixed(3), j && S[i][j - 1].toFixed(3)];
  if (!i && !j) return `${named(i, j)} = d = ${its}: every walk begins here.`;
  if (!i || !j) {
    const [only, where, line] = i ? [above, "above", "column"] : [left, "the left", "row"];
    return `${named(i, j)} = d + S = ${its} + ${only} = ${sum}: in the first ${line} a walk can only come from ${where}.`;
  }
  const from = fromAbove(S, i, j) ? "above" : "the left";
  return `${named(i, j)} = d + min(above, left) = ${its} + min(${above}, ${left}) = ${sum}: it comes from ${from}.`;
}
