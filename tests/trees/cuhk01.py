"""A small CUHK01 in its true layout: two pictures a person from each of two cameras."""

from pathlib import Path

from PIL import Image

from reprolib.data import drawn

SPEC = drawn.DrawnSpec(49, 1, 1, 3, 0, 0, 0.2, 160, 60, 5)
# The camera of the drawn people for each of the four pictures.
CAMERAS = {1: 1, 2: 1, 3: 4, 4: 4}


def write(root: Path, people: int = SPEC.train_ids) -> Path:
    """The tree in `root`; person numbers start at 1."""
    (root / "campus").mkdir(parents=True, exist_ok=True)
    for person in range(1, people + 1):
        for number, camid in CAMERAS.items():
            pixels, _ = drawn.draw(SPEC, person, camid, number)
            name = f"{person:04d}{number:03d}.png"
            Image.fromarray(pixels).save(root / "campus" / name)
    return root
