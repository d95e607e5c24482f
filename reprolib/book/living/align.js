// Equations 1 and 2, and the table they fill. Ties come from above, as in the library.

const norm = (v) => Math.hypot(...v);
const unit = (v) => v.map((x) => x / norm(v));

// d_ij = (e^x - 1) / (e^x + 1) = tanh(x / 2) of two lists of stripes.
const stripeDistances = (f, g) =>
  f.map((a) => g.map((b) => Math.tanh(norm(a.map((x, k) => x - b[k])) / 2)));

function totals(d) {
  const S = d.map((row) => [...row]);
  d.forEach((row, i) => row.forEach((_, j) => {
    if (i || j) S[i][j] += fromAbove(S, i, j) ? S[i - 1][j] : S[i][j - 1];
  }));
  return S;
}

// Whether the best walk to a cell, which is not the first one, comes from above.
const fromAbove = (S, i, j) => j === 0 || (i > 0 && S[i - 1][j] <= S[i][j - 1]);

// The cells of the shortest path, from the last one back to the first.
function tracedBack(S) {
  let [i, j] = [S.length - 1, S[0].length - 1];
  const path = [[i, j]];
  while (i || j) {
    if (fromAbove(S, i, j)) i -= 1;
    else j -= 1;
    path.push([i, j]);
  }
  return path;
}

const diagonal = (d) => d.map((_, i) => [i, i]);
const cost = (d, cells) => cells.reduce((sum, [i, j]) => sum + d[i][j], 0);

// Squares for a table, its rows and columns numbered: squares[i][j].
function squares(parent, count, x, y, size, numbered = true) {
  const all = [...Array(count).keys()];
  if (numbered) {
    for (const k of all) {
      parent.append(label(x - 9, y + (k + 0.5) * size, k + 1, { class: "soft" }));
      parent.append(label(x + (k + 0.5) * size, y - 9, k + 1, { class: "soft" }));
    }
  }
  return all.map((i) => all.map((j) => {
    const square = { x: x + j * size, y: y + i * size, width: size, height: size };
    const made = svg("rect", square);
    parent.append(made);
    return made;
  }));
}

// A line through the middles of cells.
const through = (cells, x, y, size) =>
  cells.map(([i, j]) => `${x + (j + 0.5) * size},${y + (i + 0.5) * size}`).join(" ");

// A picture, cut into stripes, with their numbers in white.
function striped(parent, address, x, y, width, height, count) {
  parent.append(svg("image", {
    href: address, x, y, width, height, preserveAspectRatio: "none",
  }));
  cuts(parent, x, y, width, height, count);
}

function cuts(parent, x, y, width, height, count) {
  const shadow = "paint-order: stroke; stroke: #000000b0; stroke-width: 2.5px; fill: #fff";
  for (let k = 0; k < count; k += 1) {
    const top = y + (k * height) / count;
    if (k) {
      const line = { x1: x, x2: x + width, y1: top, y2: top };
      parent.append(svg("line", { ...line, stroke: "#fff", "stroke-opacity": 0.8 }));
    }
    parent.append(label(x + 9, top + height / count / 2, k + 1, { style: shadow }));
  }
}
