// Tables, walks through them, and pictures cut into stripes, as drawings.

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
