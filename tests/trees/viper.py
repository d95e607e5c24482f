"""A small VIPeR in its true layout: one picture a person from each of two cameras."""

from pathlib import Path

from PIL import Image

from reprolib.data import drawn

SPEC = drawn.DrawnSpec(48, 1, 1, 3, 0, 0, 0.2, 128, 48, 2)
# The angle of view in the file name by the camera of the drawn people.
CAMERAS = {"cam_a": ((1, 0), (2, 45), (3, 90)), "cam_b": ((4, 90), (5, 135), (6, 180))}


def write(root: Path, people: int = SPEC.train_ids) -> Path:
    """The tree in `root`; numbers start at 000, and every tenth is missing."""
    for folder, views in CAMERAS.items():
        (root / folder).mkdir(parents=True, exist_ok=True)
        for person in range(people):
            camid, angle = views[person % len(views)]
            pixels, _ = drawn.draw(SPEC, person + 1, camid, 0)
            name = f"{person + person // 9:03d}_{angle}.bmp"
            Image.fromarray(pixels).save(root / folder / name)
    return root
