"""What a figure wears, painted layer by layer from far to near."""

from collections.abc import Callable

from reprolib.data.drawn.brush import Brush, shade
from reprolib.data.drawn.figure import NECK, SHOE_RADII, Figure
from reprolib.data.drawn.head import paint_hair_behind, paint_head
from reprolib.data.drawn.pedestrian import COLOURS, SKINS

Layer = tuple[float, Callable[[Brush], None]]
HEM = {"t-shirt": 0.462, "long sleeves": 0.456, "jacket": 0.485, "coat": 0.66}


def paint(brush: Brush, figure: Figure):
    """Paints the clothed figure; `brush` is in body units."""
    for _, part in sorted(_layers(figure), key=lambda layer: layer[0]):
        part(brush)


def _layers(figure: Figure) -> list[Layer]:
    """Parts of the clothed figure, each with its nearness to the viewer."""
    # The trunk's clothes hang over hips and legs in every direction of view.
    parts = [(leg[0][2] + leg[2][2] / 2 - 1, _leg(figure, leg)) for leg in figure.legs]
    for side, arm in zip((1, -1), figure.arms, strict=True):
        nearness = 0.03 + arm[0][2] * 0.8 + arm[2][2] * 0.4
        parts.append((nearness, _arm(figure, arm, side)))
    parts += [
        (-2.0, lambda brush: _hips(brush, figure)),
        (0.0, lambda brush: _trunk(brush, figure)),
        (0.004, lambda brush: paint_head(brush, figure)),
        (0.001 - 0.06 * figure.cos, lambda brush: paint_hair_behind(brush, figure)),
    ]
    if figure.person.bag == "backpack":
        nearness = -0.1 * figure.cos
        parts.append((nearness, lambda brush: _backpack(brush, figure)))
    if figure.person.bag == "shoulder bag":
        nearness = 0.05 - 0.9 * figure.hip * figure.sin
        parts.append((nearness, lambda brush: _shoulder_bag(brush, figure)))
    return parts


def _leg(figure: Figure, leg: tuple) -> Callable[[Brush], None]:
    hip, knee, ankle, heel, toe = leg
    person, g = figure.person, figure.girth
    cloth, skin = COLOURS[person.lower_colour], SKINS[person.skin]

    def paint(brush: Brush):
        brush.limb([heel, toe], SHOE_RADII, COLOURS[person.shoes])
        if person.lower in ("trousers", "jeans"):
            wide = 0.92 if person.lower == "jeans" else 1.18
            radii = [0.050 * g, 0.038 * g * wide, 0.029 * g * wide]
            brush.limb([hip, knee, ankle], radii, cloth, cut=True)
            return
        radii = [0.046 * g, 0.034 * g, 0.021 * g]
        brush.limb([hip, knee, ankle], radii, skin)
        if person.lower == "shorts":
            hem = _between(hip, knee, 0.84)
            brush.limb([hip, hem], [0.052 * g, 0.052 * g], cloth, cut=True)

    return paint


def _arm(figure: Figure, arm: tuple, side: int) -> Callable[[Brush], None]:
    shoulder, elbow, wrist, hand = arm
    person, g = figure.person, figure.girth
    cloth, skin = COLOURS[person.upper_colour], SKINS[person.skin]

    def paint(brush: Brush):
        if person.bag == "handbag" and side == -1:
            _handbag(brush, hand, COLOURS[person.bag_colour])
        brush.limb([wrist, hand], [0.017, 0.019], skin)
        if person.upper == "t-shirt":
            radii = [0.026 * g, 0.023 * g, 0.017 * g]
            brush.limb([shoulder, elbow, wrist], radii, skin)
            cuff = _between(shoulder, elbow, 0.66)
            _outline(brush, [shoulder, cuff], [0.029 * g, 0.033 * g], cloth)
            brush.limb([shoulder, cuff], [0.029 * g, 0.033 * g], cloth, cut=True)
            return
        thick = g if person.upper == "long sleeves" else 1.12 * g
        radii = [0.029 * thick, 0.027 * thick, 0.021 * thick]
        _outline(brush, [shoulder, elbow, wrist], radii, cloth)
        brush.limb([shoulder, elbow, wrist], radii, cloth, cut=True)

    return paint


