"""Decoding, the moved box and augmentation."""

from collections import Counter
from dataclasses import replace
from itertools import product
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image
from torchvision.transforms.v2 import functional

from reprolib.data.dataset import Dataset, Picture
from reprolib.data.pictures import augment, load, move_box, normalise
from reprolib.errors import ReproError


def ramp(height=100, width=40):
    """A picture whose value is its row, so that a crop can be read off."""
    rows = torch.arange(height, dtype=torch.uint8)
    return rows[None, :, None].expand(3, height, width).contiguous()


def write(folder: Path, count=3, size=(40, 100)) -> Dataset:
    pictures = []
    for i in range(count):
        path = folder / f"{i}.png"
        Image.fromarray(np.full((size[1], size[0], 3), 40 * i, np.uint8)).save(path)
        pictures.append(Picture(path, i + 1, 1 + i % 2))
    return Dataset("made up", *(tuple(pictures),) * 3)


def test_load_gives_pixels_pids_and_camids_in_order(tmp_path):
    pixels = load(write(tmp_path), "query", 112, 56)
    assert pixels.images.shape == (3, 3, 112, 56) and pixels.images.dtype == torch.uint8
    assert [int(x.unique()) for x in pixels.images] == [0, 40, 80]
    assert pixels.pids.tolist() == [1, 2, 3] and pixels.camids.tolist() == [1, 2, 1]


@pytest.mark.parametrize("damage", ["truncated", "text", "missing"])
def test_a_picture_that_cannot_be_read_is_named(tmp_path, damage):
    dataset = write(tmp_path, size=(200, 300))
    broken = dataset.query[1].path
    if damage == "missing":
        broken.unlink()
    else:
        data = broken.read_bytes()[:-80] if damage == "truncated" else b"no picture"
        broken.write_bytes(data)
    with pytest.raises(ReproError, match=r"1\.png.*cannot be read.*expected"):
        load(dataset, "query", 112, 56)


def test_a_moved_box_grows_in_one_direction_and_repeats_the_edge():
    picture = ramp()
    assert move_box(picture, 0.0, seed=1) is picture
    for seed in range(20):
        small, large = (move_box(picture, s, seed) for s in (0.5, 1.0))
        heights = [x.shape[1] - 100 for x in (small, large)]
        assert heights[0] * heights[1] >= 0 and abs(heights[0]) <= abs(heights[1])
        assert 79 <= large.shape[1] <= 125
        rows = large[0, :, 0].long()
        assert ((rows[1:] - rows[:-1]) >= 0).all()  # never folded over
        middle = rows[len(rows) // 2].item()
        assert abs(middle - 50) <= 21
        assert torch.equal(large, move_box(picture, 1.0, seed))


def test_the_box_error_of_drawn_pictures_is_not_applied_twice(tmp_path):
    dataset = write(tmp_path)
    Image.fromarray(ramp().permute(1, 2, 0).numpy()).save(dataset.query[0].path)
    drawn = Dataset("drawn", *(dataset.query,) * 3, boxes_drawn=True)
    still = load(drawn, "query", 100, 40, box_error=1.0).images[0]
    moved = load(dataset, "query", 100, 40, box_error=1.0).images[0]
    assert torch.equal(still, ramp()) and not torch.equal(moved, ramp())


def test_photographs_with_landmarks_obey_the_box_error(tmp_path):
    dataset = replace(write(tmp_path), landmarks={"0.png": (0.1, 0.2, 0.4, 0.7, 0.9)})
    Image.fromarray(ramp().permute(1, 2, 0).numpy()).save(dataset.query[0].path)
    moved = load(dataset, "query", 100, 40, box_error=1.0).images[0]
    assert not torch.equal(moved, ramp())


def test_normalise_uses_imagenets_mean_and_deviation():
    grey = torch.full((2, 3, 4, 4), 128, dtype=torch.uint8)
    mean, deviation = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)
    for channel, (m, s) in enumerate(zip(mean, deviation, strict=True)):
        value = normalise(grey)[0, channel, 0, 0]
        assert value == pytest.approx((128 / 255 - m) / s, abs=1e-6)


def test_augmentation_flips_and_crops_each_picture_on_its_own_reproducibly():
    images = torch.randint(0, 256, (32, 3, 40, 20), dtype=torch.uint8)
    state = torch.get_rng_state()
    once, again = (augment(images, 0.1, seed=5) for _ in range(2))
    assert torch.equal(once, again) and once.shape == images.shape
    assert torch.equal(state, torch.get_rng_state())  # nobody else's numbers move
    assert not torch.equal(once, augment(images, 0.1, seed=6))
    flat = images[:1].expand(32, -1, -1, -1)
    assert len({x.numpy().tobytes() for x in augment(flat, 0.1, seed=1)}) > 10


def test_an_augmented_picture_is_a_flip_and_a_crop_each_as_likely_as_another():
    """A plain loop forms all that can become of each picture; what comes is counted."""
    kinds, count, (height, width), (down, right) = 20, 6000, (20, 10), (2, 1)
    generator = torch.Generator().manual_seed(7)
    shape = kinds, 3, height, width
    images = torch.randint(0, 256, shape, generator=generator, dtype=torch.uint8)
    possible = [{} for _ in images]
    for image, crops in zip(images, possible, strict=True):
        for flip in (False, True):
            turned = functional.hflip(image) if flip else image
            padded = functional.pad(turned, [right, down], padding_mode="edge")
            for top, left in product(range(2 * down + 1), range(2 * right + 1)):
                crop = functional.crop(padded, top, left, height, width)
                crops[crop.numpy().tobytes()] = flip, top, left
    batch = images.repeat(count // kinds, 1, 1, 1)
    happened = Counter(
        possible[i % kinds][image.numpy().tobytes()]  # a KeyError: no flip and crop
        for i, image in enumerate(augment(batch, 0.1, seed=0))
    )
    # Bounds are five standard deviations to either side of the mean.
    assert len(happened) == 30 and all(130 < n < 270 for n in happened.values())
    assert 2806 < sum(n for (flip, *_), n in happened.items() if flip) < 3194
    for axis, mean, deviation in ((1, down, 2**0.5), (2, right, (2 / 3) ** 0.5)):
        total = sum(n * what[axis] for what, n in happened.items())
        assert abs(total / count - mean) < 5 * deviation / count**0.5


def test_augmentation_depends_on_its_seed_alone():
    images = ramp(40, 20).expand(32, -1, -1, -1)
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(1)
        one = augment(images, 0.1, seed=3)
        torch.manual_seed(2)
        assert torch.equal(one, augment(images, 0.1, seed=3))
    assert torch.equal(augment(images, 0.0, seed=3), images)  # rows show no flip


def test_an_empty_split_is_refused():
    picture = (Picture(Path("a.png"), 1, 1),)
    with pytest.raises(ReproError, match="the query split is empty"):
        Dataset("made up", picture, (), picture)
