// Equations 1 and 2, and the table they fill. Ties come from above, as in the library.
// Living figures take this in as it is, the page of the model as a module.

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
