"""From an owner's archive to the folders that a reader opens."""

from pathlib import Path

from reprolib.data.acquire.unpacking import unpack
from reprolib.data.sets import Owner, owner, sources
from reprolib.errors import ReproError


def prepare(name: str, archive: Path, root: Path, sha256: str = "") -> list[str]:
    """Unpack `archive` into `root` and make picture folders of what holds none.

    `name` is a data set or a family; `archive` may be `root` itself, where it was
    unpacked by hand. Returns what was done in sentences. Raises `ReproError` as
    `unpack` and the owner's `convert` do.
    """
    release = owner(name)
    if archive.is_dir():
        said = [_by_hand(release, archive, root)]
    else:
        done = unpack(archive, root, release.archives, sha256)
        compared = " as expected" if sha256 else ""
        said = [
            f"{archive}: SHA-256 {done.sha256}{compared}",
            f"{root}: {done.written:,} files unpacked, {done.kept:,} were there, "
            f"{done.left_out:,} of the archive left out",
        ]
    if release.convert and (root / release.raw).exists():
        said.append(release.convert(root))
    parts = sources()[next_to_check(name, root)].parts
    if missing := [part for part in parts if not (root / part).exists()]:
        said.append(f"still missing: {', '.join(missing)}; prepare their archives too")
    return said


def next_to_check(name: str, root: Path) -> str:
    """`name`, or of a family the first data set of which all parts lie in `root`."""
    if name in sources():
        return name
    family = [s for s in sources().values() if s.owner.family == name]
    whole = [s for s in family if all((root / part).exists() for part in s.parts)]
    return (whole or family)[0].name


def _by_hand(release: Owner, archive: Path, root: Path) -> str:
    groups = release.archives
    whole = any(all((root / part).exists() for part in group) for group in groups)
    if archive.resolve() != root.resolve() or not whole:
        raise ReproError(
            f"{archive} is a folder; expected an archive, or the folder {root} itself "
            f"with {', or '.join(' and '.join(group) for group in groups)} in it."
        )
    return f"{root}: unpacked by hand"
