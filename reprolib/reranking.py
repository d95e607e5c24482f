"""Re-ranking by k-reciprocal encoding (Zhong, Zheng, Cao, Li, CVPR 2017).

An image is described by its k-reciprocal neighbours, weighted by distance; two images
are close when they share neighbours. The weights are a sparse matrix: nothing of size
(Q + G) x (Q + G) is ever held.
"""

import numpy as np
import torch
from scipy import sparse

from reprolib.alignment.distances import as_tensor, squared_distances, squared_norms
from reprolib.errors import ReproError

# Bytes of distances held at once.
BLOCK_BYTES = 32_000_000


def k_reciprocal(query_gallery, query_query, gallery_gallery, k1=20, k2=6, lambda_=0.3):
    """Re-rank from distances; returns lambda * original + (1 - lambda) * Jaccard.

    query_gallery: (Q, G), query_query: (Q, Q), gallery_gallery: (G, G) -> (Q, G). The
    original is the squared distance over the row's maximum. An image always counts as
    its own first neighbour; k1 + 1 and k2 neighbours are clamped to Q + G. Raises
    ReproError when shapes or settings do not fit. Taught in chapter 6.
    """
    qg = as_tensor("query_gallery", query_gallery, "Q, G").detach()
    qq = as_tensor("query_query", query_query, "Q, Q").detach()
    gg = as_tensor("gallery_gallery", gallery_gallery, "G, G").detach()
    q, g = qg.shape
    for name, matrix, side in (("query_query", qq, q), ("gallery_gallery", gg, g)):
        if matrix.shape != (side, side):
            raise ReproError(
                f"{name} has shape {tuple(matrix.shape)}, expected ({side}, {side}) to "
                f"fit query_gallery of shape {tuple(qg.shape)}"
            )

    def block(rows):
        if rows.stop <= q:
            return torch.cat([qq[rows], qg[rows]], 1).square_()
        rows = slice(rows.start - q, rows.stop - q)
        return torch.cat([qg[:, rows].T, gg[rows]], 1).square_()

    def pairs(rows, row, column):
        return block(rows)[row - rows.start, column]

    return _rerank(block, pairs, q, g, qg, k1, k2, lambda_)


def k_reciprocal_features(query, gallery, k1=20, k2=6, lambda_=0.3):
    """Re-rank by the Euclidean distance of features, as `k_reciprocal` of it.

    query: (Q, C), gallery: (G, C) -> (Q, G). Taught in chapter 6.
    """
    query = as_tensor("query", query, "Q, C").detach()
    gallery = as_tensor("gallery", gallery, "G, C").detach()
    if query.shape[1] != gallery.shape[1]:
        raise ReproError(
            f"query has {query.shape[1]} channels and gallery {gallery.shape[1]}: "
            "both must come from one network"
        )
    everyone = torch.cat([query, gallery])
    norms = squared_norms(everyone)

    def block(rows):
        return squared_distances(everyone[rows], everyone, norms)

    def pairs(rows, row, column):
        return (everyone[row] - everyone[column]).square_().sum(1)

    return _rerank(block, pairs, len(query), len(gallery), query, k1, k2, lambda_)


def _rerank(block, pairs, q, g, like, k1, k2, lambda_):
    """Re-rank Q queries among G images, which follow the queries in rows and columns.

    block(slice) gives rows of squared distances; pairs(slice, row, column) gives
    those of single pairs whose rows lie in the slice.
    """
    if k1 < 1 or k2 < 1 or not 0 <= lambda_ <= 1:
        raise ReproError(
            f"k1={k1}, k2={k2}, lambda_={lambda_}: expected k1 and k2 of at least 1 "
            "and lambda_ between 0 and 1"
        )
    n = q + g
    result = torch.empty(q, g, dtype=like.dtype)
    nearest, farthest = _neighbours(block, q, n, min(max(k1 + 1, k2), n), result)
    sets = _expanded_sets(nearest, k1)
    weights = _encode(pairs, q, sets, farthest)
    weights = _averaging(nearest[:, :k2]) @ weights
    _blend_jaccard(weights.tocsr(), result, lambda_)
    return result.to(like.device)


