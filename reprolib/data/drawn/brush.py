"""A brush that paints rounded, softly shaded shapes in scene coordinates."""

from PIL import Image, ImageDraw

Colour = tuple[int, int, int]
Point = tuple[float, float]

# Coats of each shape, from its dark edge to the strip that the light on the left hits:
# (brightness, centre of the coat, its half width), in half widths of the shape.
COATS = (
    (0.66, 0.0, 1.0),
    (0.86, -0.06, 0.90),
    (1.00, -0.14, 0.74),
    (1.07, -0.30, 0.42),
)


def shade(colour: Colour, brightness: float) -> Colour:
    """The colour made darker (below 1) or brought nearer to white (above 1)."""
    if brightness <= 1:
        return tuple(int(c * brightness) for c in colour)
    return tuple(int(c + (255 - c) * (brightness - 1)) for c in colour)


class Brush:
    """Paints on `image`; scene point (x, y) lies at pixel (left + x k, top + y k)."""

    def __init__(self, image: Image.Image, k: float, left: float, top: float):
        self.image, self.k, self.left, self.top = image, k, left, top
        self._solid = ImageDraw.Draw(image)
        self._glaze = ImageDraw.Draw(image, "RGBA")

    def within(self, k: float, x: float, y: float) -> "Brush":
        """A brush whose unit is `k` scene units and whose origin is (x, y)."""
        return Brush(
            self.image, self.k * k, self.left + x * self.k, self.top + y * self.k
        )

    def ellipse(self, x: float, y: float, rx: float, ry: float, colour):
        """An ellipse around (x, y); a fourth colour number is its opacity (0-255)."""
        px, py = self.left + x * self.k, self.top + y * self.k
        rx, ry = rx * self.k, ry * self.k
        pen = self._glaze if len(colour) == 4 else self._solid
        pen.ellipse((px - rx, py - ry, px + rx, py + ry), colour)

    def polygon(self, points: list[Point], colour):
        """A filled polygon; a fourth colour number is its opacity (0-255)."""
        k, left, top = self.k, self.left, self.top
        pen = self._glaze if len(colour) == 4 else self._solid
        pen.polygon([(left + x * k, top + y * k) for x, y in points], colour)

    def rectangle(self, x0: float, y0: float, x1: float, y1: float, colour):
        """An upright rectangle; a fourth colour number is its opacity (0-255)."""
        k, left, top = self.k, self.left, self.top
        pen = self._glaze if len(colour) == 4 else self._solid
        corners = (left + x0 * k, top + y0 * k, left + x1 * k, top + y1 * k)
        pen.rectangle(corners, colour)

    def rod(self, a: Point, b: Point, ra: float, rb: float, colour):
        """A straight rod, round where it starts and cut where it ends.

        Its half width is `ra` at `a` and `rb` at `b`.
        """
        dx, dy = b[0] - a[0], b[1] - a[1]
        length = max((dx * dx + dy * dy) ** 0.5, 1e-6)
        nx, ny = -dy / length, dx / length
        self.ellipse(*a, ra, ra, colour)
        corners = [
            (a[0] + nx * ra, a[1] + ny * ra),
            (b[0] + nx * rb, b[1] + ny * rb),
            (b[0] - nx * rb, b[1] - ny * rb),
            (a[0] - nx * ra, a[1] - ny * ra),
        ]
        self.polygon(corners, colour)

    def limb(self, joints: list, radii: list[float], colour: Colour, cut: bool = False):
        """A shaded chain of rods through `joints`; its end is round unless `cut`."""
        for brightness, centre, width in COATS:
            tone = shade(colour, brightness)
            chain = [
                ((x + centre * r, y), width * r)
                for (x, y, *_), r in zip(joints, radii, strict=True)
            ]
            for (a, ra), (b, rb) in zip(chain, chain[1:], strict=False):
                self.rod(a, b, ra, rb, tone)
            if not cut:
                self.ellipse(*chain[-1][0], radii[-1] * width, radii[-1] * width, tone)

    def trunk(self, rows: list[tuple[float, float, float]], colour: Colour):
        """A shaded upright body; `rows` are (y, middle, half width) from the top."""
        for brightness, centre, width in COATS:
            left = [(x + (centre - width) * w, y) for y, x, w in rows]
            right = [(x + (centre + width) * w, y) for y, x, w in reversed(rows)]
            self.polygon(left + right, shade(colour, brightness))
