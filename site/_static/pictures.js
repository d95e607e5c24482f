// Pictures as the network takes them: RGBA pixels of its size, in and out.

const GREY = 128;

// The picture in another box. The person appears `scale` times as large and `shift`
// heights lower; edges are repeated. `bar` = [top, bottom] is hidden by grey; both are
// fractions of the height.
export function moved(picture, { shift = 0, scale = 1, bar = [0, 0] }) {
  const { width, height } = picture;
  const out = new ImageData(width, height);
  const [top, bottom] = bar.map((edge) => Math.round(edge * height));
  for (let y = 0; y < height; y++) {
    const hidden = y >= top && y < bottom;
    const rows = around((y + 0.5 - height / 2 - shift * height) / scale, height);
    for (let x = 0; x < width; x++) {
      const columns = around((x + 0.5 - width / 2) / scale, width);
      const at = 4 * (y * width + x);
      for (let c = 0; c < 3; c++) {
        out.data[at + c] = hidden ? GREY : between(picture, rows, columns, c);
      }
      out.data[at + 3] = 255;
    }
  }
  return out;
}

// The two pixels next to a place `from the middle`, and the weight of the second.
function around(fromMiddle, count) {
  const place = Math.min(Math.max(fromMiddle + count / 2 - 0.5, 0), count - 1);
  const first = Math.floor(place);
  return [first, Math.min(first + 1, count - 1), place - first];
}

function between({ data, width }, [up, down, v], [left, right, u], c) {
  const at = (y, x) => data[4 * (y * width + x) + c];
  const upper = at(up, left) * (1 - u) + at(up, right) * u;
  const lower = at(down, left) * (1 - u) + at(down, right) * u;
  return upper * (1 - v) + lower * v;
}

// RGBA pixels as the network's input: all reds, then all greens, then all blues.
export function planes({ data, width, height }) {
  const count = width * height;
  const out = new Uint8Array(3 * count);
  for (let i = 0; i < count; i++) {
    for (let c = 0; c < 3; c++) out[c * count + i] = data[4 * i + c];
  }
  return out;
}

// A part of an image, or all of it, at the network's size.
export function pixels(image, { width, height }, part = null) {
  const context = canvas(width, height).getContext("2d", { willReadFrequently: true });
  context.imageSmoothingQuality = "high";
  if (part) context.drawImage(image, ...part, width, height, 0, 0, width, height);
  else context.drawImage(image, 0, 0, width, height);
  return context.getImageData(0, 0, width, height);
}

export function canvas(width, height) {
  return Object.assign(document.createElement("canvas"), { width, height });
}

export function show(picture, where) {
  where.width = picture.width;
  where.height = picture.height;
  where.getContext("2d").putImageData(picture, 0, 0);
}
