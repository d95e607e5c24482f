"""What goes wrong with a disk, said in a sentence; and whether the space suffices."""

import errno
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from reprolib.errors import ReproError

BLOCK = 4096
REFUSED = (errno.EACCES, errno.EPERM, errno.EROFS)


@contextmanager
def writing(root: Path) -> Iterator[None]:
    """Raise `ReproError` for whatever the disk refuses while `root` is written to."""
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


def on_disk(size: int) -> int:
    """Bytes that a file of `size` bytes takes, in whole blocks."""
    return -(-size // BLOCK) * BLOCK


def require_space(root: Path, needed: int) -> None:
    """Raise `ReproError`, saying how much is missing, if `needed` bytes do not fit."""
    with writing(root):
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
