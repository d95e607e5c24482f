"""The six cameras that photograph drawn pedestrians: colours, gamma, blur and noise."""

from dataclasses import dataclass
from random import Random

import numpy as np
from PIL import Image, ImageFilter


@dataclass(frozen=True)
class Camera:
    """What one camera does to colours, and what lies behind the people it sees.

    `white` are the gains of red, green and blue, `saturation` 1 keeps colours as they
    are, `gamma` above 1 darkens, `blur` is a radius in pixels of a crop 112 high, and
    `noise` the standard deviation in grey levels. Chapter 1.
    """

    backdrop: str
    white: tuple[float, float, float]
    saturation: float
    gamma: float
    gain: float
    blur: float
    noise: float


CAMERAS = {
    1: Camera("street", (1.00, 1.00, 1.00), 1.00, 1.00, 1.00, 0.0, 2.0),
    2: Camera("brick wall", (1.06, 1.00, 0.91), 0.94, 0.94, 0.98, 0.4, 3.0),
    3: Camera("park", (0.96, 1.03, 0.96), 1.10, 1.08, 1.04, 0.2, 2.0),
    4: Camera("hall", (1.05, 0.99, 0.89), 0.88, 0.94, 1.03, 0.4, 3.0),
    5: Camera("crossing", (0.93, 0.99, 1.08), 1.02, 1.05, 0.96, 0.3, 3.0),
    6: Camera("underpass", (0.99, 1.03, 0.95), 0.80, 1.14, 0.90, 0.5, 4.0),
}
GREY = (0.299, 0.587, 0.114)


def develop(
    image: Image.Image, camera: Camera, rng: Random, noise: np.random.Generator
) -> np.ndarray:
    """The picture as the camera records it, uint8 (height, width, 3).

    Each shot wanders a little around the camera's own white balance, gain and gamma.
    """
    if camera.blur:
        radius = camera.blur * image.height / 112
        image = image.filter(ImageFilter.BoxBlur(radius))
    image = image.convert("RGB", _matrix(camera, rng))
    gamma = camera.gamma * rng.uniform(0.95, 1.06)
    curve = 255 * np.linspace(0, 1, 256, dtype=np.float32) ** np.float32(gamma)
    pixels = noise.standard_normal((*image.size[::-1], 3), dtype=np.float32)
    pixels *= camera.noise
    pixels += curve[np.asarray(image)]
    return np.clip(pixels + 0.5, 0, 255, out=pixels).astype(np.uint8)


def _matrix(camera: Camera, rng: Random) -> tuple[float, ...]:
    """Rows (r, g, b, offset): saturation around grey, then the gain of each channel."""
    gain = camera.gain * rng.uniform(0.90, 1.10)
    rows = []
    for channel, white in enumerate(camera.white):
        g = gain * white * rng.uniform(0.97, 1.03)
        s = camera.saturation
        row = [g * ((1 - s) * GREY[n] + s * (n == channel)) for n in range(3)]
        rows += [*row, 0.0]
    return tuple(rows)
