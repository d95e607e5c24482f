"""The kinds of distance between two sets of features, and intervals of differences."""

import pytest
import torch

from reprolib.alignment.distances import euclidean
from reprolib.errors import ReproError
from reprolib.evaluation.features import KINDS, Embedded, distance
from reprolib.evaluation.statistics import t_interval


def test_a_sum_of_kinds_is_the_sum_of_their_distances():
    generator = torch.Generator().manual_seed(0)
    sets = [
        Embedded(
            torch.randn(n, 6, generator=generator),
            torch.randn(n, 7, 4, generator=generator),
        )
        for n in (3, 5)
    ]
    parts = {kind: distance(kind, *sets) for kind in KINDS}
    torch.testing.assert_close(
        parts["global"], euclidean(sets[0].global_, sets[1].global_)
    )
    for local in ("aligned", "unaligned"):
        both = parts["global"] + parts[local]
        torch.testing.assert_close(parts[f"global+{local}"], both)
    assert not torch.allclose(parts["aligned"], parts["unaligned"])
    with pytest.raises(ReproError, match="unknown kind 'loca'"):
        distance("loca", *sets)


def test_the_t_interval_is_the_textbooks():
    # Mean 2, standard deviation 1 and t(0.975, 2) = 4.302653: half is 2.484138.
    assert t_interval([1.0, 2.0, 3.0]) == pytest.approx(
        [2 - 2.484138, 2 + 2.484138], abs=1e-5
    )
    assert t_interval([1.0]) is None
    assert t_interval([4.0, 4.0]) == [4.0, 4.0]
