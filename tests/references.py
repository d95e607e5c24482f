"""Plain, readable and slow: what the fast functions of the library are held against."""

import tracemalloc
from pathlib import Path

import numpy as np
import torch
from torch.utils._python_dispatch import TorchDispatchMode

GOLDEN = Path(__file__).parent / "golden"  # outputs of public codes


def monotone_paths(h, w):
    """All paths from (0, 0) to (h-1, w-1) that step down or right."""
    if (h, w) == (1, 1):
        return [[(0, 0)]]
    ways = monotone_paths(h - 1, w) if h > 1 else []
    ways = ways + (monotone_paths(h, w - 1) if w > 1 else [])
    return [[*way, (h - 1, w - 1)] for way in ways]


def path_cost(d):
    """The least total over all monotone paths; d: (H, W)."""
    return min(sum(d[cell] for cell in path) for path in monotone_paths(*d.shape))


def element_distances(f, g):
    """tanh(|f_i - g_j| / 2); f: (H, C), g: (W, C) -> (H, W)."""
    return np.tanh(np.linalg.norm(f[:, None] - g[None], axis=-1) / 2)


def local_distances(f, g):
    """f: (N, H, C), g: (M, W, C) -> (N, M), by the recurrence, pair by pair."""
    total = np.empty((len(f), len(g)))
    for n, m in np.ndindex(total.shape):
        d = element_distances(f[n], g[m])
        s = np.full((d.shape[0] + 1, d.shape[1] + 1), np.inf)
        s[0, 1] = 0
        for i, j in np.ndindex(d.shape):
            s[i + 1, j + 1] = min(s[i, j + 1], s[i + 1, j]) + d[i, j]
        total[n, m] = s[-1, -1]
    return total


def differentiable_local_distances(f, g):
    """The same in torch, whole tables at once; f: (N, H, C), g: (M, W, C)."""
    (n, h, _), (m, w, _) = f.shape, g.shape
    x = torch.cdist(f.flatten(0, 1), g.flatten(0, 1))
    d = torch.tanh(x / 2).view(n, h, m, w).permute(1, 3, 0, 2)
    return _last_cell(d)


def differentiable_paired_distances(f, g):
    """The same of pairs; f: (B, H, C), g: (B, W, C) -> (B,)."""
    return _last_cell(torch.tanh(torch.cdist(f, g) / 2).permute(1, 2, 0))


def _last_cell(d):
    """S_HW of d: (H, W, ...), cell by cell."""
    s = {}
    for i, j in np.ndindex(*d.shape[:2]):
        before = [s[cell] for cell in ((i - 1, j), (i, j - 1)) if cell in s]
        s[i, j] = d[i, j] + (torch.stack(before).amin(0) if before else 0)
    return s[i, j]


def evaluation(distance, q_pid, g_pid, q_cam, g_cam, ap="step", junk=(-1,)):
    """The Market protocol as a loop; per query (ap, first rank, inp) or None."""
    scores = []
    for q, row in enumerate(distance):
        kept = [
            g
            for g in range(len(row))
            if g_pid[g] not in junk
            and not (g_pid[g] == q_pid[q] and g_cam[g] == q_cam[q])
        ]
        kept.sort(key=lambda g: (row[g], g_pid[g] == q_pid[q]))
        ranks = [r for r, g in enumerate(kept, 1) if g_pid[g] == q_pid[q]]
        if not ranks:
            scores.append(None)
            continue
        total = 0.0
        for found, rank in enumerate(ranks, 1):
            before = 1.0 if rank == 1 else (found - 1) / (rank - 1)
            after = found / rank
            total += after if ap == "step" else (before + after) / 2
        scores.append((total / len(ranks), ranks[0], len(ranks) / ranks[-1]))
    return scores


def reranked(qg, qq, gg, k1, k2, lambda_, half=None):
    """k-reciprocal re-ranking with dense matrices, after the paper's section 3.

    half: the neighbours of the half-sized sets, round(k1 / 2) unless said otherwise.
    """
    half = round(k1 / 2) if half is None else half
    q, n = len(qq), len(qq) + len(gg)
    original = np.block([[qq, qg], [qg.T, gg]]).astype(np.float64) ** 2
    original = original / original.max(1, keepdims=True)
    order = np.argsort(original, axis=1, kind="stable")

    def reciprocal(i, k):
        return {j for j in order[i, : k + 1] if i in order[j, : k + 1]}

    encoded = np.zeros((n, n))
    for i in range(n):
        core = reciprocal(i, k1)
        members = set(core)
        for j in core:
            small = reciprocal(j, half)
            if len(small & core) > 2 / 3 * len(small):
                members |= small
        members = sorted(members)
        encoded[i, members] = np.exp(-original[i, members])
    encoded /= encoded.sum(1, keepdims=True)
    encoded = np.stack([encoded[order[i, :k2]].mean(0) for i in range(n)])
    minima = np.minimum(encoded[:q, None], encoded[None, q:]).sum(-1)
    jaccard = 1 - minima / (2 - minima)
    return lambda_ * original[:q, q:] + (1 - lambda_) * jaccard


class Memory(TorchDispatchMode):
    """Bytes of the largest tensor made inside, and the peak of all numpy arrays."""

    def __enter__(self):
        self.largest_tensor = 0
        super().__enter__()
        torch.zeros(1)  # a first call loads megabytes of torch
        tracemalloc.start()
        return self

    def __exit__(self, *error):
        self.peak_of_arrays = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        return super().__exit__(*error)

    def __torch_dispatch__(self, function, types, args=(), kwargs=None):
        made = function(*args, **(kwargs or {}))
        for tensor in made if isinstance(made, tuple | list) else (made,):
            if isinstance(tensor, torch.Tensor):
                size = tensor.untyped_storage().nbytes()
                self.largest_tensor = max(self.largest_tensor, size)
        return made
