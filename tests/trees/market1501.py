"""A small Market1501 in its true layout, with some of the 500,000 distractors.

Identities 1 to 24 train, 25 to 48 are tested; MARS's tree shows the same people.
"""

from pathlib import Path

from PIL import Image

from reprolib.data import drawn

SPEC = drawn.DrawnSpec(24, 4, 24, 4, 4, 2, 0.2, 128, 64, 0)
BESIDE = ("bounding_box_train", "bounding_box_test", "query", "images")


def write(root: Path, spec: drawn.DrawnSpec = SPEC, distractors: int = 6) -> Path:
    """The tree in `root`: what the two archives hold, but for gt_bbox and gt_query."""
    for name in BESIDE:
        (root / name).mkdir(parents=True, exist_ok=True)
    for (file, *_), (_, *shot) in zip(
        drawn.files(spec), drawn.shots(spec), strict=True
    ):
        _save(drawn.draw(spec, *shot)[0], root / file)
    for shot in range(distractors):
        camid, number = 1 + shot % 6, spec.distractors + shot
        name = f"0000_c{camid}s2_{number:06d}_00.jpg"
        _save(drawn.draw(spec, 0, camid, number)[0], root / "images" / name)
    for name in BESIDE[:3]:
        (root / name / "Thumbs.db").write_bytes(b"left by Windows")
    (root / "readme.txt").write_text("A small tree of drawn people.\n")
    return root


def _save(pixels, path: Path) -> None:
    Image.fromarray(pixels).save(path, quality=95, subsampling=0)
