"""The body of a drawn pedestrian: a walking skeleton seen from any side.

Body coordinates: y runs down from the crown (0) to the soles of a standing figure (1),
x to the figure's left, z to its front. An adult is seven and a half heads tall.
"""

import math

from reprolib.data.drawn.brush import Brush
from reprolib.data.drawn.pedestrian import Pedestrian

# Half widths of shoulders, chest, waist, hips; depth of the trunk; thickness of limbs.
BUILDS = {
    "slim": (0.106, 0.088, 0.066, 0.080, 0.85, 0.86),
    "average": (0.118, 0.098, 0.079, 0.088, 1.00, 1.00),
    "broad": (0.136, 0.114, 0.090, 0.093, 1.10, 1.12),
    "heavy": (0.126, 0.116, 0.116, 0.114, 1.40, 1.20),
}
NECK, WAIST = 0.165, 0.41
SHOULDER_Y, UPPER_ARM, FOREARM = 0.214, 0.155, 0.145
HIP_Y, THIGH, SHANK = 0.48, 0.245, 0.235
HEEL, TOE = 0.022, 0.021  # half widths of a shoe
# The camera looks down a little: what is nearer lies lower in the picture.
TILT = 0.13
HAT_HEIGHT = {"cap": 0.006, "beanie": 0.012, "brimmed hat": 0.022}
HAIR_HEIGHT = 0.006


def _hang(y: float, z: float, length: float, swing: float) -> tuple[float, float]:
    """Where a bone of that length ends that hangs from (y, z)."""
    return y + length * math.cos(swing), z + length * math.sin(swing)


class Figure:
    """One pedestrian in one pose: its joints (x, y, depth) as the viewer sees them.

    `yaw` 0 faces the viewer, pi/2 walks to the right; `phase` is that of a walking
    cycle and `stride` how far it swings the legs (all in radians).
    """

    def __init__(self, person: Pedestrian, yaw: float, phase: float, stride: float):
        self.person, self.cos, self.sin = person, math.cos(yaw), math.sin(yaw)
        build = BUILDS[person.build]
        self.shoulder, self.chest, self.waist, self.hip, self.depth, self.girth = build
        self.legs = [self._leg(side, phase, stride) for side in (1, -1)]
        self.arms = [self._arm(side, phase, stride) for side in (1, -1)]
        self.head = self.seen(0.0, 0.068, 0.012)

    def seen(self, x: float, y: float, z: float) -> tuple[float, float, float]:
        """Where the viewer sees a body point: across, down, and how near it is."""
        depth = z * self.cos - x * self.sin
        return x * self.cos + z * self.sin, y + TILT * depth, depth

    def half(self, width: float, depth: float) -> float:
        """Half width, as seen, of an oval trunk section."""
        return math.hypot(width * self.cos, depth * self.depth * self.sin)

    def _leg(self, side: int, phase: float, stride: float) -> tuple:
        """Hip, knee, ankle, heel and toe."""
        swing = stride * math.sin(phase) * side
        bend = stride * (0.25 + 1.1 * max(0.0, math.cos(phase) * side))
        dip = 0.6 * max(0.0, bend - swing)
        knee = _hang(HIP_Y, 0.0, THIGH, swing)
        y, z = _hang(*knee, SHANK, swing - bend)
        toe = y + 0.019 + 0.07 * math.sin(dip), z + 0.07 * math.cos(dip)
        x = side * self.hip * 0.52
        return (
            self.seen(x, HIP_Y, 0.0),
            self.seen(x * 0.95, *knee),
            self.seen(x * 0.9, y, z),
            self.seen(x * 0.9, y + 0.018, z - 0.012),
            self.seen(x * 1.15, *toe),
        )

    def _arm(self, side: int, phase: float, stride: float) -> tuple:
        """Shoulder, elbow, wrist and hand."""
        swing = -0.8 * stride * math.sin(phase) * side
        elbow = _hang(SHOULDER_Y, 0.0, UPPER_ARM, swing)
        y, z = _hang(*elbow, FOREARM, swing + (0.25 + 0.5 * stride))
        out = side * 0.022 * self.girth
        x = side * (self.shoulder - 0.022 * self.girth)
        return (
            self.seen(x, SHOULDER_Y, 0.0),
            self.seen(x + out, *elbow),
            self.seen(x + 1.4 * out, y, z),
            self.seen(x + 1.4 * out, y + 0.026, z + 0.006),
        )

    def landmarks(self) -> tuple[float, float, float, float, float]:
        """Body heights of crown (hair and hat with it), neck, waist, knees, soles."""
        hair = 0.0 if self.person.hair == "bald" else HAIR_HEIGHT
        crown = TILT * self.head[2] - HAT_HEIGHT.get(self.person.hat, hair)
        knees = sum(leg[1][1] for leg in self.legs) / 2
        soles = max(max(h[1] + HEEL, t[1] + TOE) for *_, h, t in self.legs)
        return crown, NECK, WAIST, knees, soles

    def shadow(self, brush: Brush):
        """A soft shadow on the ground under the feet."""
        a, b = (heel[0] for *_, heel, _ in self.legs)
        x, y = (a + b) / 2 + 0.02, self.landmarks()[-1] - 0.016
        spread = 0.10 + abs(a - b) / 2
        for grow, opacity in ((1.25, 34), (1.0, 44), (0.7, 60)):
            brush.ellipse(x, y, spread * grow, 0.030 * grow, (10, 10, 20, opacity))
