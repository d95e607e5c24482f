"""Align the stripes of two images along the shortest path (the paper's equations 1, 2).

A local feature is H stripes of C channels, from the top of the image to its bottom.
Whoever wants unit-length stripes normalises them before calling.

Ties: where the step down and the step right cost the same, the path comes from above.
The gradient runs along the path that `trace_path` returns.
"""

import torch
import torch.nn.functional as F

from reprolib.alignment.distances import as_tensor, differences, pairwise
from reprolib.alignment.recurrence import ShortestPath, walk
from reprolib.alignment.tiles import LocalDistance, PairedLocalDistance, tile_sizes
from reprolib.errors import ReproError


def stripe_distances(f, g):
    """Return the element distances d_ij = tanh(|f_i - g_j| / 2) of every pair.

    f: (N, H, C), g: (M, W, C) -> (N, M, H, W), each in [0, 1]. tanh(x / 2) is the
    paper's (e^x - 1) / (e^x + 1) without its overflow. Formed from differences, so
    equal stripes give exactly 0, with gradient 0. Raises ReproError when the shapes
    do not fit. Taught in chapter 2.
    """
    f, g = features_of(f, g)
    (n, h, c), (m, w, _) = f.shape, g.shape
    x = differences(f.reshape(n * h, c), g.reshape(m * w, c))
    return torch.tanh(x / 2).view(n, h, m, w).transpose(1, 2)


def shortest_path(d):
    """Return the least total of d over monotone paths from (0, 0) to (H-1, W-1).

    d: (..., H, W) -> (...), differentiable; S_ij = min(S_i-1,j, S_i,j-1) + d_ij, and
    a path has H + W - 1 cells. Taught in chapter 2.
    """
    d = torch.as_tensor(d)
    if d.dim() < 2 or 0 in d.shape[-2:]:
        raise ReproError(f"d has shape {tuple(d.shape)}, expected (..., H, W)")
    return ShortestPath.apply(d.movedim((-2, -1), (0, 1)).contiguous())


def trace_path(d):
    """Return the cells of the shortest path, from (0, 0) to (H-1, W-1).

    d: (H, W) -> list of H + W - 1 pairs (i, j). Taught in chapter 2.
    """
    d = as_tensor("d", d, "H, W").detach()
    totals = walk(d.clone())
    i, j = d.shape[0] - 1, d.shape[1] - 1
    path = [(i, j)]
    while i or j:
        down = j == 0 or (i > 0 and bool(totals[i - 1, j] <= totals[i, j - 1]))
        i, j = (i - 1, j) if down else (i, j - 1)
        path.append((i, j))
    return path[::-1]


def local_distance(f, g):
    """Return the aligned local distance of every pair: the shortest path over stripes.

    f: (N, H, C), g: (M, W, C) -> (N, M), differentiable. Works in tiles and never
    holds the (N, M, H, W) distances of more than one: where there are several, the
    backward pass computes them again. Stripe distances come from a product of
    matrices: in float32 two equal stripes of unit length are up to 1e-3 apart instead
    of 0. Stripes longer than 16 take the slower exact differences. Raises ReproError
    when the shapes do not fit. Taught in chapter 2.
    """
    return LocalDistance.apply(*features_of(f, g))


def rigid_distance(f, g):
    """Return the unaligned local distance of every pair: stripe i against stripe i.

    f: (N, H, C), g: (M, H, C) -> (N, M), the sum of d_ii, differentiable. The
    comparison of chapter 2 and of the ablation in chapter 5.
    """
    f, g = features_of(f, g, rigid=True)
    size, by_stripe = tile_sizes(f, g)[0], g.transpose(0, 1)
    tiles = [_rigid_tile(tile.transpose(0, 1), by_stripe) for tile in f.split(size)]
    return torch.cat(tiles)


def paired_local_distance(f, g):
    """Return the aligned local distance of given pairs, exact at equal stripes.

    f: (B, H, C), g: (B, W, C) -> (B,), differentiable; for the hard triplets of
    chapters 3 and 4.
    """
    return PairedLocalDistance.apply(*features_of(f, g, paired=True))


def paired_rigid_distance(f, g):
    """Return the unaligned local distance of given pairs.

    f: (B, H, C), g: (B, H, C) -> (B,), differentiable; chapters 3 and 5.
    """
    f, g = features_of(f, g, rigid=True, paired=True)
    x = differences(f[:, :, None], g[:, :, None])[..., 0, 0]
    return torch.tanh(x / 2).sum(1)


def features_of(f, g, rigid=False, paired=False):
    """Return both as float tensors that fit together, or raise a ReproError."""
    f, g = as_tensor("f", f, "N, H, C"), as_tensor("g", g, "M, W, C")
    if f.dtype != g.dtype:
        f, g = f.double(), g.double()
    for axis, name, wanted in ((0, "images", paired), (1, "stripes", rigid)):
        if wanted and f.shape[axis] != g.shape[axis]:
            raise ReproError(
                f"f has {f.shape[axis]} {name} and g has {g.shape[axis]}: this "
                f"distance needs the same number of {name} in both"
            )
    if f.shape[2] != g.shape[2] or 0 in (*f.shape, *g.shape):
        raise ReproError(
            f"f has shape {tuple(f.shape)} and g has shape {tuple(g.shape)}, expected "
            "(N, H, C) and (M, W, C), not empty, with the same C from the same network"
        )
    return f, g


def paired_whole_distance(f, g):
    """Return H tanh(x / 2) of given pairs, x the distance of their mean stripes.

    f: (B, H, C), g: (B, H, C) -> (B,), differentiable: a local branch that knows no
    stripes, the control of chapter 5.
    """
    f, g = features_of(f, g, rigid=True, paired=True)
    means = [F.normalize(stripes.mean(1))[:, None] for stripes in (f, g)]
    return f.shape[1] * torch.tanh(differences(*means)[:, 0, 0] / 2)


def _rigid_tile(f, g):
    return sum(torch.tanh(pairwise(a, b) / 2) for a, b in zip(f, g, strict=True))
