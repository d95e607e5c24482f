"""What readers have in common: names taken apart, people split, lists held to folders.

MATLAB stores every value as an array, small whole numbers as uint8; a list of one comes
back as the one, so readers take lists with `np.atleast_1d`.
"""

import random
import re
from collections.abc import Collection, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
from scipy.io import loadmat

from reprolib.errors import ReproError


def require(path: Path, expected: str) -> None:
    """Raise `ReproError` that says what was `expected` unless `path` is there."""
    if not path.exists():
        raise ReproError(f"{path} is not there; expected {expected}")


def refuse(names: Collection[str], folder: Path, problem: str, advice: str) -> None:
    """Raise `ReproError` if there are `names`: it says the first, and how many."""
    if names:
        raise ReproError(
            f"{folder / min(names)} {problem} ({len(names)} such files). {advice}"
        )


def named_pictures(
    folder: Path, expected: str, suffixes: str, name: re.Pattern, layout: str
) -> Iterator[tuple[Path, re.Match]]:
    """The files of `folder` that end in one of the `suffixes`, in order, taken apart.

    Other files are passed over. Raises `ReproError` where the folder is not there, as
    `expected` says, or the stem of a file does not match `name`, the `layout` in words.
    """
    require(folder, expected)
    for path in sorted(p for p in folder.iterdir() if p.suffix):
        if path.suffix.lower() in suffixes.split():
            match = name.fullmatch(path.stem)
            if not match:
                raise ReproError(
                    f"{path}: the name does not parse; expected {layout}. Rename the "
                    "file or move it away."
                )
            yield path, match


def split(
    people: Iterable[int], seed: int, train: int, of: int
) -> tuple[list[int], list[int]]:
    """Shuffle `people` by `seed`: `train` of each `of` train, the others are tested."""
    people = sorted(people)
    random.Random(seed).shuffle(people)
    count = len(people) * train // of
    return sorted(people[:count]), sorted(people[count:])


@contextmanager
def matlab(path: Path, layout: str, *variables: str) -> Iterator[list]:
    """The `variables` of a MATLAB file of version 5, structs as dicts.

    Raises `ReproError` for a file that is missing or broken or lacks a variable, and
    for whatever goes wrong while the values are taken apart, `layout` in words.
    """
    require(path, "it in the data set. Unpack it again, completely.")
    # What scipy raises for a broken file depends on the byte that is broken.
    try:
        found = loadmat(path, variable_names=variables, simplify_cells=True)
    except Exception as error:
        raise ReproError(
            f"{path} cannot be read ({error}); expected a MATLAB file of version 5. "
            "Unpack the data set again."
        ) from error
    for variable in variables:
        if variable not in found:
            raise ReproError(
                f"{path} holds no variable {variable}; check that it is the right file."
            )
    try:
        yield [found[variable] for variable in variables]
    except (LookupError, ValueError, TypeError, AttributeError) as error:
        raise ReproError(
            f"{path} is not laid out as expected: {layout} ({error}). Check that it is "
            "the right file, or unpack the data set again."
        ) from error


def numbers(array: np.ndarray | int) -> tuple[int, ...]:
    """The whole numbers in an array, or the only one; none of an empty one."""
    return tuple(np.ravel(array).astype(int).tolist())
