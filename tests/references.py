"""Plain, readable and slow: what the fast functions of the library are held against."""

import numpy as np


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


def reranked(qg, qq, gg, k1, k2, lambda_):
    """k-reciprocal re-ranking with dense matrices, after the paper's section 3."""
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
            half = reciprocal(j, round(k1 / 2))
            if len(half & core) > 2 / 3 * len(half):
                members |= half
        members = sorted(members)
        encoded[i, members] = np.exp(-original[i, members])
    encoded /= encoded.sum(1, keepdims=True)
    encoded = np.stack([encoded[order[i, :k2]].mean(0) for i in range(n)])
    minima = np.minimum(encoded[:q, None], encoded[None, q:]).sum(-1)
    jaccard = 1 - minima / (2 - minima)
    return lambda_ * original[:q, q:] + (1 - lambda_) * jaccard