def _outline(brush: Brush, joints: list, radii: list, cloth: tuple):
    """A dark edge that keeps a sleeve apart from a trunk of the same colour."""
    pairs = list(zip(joints, radii, strict=True))
    for (a, ra), (b, rb) in zip(pairs, pairs[1:], strict=False):
        brush.rod(a[:2], b[:2], ra + 0.004, rb + 0.004, shade(cloth, 0.5))


def _between(a: tuple, b: tuple, t: float) -> tuple[float, float]:
    return a[0] + (b[0] - a[0]) * t, a[1] + (b[1] - a[1]) * t


def trunk_rows(figure: Figure, hem: float) -> list[tuple[float, float, float]]:
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
    rows = [(y, z * f.sin, f.half(w, d)) for y, w, d, z in profile if y < hem]
    after = profile[len(rows)]
    return [*rows, (hem, after[3] * f.sin, f.half(after[1], after[2]))]


def _hips(brush: Brush, figure: Figure):
    rows = [row for row in trunk_rows(figure, 0.51) if row[0] > 0.36]
    cloth = COLOURS[figure.person.lower_colour]
    brush.trunk([(y, x, w * 0.97) for y, x, w in rows], cloth)


def _trunk(brush: Brush, figure: Figure):
    person = figure.person
    skin, cloth = SKINS[person.skin], COLOURS[person.upper_colour]
    lower = COLOURS[person.lower_colour]
    if person.lower in ("skirt", "long skirt"):
        _skirt(brush, figure, lower)
    brush.limb([(0.25 * figure.head[0], 0.115), (0.0, 0.185)], [0.030, 0.036], skin)
    loose = 1.06 if person.upper in ("jacket", "coat") else 1.0
    rows = [(y, x, w * loose) for y, x, w in trunk_rows(figure, HEM[person.upper])]
    brush.trunk(rows, cloth)
    _pattern(brush, figure, rows)
    _front(brush, figure, rows, cloth)


def _skirt(brush: Brush, figure: Figure, cloth: tuple):
    short = figure.person.lower == "skirt"
    hem, flare = (0.68, 1.30) if short else (0.86, 1.45)
    knees = [leg[1][0] for leg in figure.legs]
    stride = abs(knees[0] - knees[1]) / 2 + 0.06
    side = figure.half(figure.hip, 0.074)
    rows = [
        (0.40, 0.0, figure.half(figure.waist, 0.062)),
        (0.47, 0.0, side * 1.02),
        (hem, sum(knees) / 2, max(side * flare, stride)),
    ]
    brush.trunk(rows, cloth)


def _pattern(brush: Brush, figure: Figure, rows: list):
    person = figure.person
    colour = COLOURS[person.pattern_colour]
    if person.pattern == "stripes":
        top, bottom = 0.215, rows[-1][0]
        for n in range(int((bottom - top) / 0.042) + 1):
            _belt(brush, rows, top + 0.042 * n, top + 0.042 * n + 0.018, colour)
    elif person.pattern == "band":
        _belt(brush, rows, 0.255, 0.330, colour)
    elif person.pattern == "checks":
        for n in range(int((rows[-1][0] - 0.20) / 0.05)):
            _belt(brush, rows, 0.215 + 0.05 * n, 0.225 + 0.05 * n, colour)
        for share in (-0.6, -0.2, 0.2, 0.6):
            spine = [(x + share * w, y) for y, x, w in rows[2:]]
            edge = [(x + 0.009, y) for x, y in reversed(spine)]
            brush.polygon(spine + edge, colour)
    elif person.pattern == "print" and figure.cos > 0.25:
        x = 0.05 * figure.sin
        brush.ellipse(x, 0.285, 0.046 * figure.cos, 0.046, shade(colour, 0.92))
        brush.ellipse(x, 0.285, 0.024 * figure.cos, 0.024, shade(colour, 1.35))


