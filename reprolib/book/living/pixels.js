// Stripes of plain colour, measured on the pixels of a picture.

// The pixels of a picture given as a data URI: {width, height, data}, four bytes each.
async function pixelsOf(address) {
  const image = new Image();
  image.src = address;
  await image.decode();
  const canvas = html("canvas", { width: image.width, height: image.height });
  const context = canvas.getContext("2d", { willReadFrequently: true });
  context.drawImage(image, 0, 0);
  return context.getImageData(0, 0, image.width, image.height);
}

// The mean red, green and blue, from 0 to 1, of the rectangle from (x0, y0) to (x1, y1);
// a pixel on its edge counts by the part of it that lies inside.
function meanColour({ width, data }, x0, y0, x1, y1) {
  const sums = [0, 0, 0];
  for (let y = Math.floor(y0); y < y1; y += 1) {
    const tall = Math.min(y + 1, y1) - Math.max(y, y0);
    for (let x = Math.floor(x0); x < x1; x += 1) {
      const area = tall * (Math.min(x + 1, x1) - Math.max(x, x0));
      const at = 4 * (y * width + x);
      for (let k = 0; k < 3; k += 1) sums[k] += area * data[at + k];
    }
  }
  return sums.map((sum) => sum / (255 * (x1 - x0) * (y1 - y0)));
}

// Chapter 2's stripes of a box {x, y, width, height}: the mean colour of its middle fifth
// in each, with its complement, scaled to length 1.
function stripesIn(pixels, box, count, [from, to]) {
  return [...Array(count).keys()].map((k) => {
    const [left, right] = [from, to].map((part) => box.x + part * box.width);
    const [top, bottom] = [k, k + 1].map((edge) => box.y + (edge * box.height) / count);
    const colour = meanColour(pixels, left, top, right, bottom);
    return unit([...colour, ...colour.map((v) => 1 - v)]);
  });
}
