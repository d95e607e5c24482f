"""The recurrence of the shortest path, and the way back along it.

Ties: where the step down and the step right cost the same, the path comes from above.
"""

import torch


def walk(d):
    """Turn d: (H, W, ...) into the totals S of the recurrence, in place; return it."""
    cells = [row.unbind() for row in d]
    (h, w), least = d.shape[:2], torch.empty_like(cells[0][0])
    for j in range(1, w):
        cells[0][j].add_(cells[0][j - 1])
    for i in range(1, h):
        up, row = cells[i - 1], cells[i]
        row[0].add_(up[0])
        for j in range(1, w):
            row[j].add_(torch.minimum(up[j], row[j - 1], out=least))
    return d


def send_back(totals, grad):
    """Return `grad` on the cells of the shortest path and 0 beside it.

    totals: (H, W, ...). Each cell hands what it received to the one it came from.
    """
    out = torch.empty_like(totals)
    # Where a path would come from above: 1, else 0. Faster than a mask, in its place.
    torch.le(totals[:-1, 1:], totals[1:, :-1], out=out[:-1, 1:])
    out[-1].zero_()
    cells = [row.unbind() for row in out]
    cells[-1][-1].copy_(grad)
    for i in reversed(range(1, len(cells))):
        for j in reversed(range(1, len(cells[0]))):
            here, up = cells[i][j], cells[i - 1][j].mul_(cells[i][j])
            cells[i][j - 1].add_(here).sub_(up)
        cells[i - 1][0].copy_(cells[i][0])
    for j in reversed(range(1, len(cells[0]))):
        cells[0][j - 1].add_(cells[0][j])
    return out


class ShortestPath(torch.autograd.Function):
    """S_HW of d: (H, W, ...); its gradient is 1 on the path."""

    @staticmethod
    def forward(ctx, d):
        totals = walk(d.clone())
        ctx.save_for_backward(totals)
        return totals[-1, -1].clone()

    @staticmethod
    @torch.autograd.function.once_differentiable
    def backward(ctx, grad):
        return send_back(ctx.saved_tensors[0], grad)
