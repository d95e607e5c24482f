from itertools import pairwise

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from references import (
    GOLDEN,
    element_distances,
    local_distances,
    monotone_paths,
    path_cost,
)
from torch.nn.functional import normalize

from reprolib.alignment import (
    local_distance,
    paired_local_distance,
    paired_rigid_distance,
    rigid_distance,
    shortest_path,
    stripe_distances,
    tiles,
    trace_path,
)
from reprolib.alignment.distances import euclidean
from reprolib.errors import ReproError

sizes = st.integers(1, 6)
seeds = st.integers(0, 2**32 - 1)
quick = settings(max_examples=40, deadline=None)


def features(n, h, c, seed=0, scale=1.0, dtype=torch.float64):
    generator = torch.Generator().manual_seed(seed)
    return scale * torch.randn(n, h, c, generator=generator, dtype=dtype)


# The shortest path.


@pytest.mark.parametrize("h", range(1, 6))
@pytest.mark.parametrize("w", range(1, 6))
def test_shortest_path_equals_brute_force_over_all_monotone_paths(h, w):
    d = torch.rand(4, h, w, generator=torch.Generator().manual_seed(h * 7 + w)).double()
    expected = [path_cost(matrix) for matrix in d.numpy()]
    np.testing.assert_allclose(shortest_path(d), expected, rtol=0, atol=1e-12)


def test_brute_force_knows_how_many_paths_there_are():
    assert len(monotone_paths(5, 5)) == 70


@pytest.mark.parametrize("shape", [(1, 1), (1, 4), (4, 1), (3, 5), (2, 3, 4), (7, 7)])
def test_shortest_path_gradient(shape):
    d = torch.rand(shape, generator=torch.Generator().manual_seed(3)).double()
    assert torch.autograd.gradcheck(shortest_path, d.requires_grad_())


@quick
@given(sizes, sizes, seeds)
def test_traced_path_costs_the_total_and_carries_the_gradient(h, w, seed):
    generator = torch.Generator().manual_seed(seed)
    # Few values, so that most matrices have ties.
    d = torch.randint(0, 3, (h, w), generator=generator).double().requires_grad_()
    total = shortest_path(d)
    path = trace_path(d)
    assert path[0] == (0, 0)
    assert path[-1] == (h - 1, w - 1)
    assert len(path) == h + w - 1
    assert all(b in ((i + 1, j), (i, j + 1)) for (i, j), b in pairwise(path))
    assert sum(d[cell].item() for cell in path) == total.item()
    total.backward()
    on_path = torch.zeros(h, w, dtype=torch.float64)
    on_path[tuple(zip(*path, strict=True))] = 1
    assert torch.equal(d.grad, on_path)


def test_a_tie_comes_from_above():
    assert trace_path(torch.zeros(3, 3)) == [(0, 0), (0, 1), (0, 2), (1, 2), (2, 2)]


def test_diagonal_is_no_step():
    assert shortest_path(torch.tensor([[0.0, 9.0], [9.0, 0.0]])) == 9


# The element distance.


@quick
@given(sizes, sizes, seeds)
def test_stripe_distances_follow_the_equation(h, w, seed):
    f, g = features(2, h, 3, seed), features(3, w, 3, seed + 1)
    d = stripe_distances(f, g)
    assert d.shape == (2, 3, h, w)
    x = (f[:, None, :, None] - g[None, :, None]).norm(dim=-1)
    torch.testing.assert_close(d, (x.exp() - 1) / (x.exp() + 1))
    np.testing.assert_allclose(d[1, 2], element_distances(f[1].numpy(), g[2].numpy()))


def test_stripe_distances_gradient():
    f, g = features(2, 3, 4).requires_grad_(), features(3, 2, 4, 1).requires_grad_()
    assert torch.autograd.gradcheck(stripe_distances, (f, g))


def test_equal_stripes_are_exactly_0_apart_with_gradient_0():
    f = normalize(features(3, 4, 8, dtype=torch.float32), dim=-1).requires_grad_()
    d = stripe_distances(f, f.detach().clone())
    same = d.diagonal(dim1=0, dim2=1).diagonal(dim1=0, dim2=1)
    assert torch.equal(same, torch.zeros_like(same))
    same.sum().backward()
    assert torch.equal(f.grad, torch.zeros_like(f))


