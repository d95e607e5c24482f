// Distances between two pictures, as reprolib/alignment forms them (chapter 2).

// |a - b| of two features, or of one stripe of each that begins at `i` and `j`.
export function length(a, b, i = 0, j = 0, channels = a.length) {
  let sum = 0;
  for (let k = 0; k < channels; k++) sum += (a[i + k] - b[j + k]) ** 2;
  return Math.sqrt(sum);
}

// Equation 1: d_ij = (e^x - 1) / (e^x + 1), x = |f_i - g_j|, as rows of a matrix.
export function elementDistances(f, g, stripes) {
  const channels = f.length / stripes;
  const numbers = [...Array(stripes).keys()];
  return numbers.map((i) => numbers.map((j) => {
    const x = length(f, g, i * channels, j * channels, channels);
    return Math.tanh(x / 2);
  }));
}

// Equation 2: S_ij = min(S_i-1,j, S_i,j-1) + d_ij; `totals` gives every S_ij.
export function totals(d) {
  const s = d.map((row) => [...row]);
  for (let i = 0; i < s.length; i++) {
    for (let j = 0; j < s[i].length; j++) {
      const up = i ? s[i - 1][j] : Infinity;
      const left = j ? s[i][j - 1] : Infinity;
      if (i || j) s[i][j] += Math.min(up, left);
    }
  }
  return s;
}

// The cells of the cheapest path, from the first to the last; of two ways that cost
// the same it comes from above.
export function cheapestPath(d) {
  const s = totals(d);
  let [i, j] = [d.length - 1, d[0].length - 1];
  const path = [[i, j]];
  while (i || j) {
    const down = !j || (i && s[i - 1][j] <= s[i][j - 1]);
    if (down) i--; else j--;
    path.push([i, j]);
  }
  return path.reverse();
}

export const levelPath = (d) => d.map((_, i) => [i, i]);

export const along = (d, path) => path.reduce((sum, [i, j]) => sum + d[i][j], 0);

// All of the above for two pictures' features, {global, local}.
export function compare(one, other, stripes) {
  const matrix = elementDistances(one.local, other.local, stripes);
  const paths = { rigid: levelPath(matrix), aligned: cheapestPath(matrix) };
  const distances = {
    global: length(one.global, other.global),
    rigid: along(matrix, paths.rigid),
    aligned: along(matrix, paths.aligned),
  };
  return { matrix, paths, distances };
}
