"""Batches of P identities with K pictures each, as batch-hard mining needs them."""

import torch

from reprolib.errors import ReproError

GROUP_STRIDE = 1 << 40  # keeps the random numbers of the sets apart


class IdentitySampler:
    """Draws batches of `ids_per_batch` x `shots_per_id` picture indices. Chapter 1.

    `classes: (N,)` names the identity of each picture, `sets: (N,)` the data set it is
    from, if several are joined: each batch then takes equal shares of its identities
    from the sets, and what does not divide goes round. A batch depends on
    `(seed, step)` alone, so a resumed training sees what an uninterrupted one would.
    Within an epoch no identity of a set comes twice; where the sets do not divide P,
    some wait for the next. An identity with fewer than K pictures repeats some. Raises
    `ReproError` if a set has fewer identities than its share of `ids_per_batch`.
    """

    def __init__(
        self,
        classes: torch.Tensor,
        ids_per_batch: int,
        shots_per_id: int,
        seed: int,
        sets: torch.Tensor | None = None,
    ):
        sets = torch.zeros_like(classes) if sets is None else sets
        self.sets = [_identities(classes, sets == k) for k in torch.unique(sets)]
        self.ids_per_batch, self.shots_per_id = ids_per_batch, shots_per_id
        self.seed = seed
        self.share = -(-ids_per_batch // len(self.sets))
        fewest = min(len(members) for members in self.sets)
        if fewest < self.share:
            each = f", {self.share} of each set" if len(self.sets) > 1 else ""
            raise ReproError(
                f"a batch of {ids_per_batch} identities was asked for{each}, but the "
                f"training split has only {fewest}{' in one' if each else ''}; "
                "lower ids_per_batch."
            )

    @property
    def batches_per_epoch(self) -> int:
        """Batches until every identity had its turn (the remainder is skipped).

        Of joined sets it is the largest that counts; small ones come round more often.
        """
        return max(len(members) for members in self.sets) // self.share

    def batch(self, step: int) -> torch.Tensor:
        """Indices of batch number `step`, grouped by identity: (P * K,) int64."""
        chosen: dict[int, torch.Tensor] = {}
        for number, members in enumerate(self.sets):
            epoch, place = divmod(step, len(members) // self.share)
            generator = self._generator(epoch, 0, number)
            order = torch.randperm(len(members), generator=generator)
            wanted = len(chosen) + self._share_of(number, step)
            for i in order.roll(-place * self.share).tolist():
                if len(chosen) == wanted:
                    break
                # Two sets may show one person: then another of this set comes.
                chosen.setdefault(*members[i])
        generator = self._generator(step, 1)
        return torch.cat([self._shots(m, generator) for m in chosen.values()])

    def _share_of(self, number: int, step: int) -> int:
        """How many identities of set `number` batch `step` takes."""
        least, rest = divmod(self.ids_per_batch, len(self.sets))
        return least + ((number - step * rest) % len(self.sets) < rest)

    def _generator(self, number: int, stream: int, group: int = 0) -> torch.Generator:
        mixed = (self.seed * 1_000_003 + number) * 2 + stream
        return torch.Generator().manual_seed(mixed + group * GROUP_STRIDE)

    def _shots(self, members: torch.Tensor, generator: torch.Generator) -> torch.Tensor:
        repeats = -(-self.shots_per_id // len(members))
        order = torch.cat(
            [torch.randperm(len(members), generator=generator) for _ in range(repeats)]
        )
        return members[order[: self.shots_per_id]]


def _identities(
    classes: torch.Tensor, mine: torch.Tensor
) -> list[tuple[int, torch.Tensor]]:
    """Each identity with the indices of its pictures, both ascending; sorted once."""
    index = torch.nonzero(mine).flatten()
    index = index[torch.argsort(classes[index], stable=True)]
    found, counts = torch.unique_consecutive(classes[index], return_counts=True)
    return list(zip(found.tolist(), index.split(counts.tolist()), strict=True))