# The local distance of every pair.


@quick
@given(sizes, sizes, seeds, st.sampled_from([0.1, 1.0, 10.0]))
def test_local_distance_equals_the_recurrence(h, w, seed, scale):
    f, g = features(3, h, 5, seed, scale), features(4, w, 5, seed + 1, scale)
    expected = local_distances(f.numpy(), g.numpy())
    np.testing.assert_allclose(local_distance(f, g), expected, atol=1e-6)


@pytest.mark.parametrize("h", range(1, 6))
@pytest.mark.parametrize("w", range(1, 6))
def test_local_distance_equals_brute_force_over_all_monotone_paths(h, w):
    f, g = features(2, h, 3, h), features(3, w, 3, 9 * w)
    for n, m in np.ndindex(2, 3):
        expected = path_cost(element_distances(f[n].numpy(), g[m].numpy()))
        assert local_distance(f, g)[n, m].item() == pytest.approx(expected, abs=1e-7)
        pair = paired_local_distance(f[n : n + 1], g[m : m + 1])
        assert pair.item() == pytest.approx(expected, abs=1e-12)


@pytest.mark.parametrize(
    ("n", "m", "h", "w"), [(150, 600, 8, 8), (20, 140, 32, 32), (150, 140, 4, 31)]
)
def test_float32_stays_near_float64_over_many_tiles(n, m, h, w):
    f, g = (normalize(features(k, s, 64, s), dim=2) for k, s in ((n, h), (m, w)))
    g[::7, : min(h, w)] = f[0, : min(h, w)]  # some stripes are equal
    exact = shortest_path(stripe_distances(f, g))
    torch.testing.assert_close(local_distance(f, g), exact, rtol=0, atol=1e-6)
    error = (local_distance(f.float(), g.float()) - exact).abs().max()
    assert error < 1e-3 * (h + w - 1)


def test_neither_input_nor_order_of_memory_matters():
    f, g = features(5, 4, 6), features(3, 4, 7)[..., :6]
    strided = f.permute(2, 1, 0).contiguous().permute(2, 1, 0)
    before = f.clone(), g.clone()
    for distance in (local_distance, rigid_distance):
        expected = distance(f, g.contiguous())
        torch.testing.assert_close(distance(strided, g), expected)
        assert torch.equal(f, before[0]) and torch.equal(g, before[1])
    d = stripe_distances(f, g)
    kept = d.clone()
    shortest_path(d)
    trace_path(d[0, 0])
    assert torch.equal(d, kept)


@pytest.mark.parametrize("offset", [0.0, 40.0])
@pytest.mark.parametrize(("h", "w"), [(3, 5), (1, 1), (1, 4), (4, 1), (4, 4)])
def test_local_distance_gradient(h, w, offset):
    """Moved by 40 the features are long and the exact differences are taken."""
    f, g = features(2, h, 4).requires_grad_(), features(3, w, 4, 1).requires_grad_()

    def distance(f, g):
        return local_distance(f + offset, g + offset)

    assert torch.autograd.gradcheck(distance, (f, g))


def test_local_distance_to_itself_gradient():
    f = features(3, 3, 4).requires_grad_()
    apart = 1 - torch.eye(3).double()
    assert torch.autograd.gradcheck(lambda f: local_distance(f, f) * apart, f)


@pytest.mark.parametrize("grad", [False, True])
def test_tiles_make_no_difference(monkeypatch, grad):
    f, g = features(7, 3, 4).requires_grad_(grad), features(9, 5, 4, 1)
    g.requires_grad_(grad)
    whole = local_distance(f, g)
    rigid = rigid_distance(f, g[:, :3])
    monkeypatch.setitem(tiles.TILE, "cpu", (6, 10))
    torch.testing.assert_close(local_distance(f, g), whole)
    torch.testing.assert_close(rigid_distance(f, g[:, :3]), rigid)
    if grad:
        weights = features(7, 9, 1)[..., 0]
        small = torch.autograd.grad((local_distance(f, g) * weights).sum(), (f, g))
        monkeypatch.undo()
        large = torch.autograd.grad((whole * weights).sum(), (f, g))
        torch.testing.assert_close(small, large)


