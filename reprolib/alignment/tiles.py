"""The local distance of every pair of images, tile by tile."""

import torch

from reprolib.alignment.distances import differences, full_precision, needs_differences
from reprolib.alignment.recurrence import send_back, walk

# Stripes on either side of a tile of distances: on a CPU a tile should stay in the
# cache; on a graphics card launching costs more than memory.
TILE = {"cpu": (1024, 4096), "cuda": (16384, 32768), "mps": (4096, 16384)}


class LocalDistance(torch.autograd.Function):
    """Tiles of local distances, computed again in the backward pass."""

    @staticmethod
    def forward(ctx, f, g):
        ctx.save_for_backward(f, g)
        exact = needs_differences(f, g)
        out = f.new_empty(len(f), len(g))
        buffer = f.new_empty(0)
        size, gallery_size = tile_sizes(f, g)
        left = [_left(tile, exact) for tile in f.split(size)]
        for columns, tile in zip(
            out.split(gallery_size, 1), g.split(gallery_size), strict=True
        ):
            right = _right(tile, exact)
            for target, queries in zip(columns.split(size), left, strict=True):
                for clamp in (False, True):
                    half = _half_distances(queries, right, exact, buffer, clamp)
                    target.copy_(walk(_by_stripe(half.tanh_(), f, g))[0])
                    if not target.sum().isnan():
                        break
        return out

    @staticmethod
    @torch.autograd.function.once_differentiable
    def backward(ctx, grad):
        f, g = ctx.saved_tensors
        exact = needs_differences(f, g)
        grad_f, grad_g = torch.zeros_like(f), torch.zeros_like(g)
        size, gallery_size = tile_sizes(f, g)
        with full_precision(f):
            for row in range(0, len(f), size):
                for column in range(0, len(g), gallery_size):
                    rows = slice(row, row + size)
                    columns = slice(column, column + gallery_size)
                    tile = f[rows], g[columns], grad[rows, columns]
                    to_f, to_g = _tile_gradient(*tile, exact)
                    grad_f[rows] += to_f
                    grad_g[columns] += to_g
        return grad_f, grad_g


def tile_sizes(f, g):
    """Return how many images of either side make a tile."""
    rows, columns = TILE[f.device.type]
    return max(1, rows // f.shape[1]), max(1, columns // g.shape[1])


def _stripe_major(f):
    """(N, H, C) -> (H * N, C), so that each stripe is contiguous over the images."""
    return f.transpose(0, 1).reshape(-1, f.shape[2])


def _by_stripe(d, f, g):
    """View (H * N, W * M) as (H, W, N, M); f: (..., H, C), g: (..., W, C)."""
    h, w = f.shape[1], g.shape[1]
    return d.view(h, len(d) // h, w, d.shape[1] // w).transpose(1, 2)


def _left(f, exact):
    """Stripe-major, with the norms as two more channels: left @ right.T = x^2 / 4."""
    f = _stripe_major(f)
    if exact:
        return f
    norms = f.square().sum(1, True)
    return torch.cat([f * -0.5, norms / 4, torch.ones_like(norms)], 1)


def _right(g, exact):
    g = _stripe_major(g)
    if exact:
        return g
    norms = g.square().sum(1, True)
    return torch.cat([g, torch.ones_like(norms), norms / 4], 1)


def _half_distances(left, right, exact, buffer, clamp):
    """Return x / 2 = |f_i - g_j| / 2; `buffer` keeps its memory from tile to tile.

    Equal stripes can round to x^2 < 0: NaN here, or 0 with `clamp`, at the price of
    another pass over the tile.
    """
    if exact:
        return differences(left, right).div_(2)
    half = torch.mm(left, right.T, out=buffer.resize_(len(left), len(right)))
    return (half.clamp_(min=0) if clamp else half).sqrt_()


def _tile_gradient(f, g, grad, exact):
    """Return the gradients of one tile to f and to g.

    d_ij on the path pulls f_i along (f_i - g_j) * (1 - d^2) / 4y, y = x / 2.
    """
    left, right = _left(f, exact), _right(g, exact)
    y = _half_distances(left, right, exact, f.new_empty(0), clamp=True)
    d = y.tanh()
    slope = d.square().neg_().add_(1).div_(y.masked_fill_(y == 0, torch.inf).mul_(4))
    _, above = walk(_by_stripe(d, f, g), keep_steps=True)
    send_back(above, grad, _by_stripe(d, f, g))
    pull = d.mul_(slope)
    stripes_f, stripes_g = _stripe_major(f), _stripe_major(g)
    to_f = stripes_f * pull.sum(1, True) - pull @ stripes_g
    to_g = stripes_g * pull.sum(0)[:, None] - pull.T @ stripes_f
    return _image_major(to_f, f), _image_major(to_g, g)


def _image_major(stripes, like):
    """(H * N, C) -> (N, H, C)."""
    return stripes.view(like.shape[1], like.shape[0], -1).transpose(0, 1)
