// Distances between two pictures' features, as reprolib forms them (chapter 2).

import {
  cost, diagonal, norm, stripeDistances, totals, tracedBack,
} from "./model/paths.js";

// The stripes of one picture, which the network gives one after the other.
function cut(local, stripes) {
  const channels = local.length / stripes;
  const numbers = [...Array(stripes).keys()];
  return numbers.map((k) => [...local.subarray(k * channels, (k + 1) * channels)]);
}

// Matrix, both ways through it, and all distances of two {global, local}.
export function compare(one, other, stripes) {
  const matrix = stripeDistances(cut(one.local, stripes), cut(other.local, stripes));
  const paths = {
    rigid: diagonal(matrix), aligned: tracedBack(totals(matrix)).reverse(),
  };
  const distances = {
    global: norm([...one.global].map((x, k) => x - other.global[k])),
    rigid: cost(matrix, paths.rigid),
    aligned: cost(matrix, paths.aligned),
  };
  return { matrix, paths, distances };
}
