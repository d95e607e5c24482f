"""The losses against plain loops, hand-made numbers and each other."""

import math
from itertools import combinations

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch.nn import functional

from reprolib.errors import ReproError
from reprolib.losses import (
    batch_hard,
    classification_mutual_loss,
    classification_mutual_losses,
    hinge,
    metric_mutual_loss,
    metric_mutual_losses,
)

seeds = st.integers(0, 2**32 - 1)


def random(*shape, seed=0):
    return torch.rand(shape, generator=torch.Generator().manual_seed(seed)).double()


@settings(max_examples=30, deadline=None)
@given(st.integers(2, 4), st.integers(2, 4), seeds)
def test_batch_hard_equals_a_plain_loop(people, shots, seed):
    pids = torch.arange(people).repeat(shots) * 10
    distance = random(len(pids), len(pids), seed=seed)
    positive, negative = batch_hard(distance, pids)
    for a in range(len(pids)):
        others = [i for i in range(len(pids)) if i != a]
        same = [i for i in others if pids[i] == pids[a]]
        different = [i for i in others if pids[i] != pids[a]]
        assert positive[a] == max(same, key=lambda i: distance[a, i])
        assert negative[a] == min(different, key=lambda i: distance[a, i])


def test_batch_hard_of_ties_takes_the_first_and_never_the_anchor():
    positive, negative = batch_hard(torch.zeros(6, 6).numpy(), [1, 1, 1, 2, 2, 2])
    assert positive.tolist() == [1, 0, 0, 4, 3, 3]
    assert negative.tolist() == [3, 3, 3, 0, 0, 0]


@pytest.mark.parametrize(
    ("pids", "what"),
    [([1, 1, 2], "pid 2 has no positive"), ([1, 1, 1], "pid 1 has no negative")],
)
def test_batch_hard_names_the_lonely_anchor(pids, what):
    with pytest.raises(ReproError, match=what):
        batch_hard(torch.zeros(3, 3), pids)


@pytest.mark.parametrize("shape", [(3, 4), (4, 4)])
def test_batch_hard_wants_a_square(shape):
    with pytest.raises(ReproError, match="there are 3 pids"):
        batch_hard(torch.zeros(shape), [1, 1, 2])


def test_hinge_by_hand():
    positive, negative = torch.tensor([1.0, 0.2, 0.5]), torch.tensor([0.9, 0.9, 0.5])
    assert hinge(positive, negative).item() == pytest.approx((0.4 + 0 + 0.3) / 3)
    assert hinge(positive, negative, 0.0).item() == pytest.approx(0.1 / 3)


@settings(max_examples=20, deadline=None)
@given(st.integers(1, 5), st.integers(1, 4), seeds, st.floats(1e-3, 1e3))
def test_zg_doubles_the_value_and_keeps_the_first_gradient(n, others, seed, scale):
    d = scale * random(1 + others, n, n, seed=seed)
    students = list(d.requires_grad_())
    with_zg = metric_mutual_losses(students)
    pairs = combinations(students, 2)
    without = sum(((a - b) ** 2).mean() for a, b in pairs) / others
    assert with_zg.item() == pytest.approx(2 * without.item())
    torch.testing.assert_close(
        torch.autograd.grad(with_zg, d), torch.autograd.grad(without, d)
    )


def test_zg_cuts_what_one_student_knows_of_the_others_move():
    def hessian(loss):
        point = torch.tensor([1.0, 0.4], dtype=torch.float64)
        return torch.autograd.functional.hessian(
            lambda m: loss(m[:1, None], m[1:, None]), point
        )

    plain = hessian(lambda a, b: ((a - b) ** 2).mean())
    assert plain.tolist() == [[2, -2], [-2, 2]]
    assert hessian(metric_mutual_loss).tolist() == [[2, 0], [0, 2]]


def test_metric_mutual_loss_by_hand():
    d1, d2 = torch.zeros(2, 2), torch.tensor([[0.0, 1.0], [2.0, 0.0]])
    assert metric_mutual_loss(d1, d2) == 2 * (1 + 4) / 4


def test_classification_mutual_loss_sums_classes_and_averages_the_batch():
    student, target = random(3, 4, seed=1), random(3, 4, seed=2)
    p, q = target.softmax(1), student.softmax(1)
    by_hand = sum(
        p[n, k] * math.log(p[n, k] / q[n, k]) for n in range(3) for k in range(4)
    )
    loss = classification_mutual_loss(student, target)
    assert loss.item() == pytest.approx(by_hand.item() / 3)


def test_classification_mutual_loss_holds_the_target_constant():
    student, target = random(3, 4, seed=1), random(3, 4, seed=2)
    student.requires_grad_()
    target.requires_grad_()
    classification_mutual_loss(student, target).backward()
    assert target.grad is None
    expected = (student.softmax(1) - target.softmax(1)) / 3
    torch.testing.assert_close(student.grad, expected)


def test_classification_mutual_loss_of_certain_students_is_finite():
    loss = classification_mutual_loss(
        torch.tensor([[1e4, 0.0]]), torch.tensor([[0.0, 1e4]])
    )
    assert torch.isfinite(loss)


def test_students_that_agree_lose_nothing():
    d, logits = random(4, 4), random(4, 3)
    assert metric_mutual_loss(d, d) == 0
    assert classification_mutual_loss(logits, logits).item() == pytest.approx(0)


def test_two_students_are_the_papers_case():
    d, logits = random(2, 4, 4), random(2, 4, 3, seed=1)
    assert metric_mutual_losses(list(d)) == metric_mutual_loss(*d)
    both = classification_mutual_loss(*logits) + classification_mutual_loss(
        *logits[[1, 0]]
    )
    assert classification_mutual_losses(list(logits)).item() == pytest.approx(
        both.item()
    )


@pytest.mark.parametrize("students", [2, 3, 4])
def test_each_student_is_pulled_to_the_mean_of_the_others(students):
    """Both gradients, for K students: the targets are held constant."""
    logits = random(students, 4, 5).requires_grad_()
    distances = random(students, 4, 4, seed=1).requires_grad_()
    classification_mutual_losses(list(logits)).backward()
    metric_mutual_losses(list(distances)).backward()
    p, d = functional.softmax(logits.detach(), 2), distances.detach()
    for k in range(students):
        rest = [j for j in range(students) if j != k]
        torch.testing.assert_close(logits.grad[k], (p[k] - p[rest].mean(0)) / 4)
        torch.testing.assert_close(distances.grad[k], 2 * (d[k] - d[rest].mean(0)) / 16)


def test_shapes_that_differ_are_named():
    with pytest.raises(ReproError, match="d1 has shape"):
        metric_mutual_loss(torch.zeros(2, 2), torch.zeros(3, 3))
    with pytest.raises(ReproError, match="target_logits"):
        classification_mutual_loss(torch.zeros(2, 3), torch.zeros(2, 4))
