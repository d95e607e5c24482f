"""Where a drawn pedestrian walks, and what stands in the way.

Scene coordinates: one unit is the height of a perfect crop, whose top edge lies at
y = 0 and whose middle at x = 0. Scenery goes on beyond it, for boxes that are too wide.
"""

from itertools import product
from random import Random

from reprolib.data.drawn.brush import FLOOR, LEFT, RIGHT, SKY, Brush, shade

# How far the colours of scenery are drawn to a light grey.
MIST, MUTED = 150, 0.4


def _tone(rng: Random, *colours: tuple, vary: float = 0.14) -> tuple:
    """A muted tone near one of the colours: people stand out from what is around."""
    colour = rng.choice(colours) if len(colours) > 1 else colours[0]
    f = 1 + rng.uniform(-vary, vary)
    muted = (c + (MIST - c) * MUTED for c in colour)
    return tuple(min(255, max(0, int(c * f + rng.uniform(-6, 6)))) for c in muted)


def _grid(rng: Random, step: float) -> list[float]:
    start = LEFT + rng.random() * step
    return [start + n * step for n in range(int((RIGHT - LEFT) / step))]


def street(brush: Brush, rng: Random):
    """House fronts with windows, a kerb and a road."""
    ground = rng.uniform(0.56, 0.72)
    wall = _tone(rng, (170, 160, 148), (148, 132, 120), (186, 178, 160))
    brush.band(SKY, ground, wall)
    for x, y in product(_grid(rng, 0.38), (-0.42, 0.06)):
        brush.rectangle(x, y, x + 0.20, y + 0.34, shade(wall, 0.72))
        brush.rectangle(x + 0.015, y + 0.015, x + 0.185, y + 0.325, (74, 88, 104))
        brush.rectangle(x + 0.015, y + 0.16, x + 0.185, y + 0.17, shade(wall, 0.9))
    brush.band(ground, FLOOR, _tone(rng, (128, 126, 122)))
    brush.band(ground, ground + 0.012, (88, 86, 84))
    kerb = ground + rng.uniform(0.08, 0.2)
    brush.band(kerb, kerb + 0.018, (176, 172, 164))
    brush.band(kerb + 0.018, FLOOR, _tone(rng, (84, 84, 88)))


def brick_wall(brush: Brush, rng: Random):
    """A brick wall above a pavement of slabs."""
    ground, course = rng.uniform(0.62, 0.80), 0.055
    brick = _tone(rng, (150, 84, 66), (158, 104, 78), (138, 122, 108))
    brush.band(SKY, ground, brick)
    joints, mortar = _grid(rng, 0.16), shade(brick, 1.22)
    for row in range(int((ground + 0.4) / course) + 1):
        y = ground - row * course
        brush.band(y, y + 0.006, mortar)
        for x in (joint + 0.08 * (row % 2) for joint in joints):
            if abs(x) < 0.55:
                brush.rectangle(x, y - course, x + 0.006, y, mortar)
    slab = _tone(rng, (160, 156, 148))
    brush.band(ground, FLOOR, slab)
    brush.band(ground, ground + 0.014, shade(slab, 0.6))
    for y in (0.10, 0.24, 0.44):
        brush.band(ground + y, ground + y + 0.006, shade(slab, 0.82))


def park(brush: Brush, rng: Random):
    """Trees and a hedge behind a lawn with a path."""
    ground = rng.uniform(0.50, 0.66)
    brush.band(SKY, ground, _tone(rng, (176, 198, 214), vary=0.08))
    leaves = _tone(rng, (70, 104, 58))
    for x in _grid(rng, 0.30):
        top, tone = rng.uniform(-0.1, 0.3), shade(leaves, rng.uniform(0.75, 1.2))
        brush.rectangle(x - 0.025, top, x + 0.025, ground, (86, 66, 50))
        brush.ellipse(x, top, 0.24, 0.26, tone)
        brush.ellipse(x - 0.06, top - 0.06, 0.13, 0.14, shade(tone, 1.12))
    brush.band(ground - 0.10, ground, shade(leaves, 0.72))
    brush.band(ground, FLOOR, _tone(rng, (112, 142, 78)))
    path = ground + rng.uniform(0.12, 0.24)
    brush.band(path, path + 0.5, _tone(rng, (190, 174, 142)))


def hall(brush: Brush, rng: Random):
    """Indoors: panels, a poster, a skirting board, a shining tiled floor."""
    ground = rng.uniform(0.60, 0.76)
    wall = _tone(rng, (206, 200, 184), vary=0.08)
    brush.band(SKY, ground, wall)
    for x in _grid(rng, 0.5):
        brush.rectangle(x, SKY, x + 0.012, ground, shade(wall, 0.78))
    x = rng.uniform(-0.6, 0.4)
    poster = _tone(rng, (190, 90, 70), (70, 110, 160), (210, 180, 90))
    brush.rectangle(x, 0.08, x + 0.26, 0.46, shade(wall, 0.6))
    brush.rectangle(x + 0.015, 0.095, x + 0.245, 0.445, poster)
    brush.ellipse(x + 0.13, 0.22, 0.07, 0.07, shade(poster, 1.4))
    floor = _tone(rng, (158, 150, 142))
    joint = shade(floor, 0.84)
    brush.band(ground, FLOOR, floor)
    brush.band(ground - 0.035, ground, shade(wall, 0.55))
    for y in (0.03, 0.09, 0.19, 0.34, 0.56):
        brush.band(ground + y, ground + y + 0.006, joint)
    for x in _grid(rng, 0.24):
        near = [(2.2 * x + 0.012, 1.6), (2.2 * x, 1.6)]
        brush.polygon([(x, ground), (x + 0.008, ground), *near], joint)