def _belt(brush: Brush, rows: list, y0: float, y1: float, colour: tuple):
    """A band around the trunk between two heights."""
    (xa, wa), (xb, wb) = _row_at(rows, y0), _row_at(rows, min(y1, rows[-1][0]))
    y1 = min(y1, rows[-1][0])
    corners = [(xa - wa, y0), (xa + wa, y0), (xb + wb, y1), (xb - wb, y1)]
    brush.polygon(corners, colour)
    shadow = [(xa + wa * 0.68, y0), (xa + wa, y0), (xb + wb, y1), (xb + wb * 0.68, y1)]
    brush.polygon(shadow, shade(colour, 0.72))


def _row_at(rows: list, y: float) -> tuple[float, float]:
    for (ya, xa, wa), (yb, xb, wb) in zip(rows, rows[1:], strict=False):
        if y <= yb:
            t = (y - ya) / (yb - ya)
            return xa + (xb - xa) * t, wa + (wb - wa) * t
    return rows[-1][1:]


def _front(brush: Brush, figure: Figure, rows: list, cloth: tuple):
    """Collar, zip or buttons, and the straps of a backpack, where the front is seen."""
    if figure.cos < 0.15:
        return
    x, c = 0.075 * figure.depth * figure.sin, figure.cos
    if figure.person.upper == "jacket" and figure.person.pattern == "plain":
        shirt = shade(COLOURS[figure.person.pattern_colour], 0.95)
        opening = [(0.175, 0.034), (0.26, 0.022), (rows[-1][0], 0.036)]
        brush.trunk([(y, x, half * c) for y, half in opening], shirt)
    elif figure.person.upper in ("jacket", "coat"):
        brush.polygon(
            [(x - 0.035 * c, 0.175), (x + 0.035 * c, 0.175), (x, 0.245)],
            shade(COLOURS[figure.person.pattern_colour], 0.95),
        )
        brush.rectangle(x - 0.004, 0.24, x + 0.004, rows[-1][0], shade(cloth, 0.6))
    else:
        brush.ellipse(x * 0.6, 0.178, 0.034 * c, 0.014, SKINS[figure.person.skin])
    if figure.person.bag == "backpack":
        strap = shade(COLOURS[figure.person.bag_colour], 0.85)
        for side in (-1, 1):
            at = figure.seen(side * figure.chest * 0.62, 0.0, 0.06)[0]
            brush.limb([(at * 0.9, 0.190), (at, 0.33)], [0.012, 0.011], strap)


def _backpack(brush: Brush, figure: Figure):
    colour = COLOURS[figure.person.bag_colour]
    x = figure.seen(0.0, 0.0, -0.085 * figure.depth - 0.03)[0]
    half = figure.half(0.085, 0.050)
    rows = [(0.185, 0.6), (0.205, 0.92), (0.25, 1.0), (0.38, 1.04), (0.415, 0.9)]
    brush.trunk([(y, x, half * w) for y, w in rows], colour)
    if figure.cos < -0.2:
        pocket = [(y, x, half * 0.66) for y in (0.31, 0.395)]
        brush.trunk(pocket, shade(colour, 0.8))


def _shoulder_bag(brush: Brush, figure: Figure):
    colour = COLOURS[figure.person.bag_colour]
    a = figure.seen(-figure.shoulder * 0.55, 0.185, 0.05 if figure.cos > 0 else -0.05)
    b = figure.seen(figure.hip + 0.015, 0.45, 0.01)
    brush.limb([a, b], [0.009, 0.009], shade(colour, 0.8))
    half = figure.half(0.030, 0.062)
    rows = [(0.425, b[0], half * 0.9), (0.44, b[0], half), (0.525, b[0], half)]
    brush.trunk(rows, colour)


def _handbag(brush: Brush, hand: tuple, colour: tuple):
    x, y = hand[:2]
    handle = [(x - 0.022, y + 0.035), (x, y), (x + 0.022, y + 0.035)]
    brush.limb(handle, [0.006] * 3, shade(colour, 0.7))
    rows = [(y + 0.03, x, 0.034), (y + 0.045, x, 0.042), (y + 0.105, x, 0.046)]
    brush.trunk(rows, colour)
