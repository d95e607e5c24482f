"""Exercises of chapter 2: element distances and paths."""

from itertools import combinations

import numpy as np

from reprolib.book.exercises.exercise import Exercise, close


def _table(rng):
    return (rng.random(rng.integers(1, 6, size=2)),)


def _vectors(rng):
    return rng.normal(size=5), rng.normal(size=5)


def _paths(height, width):
    """Every monotone path through a table, as its cells."""
    steps = height + width - 2
    for down in combinations(range(steps), height - 1):
        cells = [(0, 0)]
        for step in range(steps):
            i, j = cells[-1]
            cells.append((i + 1, j) if step in down else (i, j + 1))
        yield cells


def _least(d):
    return min(sum(d[cell] for cell in path) for path in _paths(*d.shape))


def _warped(d, i=0, j=0):
    """The least total from a cell to the last one, by trying all three steps."""
    steps = ((i + 1, j), (i, j + 1), (i + 1, j + 1))
    inside = [(a, b) for a, b in steps if a < d.shape[0] and b < d.shape[1]]
    return d[i, j] + min((_warped(d, *cell) for cell in inside), default=0.0)


def _zero_diagonal(rng):
    d = 1 + rng.random((size := rng.integers(2, 5), size))
    np.fill_diagonal(d, 0)
    return (d,)


def _lies_on_a_path(found, d):
    return [tuple(int(k) for k in cell) for cell in found] in list(_paths(*d.shape))


def _costs_the_least(found, d):
    return close(sum(d[int(i), int(j)] for i, j in found), _least(d))


EXERCISES = {
    "element-distance": Exercise(
        "2",
        "f(a, b) of two vectors",
        (
            (
                "The distance of a vector to itself is 0",
                lambda rng: (v := rng.normal(size=5), v.copy()),
                lambda found, a, b: close(found, 0.0),
            ),
            (
                "Which of the two comes first makes no difference; it is Equation 1",
                _vectors,
                lambda found, a, b: close(found, np.tanh(np.linalg.norm(a - b) / 2)),
            ),
            (
                "Vectors a thousand apart have distance 1, and no overflow",
                lambda rng: (rng.normal(size=3), rng.normal(size=3) + 1000),
                lambda found, a, b: close(found, 1.0),
            ),
        ),
    ),
    "shortest-path": Exercise(
        "2",
        "f(d) of a table (H, W), the least total of Equation 2",
        (
            (
                "A table of one cell costs that cell",
                lambda rng: (rng.random((1, 1)),),
                lambda found, d: close(found, d[0, 0]),
            ),
            (
                "In a table of one row every cell lies on the path",
                lambda rng: (rng.random((1, rng.integers(2, 6))),),
                lambda found, d: close(found, d.sum()),
            ),
            (
                "The same holds for a table of one column",
                lambda rng: (rng.random((rng.integers(2, 6), 1)),),
                lambda found, d: close(found, d.sum()),
            ),
            (
                "No path from the first cell to the last, down or right, costs less",
                _table,
                lambda found, d: float(found) <= _least(d) + 1e-6,
            ),
            (
                "Some path, down or right, costs as little as that",
                _table,
                lambda found, d: float(found) >= _least(d) - 1e-6,
            ),
        ),
    ),
    "path-cells": Exercise(
        "2",
        "f(d) of a table (H, W), the cells (i, j) of the shortest path in order",
        (
            (
                "The cells are a path from the first cell to the last, down or right",
                _table,
                _lies_on_a_path,
            ),
            ("No other path costs less", _table, _costs_the_least),
        ),
    ),
    "count-paths": Exercise(
        "2",
        "f(h, w), how many paths lead down or right through a table",
        (
            (
                "One row or one column has one path",
                lambda rng: (1, int(rng.integers(1, 9))),
                lambda found, h, w: found == 1,
            ),
            (
                "It is the number of paths that can be listed",
                lambda rng: tuple(int(k) for k in rng.integers(1, 6, size=2)),
                lambda found, h, w: found == len(list(_paths(h, w))),
            ),
        ),
    ),
    "warped-path": Exercise(
        "2",
        "f(d) of a table (H, W), the least total if a step may also go down and right",
        (
            (
                "In a table of one row every cell lies on the path",
                lambda rng: (rng.random((1, rng.integers(2, 6))),),
                lambda found, d: close(found, d.sum()),
            ),
            (
                "A table that is 0 on its diagonal costs nothing",
                _zero_diagonal,
                lambda found, d: close(found, 0.0),
            ),
            (
                "No path of steps down, right, or both at once costs less",
                _table,
                lambda found, d: float(found) <= _warped(d) + 1e-6,
            ),
            (
                "Some such path costs as little as that",
                _table,
                lambda found, d: float(found) >= _warped(d) - 1e-6,
            ),
        ),
    ),
}
