"""A pool of tiny pictures for the study's tests, and distances between them."""

from pathlib import Path

import numpy as np
from PIL import Image

from reprolib.data.dataset import Picture
from reprolib.human.pool import PicturePool


def pool(folder: Path, people=30, shots=6, cameras=5, noise=0.9, seed=0, kind="png"):
    """A `PicturePool` of random pictures, and its (Q, G) distances.

    Cameras have unlike numbers of queries; the gallery holds `shots` of everybody,
    distractors and junk.
    """
    folder.mkdir(parents=True, exist_ok=True)
    rng = np.random.default_rng(seed)
    centres = rng.normal(size=(people + 1, 6))

    def picture(split, number, pid, camid):
        path = folder / f"{split}-{pid}-{camid}-{number}.{kind}"
        pixels = rng.integers(0, 256, (8, 4, 3), dtype=np.uint8)
        Image.fromarray(pixels).save(path)
        return Picture(path, pid, camid)

    everybody = range(1, people + 1)
    asked = [(n, 1 + (n + k) % (1 + n % cameras)) for n in everybody for k in (0, 1)]
    shown = [(n, 1 + (n + k) % cameras) for n in everybody for k in range(shots)]
    shown += [(0, 1 + k % cameras) for k in range(10)] + [(-1, 1)] * 5
    query = tuple(picture("q", n, *who) for n, who in enumerate(asked))
    gallery = tuple(picture("g", n, *who) for n, who in enumerate(shown))
    a, b = (
        np.array([centres[max(p.pid, 0)] + noise * rng.normal(size=6) for p in some])
        for some in (query, gallery)
    )
    distance = np.linalg.norm(a[:, None] - b[None], axis=2)
    return PicturePool("shelf", query, gallery), distance