@quick
@given(sizes, sizes, seeds)
def test_symmetric_and_unchanged_when_both_are_turned_over(h, w, seed):
    f, g = features(3, h, 4, seed), features(2, w, 4, seed + 1)
    d = local_distance(f, g)
    torch.testing.assert_close(local_distance(g, f).T, d)
    torch.testing.assert_close(local_distance(f.flip(1), g.flip(1)), d)


@quick
@given(sizes, seeds, st.sampled_from([1e2, 1e10, 1e19, 1e30]))
def test_huge_features_give_no_nan(h, seed, scale):
    f = features(3, h, 4, seed, dtype=torch.float32).mul_(scale).requires_grad_()
    for distance in (local_distance, rigid_distance, paired_local_distance):
        d = distance(f, f.detach().flip(0))
        assert torch.isfinite(d).all()
        assert torch.isfinite(torch.autograd.grad(d.sum(), f)[0]).all()


def test_one_long_side_is_enough_for_exact_differences():
    f, g = features(2, 3, 4, dtype=torch.float32), features(2, 3, 4, 1)
    g = g.float()
    g[0] = 1e20
    for distance in (local_distance, rigid_distance):
        assert torch.equal(distance(f, g), distance(g, f).T)
        assert torch.isfinite(distance(f, g)).all()


@pytest.mark.parametrize(
    "distance",
    [local_distance, rigid_distance, paired_local_distance, paired_rigid_distance],
)
def test_identical_images_have_a_finite_gradient(distance):
    stripe = normalize(features(4, 1, 128, dtype=torch.float32), dim=-1)
    f = stripe.expand(4, 8, 128).clone().requires_grad_()
    d = distance(f, f)
    itself = d.diagonal() if d.dim() == 2 else d
    assert itself.abs().max() < 15e-3
    assert torch.isfinite(torch.autograd.grad(d.sum(), f)[0]).all()


@pytest.mark.parametrize("distance", [paired_local_distance, paired_rigid_distance])
def test_given_identical_pairs_are_exactly_0_apart(distance):
    f = features(4, 1, 16, dtype=torch.float32).expand(4, 7, 16)
    assert torch.equal(distance(f, f.clone()), torch.zeros(4))


@quick
@given(sizes, sizes, seeds)
def test_given_pairs_are_the_diagonal(h, w, seed):
    f, g = features(4, h, 3, seed), features(4, w, 3, seed + 1)
    diagonal = local_distance(f, g).diagonal()
    torch.testing.assert_close(paired_local_distance(f, g), diagonal)
    g = features(4, h, 3, seed + 2)
    diagonal = rigid_distance(f, g).diagonal()
    torch.testing.assert_close(paired_rigid_distance(f, g), diagonal)


@pytest.mark.parametrize(
    "distance",
    [rigid_distance, paired_local_distance, paired_rigid_distance],
)
def test_other_gradients(distance):
    f, g = features(2, 3, 4).requires_grad_(), features(2, 3, 4, 1).requires_grad_()
    assert torch.autograd.gradcheck(distance, (f, g))


def test_rigid_distance_sums_the_diagonal():
    f, g = features(3, 4, 5), features(2, 4, 5, 1)
    expected = stripe_distances(f, g).diagonal(dim1=2, dim2=3).sum(-1)
    torch.testing.assert_close(rigid_distance(f, g), expected)


def test_alignment_undoes_a_shift_that_rigid_matching_cannot():
    f = normalize(features(1, 8, 16), dim=-1)
    shifted, other = f.roll(1, 1), normalize(features(1, 8, 16, 5), dim=-1)
    assert local_distance(f, shifted) < local_distance(f, other) / 1.5
    assert rigid_distance(f, shifted) > rigid_distance(f, other) / 1.5


def test_stays_exact_under_autocast():
    f, g = features(3, 4, 8), features(2, 4, 8, 1)
    f, g = f.float().requires_grad_(), g.float()
    expected = local_distance(f, g)
    gradient = torch.autograd.grad(expected.sum(), f)[0]
    with torch.autocast("cpu", torch.bfloat16):
        d = local_distance(f, g)
        assert torch.equal(torch.autograd.grad(d.sum(), f)[0], gradient)
        assert torch.equal(d, expected)
        torch.testing.assert_close(rigid_distance(f, g), rigid_distance(f, g))
        assert local_distance(f.bfloat16(), g.bfloat16()).dtype == torch.float32


