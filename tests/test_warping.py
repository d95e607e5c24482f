"""Warping: diagonal steps, against brute force over all paths, and the whole branch."""

import numpy as np
import pytest
import torch
from references import element_distances
from torch.nn.functional import normalize

from reprolib.alignment import (
    paired_rigid_distance,
    paired_warped_distance,
    paired_whole_distance,
    shortest_path,
    warped_distance,
    warped_path,
)
from reprolib.errors import ReproError


def warping_paths(h, w):
    """All paths from (0, 0) to (h-1, w-1) that step down, right or both at once."""
    if (h, w) == (1, 1):
        return [[(0, 0)]]
    before = [(h - 1, w - 1), (h - 1, w), (h, w - 1)]
    ways = [way for a, b in before if a and b for way in warping_paths(a, b)]
    return [[*way, (h - 1, w - 1)] for way in ways]


def warped_cost(d):
    """The cost per cell of the path with the least total, times (H + W) / 2."""
    path = min(warping_paths(*d.shape), key=lambda p: sum(d[cell] for cell in p))
    return sum(d.shape) / 2 * np.mean([d[cell] for cell in path])


def stripes(n, h, c, seed):
    generator = torch.Generator().manual_seed(seed)
    return normalize(torch.randn(n, h, c, generator=generator).double(), dim=2)


@pytest.mark.parametrize("h", range(1, 5))
@pytest.mark.parametrize("w", range(1, 5))
def test_warped_path_equals_brute_force(h, w):
    d = torch.rand(5, h, w, generator=torch.Generator().manual_seed(9 * h + w)).double()
    expected = [warped_cost(matrix) for matrix in d.numpy()]
    np.testing.assert_allclose(warped_path(d), expected, rtol=0, atol=1e-12)


def test_brute_force_counts_delannoy_numbers():
    assert len(warping_paths(3, 3)) == 13 and len(warping_paths(4, 4)) == 63


def test_the_gradient_is_that_of_the_path_it_took():
    d = torch.rand(3, 4, 5, generator=torch.Generator().manual_seed(1)).double()
    assert torch.autograd.gradcheck(warped_path, d.requires_grad_())


def test_a_clean_diagonal_costs_what_rigid_matching_does_and_the_staircase_more():
    d = torch.full((7, 7), 0.5).fill_diagonal_(0.1)
    assert float(warped_path(d)) == pytest.approx(float(d.trace()))
    assert float(shortest_path(d)) == pytest.approx(0.7 + 6 * 0.5)


def test_all_pairs_and_given_pairs_are_the_same_function_in_tiles(monkeypatch):
    f, g = stripes(5, 4, 6, 0), stripes(9, 6, 6, 1)
    expected = [[warped_cost(element_distances(a, b)) for b in g] for a in f]
    one = warped_distance(f, g)
    np.testing.assert_allclose(one, expected, rtol=0, atol=1e-7)
    monkeypatch.setattr("reprolib.alignment.tiles.TILE", {"cpu": (8, 12)})
    torch.testing.assert_close(warped_distance(f, g), one)
    torch.testing.assert_close(
        paired_warped_distance(f, g[:5]), one.diagonal(), atol=1e-7, rtol=0
    )


def test_a_shift_of_one_stripe_costs_a_warped_path_its_two_ends_only():
    f = torch.eye(7).double()[None]
    moved = f.roll(1, 1)
    ends = 2 * np.tanh(np.sqrt(2) / 2) / 8 * 7
    assert float(warped_distance(f, moved)) == pytest.approx(ends, abs=1e-6)


def test_the_whole_branch_sees_no_order_of_stripes():
    f, g = stripes(6, 7, 5, 2), stripes(6, 7, 5, 3)
    whole = paired_whole_distance(f, g)
    shuffled = g[:, torch.randperm(7, generator=torch.Generator().manual_seed(0))]
    torch.testing.assert_close(paired_whole_distance(f, shuffled), whole)
    assert not torch.allclose(
        paired_rigid_distance(f, shuffled), paired_rigid_distance(f, g)
    )
    # One stripe in all places: whole and rigid matching say the same.
    a, b = f[:, :1].expand(-1, 7, -1), g[:, :1].expand(-1, 7, -1)
    torch.testing.assert_close(paired_whole_distance(a, b), paired_rigid_distance(a, b))


@pytest.mark.parametrize("function", [warped_distance, paired_warped_distance])
def test_features_that_do_not_fit_are_refused(function):
    with pytest.raises(ReproError, match="same C"):
        function(stripes(2, 3, 4, 0), stripes(2, 3, 5, 0))
