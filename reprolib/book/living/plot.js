// Axes for the figures that plot numbers.

// From a value between `low` and `high` to a place between `from` and `to`.
const scale = (low, high, from, to) => (value) =>
  from + ((value - low) / (high - low)) * (to - from);

const line = (x1, y1, x2, y2, more = {}) =>
  svg("line", { x1, y1, x2, y2, stroke: "var(--line)", ...more });

// A level axis at height `y` with a number at each of `ticks`, and its name below.
// Faint lines go up to `top`.
function levelAxis(x, y, top, ticks, name, text = String) {
  const middle = (x(ticks[0]) + x(ticks.at(-1))) / 2;
  return svg("g", {},
    ...ticks.flatMap((t) => [
      line(x(t), y, x(t), top),
      label(x(t), y + 12, text(t), { class: "soft" }),
    ]),
    label(middle, y + 31, name));
}

// An upright axis at `x` with a number at each of `ticks`; its name stands above it.
// Faint lines go right to `end`.
function uprightAxis(y, x, end, ticks, name, text = String) {
  return svg("g", {},
    ...ticks.flatMap((t) => [
      line(x, y(t), end, y(t)),
      label(x - 6, y(t), text(t), { class: "soft", "text-anchor": "end" }),
    ]),
    label(0, y(ticks.at(-1)) - 18, name, { "text-anchor": "start" }));
}

const mean = (values) => values.reduce((sum, v) => sum + v, 0) / values.length;
