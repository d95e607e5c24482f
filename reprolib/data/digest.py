"""Short digests by which results are found: of code, and of what was asked for."""

import hashlib
import json
from functools import cache
from pathlib import Path

KINDS = (".py", ".toml", ".json", ".csv")


@cache
def code(*paths: Path) -> str:
    """A digest of the files `paths`, and of all in those that are folders."""
    files = {
        f for path in paths for f in ([path] if path.is_file() else path.rglob("*"))
    }
    made = hashlib.sha256()
    for file in sorted(f for f in files if f.suffix in KINDS):
        made.update(file.name.encode() + b"\0" + file.read_bytes())
    return made.hexdigest()[:12]


def of(value: object) -> str:
    """A digest of anything that JSON can say."""
    text = json.dumps(value, sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()[:12]


def content(path: Path) -> str:
    """A digest of the bytes of one file, however large."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()[:12]


def files(paths: list[Path]) -> str:
    """A digest of the names, sizes and times of files, which are not read."""
    states = [(path, path.stat()) for path in paths]
    return of([[path.name, s.st_size, s.st_mtime_ns] for path, s in states])