def test_numpy_arrays_are_accepted():
    f, g = features(2, 3, 4), features(3, 3, 4, 1)
    for distance in (stripe_distances, local_distance, rigid_distance):
        assert torch.equal(distance(f.numpy(), g.numpy()), distance(f, g))
    d = stripe_distances(f, g)
    assert torch.equal(shortest_path(d.numpy()), shortest_path(d))
    assert trace_path(d[0, 0].numpy()) == trace_path(d[0, 0])


# Reference outputs.


@pytest.mark.parametrize("case", ["h7", "rect", "raw"])
def test_golden_local_distance(case):
    golden = np.load(GOLDEN / "local_distance.npz")
    f, g = golden[f"{case}_x"], golden[f"{case}_y"]
    expected = golden[f"{case}_hhj_numpy_f64"]
    exact = f.astype(np.float64), g.astype(np.float64)
    np.testing.assert_allclose(local_distance(*exact), expected, atol=1e-6)
    np.testing.assert_allclose(local_distance(f, g), expected, atol=1e-4)
    by_steps = shortest_path(stripe_distances(*exact))
    np.testing.assert_allclose(by_steps, expected, atol=1e-6)
    if f"{case}_mch_unaligned_f64" in golden:
        expected = golden[f"{case}_mch_unaligned_f64"]
        np.testing.assert_allclose(rigid_distance(*exact), expected, atol=1e-6)


@pytest.mark.parametrize("case", ["path", "path_tie"])
def test_golden_shortest_path(case):
    golden = np.load(GOLDEN / "local_distance.npz")
    d = golden[f"{case}_cost"].transpose(2, 0, 1)
    np.testing.assert_allclose(shortest_path(d), golden[f"{case}_hhj_f64"], atol=1e-6)


# Bad input.


@pytest.mark.parametrize(
    ("f", "g", "named"),
    [
        ((2, 3), (2, 3, 4), "f has shape"),
        ((2, 3, 4), (2, 3), "g has shape"),
        ((2, 3, 4), (2, 3, 5), "same C"),
        ((0, 3, 4), (2, 3, 4), "not empty"),
    ],
)
def test_shapes_that_do_not_fit_are_named(f, g, named):
    for distance in (stripe_distances, local_distance, rigid_distance):
        with pytest.raises(ReproError, match=named):
            distance(torch.zeros(f), torch.zeros(g))


def test_what_must_be_equal_is_named():
    f, g = torch.zeros(2, 3, 4), torch.zeros(3, 5, 4)
    with pytest.raises(ReproError, match="3 stripes and g has 5"):
        rigid_distance(f, g)
    with pytest.raises(ReproError, match="2 images and g has 3"):
        paired_local_distance(f, g)
    with pytest.raises(ReproError, match=r"expected \(\.\.\., H, W\)"):
        shortest_path(torch.zeros(3))
    with pytest.raises(ReproError, match="d has shape"):
        trace_path(torch.zeros(1, 2, 2))


# Euclidean distances.


def test_euclidean_equals_the_differences_and_has_a_finite_gradient():
    a = normalize(features(30, 1, 16, dtype=torch.float32)[:, 0], dim=-1)
    b = torch.cat([a[:5], a[10:] * 2]).requires_grad_()
    a.requires_grad_()
    d = euclidean(a, b)
    torch.testing.assert_close(d, (a[:, None] - b).norm(dim=-1), atol=2e-3, rtol=0)
    gradients = torch.autograd.grad(d.sum(), (a, b))
    assert all(torch.isfinite(gradient).all() for gradient in gradients)


@pytest.mark.parametrize("scale", [1e3, 1e20])
def test_euclidean_of_equal_long_features_is_0(scale):
    a = features(40, 1, 8, dtype=torch.float32)[:, 0] * scale
    assert torch.equal(euclidean(a, a).diagonal(), torch.zeros(40))


def test_euclidean_gradient_and_bad_shapes():
    a, b = features(3, 1, 4)[:, 0].requires_grad_(), features(2, 1, 4, 1)[:, 0]
    assert torch.autograd.gradcheck(euclidean, (a, b))
    with pytest.raises(ReproError, match="4 channels and b has 3"):
        euclidean(a, b[:, :3])