def _row_slices(q, n):
    """Slices of rows that fit in a block; none holds both queries and gallery."""
    size = max(1, BLOCK_BYTES // (4 * n))
    for start, stop in ((0, q), (q, n)):
        for first in range(start, stop, size):
            yield slice(first, min(first + size, stop))


def _neighbours(block, q, n, k, result):
    """Return the k nearest of each image, itself first, and its largest distance.

    Fills `result` with the queries' original distances.
    """
    nearest, farthest = np.empty((n, k), np.int32), np.empty(n)
    for rows in _row_slices(q, n):
        squares = block(rows)
        largest = squares.amax(1).clamp_(min=torch.finfo(squares.dtype).tiny)
        farthest[rows] = largest.cpu()
        if rows.stop <= q:
            result[rows] = (squares[:, q:] / largest[:, None]).cpu()
        own = torch.arange(rows.start, rows.stop, device=squares.device)[:, None]
        squares.scatter_(1, own, -1.0)
        nearest[rows] = squares.topk(k, 1, largest=False).indices.cpu()
    return nearest, farthest


def _membership(nearest):
    """Return the 0/1 matrix with a row of `nearest` in each row."""
    n, k = nearest.shape
    ones = np.ones(nearest.size, np.float32)
    indptr = np.arange(0, n * k + 1, k)
    return sparse.csr_matrix((ones, nearest.ravel(), indptr), shape=(n, n))


def _averaging(nearest):
    return _membership(nearest) / nearest.shape[1]


def _reciprocal(nearest):
    """Return the 0/1 matrix of pairs that are among each other's neighbours."""
    member = _membership(nearest)
    return member.multiply(member.T).tocsr()


def _expanded_sets(nearest, k1):
    """Return the 0/1 matrix of the k-reciprocal sets after expansion.

    A neighbour's own half-sized set joins when more than 2/3 of it is already in.
    Python's round, as numpy's, rounds a half to the even number.
    """
    full = _reciprocal(nearest[:, : k1 + 1])
    half = _reciprocal(nearest[:, : round(k1 / 2) + 1])
    shared = full.multiply(full @ half.T).tocoo()
    sizes = half.sum(1).A1
    joins = shared.data > 2 / 3 * sizes[shared.col]
    pairs = (shared.data[joins], (shared.row[joins], shared.col[joins]))
    sets = full + sparse.csr_matrix(pairs, shape=full.shape) @ half
    sets.sort_indices()
    return sets


def _encode(pairs, q, sets, farthest):
    """Return the sets weighted by exp(-original distance), each row summing to 1."""
    n = sets.shape[0]
    data = np.empty(sets.nnz)
    for rows in _row_slices(q, n):
        inside = slice(sets.indptr[rows.start], sets.indptr[rows.stop])
        length = np.diff(sets.indptr[rows.start : rows.stop + 1])
        row = np.repeat(np.arange(rows.start, rows.stop), length)
        column = sets.indices[inside]
        squares = pairs(rows, torch.from_numpy(row), torch.from_numpy(column).long())
        weight = np.exp(-squares.cpu().numpy() / farthest[row])
        data[inside] = weight / np.bincount(row, weight)[row]
    return sparse.csr_matrix((data, sets.indices, sets.indptr), shape=sets.shape)


def _blend_jaccard(weights, result, lambda_):
    """Blend the Jaccard distances of queries and gallery into `result`, in place.

    Rows sum to 1, so that the sum of maxima is 2 less the sum of minima.
    """
    q, g = result.shape
    by_neighbour = weights[q:].T.tocsr()
    result = result.numpy()
    for query in range(q):
        row = slice(weights.indptr[query], weights.indptr[query + 1])
        sharing = by_neighbour[weights.indices[row]]
        weight = np.repeat(weights.data[row], np.diff(sharing.indptr))
        minima = np.minimum(weight, sharing.data)
        shared = np.bincount(sharing.indices, minima, minlength=g)
        jaccard = 1 - shared / (2 - shared)
        result[query] = lambda_ * result[query] + (1 - lambda_) * jaccard
