"""Pictures as they come to training: from the cache, and decoded from JPEG files."""

import tempfile
from functools import partial
from pathlib import Path

import numpy as np
import torch
from PIL import Image

from bench.tasks import Task
from reprolib.data.dataset import Dataset, Picture
from reprolib.data.pictures import load

KEPT, DECODED, READ, BATCH = 12_936, 1_000, 20_000, 160
HEIGHT, WIDTH = 128, 64


def write(folder, count):
    """`count` JPEG files of Market1501's size, as grainy as photographs."""
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


def batches(images, generator):
    """READ pictures in random batches."""
    for _ in range(READ // BATCH):
        images.index_select(
            0, torch.randint(len(images), (BATCH,), generator=generator)
        )


def reading_tasks():
    with tempfile.TemporaryDirectory() as folder:
        dataset = write(Path(folder), KEPT)
        kept = load(dataset, "train", HEIGHT, WIDTH, folder=Path(folder, "cache"))
        few = Dataset("few", *(dataset.train[:DECODED],) * 3)
        yield Task(
            f"{READ:,} pictures of {HEIGHT} x {WIDTH} from the warm cache",
            "s",
            1,
            partial(batches, kept.images, torch.Generator().manual_seed(0)),
            partial(load, few, "train", HEIGHT, WIDTH),
            READ / DECODED,
            threads=2,
        )
