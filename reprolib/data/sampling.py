"""Batches of P identities with K pictures each, as batch-hard mining needs them."""

import torch

from reprolib.errors import ReproError


class IdentitySampler:
    """Draws batches of `ids_per_batch` x `shots_per_id` picture indices. Chapter 1.

    `classes: (N,)` names the identity of each picture. A batch depends on
    `(seed, step)` alone, so a resumed training sees what an uninterrupted one would.
    Within an epoch (every identity once) no identity comes twice; an identity with
    fewer than K pictures repeats some. Raises `ReproError` if there are fewer than
    `ids_per_batch` identities.
    """

    def __init__(
        self, classes: torch.Tensor, ids_per_batch: int, shots_per_id: int, seed: int
    ):
        self.members = [
            torch.nonzero(classes == c).flatten() for c in torch.unique(classes)
        ]
        self.ids_per_batch, self.shots_per_id = ids_per_batch, shots_per_id
        self.seed = seed
        if len(self.members) < ids_per_batch:
            raise ReproError(
                f"a batch of {ids_per_batch} identities was asked for, but the "
                f"training split has only {len(self.members)}; lower ids_per_batch."
            )

    @property
    def batches_per_epoch(self) -> int:
        """Batches until every identity was seen once (the remainder is skipped)."""
        return len(self.members) // self.ids_per_batch

    def batch(self, step: int) -> torch.Tensor:
        """Indices of batch number `step`, grouped by identity: (P * K,) int64."""
        epoch, place = divmod(step, self.batches_per_epoch)
        order = torch.randperm(len(self.members), generator=self._generator(epoch, 0))
        chosen = order[place * self.ids_per_batch :][: self.ids_per_batch]
        generator = self._generator(step, 1)
        return torch.cat([self._shots(self.members[i], generator) for i in chosen])

    def _generator(self, number: int, stream: int) -> torch.Generator:
        mixed = (self.seed * 1_000_003 + number) * 2 + stream
        return torch.Generator().manual_seed(mixed)

    def _shots(self, members: torch.Tensor, generator: torch.Generator) -> torch.Tensor:
        repeats = -(-self.shots_per_id // len(members))
        order = torch.cat(
            [torch.randperm(len(members), generator=generator) for _ in range(repeats)]
        )
        return members[order[: self.shots_per_id]]
