"""How wrong is a real detector? Its crops are registered against those drawn by hand.

CUHK03 shows every frame in two boxes. Where the detected crop lies in the labelled one
is found by the shift and scale, on each axis, that make their pixels correlate best.
Chapter 5 marks the result on every axis of box error.
"""

from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F

from reprolib import settings
from reprolib.data.pictures import MAX_SCALE, MAX_SHIFT, Pixels
from reprolib.errors import ReproError
from reprolib.study.store import Store

STEPS, RATE = 150, 0.01
SIZES = (24, 48, 96)  # heights of the pictures, from coarse to fine
STARTS = (-0.12, 0.0, 0.12)  # shifts of the centre, in heights
CERTAIN = 0.97  # correlation from which a registration is believed
SAME = 0.995  # correlation from which both crops are taken for one
OVERLAP = (
    0.6  # the least share of the detected crop that has to lie in the labelled one
)
BINS, RANGE = 40, (-0.25, 0.25)  # of the histograms
QUANTILES = (0.05, 0.25, 0.5, 0.75, 0.95)


def register(
    labelled: torch.Tensor, detected: torch.Tensor
) -> tuple[torch.Tensor, torch.Tensor]:
    """Where each detected crop lies in its labelled one.

    labelled, detected: (N, 3, H, W) uint8, the same frames -> boxes (N, 4): centre down
    and right of the labelled crop's centre, height and width, all in fractions of the
    labelled crop; and their correlation (N,). By descent from coarse to fine, from
    several starts, of which the best counts.
    """
    best = None
    for start in STARTS:
        found, correlation = _descend(labelled, detected, start)
        if best is None:
            best = found, correlation
        better = (correlation > best[1])[:, None]
        best = torch.where(better, found, best[0]), torch.maximum(correlation, best[1])
    return best


def _descend(labelled, detected, start):
    shift = torch.zeros(len(labelled), 2)
    shift[:, 0] = start
    log_size = torch.zeros(len(labelled), 2)
    shift.requires_grad_()
    log_size.requires_grad_()
    for height in SIZES:
        a, b = (_grey(images, height) for images in (labelled, detected))
        adam = torch.optim.Adam([shift, log_size], lr=RATE)
        for step in range(STEPS):
            adam.param_groups[0]["lr"] = RATE * (1 - step / STEPS)
            adam.zero_grad()
            correlation = _correlation(a, b, shift, log_size)
            (-correlation.sum()).backward()
            adam.step()
    with torch.no_grad():
        correlation = _correlation(a, b, shift, log_size)
        return torch.cat([shift, log_size.exp()], 1), correlation


def _grey(images: torch.Tensor, height: int) -> torch.Tensor:
    grey = images.float().mean(1, keepdim=True)
    return F.interpolate(grey, (height, height // 2), mode="area")


def _correlation(labelled, detected, shift, log_size):
    """Correlation of the detected crop with what lies there in the labelled one.

    Less 1 where too little of it lies inside.
    """
    n, _, h, w = detected.shape
    size = log_size.exp()
    down = torch.linspace(-1 + 1 / h, 1 - 1 / h, h)
    right = torch.linspace(-1 + 1 / w, 1 - 1 / w, w)
    y = 2 * shift[:, :1] + size[:, :1] * down
    x = 2 * shift[:, 1:] + size[:, 1:] * right
    grid = torch.stack([x[:, None].expand(n, h, w), y[:, :, None].expand(n, h, w)], 3)
    seen = F.grid_sample(labelled, grid, align_corners=False, padding_mode="border")
    inside = (grid.abs() <= 1).all(3)[:, None].float()
    share = inside.mean((2, 3), keepdim=True)
    weight = inside / (h * w * share).clamp(min=1)

    def centred(image):
        return image - (weight * image).sum((2, 3), keepdim=True)

    a, b = centred(seen), centred(detected)
    products = [(weight * p).sum((1, 2, 3)) for p in (a * b, a * a, b * b)]
    correlation = products[0] / (products[1] * products[2]).clamp(min=1e-6).sqrt()
    return torch.where(share.flatten() < OVERLAP, correlation - 1, correlation)


def frames(runs: Path, root: str, boxes: str) -> Pixels:
    """The test pictures of CUHK03's `boxes`, at the size of the small archive."""
    name = f"cuhk03-paper-{boxes}"
    store = Store(runs, name, settings.load("quick", name, height=192, width=96), root)
    parts = [store.pixels(split, 0.0) for split in ("query", "gallery")]
    labels = [[getattr(p, k) for p in parts] for k in ("images", "pids", "camids")]
    return Pixels(*map(torch.cat, labels))


def measure(labelled: Pixels, detected: Pixels) -> dict:
    """The record of a detector's error: spreads, quantiles, and the dose they equal."""
    if len(labelled) != len(detected) or (labelled.pids != detected.pids).any():
        raise ReproError(
            f"{len(labelled)} labelled and {len(detected)} detected pictures that are "
            "not of the same frames; expected both folders of one release."
        )
    boxes, correlation = register(labelled.images, detected.images)
    sure = correlation > CERTAIN
    down, _, height, width = boxes[sure].numpy().T
    edges = {"top": 0.5 + down - height / 2, "bottom": down + height / 2 - 0.5}
    found = {"centre": down, "height": height, "width": width, **edges}
    crops = [_grey(pixels.images, SIZES[-1]) for pixels in (labelled, detected)]
    unmoved = torch.zeros(len(boxes), 2)
    same = _correlation(*crops, unmoved, unmoved) > SAME
    return {
        "pairs": len(boxes),
        "certain": float(sure.double().mean()),
        "identical": float(same.double().mean()),
        "spread": {k: float(np.std(v)) for k, v in found.items()},
        "quantiles": {k: np.quantile(v, QUANTILES).tolist() for k, v in found.items()},
        "at": list(QUANTILES),
        "range": list(RANGE),
        "histogram": {
            k: np.histogram(v, BINS, RANGE)[0].tolist()
            for k, v in (("centre", down), ("log height", np.log(height)))
        },
        "dose": doses(float(np.std(down)), float(np.std(np.log(height)))),
    }


def doses(shift: float, log_scale: float) -> dict[str, float]:
    """The box errors at which drawn boxes have these standard deviations.

    shift: of the centre, in heights; log_scale: of the logarithm of the height. Both
    are uniform in the drawn data, up to `MAX_SHIFT` and `MAX_SCALE`.
    """
    uniform = 3**0.5
    return {
        "shift": shift * uniform / MAX_SHIFT,
        "scale": log_scale * uniform / np.log(MAX_SCALE).item(),
    }
