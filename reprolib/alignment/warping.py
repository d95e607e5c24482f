"""Dynamic time warping: the same alignment where a path may also step diagonally.

Its paths have H to 2H - 1 cells, so what counts is the cost per cell, times H: a path
along the diagonal then costs what rigid matching does. Chapters 2 and 5.
"""

import torch

from reprolib.alignment.distances import differences, pairwise
from reprolib.alignment.local import features_of
from reprolib.alignment.tiles import tile_sizes


def warped_path(d):
    """Return (H + W) / 2 times the mean of d along its cheapest path.

    d: (..., H, W) -> (...), differentiable. From (0, 0) to (H-1, W-1) by steps down,
    right or both at once; the path with the least total is taken, and of equal totals
    the one that steps diagonally, then down.
    """
    h, w = d.shape[-2:]
    totals, counts = {}, {}
    for i in range(h):
        for j in range(w):
            before = [(i - 1, j - 1), (i - 1, j), (i, j - 1)]
            before = [cell for cell in before if cell in totals]
            here = d[..., i, j]
            if not before:
                totals[i, j], counts[i, j] = here, torch.ones_like(here)
                continue
            least, which = torch.stack([totals[cell] for cell in before]).min(0)
            cells = torch.stack([counts[cell] for cell in before])
            totals[i, j] = least + here
            counts[i, j] = cells.gather(0, which[None])[0] + 1
    end = h - 1, w - 1
    return (h + w) / 2 * totals[end] / counts[end]


def warped_distance(f, g):
    """Return the warped local distance of every pair of images.

    f: (N, H, C), g: (M, W, C) -> (N, M), differentiable; `ReproError` where the shapes
    do not fit. In tiles, as `local_distance`.
    """
    f, g = features_of(f, g)
    rows, columns = tile_sizes(f, g)
    return torch.cat(
        [
            torch.cat([_tile(some, others) for others in g.split(columns)], 1)
            for some in f.split(rows)
        ]
    )


def paired_warped_distance(f, g):
    """Return the warped local distance of given pairs, for the hard triplets.

    f: (B, H, C), g: (B, W, C) -> (B,), differentiable.
    """
    f, g = features_of(f, g, paired=True)
    return warped_path(torch.tanh(differences(f, g) / 2))


def _tile(f, g):
    (n, h, c), (m, w, _) = f.shape, g.shape
    x = pairwise(f.reshape(n * h, c), g.reshape(m * w, c))
    return warped_path(torch.tanh(x / 2).view(n, h, m, w).transpose(1, 2))
