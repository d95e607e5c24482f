"""The local distance of every pair of images, tile by tile.

With s = sigmoid(x), x = |f_i - g_j|: d = tanh(x / 2) = 2s - 1, and tanh is slow on a
CPU. All paths have H + W - 1 cells, so they may run over s less any constant: the
totals of s - 3/4 stay near 0, where float32 rounds least.
"""

import torch

from reprolib.alignment.distances import differences, full_precision, needs_differences
from reprolib.alignment.recurrence import send_back, walk

# Stripes on either side of a tile of distances: on a CPU a tile should stay in the
# cache; on a graphics card launching costs more than memory.
TILE = {"cpu": (1024, 4096), "cuda": (16384, 32768), "mps": (4096, 16384)}


class LocalDistance(torch.autograd.Function):
    """Tiles of local distances; more than one are computed again on the way back."""

    @staticmethod
    def forward(ctx, f, g):
        exact = needs_differences(f, g)
        size, gallery_size = tile_sizes(f, g)
        if any(ctx.needs_input_grad) and len(f) <= size and len(g) <= gallery_size:
            kept = _totals_and_slopes(f, g, exact)
            ctx.save_for_backward(f, g, *kept)
            return _distance(kept[0])
        ctx.save_for_backward(f, g)
        out = f.new_empty(len(f), len(g))
        buffer = f.new_empty(0)
        left = [_left(tile, exact) for tile in f.split(size)]
        for columns, tile in zip(
            out.split(gallery_size, 1), g.split(gallery_size), strict=True
        ):
            right = _right(tile, exact)
            for target, queries in zip(columns.split(size), left, strict=True):
                for least in (None, 0):
                    x = _lengths(queries, right, exact, buffer, least)
                    s = _by_stripe(x.sigmoid_(), f)
                    target.copy_(_distance(walk(s.sub_(0.75))))
                    if not target.sum().isnan():
                        break
        return out

    @staticmethod
    @torch.autograd.function.once_differentiable
    def backward(ctx, grad):
        f, g, *kept = ctx.saved_tensors
        if kept:
            return _tile_gradient(f, g, grad, *kept)
        exact = needs_differences(f, g)
        grad_f, grad_g = torch.zeros_like(f), torch.zeros_like(g)
        size, gallery_size = tile_sizes(f, g)
        for row in range(0, len(f), size):
            for column in range(0, len(g), gallery_size):
                rows = slice(row, row + size)
                columns = slice(column, column + gallery_size)
                tile = f[rows], g[columns]
                kept = _totals_and_slopes(*tile, exact)
                to_f, to_g = _tile_gradient(*tile, grad[rows, columns], *kept)
                grad_f[rows] += to_f
                grad_g[columns] += to_g
        return grad_f, grad_g


class PairedLocalDistance(torch.autograd.Function):
    """The same of given pairs: f: (B, H, C), g: (B, W, C) -> (B,)."""

    @staticmethod
    def forward(ctx, f, g):
        norm = torch.linalg.vector_norm
        x = torch.stack([norm(f - stripe, dim=2).T for stripe in g.split(1, 1)], 1)
        totals, slopes = _walk_and_slopes(x.masked_fill(x == 0, torch.inf), x.sigmoid())
        ctx.save_for_backward(f, g, totals, slopes)
        return _distance(totals)

    @staticmethod
    @torch.autograd.function.once_differentiable
    def backward(ctx, grad):
        f, g, totals, slopes = ctx.saved_tensors
        pull = send_back(totals, grad * 2).mul_(slopes).permute(2, 0, 1).contiguous()
        with full_precision(f):
            to_f = torch.baddbmm(f * pull.sum(2, True), pull, g, alpha=-1)
            to_g = torch.baddbmm(g * pull.sum(1)[:, :, None], pull.mT, f, alpha=-1)
        return to_f, to_g


def tile_sizes(f, g):
    """Return how many images of either side make a tile."""
    rows, columns = TILE[f.device.type]
    return max(1, rows // f.shape[1]), max(1, columns // g.shape[1])


def _stripe_major(f):
    """(N, H, C) -> (H * N, C), so that each stripe is contiguous over the images."""
    return f.transpose(0, 1).reshape(-1, f.shape[2])


def _left(f, exact):
    """Stripe-major, with the norms as two more channels: left @ right.T = x^2."""
    f = _stripe_major(f)
    if exact:
        return f
    norms = f.square().sum(1, True)
    return torch.cat([f * -2, norms, torch.ones_like(norms)], 1)


def _right(g, exact):
    """(M, W, C) -> (W, M, C), with the norms as well."""
    g = g.transpose(0, 1)
    if exact:
        return g
    norms = g.square().sum(2, True)
    return torch.cat([g, torch.ones_like(norms), norms], 2)


def _by_stripe(d, f):
    """View (W, H * N, M) as (H, W, N, M), each cell a block; f: (..., H, C)."""
    return d.view(len(d), f.shape[1], -1, d.shape[2]).transpose(0, 1)


def _lengths(left, right, exact, buffer, least):
    """Return x = |f_i - g_j|: (W, H * N, M); `buffer` keeps its memory between tiles.

    Equal stripes can round to x^2 < 0: NaN here, or the root of `least`, at the price
    of another pass over the tile.
    """
    if exact:
        return differences(left, right)
    buffer.resize_(len(right), len(left), right.shape[1])
    torch.bmm(left.expand(len(right), -1, -1), right.mT, out=buffer)
    return (buffer if least is None else buffer.clamp_(min=least)).sqrt_()


def _distance(totals):
    """Return the sum of d = 2 (s - 3/4) + 1/2 over the path from that of s - 3/4."""
    return (totals[-1, -1] * 2).add_((len(totals) + len(totals[0]) - 1) / 2)


def _totals_and_slopes(f, g, exact):
    """Return what the way back through a tile needs, both as (H, W, N, M).

    At equal stripes x is the root of eps, or inf where exact: no slope is infinite.
    """
    left, right = _left(f, exact), _right(g, exact)
    with full_precision(f):
        x = _lengths(left, right, exact, f.new_empty(0), torch.finfo(f.dtype).eps)
    x, s = _by_stripe(x, f), _by_stripe(x.sigmoid(), f)
    return _walk_and_slopes(x.masked_fill_(x == 0, torch.inf) if exact else x, s)


def _walk_and_slopes(x, s):
    """Return the totals of s - 3/4 and the slopes s (1 - s) / x; overwrites both."""
    slopes = torch.div(s, x, out=x)
    slopes.addcmul_(slopes, s, value=-1)
    return walk(s.sub_(0.75)), slopes


def _tile_gradient(f, g, grad, totals, slopes):
    """Return the gradients of one tile to f and to g.

    d_ij on the path pulls f_i along (f_i - g_j) * 2 s (1 - s) / x.
    """
    pull = send_back(totals, grad * 2).mul_(slopes)
    pull = pull.transpose(0, 1).flatten(1, 2)
    left, right = _stripe_major(f), g.transpose(0, 1)
    with full_precision(f):
        to_f = torch.addbmm(left * pull.sum((0, 2))[:, None], pull, right, alpha=-1)
        to_g = right * pull.sum(1)[:, :, None]
        to_g.baddbmm_(pull.mT, left.expand(len(right), -1, -1), alpha=-1)
    return to_f.view(f.shape[1], len(f), -1).transpose(0, 1), to_g.transpose(0, 1)
