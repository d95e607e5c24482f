"""Exercises of chapter 3: hard triplets and mutual losses."""

import numpy as np
import torch

from reprolib.book.exercises.exercise import Exercise, close
from reprolib.losses import (
    batch_hard,
    classification_mutual_loss,
    hinge,
    metric_mutual_loss,
)


def _batch(rng):
    """Distances of a batch of P people with K pictures each, and their pids."""
    people, shots = rng.integers(2, 4, size=2)
    pids = rng.permutation(np.repeat(rng.choice(50, people, replace=False), shots))
    points = rng.normal(size=(len(pids), 2))
    return np.linalg.norm(points[:, None] - points[None], axis=2), pids


def _couple(rng):
    far = rng.random()
    return np.array([[0.0, far], [far, 0.0]]), np.array([7, 7])


def _hardest(d, pids):
    """The distances of each anchor's farthest positive and nearest negative."""
    rows = torch.arange(len(d))
    return [torch.as_tensor(d)[rows, index] for index in batch_hard(d, pids)]


def _two_tables(rng):
    return rng.random((4, 4)), rng.random((4, 4))


def _logits(rng):
    return rng.normal(size=(3, 5)), rng.normal(size=(3, 5))


EXERCISES = {
    "hardest-positive": Exercise(
        "3",
        "f(d, pids), the distance (N,) of each picture's farthest positive",
        (
            (
                "Of two pictures of one person, each is the other's only positive",
                _couple,
                lambda found, d, pids: close(found, [d[0, 1], d[0, 1]]),
            ),
            (
                "It is the largest distance to another picture of the same person",
                _batch,
                lambda found, d, pids: close(found, _hardest(d, pids)[0]),
            ),
        ),
    ),
    "trihard": Exercise(
        "3",
        "f(d, pids), the mean hinge of the hardest triplets at a margin of 0.3",
        (
            (
                "Pictures that lie on one point pay exactly the margin",
                lambda rng: (np.zeros((4, 4)), np.array([1, 1, 2, 2])),
                lambda found, d, pids: close(found, 0.3),
            ),
            (
                "People a long way apart pay nothing",
                lambda rng: (
                    9.0 * (np.arange(4)[:, None] // 2 != np.arange(4) // 2),
                    np.array([1, 1, 2, 2]),
                ),
                lambda found, d, pids: close(found, 0.0),
            ),
            (
                "It is the mean over all anchors of the hinge of their hardest triplet",
                _batch,
                lambda found, d, pids: close(found, hinge(*_hardest(d, pids))),
            ),
        ),
    ),
    "metric-mutual": Exercise(
        "3",
        "f(d1, d2), the value of the metric mutual loss of two tables (N, N)",
        (
            (
                "Students that agree pay nothing",
                lambda rng: (d := rng.random((4, 4)), d.copy()),
                lambda found, d1, d2: close(found, 0.0),
            ),
            (
                "Both students' terms count, averaged over all N x N pairs",
                _two_tables,
                lambda found, d1, d2: close(found, metric_mutual_loss(d1, d2)),
            ),
        ),
    ),
    "class-mutual": Exercise(
        "3",
        "f(logits, target_logits), KL(target || student) of two tables (N, K)",
        (
            (
                "A student that predicts as its target does pays nothing",
                lambda rng: (x := rng.normal(size=(3, 5)), x + 2.0),
                lambda found, student, target: close(found, 0.0),
            ),
            (
                "It is summed over the classes and averaged over the pictures",
                _logits,
                lambda found, student, target: close(
                    found, classification_mutual_loss(student, target)
                ),
            ),
        ),
    ),
}
