"""How fast pictures come to training: from the cache, and decoded from JPEG files.

Run `python tests/bench_data.py [COUNT]`; it writes COUNT grainy JPEG files, as many as
Market1501 has for training if not said otherwise, into a temporary folder.
"""

import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import torch
from PIL import Image

from reprolib.data.dataset import Dataset, Picture
from reprolib.data.pictures import load

BATCH, HEIGHT, WIDTH, SECONDS = 160, 128, 64, 3.0


def write(folder: Path, count: int) -> Dataset:
    """`count` JPEG files of Market1501's size (128 x 64), as grainy as photographs."""
    rng, pictures = np.random.default_rng(0), []
    for i in range(count):
        coarse = rng.integers(0, 256, (8, 4, 3), dtype=np.uint8)
        image = Image.fromarray(coarse).resize((WIDTH, HEIGHT), Image.BICUBIC)
        grain = rng.normal(0, 8, (HEIGHT, WIDTH, 3))
        pixels = np.clip(np.asarray(image) + grain, 0, 255).astype(np.uint8)
        path = folder / f"{i:06d}.jpg"
        Image.fromarray(pixels).save(path, quality=90)
        pictures.append(Picture(path, 1 + i // 10, 1 + i % 6))
    return Dataset("bench", *(tuple(pictures),) * 3)


def rate(images: torch.Tensor) -> float:
    """Pictures a second in random batches of 160, mean over three seconds."""
    generator, done, start = torch.Generator().manual_seed(0), 0, time.perf_counter()
    while (spent := time.perf_counter() - start) < SECONDS:
        index = torch.randint(len(images), (BATCH,), generator=generator)
        done += len(images.index_select(0, index))
    return done / spent


def main() -> None:
    torch.set_num_threads(1)  # as the book runs; copying bytes gains nothing by two
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 12_936
    with tempfile.TemporaryDirectory() as folder:
        dataset = write(Path(folder), count)
        size = "train", HEIGHT, WIDTH
        start = time.perf_counter()
        pixels = load(dataset, *size, folder=Path(folder, "cache"))
        made = count / (time.perf_counter() - start)
        start = time.perf_counter()
        pixels = load(dataset, *size, folder=Path(folder, "cache"))
        opened = time.perf_counter() - start
        few = Dataset("few", *(dataset.train[:1000],) * 3)
        start = time.perf_counter()
        load(few, *size)
        decoded = 1000 / (time.perf_counter() - start)
        print(f"{count} JPEG files of {HEIGHT} x {WIDTH}, random batches of {BATCH}")
        print(f"JPEG, decoded one after the other  {decoded:10,.0f} images/s")
        print(f"JPEG, decoded to fill the cache    {made:10,.0f} images/s")
        print(
            f"warm cache, mapped into memory     {rate(pixels.images):10,.0f} images/s"
        )
        print(f"opening the warm cache took {opened:.2f} s")


if __name__ == "__main__":
    main()
