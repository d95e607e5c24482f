"""From an owner's archive to the folders that a reader opens."""

from collections.abc import Callable
from pathlib import Path

from reprolib.data.holdings import cuhk03_release, cuhk_sysu_crop, owners
from reprolib.data.holdings.unpacking import unpack
from reprolib.data.sources import SOURCES
from reprolib.errors import ReproError

# By family: the part of the release that holds no picture folders, and what makes
# them of it and says what it did.
STEPS: dict[str, tuple[str, Callable[[Path], str]]] = {
    "cuhk03": (
        owners.MATRIX,
        lambda root: cuhk03_release.unpack(root / owners.MATRIX, root),
    ),
    "cuhk-sysu": ("Image/SSM", lambda root: cuhk_sysu_crop.crop(root, root)),
}


def family(name: str) -> str:
    """The family of a data set, or of a family itself; `ReproError` for others."""
    if name in owners.OWNERS:
        return name
    if name in SOURCES:
        return SOURCES[name].family
    raise ReproError(
        f"{name!r} is no data set of an owner; expected one of "
        f"{', '.join(sorted({*owners.OWNERS, *SOURCES}))}, one at a time."
    )


def prepare(name: str, archive: Path, root: Path, sha256: str = "") -> list[str]:
    """Unpack `archive` into `root` and make picture folders of what holds none.

    `archive` may be `root` itself, where it was unpacked by hand. Returns what was done
    in sentences. Raises `ReproError` as `unpack` and the steps do.
    """
    kind = family(name)
    if archive.is_dir():
        said = [_unpacked_by_hand(kind, archive, root)]
    else:
        done = unpack(archive, root, owners.owner(kind).archives, sha256)
        compared = " as expected" if sha256 else ""
        said = [
            f"{archive}: SHA-256 {done.sha256}{compared}",
            f"{root}: {done.written:,} files unpacked, {done.kept:,} were there, "
            f"{done.left_out:,} of the archive left out",
        ]
    release, step = STEPS.get(kind, ("", None))
    if step and (root / release).exists():
        said.append(step(root))
    if missing := [p for p in owners.parts(name, kind) if not (root / p).exists()]:
        said.append(f"still missing: {', '.join(missing)}; prepare their archives too")
    return said


def next_to_check(name: str, root: Path) -> str:
    """`name`, or of a family the first data set of which all parts lie in `root`."""
    if name in SOURCES:
        return name
    names = [n for n, source in SOURCES.items() if source.family == name]
    whole = (
        n for n in names if all((root / p).exists() for p in owners.parts(n, name))
    )
    return next(whole, names[0])


def _unpacked_by_hand(kind: str, archive: Path, root: Path) -> str:
    groups = owners.owner(kind).archives
    whole = any(all((root / part).exists() for part in group) for group in groups)
    if archive.resolve() != root.resolve() or not whole:
        raise ReproError(
            f"{archive} is a folder; expected an archive, or the folder {root} itself "
            f"with {', or '.join(' and '.join(group) for group in groups)} in it."
        )
    return f"{root}: unpacked by hand"
