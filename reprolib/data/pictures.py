"""From files to tensors: decoding, the error of the box, and augmentation."""

from dataclasses import dataclass
from pathlib import Path

import torch
from PIL import Image
from torchvision.transforms.v2 import functional as F

from reprolib.data import cache, digest
from reprolib.data.dataset import Dataset, Picture, camids, pids, tracklets
from reprolib.errors import ReproError

IMAGENET_MEAN, IMAGENET_STD = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)
MAX_SHIFT, MAX_SCALE = 0.20, 1.25


@dataclass(frozen=True)
class Pixels:
    """Decoded pictures. `images: (N, 3, H, W)` uint8; `pids`, `camids: (N,)` int64.

    `tracklets: (N,)` int64, 0 for a picture on its own. Where the pictures stand for
    whole tracklets, `frames` holds all frames of them. `sets: (N,)` numbers the data
    set each picture is from, where several are joined.
    """

    images: torch.Tensor
    pids: torch.Tensor
    camids: torch.Tensor
    tracklets: torch.Tensor | None = None
    frames: "Pixels | None" = None
    sets: torch.Tensor | None = None

    def __len__(self) -> int:
        return len(self.images)


def load(
    dataset: Dataset,
    split: str,
    height: int,
    width: int,
    box_error: float = 0.0,
    folder: str | Path | None = None,
) -> Pixels:
    """Decode one split at `height` x `width`, with its boxes as wrong as `box_error`.

    Pictures that were drawn with wrong boxes (`boxes_drawn`) are taken as they are.
    With a `folder` they are decoded once and kept there, as `cache.pixels` says.
    Raises `ReproError` naming the file that cannot be decoded. Taught in chapter 1.
    """
    pictures = getattr(dataset, split)
    strength = 0.0 if dataset.boxes_drawn else box_error

    def image(i: int) -> torch.Tensor:
        moved = move_box(decode(pictures[i]), strength, seed=i)
        return F.resize(moved, [height, width], antialias=True)

    if folder is None:
        images = torch.empty(len(pictures), 3, height, width, dtype=torch.uint8)
        for i in range(len(pictures)):
            images[i] = image(i)
    else:
        paths = [picture.path for picture in pictures]
        name, how = f"{dataset.name}-{split}", f"box {strength}"
        code = digest.code(__file__)
        images = cache.pixels(folder, name, paths, (height, width), how, code, image)
    sets = None
    if split == "train" and dataset.sets is not None:
        sets = torch.tensor(dataset.sets)
    labels = pids(pictures), camids(pictures), tracklets(pictures)
    return Pixels(images, *labels, sets=sets)


def decode(picture: Picture) -> torch.Tensor:
    """One picture as `(3, H, W)` uint8, or `ReproError` naming the broken file."""
    try:
        with Image.open(picture.path) as image:
            return F.pil_to_tensor(image.convert("RGB"))
    except Exception as error:  # a broken PNG raises whatever it likes
        raise ReproError(
            f"{picture.path}: the picture cannot be read ({error}); expected a whole "
            "JPEG, PNG or BMP file. Unpack the data set again."
        ) from error


def move_box(image: torch.Tensor, strength: float, seed: int) -> torch.Tensor:
    """Crop `image: (3, H, W)` again as a bad detector would; edges are repeated.

    At strength 1 the box moves by up to 20 % of the height and its size changes by a
    factor between 0.8 and 1.25; both grow linearly (the scale in its logarithm).
    Deterministic in `seed`, and in the same direction for every strength. Chapter 5.
    """
    if strength == 0:
        return image
    draw = torch.rand(3, generator=torch.Generator().manual_seed(seed)) * 2 - 1
    height, width = image.shape[-2:]
    scale = MAX_SCALE ** (strength * float(draw[0]))
    new_height, new_width = round(height * scale), round(width * scale)
    top = (height - new_height) / 2 + strength * MAX_SHIFT * height * float(draw[1])
    left = (width - new_width) / 2 + strength * MAX_SHIFT / 2 * width * float(draw[2])
    pad = int(max(height, width))
    padded = F.pad(image, [pad], padding_mode="edge")
    return F.crop(padded, round(top) + pad, round(left) + pad, new_height, new_width)


def normalise(images: torch.Tensor) -> torch.Tensor:
    """uint8 `(N, 3, H, W)` to float with ImageNet's mean and standard deviation."""
    return F.normalize(F.to_dtype(images, scale=True), IMAGENET_MEAN, IMAGENET_STD)


def augment(images: torch.Tensor, crop_padding: float, seed: int) -> torch.Tensor:
    """The paper's augmentation: each picture is flipped or not, and cropped. Chapter 1.

    `images: (N, 3, H, W)` -> the same. The crop moves by up to `crop_padding` of the
    picture in both directions, by whole pixels, all equally likely; edges are repeated.
    Depends on `seed` alone.
    """
    n, channels, height, width = images.shape
    generator = torch.Generator().manual_seed(seed)

    def moved(length: int) -> torch.Tensor:
        """For each picture, which row (or column) comes to each place: (N, length)."""
        most = round(length * crop_padding)
        by = torch.randint(-most, most + 1, (n, 1), generator=generator)
        return (torch.arange(length) + by).clamp_(0, length - 1)

    flipped = torch.rand(n, 1, generator=generator) < 0.5
    rows, columns = moved(height), moved(width)
    columns = torch.where(flipped, width - 1 - columns, columns)
    source = (rows[:, :, None] * width + columns[:, None]).view(n, 1, -1)
    source = source.to(images.device).expand(-1, channels, -1)
    return images.flatten(2).gather(2, source).view(images.shape)
