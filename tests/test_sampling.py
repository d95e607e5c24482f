"""The P x K sampler: what a batch holds, and that a step alone decides it."""

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from reprolib.data.sampling import IdentitySampler
from reprolib.errors import ReproError


@given(
    shots=st.lists(st.integers(1, 7), min_size=4, max_size=9),
    per_id=st.integers(2, 5),
    seed=st.integers(0, 99),
    step=st.integers(0, 50),
)
def test_a_batch_holds_p_identities_with_k_pictures_each(shots, per_id, seed, step):
    classes = torch.repeat_interleave(torch.arange(len(shots)), torch.tensor(shots))
    batch = IdentitySampler(classes, 4, per_id, seed).batch(step)
    found, counts = classes[batch].unique(return_counts=True)
    assert len(found) == 4 and counts.tolist() == [per_id] * 4
    for c in found:  # nothing is repeated unless the identity has too few pictures
        mine = batch[classes[batch] == c]
        assert len(mine.unique()) == min(per_id, shots[c])
    grouped = classes[batch].view(4, per_id)
    assert (grouped == grouped[:, :1]).all()


def test_every_identity_comes_once_an_epoch_and_the_order_changes():
    classes = torch.arange(12).repeat_interleave(3)
    sampler = IdentitySampler(classes, 4, 2, seed=0)
    epochs = [
        torch.cat([classes[sampler.batch(3 * epoch + k)] for k in range(3)])
        for epoch in range(2)
    ]
    for epoch in epochs:
        assert sorted(epoch.unique().tolist()) == list(range(12))
    assert not torch.equal(*epochs)


def test_the_step_and_the_seed_decide_the_batch():
    classes = torch.arange(20).repeat_interleave(4)
    one, two = (IdentitySampler(classes, 5, 4, seed=3) for _ in range(2))
    two.batch(0), two.batch(1)
    assert torch.equal(one.batch(7), two.batch(7))
    other = IdentitySampler(classes, 5, 4, seed=4)
    assert not torch.equal(one.batch(7), other.batch(7))


def test_too_few_identities_are_refused_with_both_numbers():
    with pytest.raises(ReproError, match="8 identities.*only 3"):
        IdentitySampler(torch.tensor([0, 1, 2]), 8, 2, seed=0)
