"""From an owner's archive to the folders that a reader opens."""

from pathlib import Path

from reprolib.data.acquire.unpacking import unpack
from reprolib.data.sets import owner, sources
from reprolib.errors import ReproError


def prepare(name: str, archive: Path, root: Path, sha256: str = "") -> list[str]:
    """Unpack `archive` into `root` and make picture folders of what holds none.

    `name` is a data set or a family; `archive` may be `root` itself, where it was
    unpacked by hand. Returns what was done in sentences. Raises `ReproError` as
    `unpack` and the owner's `convert` do.
    """
    release = owner(name)
    if not archive.is_dir():
        done = unpack(archive, root, release.archives, sha256)
        compared = " as expected" if sha256 else ""
        said = [
            f"{archive}: SHA-256 {done.sha256}{compared}",
            f"{root}: {done.written:,} files unpacked, {done.kept:,} were there, "
            f"{done.left_out:,} of the archive left out",
        ]
    elif archive.resolve() == root.resolve() and any(
        not _missing(group, root) for group in release.archives
    ):
        said = [f"{root}: unpacked by hand"]
    else:
        groups = ", or ".join(" and ".join(group) for group in release.archives)
        raise ReproError(
            f"{archive} is a folder; expected an archive, or the folder {root} itself "
            f"with {groups} in it."
        )
    if release.convert and (root / release.raw).exists():
        said.append(release.convert(root))
    if missing := _missing(sources()[next_to_check(name, root)].parts, root):
        said.append(f"still missing: {', '.join(missing)}; prepare their archives too")
    return said


def next_to_check(name: str, root: Path) -> str:
    """`name`, or of a family the first data set of which all parts lie in `root`."""
    if name in sources():
        return name
    family = [s for s in sources().values() if s.owner.family == name]
    return min(family, key=lambda s: bool(_missing(s.parts, root))).name


def _missing(parts: tuple[str, ...], root: Path) -> list[str]:
    return [part for part in parts if not (root / part).exists()]
