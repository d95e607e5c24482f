"""The body of a drawn pedestrian: a walking skeleton seen from any side.

Body coordinates: y runs down from the crown (0) to the soles of a standing figure (1),
x to the figure's left, z to its front. An adult is seven and a half heads tall.
"""

import math
from dataclasses import dataclass

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
HEEL_RADIUS, TOE_RADIUS = 0.022, 0.021
# The camera looks down a little: what is nearer lies lower in the picture.
TILT = 0.13
HAT_HEIGHT = {"none": 0.0, "cap": 0.006, "beanie": 0.012, "brimmed hat": 0.022}
HAIR_HEIGHT = 0.006


@dataclass(frozen=True)
class Pose:
    """`yaw` 0 faces the viewer, pi/2 walks to the right; `phase` of a walking cycle."""

    yaw: float
    phase: float
    stride: float


class Figure:
    """One pedestrian in one pose: its joints (x, y, depth) as the viewer sees them."""

    def __init__(self, person: Pedestrian, pose: Pose):
        self.person, self.pose = person, pose
        self.cos, self.sin = math.cos(pose.yaw), math.sin(pose.yaw)
        build = BUILDS[person.build]
        self.shoulder, self.chest, self.waist, self.hip = build[:4]
        self.depth, self.girth = build[4:]
        self.legs = [self._leg(side) for side in (1, -1)]
        self.arms = [self._arm(side) for side in (1, -1)]
        self.head = self.seen(0.0, 0.068, 0.012)

    def seen(self, x: float, y: float, z: float) -> tuple[float, float, float]:
        """Where the viewer sees a body point: across, down, and how near it is."""
        depth = z * self.cos - x * self.sin
        return x * self.cos + z * self.sin, y + TILT * depth, depth

    def half(self, width: float, depth: float) -> float:
        """Half width, as seen, of an oval trunk section."""
        return math.hypot(width * self.cos, depth * self.depth * self.sin)

    def _leg(self, side: int) -> tuple:
        """Hip, knee, ankle, heel and toe."""
        swing = self.pose.stride * math.sin(self.pose.phase) * side
        lifted = max(0.0, math.cos(self.pose.phase) * side)
        bend = self.pose.stride * (0.25 + 1.1 * lifted)
        x = side * self.hip * 0.52
        knee_y = HIP_Y + THIGH * math.cos(swing)
        knee_z = THIGH * math.sin(swing)
        ankle_y = knee_y + SHANK * math.cos(swing - bend)
        ankle_z = knee_z + SHANK * math.sin(swing - bend)
        dip = 0.6 * max(0.0, bend - swing)
        toe = (ankle_y + 0.019 + 0.07 * math.sin(dip), ankle_z + 0.07 * math.cos(dip))
        return (
            self.seen(x, HIP_Y, 0.0),
            self.seen(x * 0.95, knee_y, knee_z),
            self.seen(x * 0.9, ankle_y, ankle_z),
            self.seen(x * 0.9, ankle_y + 0.018, ankle_z - 0.012),
            self.seen(x * 1.15, *toe),
        )

    def _arm(self, side: int) -> tuple:
        """Shoulder, elbow, wrist and hand."""
        swing = -0.8 * self.pose.stride * math.sin(self.pose.phase) * side
        bend = 0.25 + 0.5 * self.pose.stride
        x = side * (self.shoulder - 0.022 * self.girth)
        elbow = (SHOULDER_Y + UPPER_ARM * math.cos(swing), UPPER_ARM * math.sin(swing))
        wrist = (
            elbow[0] + FOREARM * math.cos(swing + bend),
            elbow[1] + FOREARM * math.sin(swing + bend),
        )
        out = side * 0.022 * self.girth
        return (
            self.seen(x, SHOULDER_Y, 0.0),
            self.seen(x + out, *elbow),
            self.seen(x + 1.4 * out, *wrist),
            self.seen(x + 1.4 * out, wrist[0] + 0.026, wrist[1] + 0.006),
        )

    def landmarks(self) -> tuple[float, float, float, float, float]:
        """Body heights of crown (hair and hat with it), neck, waist, knees, soles."""
        crown = -HAT_HEIGHT[self.person.hat] + TILT * self.head[2]
        if self.person.hat == "none" and self.person.hair != "bald":
            crown -= HAIR_HEIGHT
        knees = sum(leg[1][1] for leg in self.legs) / 2
        return crown, NECK, WAIST, knees, max(self.sole(leg) for leg in self.legs)

    @staticmethod
    def sole(leg: tuple) -> float:
        """Body height of the lowest point of a leg's shoe."""
        return max(leg[3][1] + HEEL_RADIUS, leg[4][1] + TOE_RADIUS)

    def shadow(self, brush: Brush):
        """A soft shadow on the ground under the feet."""
        feet = [leg[3] for leg in self.legs]
        x = sum(f[0] for f in feet) / 2
        y = max(self.sole(leg) for leg in self.legs) - 0.016
        spread = 0.10 + abs(feet[0][0] - feet[1][0]) / 2
        for grow, opacity in ((1.25, 34), (1.0, 44), (0.7, 60)):
            brush.ellipse(
                x + 0.02, y, spread * grow, 0.030 * grow, (10, 10, 20, opacity)
            )
