"""What goes wrong with a disk, said in a sentence; and whether the space suffices."""

import errno
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from reprolib.errors import ReproError

REFUSED = (errno.EACCES, errno.EPERM, errno.EROFS)


@contextmanager
def writing(root: Path) -> Iterator[None]:
    """Make the folder `root` to write into it; a new one that stays empty goes again.

    Raises `ReproError` for whatever the disk refuses.
    """
    fresh = not os.path.exists(root)
    try:
        with _refusals(root):
            root.mkdir(parents=True, exist_ok=True)
            yield
    finally:
        if fresh and root.is_dir() and not any(root.iterdir()):
            root.rmdir()


@contextmanager
def aside(root: Path) -> Iterator[Path]:
    """A hidden folder in `root` to write into first; it goes whatever happens."""
    hidden = tempfile.TemporaryDirectory
    with writing(root), hidden(prefix=".unfinished-", dir=root) as work:
        yield Path(work)


@contextmanager
def _refusals(root: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        why = error.strerror or str(error)
        if error.errno in (errno.ENOSPC, errno.EDQUOT):
            said = f"the disk is full ({why}); free some space"
        elif error.errno in REFUSED:
            said = f"it may not be written to ({why}); give a folder of your own"
        else:
            at = f" at {error.filename}" if error.filename else ""
            said = f"it cannot be written to ({why}{at}); clear the way"
        raise ReproError(f"{root}: {said} and run the command again.") from error


def require_space(root: Path, needed: int) -> None:
    """Raise `ReproError`, saying how much is missing, if `needed` bytes do not fit."""
    with _refusals(root):
        place = next(p for p in (root, *root.absolute().parents) if p.exists())
        free = shutil.disk_usage(place).free
    if needed > free:
        raise ReproError(
            f"{root}: the disk has {amount(free)} free, expected {amount(needed)}: "
            f"{amount(needed - free)} are missing. Free them, or give another folder."
        )


def amount(size: int) -> str:
    """Bytes for a reader, such as `1.5 GB` (powers of ten)."""
    for unit in ("bytes", "kB", "MB"):
        if size < 1000:
            return f"{size:.1f} {unit}" if unit != "bytes" else f"{size} bytes"
        size /= 1000
    return f"{size:.1f} GB"
