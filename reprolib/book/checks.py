"""Checks a reader's answer to an exercise: which property fails, with what input.

    from reprolib.book.checks import check
    check("shortest-path", my_function)

An answer runs on inputs that it has not seen. What comes back names the property that
fails and the input, never the right answer. Exercises stand at the end of chapters.
"""

import copy
import zlib
from collections.abc import Callable, Iterator

import numpy as np
import torch

from reprolib.book.exercises import EXERCISES, Exercise
from reprolib.errors import ReproError

ROUNDS = 20  # inputs that each property is tried on


def check(name: str, answer: Callable) -> None:
    """Say whether `answer` solves the exercise `name`, and if not, where it fails.

    Raises `ReproError` for an unknown exercise.
    """
    reason = failure(name, answer)
    count = len(find(name).properties)
    print(f"not yet: {reason}" if reason else f"right: all {count} properties hold")


def failure(name: str, answer: Callable) -> str | None:
    """Why `answer` does not solve the exercise, or None where it does."""
    exercise = find(name)
    if not callable(answer):
        return f"expected a function, {exercise.asks}; got {type(answer).__name__}."
    for says, inputs, holds in exercise.properties:
        for given in _inputs(name, inputs):
            kept = copy.deepcopy(given)
            try:
                found = answer(*given)
                good = holds(found, *kept)
            except Exception as error:
                kind = type(error).__name__
                return f"{says}. With {_text(kept)} it raised {kind}: {error}"
            if not good:
                return f"{says}. Not so with {_text(kept)}: you gave {_text([found])}."
            if _text(given) != _text(kept):
                return f"It must not change its input, and changed {_text(kept)}."
    return None


def find(name: str) -> Exercise:
    """An exercise by name; `ReproError` if there is none."""
    if name not in EXERCISES:
        known = ", ".join(EXERCISES)
        raise ReproError(f"unknown exercise {name!r}; expected one of {known}.")
    return EXERCISES[name]


def _inputs(name: str, inputs: Callable) -> Iterator[tuple]:
    rng = np.random.default_rng(zlib.crc32(name.encode()))
    for _ in range(ROUNDS):
        yield inputs(rng)


def _text(values) -> str:
    """Inputs or an answer as a reader would write them."""
    plain = (v.tolist() if isinstance(v, torch.Tensor) else v for v in values)
    with np.printoptions(precision=3, suppress=True, threshold=60):
        return ", ".join(
            np.array2string(v, separator=", ") if isinstance(v, np.ndarray) else repr(v)
            for v in plain
        )
