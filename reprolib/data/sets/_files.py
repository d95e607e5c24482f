"""What readers have in common: names taken apart, lists held against folders."""

import re
from collections.abc import Collection, Iterator
from pathlib import Path

from reprolib.errors import ReproError


def require(path: Path, expected: str) -> None:
    """Raise `ReproError` that says what was `expected` unless `path` is there."""
    if not path.exists():
        raise ReproError(f"{path} is not there; expected {expected}")


def named_pictures(
    folder: Path, suffixes: str, name: re.Pattern, layout: str
) -> Iterator[tuple[Path, re.Match]]:
    """The files of `folder` that end in one of the `suffixes`, in order, taken apart.

    Other files are passed over. Raises `ReproError` where the stem of a file does not
    match `name`, the `layout` in words.
    """
    for path in sorted(p for p in folder.iterdir() if p.suffix):
        if path.suffix.lower() in suffixes.split():
            match = name.fullmatch(path.stem)
            if not match:
                raise ReproError(
                    f"{path}: the name does not parse; expected {layout}. Rename the "
                    "file or move it away."
                )
            yield path, match


def refuse(names: Collection[str], folder: Path, problem: str, advice: str) -> None:
    """Raise `ReproError` if there are `names`: it says the first, and how many."""
    if names:
        raise ReproError(
            f"{folder / min(names)} {problem} ({len(names)} such files). {advice}"
        )
