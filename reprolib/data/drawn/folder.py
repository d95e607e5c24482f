"""A drawn data set on the disk: a folder named after all that decides its pictures."""

import json
import os
from dataclasses import asdict
from pathlib import Path

import pandas as pd
from PIL import Image
from tqdm import tqdm

from reprolib.data import digest
from reprolib.data.drawn.camera import draw
from reprolib.data.drawn.shots import DrawnSpec, files, shots
from reprolib.data.writing import aside


def place(spec: DrawnSpec, drawn_root: str | Path) -> Path:
    """The folder below `drawn_root` of what this code draws by `spec`."""
    kind = f"drawn-{spec.extra_people}" if spec.extra_people else "drawn"
    key = digest.of([asdict(spec), digest.code(Path(__file__).parent)])
    return Path(drawn_root) / f"{kind}-box{round(100 * spec.box_error):03d}-{key}"


def make(spec: DrawnSpec, drawn_root: str | Path) -> Path:
    """Draw the whole set into its folder unless it is there; returns the folder.

    Raises `ReproError` if something else lies in its place. Nothing is left behind if
    it fails half way. Used by every chapter from 1 on.
    """
    folder = place(spec, drawn_root)
    done = folder / "spec.json"
    if done.is_file():
        return folder
    with aside(folder.parent) as work:
        whole = work / "whole"
        whole.mkdir()
        _draw_all(spec, whole)
        try:
            os.replace(whole, folder)
        except OSError:
            # Another process may have finished the same set first.
            if not done.is_file():
                raise
    return folder


def _draw_all(spec: DrawnSpec, root: Path) -> None:
    for folder in ("bounding_box_train", "query", "bounding_box_test"):
        (root / folder).mkdir()
    rows = []
    todo = list(zip(files(spec), shots(spec), strict=True))
    for (file, *_), (_, *shot) in tqdm(todo, "drawing", unit="picture", leave=False):
        pixels, landmarks = draw(spec, *shot)
        Image.fromarray(pixels).save(root / file, quality=95, subsampling=0)
        rows.append((file.name, *(round(y, 5) for y in landmarks)))
    columns = ("file", "crown", "neck", "waist", "knees", "soles")
    pd.DataFrame(rows, columns=columns).to_csv(root / "landmarks.csv", index=False)
    (root / "spec.json").write_text(json.dumps(asdict(spec), indent=2) + "\n")
