"""Euclidean distances between features, and the checks that stand before them."""

import torch

from reprolib.errors import ReproError

# A product of matrices finds |a - b|^2 as |a|^2 - 2ab + |b|^2, which cancels when
# the features are long: beyond this length the differences are formed.
LONGEST_NORM = 16.0


def as_tensor(name, value, shape):
    """Return `value` as a float tensor; `shape` names its axes, as in "N, H, C".

    float64 and float32 stay what they are, all else becomes float32. Raises
    ReproError when the number of axes differs.
    """
    tensor = torch.as_tensor(value)
    if tensor.dtype not in (torch.float32, torch.float64):
        tensor = tensor.float()
    if tensor.dim() != len(shape.split(",")):
        raise ReproError(
            f"{name} has shape {tuple(tensor.shape)}, expected ({shape}): "
            "add or drop axes until it has"
        )
    return tensor


def full_precision(tensor):
    """Switch autocast off: distances need all of float32's digits."""
    return torch.autocast(tensor.device.type, enabled=False)


def needs_differences(a, b):
    """Say whether features are too long (or overflow) for a product of matrices."""
    norms = [torch.linalg.vector_norm(t.detach(), dim=-1) for t in (a, b)]
    return not all(float(norm.max()) <= LONGEST_NORM for norm in norms)


def euclidean(a, b):
    """Return the distances |a_n - b_m|; a: (N, C), b: (M, C) -> (N, M), differentiable.

    The gradient is 0 where two features are the same. In float32 the distance of
    two equal features of unit length can come out at up to 1e-3, because it is the
    square root of a rounded difference. Used by chapters 3 and 4.
    """
    a, b = as_tensor("a", a, "N, C"), as_tensor("b", b, "M, C")
    if a.shape[1] != b.shape[1]:
        raise ReproError(
            f"a has {a.shape[1]} channels and b has {b.shape[1]}: "
            "both must come from one network"
        )
    return pairwise(a, b)


def pairwise(a, b):
    """Return |a_n - b_m| over the last two axes: (..., N, C), (..., M, C)."""
    if needs_differences(a, b):
        return differences(a, b)
    with full_precision(a):
        return torch.cdist(a, b, compute_mode="use_mm_for_euclid_dist")


def differences(a, b):
    """Return the same without a product: slower, and exactly 0 for equal features."""
    with full_precision(a):
        return torch.cdist(a, b, compute_mode="donot_use_mm_for_euclid_dist")


def squared_norms(features):
    """Return |f_n|^2; features: (N, C) -> (N,)."""
    return torch.linalg.vecdot(features, features)


def squared_distances(a, b, b_norms, out=None):
    """Return |a_n - b_m|^2 in one buffer, without a copy of the longer side `b`.

    a: (N, C), b: (M, C), b_norms: (M,) -> (N, M). No gradient.
    """
    with torch.no_grad(), full_precision(a):
        squares = torch.addmm(b_norms, a, b.T, alpha=-2, out=out)
        return squares.add_(squared_norms(a)[:, None]).clamp_(min=0)