def crossing(brush: Brush, rng: Random):
    """A lit shop window behind a zebra crossing."""
    ground = rng.uniform(0.52, 0.64)
    brush.band(SKY, ground, _tone(rng, (60, 70, 84), (92, 58, 52), (58, 82, 70)))
    for x in _grid(rng, 0.62):
        brush.rectangle(x, -0.05, x + 0.5, ground - 0.06, (206, 196, 164))
        for n in range(3):
            goods, left = _tone(rng, (140, 130, 124), vary=0.4), x + 0.05 + 0.15 * n
            brush.rectangle(left, 0.22 + 0.06 * n, left + 0.09, ground - 0.06, goods)
    brush.band(-0.18, -0.05, _tone(rng, (170, 60, 50), vary=0.3))
    brush.band(ground, FLOOR, _tone(rng, (96, 96, 100)))
    brush.band(ground, ground + 0.05, (150, 146, 140))
    top = ground + rng.uniform(0.08, 0.2)
    for x in _grid(rng, 0.26):
        stripe = [(x, top), (x + 0.13, top), (1.3 * x + 0.16, 1.5), (1.3 * x, 1.5)]
        brush.polygon(stripe, (204, 204, 198))


def underpass(brush: Brush, rng: Random):
    """Dim concrete with a row of lamps and a painted line."""
    ground = rng.uniform(0.62, 0.78)
    wall = _tone(rng, (104, 106, 104))
    brush.band(SKY, ground, wall)
    for x in _grid(rng, 0.44):
        brush.rectangle(x, SKY, x + 0.05, ground, shade(wall, 0.82))
        for size, opacity in ((0.20, 26), (0.13, 34), (0.06, 120)):
            brush.ellipse(x + 0.24, -0.02, size, size * 0.8, (250, 236, 190, opacity))
    stripe = rng.uniform(0.3, 0.5)
    brush.band(stripe, stripe + 0.05, _tone(rng, (180, 150, 60), (70, 110, 130)))
    floor = _tone(rng, (84, 82, 80))
    brush.band(ground, FLOOR, floor)
    brush.band(ground, ground + 0.02, shade(floor, 0.6))


def pole(brush: Brush, rng: Random):
    """A lamp post across the whole height."""
    x, half = rng.uniform(-0.16, 0.16), rng.uniform(0.014, 0.028)
    metal = _tone(rng, (96, 100, 104), vary=0.3)
    brush.column(x, half, ((SKY, 1.0), (FLOOR, 1.0)), metal)
    y = rng.uniform(0.1, 0.4)
    brush.rectangle(x - half * 1.3, y, x + half * 1.3, y + 0.05, shade(metal, 0.7))


def car(brush: Brush, rng: Random):
    """A car's bonnet in front of the legs."""
    top, side = rng.uniform(0.62, 0.80), rng.choice((-1, 1))
    body = _tone(rng, (150, 30, 34), (40, 60, 120), (190, 192, 196), vary=0.2)
    edge = rng.uniform(-0.10, 0.12) * side
    outline = [(edge, top + 0.05), (edge + 0.05 * side, top + 0.01)]
    outline += [(edge + 0.9 * side, top - 0.06), (2.0 * side, top - 0.06)]
    brush.polygon([*outline, (2.0 * side, 1.1), (edge, 1.1)], body)
    shine = [(x, y + 0.02) for x, y in outline] + outline[::-1]
    brush.polygon(shine, shade(body, 1.45))
    brush.ellipse(edge + 0.05 * side, top + 0.10, 0.035, 0.026, (238, 234, 206))
    brush.ellipse(edge + 0.26 * side, 1.06, 0.13, 0.13, (26, 26, 28))


def bench(brush: Brush, rng: Random):
    """A bench's back in front of the thighs."""
    y, wood = rng.uniform(0.56, 0.68), _tone(rng, (132, 94, 60), vary=0.2)
    left = rng.uniform(-0.5, -0.1)
    right = left + 0.6
    for x in (left + 0.05, right - 0.05):
        brush.rectangle(x - 0.012, y, x + 0.012, 1.02, (52, 54, 58))
    for top in (y + 0.065 * n for n in range(3)):
        brush.rectangle(left, top, right, top + 0.046, shade(wood, 0.7))
        brush.rectangle(left, top, right, top + 0.036, wood)


def sign(brush: Brush, rng: Random):
    """A board on a stand at one side."""
    x = rng.choice((-1, 1)) * rng.uniform(0.10, 0.20)
    y = rng.uniform(0.30, 0.55)
    board = _tone(rng, (222, 190, 60), (60, 120, 80), (214, 214, 210))
    brush.rectangle(x - 0.01, y, x + 0.01, 1.02, (70, 72, 76))
    brush.rectangle(x - 0.10, y, x + 0.10, y + 0.24, shade(board, 0.6))
    brush.rectangle(x - 0.09, y + 0.01, x + 0.09, y + 0.23, board)
    for line in (y + 0.05 + 0.06 * n for n in range(3)):
        brush.rectangle(x - 0.06, line, x + 0.06, line + 0.018, shade(board, 0.45))


OCCLUDERS = (pole, car, bench, sign)
