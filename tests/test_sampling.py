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


def joined(sizes=(30, 12, 5), shots=3):
    """Classes and sets of joined data sets with `sizes` identities each."""
    ids = torch.arange(sum(sizes)).repeat_interleave(shots)
    sets = torch.repeat_interleave(torch.arange(len(sizes)), torch.tensor(sizes))
    return ids, sets.repeat_interleave(shots)


def test_without_sets_the_batches_are_those_of_one_shuffled_list():
    ids = torch.randint(0, 20, (150,), generator=torch.Generator().manual_seed(1))
    members = [torch.nonzero(ids == c).flatten() for c in torch.unique(ids)]
    sampler = IdentitySampler(ids, 6, 3, seed=5)
    for step in range(40):
        epoch, place = divmod(step, len(members) // 6)
        order = torch.randperm(len(members), generator=seeded(5, epoch, 0))
        generator, wanted = seeded(5, step, 1), []
        for i in order[6 * place : 6 * place + 6]:
            mine = members[i]
            shots = [
                torch.randperm(len(mine), generator=generator)
                for _ in range(-(-3 // len(mine)))
            ]
            wanted.append(mine[torch.cat(shots)[:3]])
        assert torch.equal(sampler.batch(step), torch.cat(wanted))


def seeded(seed, number, stream):
    mixed = (seed * 1_000_003 + number) * 2 + stream
    return torch.Generator().manual_seed(mixed)


@given(per_batch=st.integers(3, 15), seed=st.integers(0, 9), start=st.integers(0, 99))
def test_sets_share_a_batch_equally_and_the_remainder_goes_round(
    per_batch, seed, start
):
    ids, sets = joined()
    sampler = IdentitySampler(ids, per_batch, 2, seed, sets)
    total = torch.zeros(3, dtype=torch.int64)
    for step in range(start, start + 3):
        batch = sampler.batch(step)
        assert len(ids[batch].unique()) == per_batch and len(batch) == 2 * per_batch
        shares = torch.bincount(sets[batch[::2]], minlength=3)
        assert shares.max() - shares.min() <= 1
        total += shares
    assert (total == per_batch).all()


def test_every_identity_of_every_set_comes_up():
    ids, sets = joined()
    sampler = IdentitySampler(ids, 6, 2, 0, sets)
    assert sampler.batches_per_epoch == 15
    seen = torch.cat([ids[sampler.batch(step)] for step in range(15)])
    assert sorted(seen.unique().tolist()) == list(range(47))


def test_a_person_of_two_sets_comes_once_a_batch_with_pictures_of_one_set():
    ids = torch.arange(6).repeat_interleave(4).repeat(2)
    sets = torch.arange(2).repeat_interleave(24)
    sampler = IdentitySampler(ids, 4, 4, 0, sets)
    seen = set()
    for step in range(60):
        batch = sampler.batch(step).view(4, 4)
        assert len(ids[batch[:, 0]].unique()) == 4
        assert (sets[batch] == sets[batch[:, :1]]).all()
        assert sets[batch[:, 0]].tolist() == [0, 0, 1, 1]
        seen |= {(int(ids[i]), int(sets[i])) for i in batch[:, 0]}
    assert len(seen) == 12


def test_a_set_smaller_than_its_share_is_refused():
    ids, sets = joined((30, 4))
    with pytest.raises(ReproError, match="10 identities.*5 of each.*only 4 in one"):
        IdentitySampler(ids, 10, 2, 0, sets)
