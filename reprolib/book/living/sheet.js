// Pictures that lie in one sheet, a column for each person: picture k is number
// k % down of person floor(k / down).

const place = (sheet, k) => ({ column: Math.floor(k / sheet.down), row: k % sheet.down });

// The whole sheet, with its left upper corner at (x, y).
const whole = (sheet, x, y, width) => svg("image", {
  href: sheet.image, x, y, width,
  height: (width * sheet.down * sheet.height) / (sheet.across * sheet.width),
});

// Picture k alone, `width` wide, at (x, y).
function cut(sheet, k, x, y, width) {
  const { column, row } = place(sheet, k);
  const view = [column * sheet.width, row * sheet.height, sheet.width, sheet.height];
  const height = (width * sheet.height) / sheet.width;
  return svg("svg", { x, y, width, height, viewBox: view.join(" ") },
    whole(sheet, 0, 0, sheet.across * sheet.width));
}
