"""A brush that paints rounded, softly shaded shapes in scene coordinates."""

from itertools import pairwise

from PIL import Image, ImageDraw

# Coats of each shape, from its dark edge to the strip that the light on the left hits:
# (brightness, centre of the coat, its half width), in half widths of the shape.
COATS = ((0.66, 0.0, 1.0), (0.86, -0.06, 0.9), (1.0, -0.14, 0.74), (1.07, -0.3, 0.42))
# How far scenery goes on, in scene units, for boxes that are too wide.
LEFT, RIGHT, SKY, FLOOR = -2.0, 2.0, -2.0, 3.0


def shade(colour: tuple, brightness: float) -> tuple[int, int, int]:
    """The colour made darker (below 1) or brought nearer to white (above 1)."""
    if brightness <= 1:
        return tuple(int(c * brightness) for c in colour)
    return tuple(int(c + (255 - c) * (brightness - 1)) for c in colour)


class Brush:
    """Paints on `image`; scene point (x, y) lies at pixel (left + x k, top + y k).

    Colours are (red, green, blue), 0 to 255. Joints may carry a depth after x and y.
    """

    def __init__(self, image: Image.Image, k: float, left: float, top: float):
        self.image, self.k, self.left, self.top = image, k, left, top
        self._solid = ImageDraw.Draw(image)
        self._glaze = ImageDraw.Draw(image, "RGBA")

    def _at(self, x: float, y: float) -> tuple[float, float]:
        return self.left + x * self.k, self.top + y * self.k

    def within(self, k: float, x: float, y: float) -> "Brush":
        """A brush whose unit is `k` scene units and whose origin is (x, y)."""
        return Brush(self.image, self.k * k, *self._at(x, y))

    def ellipse(self, x: float, y: float, rx: float, ry: float, colour: tuple):
        """An ellipse around (x, y); a fourth colour number is its opacity (0-255)."""
        (px, py), rx, ry = self._at(x, y), rx * self.k, ry * self.k
        pen = self._glaze if len(colour) == 4 else self._solid
        pen.ellipse((px - rx, py - ry, px + rx, py + ry), colour)

    def polygon(self, points: list, colour: tuple):
        """A filled polygon."""
        self._solid.polygon([self._at(x, y) for x, y in points], colour)

    def rectangle(self, x0: float, y0: float, x1: float, y1: float, colour: tuple):
        """An upright rectangle."""
        self._solid.rectangle((*self._at(x0, y0), *self._at(x1, y1)), colour)

    def band(self, y0: float, y1: float, colour: tuple):
        """A rectangle over the whole width of the scene."""
        self.rectangle(LEFT, y0, RIGHT, y1, colour)

    def rod(self, a: tuple, b: tuple, ra: float, rb: float, colour: tuple):
        """A straight rod from `a`, where it is round, to `b`, where it is cut.

        Its half width is `ra` at `a` and `rb` at `b`.
        """
        (ax, ay, *_), (bx, by, *_) = a, b
        dx, dy = bx - ax, by - ay
        length = max((dx * dx + dy * dy) ** 0.5, 1e-6)
        nx, ny = -dy / length, dx / length
        self.ellipse(ax, ay, ra, ra, colour)
        edges = ((ax, ay, ra), (bx, by, rb), (bx, by, -rb), (ax, ay, -ra))
        self.polygon([(x + nx * r, y + ny * r) for x, y, r in edges], colour)

    def limb(self, joints: list, radii: list, colour: tuple, cut: bool = False):
        """A shaded chain of rods through `joints`; its end is round unless `cut`."""
        for brightness, centre, width in COATS:
            tone = shade(colour, brightness)
            chain = [
                (x + centre * r, y, width * r)
                for (x, y, *_), r in zip(joints, radii, strict=True)
            ]
            for a, b in pairwise(chain):
                self.rod(a, b, a[2], b[2], tone)
            if not cut:
                x, y, r = chain[-1]
                self.ellipse(x, y, r, r, tone)

    def trunk(self, rows: list[tuple[float, float, float]], colour: tuple):
        """A shaded upright body; `rows` are (y, middle, half width) from the top."""
        for brightness, centre, width in COATS:
            left = [(x + (centre - width) * w, y) for y, x, w in rows]
            right = [(x + (centre + width) * w, y) for y, x, w in reversed(rows)]
            self.polygon(left + right, shade(colour, brightness))

    def column(self, x: float, half: float, rows: tuple, colour: tuple):
        """A trunk around `x`; `rows` are (y, share of the half width `half`)."""
        self.trunk([(y, x, half * share) for y, share in rows], colour)
