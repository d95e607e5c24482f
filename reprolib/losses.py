"""The losses of the paper that torch does not have: TriHard and mutual learning.

The identity loss is `torch.nn.functional.cross_entropy`.
"""

from itertools import combinations, permutations

import torch
from torch.nn import functional

from reprolib.alignment.distances import as_tensor
from reprolib.errors import ReproError


def batch_hard(distance, pids):
    """Return the indices of each anchor's farthest positive and nearest negative.

    distance: (N, N), pids: (N,) -> two (N,) int64; of equal distances the first wins,
    and the anchor is not its own positive. Raises ReproError when an anchor has no
    positive or no negative. TriHard (Hermans et al. 2017); taught in chapter 3.
    """
    distance = as_tensor("distance", distance, "N, N").detach()
    pids = torch.as_tensor(pids, device=distance.device)
    if distance.shape != (len(pids), len(pids)):
        raise ReproError(
            f"distance has shape {tuple(distance.shape)} and there are {len(pids)} "
            "pids, expected one row and one column for each pid"
        )
    same = pids[:, None] == pids
    positive = same & ~torch.eye(len(pids), dtype=torch.bool, device=pids.device)
    for mask, what in ((positive, "positive"), (~same, "negative")):
        if not (lonely := ~mask.any(1)).any():
            continue
        raise ReproError(
            f"the anchor with pid {pids[lonely][0].item()} has no {what} in its batch, "
            "expected at least 2 identities with 2 images each"
        )
    infinity = float("inf")
    return (
        distance.masked_fill(~positive, -infinity).argmax(1),
        distance.masked_fill(same, infinity).argmin(1),
    )


def hinge(positive, negative, margin=0.3):
    """Return the mean hinge [margin + positive - negative]_+ over the anchors.

    positive, negative: (N,) distances of the hard triplets, global or local. The
    paper's margin is unknown; 0.3 is that of the public codes. Taught in chapter 3.
    """
    return functional.relu(margin + positive - negative).mean()


def soft_margin(positive, negative):
    """Return the mean of log(1 + e^(positive - negative)), a hinge without a margin.

    positive, negative: (N,) distances of the hard triplets. Hermans et al. 2017;
    chapter 5.
    """
    return functional.softplus(positive - negative).mean()


def metric_mutual_loss(d1, d2):
    """Return the paper's L_M for two students' global distances.

    d1, d2: (N, N). L_M = 1/N^2 sum_ij [ZG(d1) - d2]^2 + [d1 - ZG(d2)]^2, where ZG
    stops the gradient: twice the value of the mean squared difference, and its
    gradient. Raises ReproError when the shapes differ. Taught in chapter 3.
    """
    d1, d2 = as_tensor("d1", d1, "N, N"), as_tensor("d2", d2, "N, N")
    _same_shape("d1", d1, "d2", d2)
    return ((d1.detach() - d2) ** 2 + (d1 - d2.detach()) ** 2).mean()


def classification_mutual_loss(logits, target_logits):
    """Return KL(target || student), which pulls one student to the other's prediction.

    logits, target_logits: (N, K), the target held constant; summed over the classes
    and averaged over the batch. Raises ReproError when the shapes differ. Deep Mutual
    Learning (Zhang et al. 2018); taught in chapter 3.
    """
    logits = as_tensor("logits", logits, "N, K")
    target_logits = as_tensor("target_logits", target_logits, "N, K").detach()
    _same_shape("logits", logits, "target_logits", target_logits)
    student, target = logits.log_softmax(1), target_logits.log_softmax(1)
    return functional.kl_div(student, target, reduction="batchmean", log_target=True)


def metric_mutual_losses(distances):
    """Return L_M summed over the pairs of K students, over K - 1: for 2, L_M itself.

    distances: one (N, N) for each student.
    """
    pairs = combinations(distances, 2)
    return sum(metric_mutual_loss(a, b) for a, b in pairs) / (len(distances) - 1)


def classification_mutual_losses(logits):
    """Return KL summed over the ordered pairs of K students, over K - 1.

    logits: one (N, classes) for each student. With two students this is the sum of
    both directions.
    """
    pairs = permutations(logits, 2)
    return sum(classification_mutual_loss(a, b) for a, b in pairs) / (len(logits) - 1)


def _same_shape(name, tensor, other_name, other):
    if tensor.shape != other.shape:
        raise ReproError(
            f"{name} has shape {tuple(tensor.shape)} and {other_name} "
            f"{tuple(other.shape)}, expected the same batch for both students"
        )
