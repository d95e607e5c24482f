"""A figure's head: face, hair and hat."""

from reprolib.data.drawn.brush import Brush, shade
from reprolib.data.drawn.figure import HAIR_HEIGHT, Figure
from reprolib.data.drawn.pedestrian import COLOURS, HAIRS, SKINS


def paint_hair_behind(brush: Brush, figure: Figure):
    """Hair that hangs behind the neck: in front of the trunk when seen from behind."""
    style, colour = figure.person.hair, HAIRS[figure.person.hair_colour]
    if style == "long":
        x, lag, half = figure.head[0], -0.03 * figure.sin, figure.half(0.056, 0.038)
        rows = ((0.05, 0.5, 0.9), (0.12, 1, 1), (0.21, 1.2, 0.95), (0.235, 1.2, 0.6))
        brush.trunk([(y, x + lag * back, half * w) for y, back, w in rows], colour)
    elif style == "ponytail":
        places = ((0.055, -0.045), (0.10, -0.085), (0.185, -0.085))
        joints = [figure.seen(0.0, y, z) for y, z in places]
        brush.limb(joints, [0.016, 0.021, 0.010], colour)


def paint_head(brush: Brush, figure: Figure):
    """The head seen from any side; `brush` is in body units."""
    person, (x, y, _) = figure.person, figure.head
    skin = SKINS[person.skin]
    _oval(brush, x, y + 0.004, 0.045, 0.064, skin)
    if person.hair == "bald":
        _oval(brush, x, y - 0.008, 0.048, 0.060, skin)
    else:
        _hair(brush, figure, x, y)
    if figure.cos > -0.35:
        _face(brush, figure, x, y)
    if person.hat != "none":
        _hat(brush, figure, x)


def _hair(brush: Brush, figure: Figure, x: float, y: float):
    """The hair on the head: it comes down to the nape where the back is seen."""
    style, colour = figure.person.hair, HAIRS[figure.person.hair_colour]
    down = 0.050 + 0.010 * max(0.0, -figure.cos)
    top = y - 0.068 - (HAIR_HEIGHT if figure.person.hat == "none" else 0.0)
    _oval(brush, x - 0.008 * figure.sin, top + down, 0.049, down, colour)
    if style in ("bob", "long"):
        rows = ((0.045, 0.9), (0.075, 1.0), (0.118, 1.04), (0.132, 0.94))
        brush.column(x - 0.016 * figure.sin, figure.half(0.053, 0.044), rows, colour)
    elif style == "bun":
        _oval(brush, *figure.seen(0.0, 0.048, -0.050)[:2], 0.024, 0.024, colour)


def _face(brush: Brush, figure: Figure, x: float, y: float):
    skin, hair, turn = SKINS[figure.person.skin], figure.person.hair, figure.sin
    if hair != "bald":
        half = (0.036 if hair in ("bob", "long") else 0.042) - 0.009 * abs(turn)
        _oval(brush, x + 0.017 * turn, y + 0.021, half, 0.046, skin)
    if abs(turn) > 0.5:
        nose = 0.046 if turn > 0 else -0.046
        brush.ellipse(x + nose, y + 0.018, 0.007, 0.010, skin)
    for side in (-1, 1):
        across, _, near = figure.seen(side * 0.017, 0.0, 0.038)
        if near > 0.005:
            brush.ellipse(x + across, y + 0.012, 0.006, 0.006, shade(skin, 0.42))
    if figure.cos > 0.3:
        brush.ellipse(x + 0.036 * turn, y + 0.045, 0.013, 0.004, shade(skin, 0.66))


def _oval(brush: Brush, x: float, y: float, rx: float, ry: float, colour: tuple):
    brush.ellipse(x, y, rx, ry, shade(colour, 0.74))
    brush.ellipse(x - 0.09 * rx, y - 0.02 * ry, rx * 0.90, ry * 0.96, colour)


def _hat(brush: Brush, figure: Figure, x: float):
    style, colour = figure.person.hat, COLOURS[figure.person.hat_colour]
    top = figure.landmarks()[0]
    dome = ((top, 0.020), (top + 0.006, 0.034), (top + 0.020, 0.047), (0.040, 0.052))
    brush.column(x, 1.0, dome, colour)
    if style == "cap" and figure.cos > -0.5:
        tip, half = figure.seen(0.0, 0.0, 0.062)[0], figure.half(0.044, 0.030)
        brush.ellipse(x + tip * 0.8, 0.042, half, 0.009, shade(colour, 0.72))
    elif style == "beanie":
        brush.rectangle(x - 0.052, 0.030, x + 0.052, 0.048, shade(colour, 0.84))
    elif style == "brimmed hat":
        brush.ellipse(x, 0.040, 0.086, 0.013, shade(colour, 0.74))
        brush.ellipse(x - 0.004, 0.037, 0.078, 0.009, colour)
