"""One exercise, and what several of them need."""

from collections.abc import Callable
from typing import NamedTuple

import numpy as np

# What must hold, what it is tried on, and whether it holds of (found, *input).
Property = tuple[str, Callable, Callable]


class Exercise(NamedTuple):
    """What is asked: the signature in words, the chapter, and the properties."""

    chapter: str
    asks: str
    properties: tuple[Property, ...]


def close(found, wanted) -> bool:
    """Whether an answer is a number, or numbers, as near as single precision allows."""
    found = np.asarray(found, dtype=float)
    wanted = np.asarray(wanted, dtype=float)
    return found.shape == wanted.shape and np.allclose(found, wanted, 1e-4, 1e-5)
