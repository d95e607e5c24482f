"""What a figure wears, painted layer by layer from far to near."""

from itertools import pairwise

import numpy as np

from reprolib.data.drawn.brush import Brush, shade
from reprolib.data.drawn.figure import HEEL, NECK, TOE, Figure
from reprolib.data.drawn.head import paint_hair_behind, paint_head
from reprolib.data.drawn.pedestrian import COLOURS, SKINS

HEM = {"t-shirt": 0.462, "long sleeves": 0.456, "jacket": 0.485, "coat": 0.66}


def paint(brush: Brush, figure: Figure):
    """Paints the clothed figure; `brush` is in body units."""
    # Each part with its nearness to the viewer. The trunk's clothes hang over hips and
    # legs in every direction of view.
    parts = [(-2.0, _hips), (0.0, _trunk), (0.004, paint_head)]
    parts.append((0.001 - 0.06 * figure.cos, paint_hair_behind))
    parts += [(leg[0][2] + leg[2][2] / 2 - 1, _leg, leg) for leg in figure.legs]
    near = [0.03 + arm[0][2] * 0.8 + arm[2][2] * 0.4 for arm in figure.arms]
    bags = {
        "backpack": -0.1 * figure.cos,
        "shoulder bag": 0.05 - 0.9 * figure.hip * figure.sin,
        "handbag": near[1],
    }
    if figure.person.bag in bags:
        parts.append((bags[figure.person.bag], _bag))
    parts += [(n, _arm, arm) for n, arm in zip(near, figure.arms, strict=True)]
    for _, part, *joints in sorted(parts, key=lambda part: part[0]):
        part(brush, figure, *joints)


def _leg(brush: Brush, figure: Figure, leg: tuple):
    *joints, heel, toe = leg
    person, g = figure.person, figure.girth
    brush.limb([heel, toe], [HEEL, TOE], COLOURS[person.shoes])
    if person.lower in ("trousers", "jeans"):
        wide = 0.92 if person.lower == "jeans" else 1.18
        radii = [0.050 * g, 0.038 * g * wide, 0.029 * g * wide]
    else:
        brush.limb(joints, [0.046 * g, 0.034 * g, 0.021 * g], SKINS[person.skin])
        joints, radii = _cut(joints, 0.84), [0.052 * g, 0.052 * g]
    if "skirt" not in person.lower:
        brush.limb(joints, radii, COLOURS[person.lower_colour], cut=True)


def _arm(brush: Brush, figure: Figure, arm: tuple):
    *sleeve, hand = arm
    person, g = figure.person, figure.girth
    cloth, skin = COLOURS[person.upper_colour], SKINS[person.skin]
    brush.limb([sleeve[-1], hand], [0.017, 0.019], skin)
    thick = g if person.upper == "long sleeves" else 1.12 * g
    radii = [0.029 * thick, 0.027 * thick, 0.021 * thick]
    if person.upper == "t-shirt":
        brush.limb(sleeve, [0.026 * g, 0.023 * g, 0.017 * g], skin)
        sleeve, radii = _cut(sleeve, 0.66), [0.029 * g, 0.033 * g]
    # A dark edge keeps the sleeve apart from a trunk of the same colour.
    for (a, ra), (b, rb) in pairwise(zip(sleeve, radii, strict=True)):
        brush.rod(a, b, ra + 0.004, rb + 0.004, shade(cloth, 0.5))
    brush.limb(sleeve, radii, cloth, cut=True)


def _cut(joints: list, t: float) -> list:
    """The first bone of a limb as far as short clothes cover it."""
    (ax, ay, _), (bx, by, _) = joints[:2]
    return [(ax, ay), (ax + (bx - ax) * t, ay + (by - ay) * t)]


def _outline(figure: Figure, hem: float) -> list[tuple[float, float, float]]:
    """The trunk's outline from the neck to `hem`: (y, middle, half width)."""
    f = figure
    profile = [
        (NECK + 0.008, 0.036, 0.036, 0.0),
        (0.181, f.shoulder * 0.74, 0.050, 0.0),
        (0.200, f.shoulder * 0.94, 0.064, 0.0),
        (0.235, (f.shoulder + f.chest) / 2, 0.076, 0.004),
        (0.280, f.chest, 0.078, 0.006),
        (0.340, (f.chest + f.waist * 2) / 3, 0.068, 0.002),
        (0.390, f.waist, 0.062, 0.0),
        (0.430, (f.waist + f.hip) / 2, 0.068, -0.004),
        (0.465, f.hip, 0.074, -0.008),
        (0.510, f.hip, 0.074, -0.006),
        (0.66, f.hip * 1.16, 0.094, 0.0),
    ]
    above = [row for row in profile if row[0] < hem]
    rows = [*above, (hem, *profile[len(above)][1:])]
    return [(y, z * f.sin, f.half(w, depth)) for y, w, depth, z in rows]


def _hips(brush: Brush, figure: Figure):
    rows = [(y, x, w * 0.97) for y, x, w in _outline(figure, 0.51) if y > 0.36]
    brush.trunk(rows, COLOURS[figure.person.lower_colour])


