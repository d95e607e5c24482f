import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from references import GOLDEN, Memory, reranked
from torch.nn.functional import normalize

from reprolib import reranking
from reprolib.errors import ReproError
from reprolib.evaluation import features as matching
from reprolib.reranking import k_reciprocal, k_reciprocal_features

quick = settings(max_examples=40, deadline=None)


def people(q, g, seed, dtype=np.float64):
    """Features of a few people, and their three distance matrices."""
    rng = np.random.default_rng(seed)
    centres = 2 * rng.normal(size=(5, 6))
    query = (centres[rng.integers(0, 5, q)] + rng.normal(size=(q, 6))).astype(dtype)
    gallery = (centres[rng.integers(0, 5, g)] + rng.normal(size=(g, 6))).astype(dtype)

    def apart(a, b):
        return np.linalg.norm(a[:, None] - b[None], axis=-1)

    distances = apart(query, gallery), apart(query, query), apart(gallery, gallery)
    return query, gallery, distances


@quick
@given(
    st.integers(1, 9),
    st.integers(1, 25),
    st.integers(0, 2**32 - 1),
    st.integers(1, 30),
    st.integers(1, 12),
    st.floats(0, 1),
)
def test_equals_the_dense_form(q, g, seed, k1, k2, lambda_):
    query, gallery, distances = people(q, g, seed)
    expected = reranked(*distances, k1, k2, lambda_)
    result = k_reciprocal(*distances, k1, k2, lambda_)
    np.testing.assert_allclose(result, expected, atol=1e-9)
    result = k_reciprocal_features(query, gallery, k1, k2, lambda_)
    np.testing.assert_allclose(result, expected, atol=1e-7)


@pytest.mark.parametrize("kind", matching.KINDS)
def test_any_kind_of_distance_can_be_reranked(kind):
    """All three matrices come from one kind, the gallery's among itself too."""
    rng = torch.Generator().manual_seed(0)
    centres = torch.randn(6, 5, 4, generator=rng, dtype=torch.float64)
    query, gallery = (
        centres[torch.randint(6, (n,), generator=rng)]
        + 0.7 * torch.randn(n, 5, 4, generator=rng, dtype=torch.float64)
        for n in (12, 40)
    )
    q, g = (
        matching.Embedded(normalize(x.mean(1), dim=-1), normalize(x, dim=-1))
        for x in (query, gallery)
    )
    distances = [matching.distance(kind, *p) for p in ((q, g), (q, q), (g, g))]
    expected = reranked(*(d.numpy() for d in distances), 7, 3, 0.3)
    result = k_reciprocal(*distances, k1=7, k2=3)
    np.testing.assert_allclose(result, expected, atol=1e-5)
    if kind == "global":
        result = k_reciprocal_features(q.global_, g.global_, k1=7, k2=3)
        np.testing.assert_allclose(result, expected, atol=1e-5)


def test_memory_never_holds_everybody_against_everybody(monkeypatch):
    n = 1500
    query, gallery, _ = people(n // 5, n - n // 5, 0, dtype=np.float32)
    features = torch.from_numpy(query), torch.from_numpy(gallery)
    monkeypatch.setattr(reranking, "BLOCK_BYTES", 40 * 4 * n)
    with Memory() as memory:
        k_reciprocal_features(*features, k1=10, k2=3)
    result_bytes = 4 * len(query) * len(gallery)
    assert memory.largest_tensor <= result_bytes
    assert memory.peak_of_arrays < 2 * result_bytes < n * n * 4


@pytest.mark.parametrize("bytes_", [1, 400, 4000])
def test_blocks_make_no_difference(monkeypatch, bytes_):
    query, gallery, distances = people(9, 25, 2)
    expected = reranked(*distances, 8, 3, 0.3)
    monkeypatch.setattr(reranking, "BLOCK_BYTES", bytes_)
    result = k_reciprocal(*distances, k1=8, k2=3)
    np.testing.assert_allclose(result, expected, atol=1e-9)
    result = k_reciprocal_features(query, gallery, k1=8, k2=3)
    np.testing.assert_allclose(result, expected, atol=1e-7)


def test_identical_images_are_their_own_neighbours():
    """More copies than k1 + 1: whose copies are nearest is a tie, oneself is not."""
    query, gallery = torch.ones(3, 4), torch.ones(30, 4)
    gallery[0] = 2
    result = k_reciprocal_features(query, gallery, k1=5, k2=2)
    assert torch.isfinite(result).all()
    assert torch.equal(result, k_reciprocal_features(query, gallery, k1=5, k2=2))
    assert (result[:, 0] >= result[:, 1:].max(1).values).all()


def test_an_image_is_its_own_first_neighbour_among_copies():
    squares = torch.zeros(30, 30)
    result = torch.empty(10, 20)
    nearest, _ = reranking._neighbours(lambda r: squares[r].clone(), 10, 30, 4, result)
    assert nearest[:, 0].tolist() == list(range(30))


def test_all_images_the_same_gives_no_nan():
    result = k_reciprocal_features(torch.ones(3, 4), torch.ones(5, 4))
    assert torch.isfinite(result).all()


def test_the_distances_given_are_not_changed():
    *_, distances = people(4, 6, 1)
    before = [matrix.copy() for matrix in distances]
    k_reciprocal(*distances)
    for matrix, copy in zip(distances, before, strict=True):
        np.testing.assert_array_equal(matrix, copy)


@pytest.mark.parametrize("case", ["std", "odd"])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_golden_reranking(case, dtype):
    golden = np.load(GOLDEN / "rerank.npz")
    k1, k2, lambda_ = golden[f"{case}_param"]
    settings = int(k1), int(k2), float(lambda_)
    expected = golden[f"{case}_zhong_ranklist"]
    distances = [golden[f"{case}_{what}"].astype(dtype) for what in ("qg", "qq", "gg")]
    result = k_reciprocal(*distances, *settings)
    np.testing.assert_allclose(result, expected, atol=1e-5)
    features = golden[f"{case}_q"].astype(dtype), golden[f"{case}_g"].astype(dtype)
    result = k_reciprocal_features(*features, *settings)
    np.testing.assert_allclose(result, expected, atol=1e-5)


@pytest.mark.parametrize("wrong", ["query_query", "gallery_gallery"])
def test_shapes_that_do_not_fit_are_named(wrong):
    shapes = {"query_gallery": (2, 3), "query_query": (2, 2), "gallery_gallery": (3, 3)}
    shapes[wrong] = (4, 4)
    with pytest.raises(ReproError, match=f"{wrong} has shape"):
        k_reciprocal(**{name: np.zeros(shape) for name, shape in shapes.items()})


@pytest.mark.parametrize(
    ("settings", "named"),
    [({"k1": 0}, "k1=0"), ({"k2": 0}, "k2=0"), ({"lambda_": 1.5}, "lambda_=1.5")],
)
def test_settings_out_of_range_are_named(settings, named):
    with pytest.raises(ReproError, match=named):
        k_reciprocal_features(np.zeros((2, 3)), np.zeros((4, 3)), **settings)


def test_features_of_two_networks_are_refused():
    with pytest.raises(ReproError, match="3 channels and gallery 4"):
        k_reciprocal_features(np.zeros((2, 3)), np.zeros((4, 4)))
