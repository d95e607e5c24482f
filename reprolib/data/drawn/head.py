"""A figure's head: face, hair and hat."""

from reprolib.data.drawn.brush import Brush, shade
from reprolib.data.drawn.figure import HAIR_HEIGHT, Figure
from reprolib.data.drawn.pedestrian import COLOURS, HAIRS, SKINS


def paint_hair_behind(brush: Brush, figure: Figure):
    """Hair that hangs behind the neck: in front of the trunk when seen from behind."""
    style, colour = figure.person.hair, HAIRS[figure.person.hair_colour]
    x, lag = figure.head[0], -0.03 * figure.sin
    if style == "long":
        half = figure.half(0.056, 0.038)
        rows = [(0.05, 0.5, 0.9), (0.12, 1.0, 1.0), (0.21, 1.2, 0.95)]
        rows.append((0.235, 1.2, 0.6))
        brush.trunk([(y, x + lag * back, half * w) for y, back, w in rows], colour)
    elif style == "ponytail":
        root = figure.seen(0.0, 0.055, -0.045)
        tip = figure.seen(0.0, 0.185, -0.085)
        middle = figure.seen(0.0, 0.10, -0.085)
        brush.limb([root, middle, tip], [0.016, 0.021, 0.010], colour)


def paint_head(brush: Brush, figure: Figure):
    """Paints the head; `brush` is in body units."""
    person, (x, y, _) = figure.person, figure.head
    skin, hair = SKINS[person.skin], HAIRS[person.hair_colour]
    _oval(brush, x, y + 0.004, 0.045, 0.064, skin)
    if person.hair == "bald":
        _oval(brush, x, y - 0.008, 0.048, 0.060, skin)
    else:
        _hair(brush, figure, hair)
    if figure.cos > -0.35:
        _face(brush, figure, x, y, skin)
    if person.hat != "none":
        _hat(brush, figure, x)


def _hair(brush: Brush, figure: Figure, colour: tuple):
    """The hair on the head: it comes down to the nape where the back is seen."""
    (x, y, _), style = figure.head, figure.person.hair
    down = 0.050 + 0.010 * max(0.0, -figure.cos)
    top = y - 0.068 - (HAIR_HEIGHT if figure.person.hat == "none" else 0.0)
    back = x - 0.008 * figure.sin
    _oval(brush, back, top + down, 0.049, down, colour)
    if style in ("bob", "long"):
        side, fall = figure.half(0.053, 0.044), -0.016 * figure.sin
        rows = [(0.045, side * 0.9), (0.075, side), (0.118, side * 1.04)]
        rows.append((0.132, side * 0.94))
        brush.trunk([(h, x + fall, w) for h, w in rows], colour)
    elif style == "bun":
        knot = figure.seen(0.0, 0.048, -0.050)
        _oval(brush, knot[0], knot[1], 0.024, 0.024, colour)


def _face(brush: Brush, figure: Figure, x: float, y: float, skin: tuple):
    turn = figure.sin
    framed = figure.person.hair in ("bob", "long")
    half = (0.036 if framed else 0.042) - 0.009 * abs(turn)
    if figure.person.hair != "bald":
        _oval(brush, x + 0.017 * turn, y + 0.021, half, 0.046, skin)
    if abs(turn) > 0.5:
        nose = x + 0.046 * (1 if turn > 0 else -1)
        brush.ellipse(nose, y + 0.018, 0.007, 0.010, skin)
    dark = shade(skin, 0.42)
    for side in (-1, 1):
        eye = figure.seen(side * 0.017, 0.0, 0.038)
        if eye[2] > 0.005:
            brush.ellipse(x + eye[0], y + 0.012, 0.006, 0.006, dark)
    if figure.cos > 0.3:
        brush.ellipse(x + 0.036 * turn, y + 0.045, 0.013, 0.004, shade(skin, 0.66))


def _oval(brush: Brush, x: float, y: float, rx: float, ry: float, colour: tuple):
    brush.ellipse(x, y, rx, ry, shade(colour, 0.74))
    brush.ellipse(x - 0.09 * rx, y - 0.02 * ry, rx * 0.90, ry * 0.96, colour)


def _hat(brush: Brush, figure: Figure, x: float):
    style, colour = figure.person.hat, COLOURS[figure.person.hat_colour]
    top = figure.landmarks()[0]
    dome = [(top, 0.020), (top + 0.006, 0.034), (top + 0.020, 0.047), (0.040, 0.052)]
    brush.trunk([(y, x, half) for y, half in dome], colour)
    if style == "cap" and figure.cos > -0.5:
        tip = figure.seen(0.0, 0.0, 0.062)[0]
        half = figure.half(0.044, 0.030)
        brush.ellipse(x + tip * 0.8, 0.042, half, 0.009, shade(colour, 0.72))
    elif style == "beanie":
        brush.rectangle(x - 0.052, 0.030, x + 0.052, 0.048, shade(colour, 0.84))
    elif style == "brimmed hat":
        brush.ellipse(x, 0.040, 0.086, 0.013, shade(colour, 0.74))
        brush.ellipse(x - 0.004, 0.037, 0.078, 0.009, colour)
