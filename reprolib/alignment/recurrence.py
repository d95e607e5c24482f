"""The recurrence of the shortest path, and the way back along it.

Ties: where the step down and the step right cost the same, the path comes from above.
"""

import torch


def walk(d, keep_steps=False):
    """Run the recurrence over d: (H, W, ...); return S_HW and where it came from above.

    Overwrites `d`. The second is (H-1, W-1, ...) bool, or None unless `keep_steps`.
    """
    cells = [row.unbind() for row in d]
    (h, w), rest = d.shape[:2], d.shape[2:]
    above = d.new_empty((h - 1, w - 1, *rest), dtype=torch.bool) if keep_steps else None
    for j in range(1, w):
        cells[0][j].add_(cells[0][j - 1])
    for i in range(1, h):
        up, row = cells[i - 1], cells[i]
        row[0].add_(up[0])
        for j in range(1, w):
            if keep_steps:
                torch.le(up[j], row[j - 1], out=above[i - 1, j - 1])
            row[j].add_(torch.minimum(up[j], row[j - 1], out=up[j]))
    return cells[-1][-1], above


def send_back(above, grad, out):
    """Write `grad` to the cells of the shortest path and 0 beside it.

    out: (H, W, ...). Each cell hands what it received to the one it came from.
    """
    cells, above = [row.unbind() for row in out], [row.unbind() for row in above]
    out[-1].zero_()
    cells[-1][-1].copy_(grad)
    nothing = grad.new_zeros(())
    for i in reversed(range(1, len(cells))):
        for j in reversed(range(1, len(cells[0]))):
            here, up = cells[i][j], cells[i - 1][j]
            torch.where(above[i - 1][j - 1], here, nothing, out=up)
            cells[i][j - 1].add_(here).sub_(up)
        cells[i - 1][0].copy_(cells[i][0])
    for j in reversed(range(1, len(cells[0]))):
        cells[0][j - 1].add_(cells[0][j])
    return out


class ShortestPath(torch.autograd.Function):
    """S_HW of d: (H, W, ...); its gradient is 1 on the path."""

    @staticmethod
    def forward(ctx, d):
        total, above = walk(d.clone(), keep_steps=ctx.needs_input_grad[0])
        ctx.shape = d.shape
        ctx.save_for_backward(above)
        return total

    @staticmethod
    @torch.autograd.function.once_differentiable
    def backward(ctx, grad):
        return send_back(ctx.saved_tensors[0], grad, grad.new_empty(ctx.shape))
