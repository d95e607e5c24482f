"""Registration: crops that were moved by a known box are found where they lie."""

import numpy as np
import pytest
import torch
from torchvision.transforms.v2 import functional as F

from reprolib.data.pictures import Pixels, move_box
from reprolib.errors import ReproError
from reprolib.study import registration

BOXES = ((0.0, 0.0, 1.0, 1.0), (0.08, -0.05, 0.9, 1.1), (-0.15, 0.1, 1.2, 0.9))


def scenes(count):
    """Smooth random pictures: (count, 3, 192, 96)."""
    generator = torch.Generator().manual_seed(2)
    rough = torch.rand(count, 3, 24, 12, generator=generator) * 255
    size = {"size": (192, 96), "mode": "bicubic"}
    return torch.nn.functional.interpolate(rough, **size).clamp(0, 255)


def cropped(image, down, right, height, width):
    """What a box shows: its centre and size in fractions of the picture."""
    h, w = image.shape[-2:]
    top, left = (0.5 + down - height / 2) * h, (0.5 + right - width / 2) * w
    sides = round(top), round(left), round(height * h), round(width * w)
    padded = F.pad(image, [w, h, w, h], padding_mode="edge")
    crop = F.crop(padded, sides[0] + h, sides[1] + w, *sides[2:])
    return F.resize(crop, [h, w], antialias=True)


def test_known_boxes_are_found_again():
    images = scenes(len(BOXES))
    crops = [cropped(image, *box) for image, box in zip(images, BOXES, strict=True)]
    moved = torch.stack(crops).round().to(torch.uint8)
    found, correlation = registration.register(images.to(torch.uint8), moved)
    np.testing.assert_allclose(found, BOXES, atol=0.012)
    assert (correlation > registration.CERTAIN).all()


def test_strangers_are_not_believed():
    images = scenes(4).to(torch.uint8)
    _, correlation = registration.register(images[:2], images[2:])
    assert (correlation < registration.CERTAIN).all()


def test_a_box_that_looks_beside_the_picture_is_not_believed():
    # A picture that repeats itself fits where only half of it is looked at.
    half = scenes(1).mean(1, keepdim=True)[:, :, :96]
    image = torch.cat([half, half], 2)
    same, beside = torch.zeros(1, 2), torch.tensor([[0.5, 0.0]])
    correlate = registration._correlation
    assert float(correlate(image, image, same, same)) > 0.999
    assert float(correlate(image, image, beside, same)) < 0.01


def test_the_dose_is_that_of_drawn_boxes_with_the_same_spread():
    tops, heights = [], []
    ruler = torch.linspace(0, 255, 401).view(1, 401, 1).expand(3, 401, 201)
    for seed in range(300):
        moved = move_box(ruler.to(torch.uint8), 0.6, seed)[0, :, 0].float() / 255
        inside = moved[(moved > 0.02) & (moved < 0.98)]
        slope = float(inside[-1] - inside[0]) / (len(inside) - 1)
        heights.append(slope * (len(moved) - 1))
        middle = int(torch.nonzero((moved > 0.02) & (moved < 0.98)).float().mean())
        offset = ((len(moved) - 1) / 2 - middle) * slope
        tops.append(float(moved[middle]) + offset - 0.5)
    spreads = np.std(tops), np.std(np.log(heights))
    found = registration.doses(*map(float, spreads))
    assert found["shift"] == pytest.approx(0.6, abs=0.05)
    assert found["scale"] == pytest.approx(0.6, abs=0.05)


def test_other_frames_are_refused():
    images = scenes(2).to(torch.uint8)
    one = Pixels(images, torch.tensor([1, 2]), torch.tensor([1, 1]))
    other = Pixels(images, torch.tensor([1, 3]), torch.tensor([1, 1]))
    with pytest.raises(ReproError, match="same frames"):
        registration.measure(one, other)
