"""Digests by which a result is found: of the code that makes it, of what was asked."""

import hashlib
import json
from collections.abc import Iterable
from functools import cache
from pathlib import Path

SUFFIXES = (".py", ".toml", ".json", ".csv")
DIGITS = 16


@cache
def code(*paths: str | Path) -> str:
    """One digest of files, and of the code and tables below folders: 16 hex digits.

    Names count from each path on, so that it does not matter where the library lies.
    Every path is read once a process. Raises FileNotFoundError for one that is not
    there.
    """
    total = hashlib.sha256()
    for path in map(Path, paths):
        files = [path]
        if path.is_dir():
            files = [p for p in path.rglob("*") if p.suffix in SUFFIXES]
        named = {file.relative_to(path.parent).as_posix(): file for file in files}
        for name in sorted(named):
            content = named[name].read_bytes()
            total.update(f"{name} {len(content)}\n".encode() + content)
    return total.hexdigest()[:DIGITS]


def of(value: object) -> str:
    """The digest of a value that JSON can hold: 16 hex digits."""
    text = json.dumps(value, sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()[:DIGITS]


def content(path: str | Path) -> str:
    """The digest of one file's bytes, however large: 16 hex digits."""
    with Path(path).open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()[:DIGITS]


def files(paths: Iterable[Path]) -> str:
    """The digest of names, sizes and times of files, which are not read."""
    states = [(path.name, path.stat()) for path in paths]
    return of([[name, s.st_size, s.st_mtime_ns] for name, s in states])
