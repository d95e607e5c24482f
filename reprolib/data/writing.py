"""What goes wrong with a disk, said in a sentence; and whether the space suffices."""

import errno
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from reprolib.errors import ReproError


@contextmanager
def writing(root: Path) -> Iterator[None]:
    """Make the folder `root` to write into it; a new one that stays empty goes again.

    Raises `ReproError` for whatever the disk refuses.
    """
    fresh = not os.path.exists(root)
    try:
        root.mkdir(parents=True, exist_ok=True)
        yield
    except OSError as error:
        why = error.strerror or str(error)
        if error.errno in (errno.ENOSPC, errno.EDQUOT):
            said = f"the disk is full ({why}); free some space"
        elif error.errno in (errno.EACCES, errno.EPERM, errno.EROFS):
            said = f"it may not be written to ({why}); give a folder of your own"
        else:
            at = f" at {error.filename}" if error.filename else ""
            said = f"it cannot be written to ({why}{at}); clear the way"
        raise ReproError(f"{root}: {said} and run the command again.") from error
    finally:
        if fresh and root.is_dir() and not any(root.iterdir()):
            root.rmdir()


@contextmanager
def aside(root: Path) -> Iterator[Path]:
    """A hidden folder in `root` to write into first; it goes whatever happens."""
    hidden = tempfile.TemporaryDirectory
    with writing(root), hidden(prefix=".unfinished-", dir=root) as work:
        yield Path(work)


def require_space(root: Path, needed: int) -> None:
    """Raise `ReproError`, saying how much is missing, if `needed` bytes do not fit."""
    place = next(filter(os.path.exists, (root, *root.absolute().parents)))
    free = shutil.disk_usage(place).free
    if needed > free:
        raise ReproError(
            f"{root}: the disk has {amount(free)} free, expected {amount(needed)}: "
            f"{amount(needed - free)} are missing. Free them, or give another folder."
        )


def amount(size: int) -> str:
    """Bytes for a reader, such as `1.5 GB` (powers of ten)."""
    if size < 1000:
        return f"{size} bytes"
    for unit in ("kB", "MB"):
        size /= 1000
        if size < 1000:
            return f"{size:.1f} {unit}"
    return f"{size / 1000:.1f} GB"