def _trunk(brush: Brush, figure: Figure):
    person = figure.person
    if "skirt" in person.lower:
        hem, flare = (0.68, 1.30) if person.lower == "skirt" else (0.86, 1.45)
        (xa, *_), (xb, *_) = (knee for _, knee, *_ in figure.legs)
        top, side = figure.half(figure.waist, 0.062), figure.half(figure.hip, 0.074)
        wide = max(side * flare, abs(xa - xb) / 2 + 0.06)
        rows = [(0.40, 0.0, top), (0.47, 0.0, side * 1.02), (hem, (xa + xb) / 2, wide)]
        brush.trunk(rows, COLOURS[person.lower_colour])
    neck = [(0.25 * figure.head[0], 0.115), (0.0, 0.185)]
    brush.limb(neck, [0.030, 0.036], SKINS[person.skin])
    loose = 1.06 if person.upper in ("jacket", "coat") else 1.0
    rows = [(y, x, w * loose) for y, x, w in _outline(figure, HEM[person.upper])]
    brush.trunk(rows, COLOURS[person.upper_colour])
    _pattern(brush, figure, rows)
    _front(brush, figure, rows[-1][0])


def _pattern(brush: Brush, figure: Figure, rows: list):
    pattern, colour = figure.person.pattern, COLOURS[figure.person.pattern_colour]
    hem = rows[-1][0]
    if pattern == "stripes":
        for n in range(int((hem - 0.215) / 0.042) + 1):
            y = 0.215 + 0.042 * n
            _belt(brush, rows, y, y + 0.018, colour)
    elif pattern == "band":
        _belt(brush, rows, 0.255, 0.330, colour)
    elif pattern == "checks":
        for n in range(int((hem - 0.20) / 0.05)):
            _belt(brush, rows, 0.215 + 0.05 * n, 0.225 + 0.05 * n, colour)
        for share in (-0.6, -0.2, 0.2, 0.6):
            spine = [(x + share * w, y) for y, x, w in rows[2:]]
            brush.polygon(spine + [(x + 0.009, y) for x, y in spine[::-1]], colour)
    elif pattern == "print" and figure.cos > 0.25:
        for size, light in ((0.046, 0.92), (0.024, 1.35)):
            across, tone = size * figure.cos, shade(colour, light)
            brush.ellipse(0.05 * figure.sin, 0.285, across, size, tone)


def _belt(brush: Brush, rows: list, y0: float, y1: float, colour: tuple):
    """A band around the trunk between two heights, its right side in the shade."""
    heights, middles, halves = zip(*rows, strict=True)
    ys = y0, min(y1, heights[-1])
    across = [np.interp(ys, heights, widths) for widths in (middles, halves)]
    (ya, xa, wa), (yb, xb, wb) = zip(ys, *across, strict=True)
    for left, tone in ((-1, colour), (0.68, shade(colour, 0.72))):
        start, end = (xa + wa * left, ya), (xb + wb * left, yb)
        brush.polygon([start, (xa + wa, ya), (xb + wb, yb), end], tone)


def _front(brush: Brush, figure: Figure, hem: float):
    """Collar, zip or buttons, and the straps of a backpack, where the front is seen."""
    if figure.cos < 0.15:
        return
    person, x, c = figure.person, 0.075 * figure.depth * figure.sin, figure.cos
    shirt = shade(COLOURS[person.pattern_colour], 0.95)
    if person.upper == "jacket" and person.pattern == "plain":
        brush.column(x, c, ((0.175, 0.034), (0.26, 0.022), (hem, 0.036)), shirt)
    elif person.upper in ("jacket", "coat"):
        collar = [(x - 0.035 * c, 0.175), (x + 0.035 * c, 0.175), (x, 0.245)]
        brush.polygon(collar, shirt)
        zip_colour = shade(COLOURS[person.upper_colour], 0.6)
        brush.rectangle(x - 0.004, 0.24, x + 0.004, hem, zip_colour)
    else:
        brush.ellipse(x * 0.6, 0.178, 0.034 * c, 0.014, SKINS[person.skin])
    if person.bag == "backpack":
        strap = shade(COLOURS[person.bag_colour], 0.85)
        for side in (-1, 1):
            at = figure.seen(side * figure.chest * 0.62, 0.0, 0.06)[0]
            brush.limb([(at * 0.9, 0.190), (at, 0.33)], [0.012, 0.011], strap)


def _bag(brush: Brush, figure: Figure):
    bag, colour = figure.person.bag, COLOURS[figure.person.bag_colour]
    if bag == "backpack":
        x = figure.seen(0.0, 0.0, -0.085 * figure.depth - 0.03)[0]
        half = figure.half(0.085, 0.050)
        rows = ((0.185, 0.6), (0.205, 0.92), (0.25, 1.0), (0.38, 1.04), (0.415, 0.9))
        brush.column(x, half, rows, colour)
        if figure.cos < -0.2:
            brush.column(x, half, ((0.31, 0.66), (0.395, 0.66)), shade(colour, 0.8))
    elif bag == "shoulder bag":
        front = 0.05 if figure.cos > 0 else -0.05
        shoulder = figure.seen(-figure.shoulder * 0.55, 0.185, front)
        hip = figure.seen(figure.hip + 0.015, 0.45, 0.01)
        brush.limb([shoulder, hip], [0.009, 0.009], shade(colour, 0.8))
        rows = ((0.425, 0.9), (0.44, 1.0), (0.525, 1.0))
        brush.column(hip[0], figure.half(0.030, 0.062), rows, colour)
    else:
        x, y, _ = figure.arms[1][3]
        handle = [(x - 0.022, y + 0.035), (x, y), (x + 0.022, y + 0.035)]
        brush.limb(handle, [0.006] * 3, shade(colour, 0.7))
        rows = ((y + 0.03, 0.034), (y + 0.045, 0.042), (y + 0.105, 0.046))
        brush.column(x, 1.0, rows, colour)
