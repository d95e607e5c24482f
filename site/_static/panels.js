// What the page of the model shows: links, the matrix of stripes, tables, the gallery.

const LONGEST = Math.tanh(1); // between two stripes of unit length
const CIVIDIS = [
  [0, 34, 78], [67, 78, 108], [125, 124, 120], [188, 174, 108], [254, 232, 56],
];
const SVG = "http://www.w3.org/2000/svg";

export function make(name, { text, ...attributes } = {}, ...children) {
  const element = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) {
    element.setAttribute(key, value);
  }
  if (text !== undefined) element.textContent = text;
  element.append(...children);
  return element;
}

// A line for each cell of the path; the nearer two stripes are, the stronger it is.
export function drawLinks(svg, { matrix, paths }, kind) {
  const path = paths[kind] ?? [];
  const every = matrix.flat();
  const [least, most] = [Math.min(...every), Math.max(...every)];
  const middle = (i) => `${(100 * (i + 0.5)) / matrix.length}%`;
  svg.replaceChildren(...path.map(([i, j]) => {
    const near = ((most - matrix[i][j]) / (most - least)) ** 2;
    const line = document.createElementNS(SVG, "line");
    const look = {
      x1: "0%", y1: middle(i), x2: "100%", y2: middle(j),
      "stroke-width": 0.7 + 3 * near, "stroke-opacity": 0.3 + 0.7 * near,
    };
    for (const [key, value] of Object.entries(look)) line.setAttribute(key, value);
    return line;
  }));
  svg.setAttribute("class", kind);
  svg.setAttribute("aria-label", path.length
    ? `Links, left to right: ${path.map(([i, j]) => `${i + 1} to ${j + 1}`).join(", ")}.`
    : "No links: a global feature is one vector a picture.");
}

// The distances of all pairs of stripes, with both paths marked on their cells.
export function drawMatrix(table, { matrix, paths }) {
  const on = (path, i, j) => path.some(([a, b]) => a === i && b === j);
  const head = make("tr", {}, make("td"), ...matrix.map((_, j) =>
    make("th", { scope: "col", text: j + 1 })));
  const rows = matrix.map((row, i) => make("tr", {},
    make("th", { scope: "row", text: i + 1 }),
    ...row.map((d, j) => {
      const aligned = on(paths.aligned, i, j);
      const marks = [aligned && "aligned", i === j && "rigid"].filter(Boolean);
      const cell = make("td", { class: marks.join(" "), text: d.toFixed(2).slice(1) });
      if (aligned) cell.append(make("span", { class: "unseen", text: ", on the path" }));
      const colour = cividis(d / LONGEST);
      cell.style.backgroundColor = `rgb(${colour})`;
      cell.style.color = colour[1] > 118 ? "#000" : "#fff";
      return cell;
    })));
  table.tBodies[0].replaceChildren(head, ...rows);
}

function cividis(share) {
  const place = Math.min(Math.max(share, 0), 1) * (CIVIDIS.length - 1);
  const k = Math.min(Math.floor(place), CIVIDIS.length - 2);
  const mix = (c) => CIVIDIS[k][c] + (place - k) * (CIVIDIS[k + 1][c] - CIVIDIS[k][c]);
  return [0, 1, 2].map((c) => Math.round(mix(c)));
}

// A small picture: a part of the sheet of all people.
export function thumbnail({ place }, { width, height, columns, rows }) {
  const share = (at, size, count) => `${(100 * at) / size / (count - 1)}%`;
  const small = make("span", { class: "thumbnail" });
  small.style.backgroundSize = `${100 * columns}% ${100 * rows}%`;
  small.style.backgroundPosition =
    `${share(place[0], width, columns)} ${share(place[1], height, rows)}`;
  return small;
}

// The gallery in the order of `ranking`; whoever had the focus keeps it.
export function drawRanked(list, gallery, ranking, { distances, query, other }) {
  const focused = document.activeElement;
  ranking.forEach((k, place) => {
    const one = gallery[k];
    const right = one.pid === query.pid;
    one.item.className = right ? "right" : "";
    one.button.setAttribute("aria-pressed", one === other);
    one.button.setAttribute("aria-label", [
      `Rank ${place + 1}${right ? ", the right person" : ""}`,
      one.looks, `camera ${one.camid}`, `distance ${distances[k].toFixed(3)}`,
    ].join(": "));
    one.rank.textContent = `${place + 1}${right ? " ✓" : ""}`;
  });
  const items = ranking.map((k) => gallery[k].item);
  if (items.some((item, k) => list.children[k] !== item)) list.replaceChildren(...items);
  if (list.contains(focused) && focused !== document.activeElement) {
    focused.focus({ preventScroll: true });
  }
}
