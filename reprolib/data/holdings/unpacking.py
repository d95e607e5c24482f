"""Unpacking an owner's archive into the folder of its data set, wholly or not at all.

Files go to a hidden folder first and are renamed once all are there; a second run goes
on where the first was stopped.
"""

import os
import re
import shutil
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from reprolib.data.holdings.archives import (
    LEFT_BY_MACOS,
    Archive,
    Member,
    checksum,
    open_archive,
)
from reprolib.data.writing import on_disk, require_space, writing
from reprolib.errors import ReproError
from tqdm import tqdm as track


@dataclass(frozen=True)
class Unpacked:
    """What `unpack` did: files written, already there, and left out of the archive."""

    sha256: str
    written: int
    kept: int
    left_out: int


def unpack(
    path: Path, root: Path, groups: Sequence[Sequence[str]], sha256: str = ""
) -> Unpacked:
    """Unpack the archive at `path` into the folder `root`, and keep the archive.

    Each of `groups` lists folders or files that come together in one archive; one
    group has to be there, at the top or below one folder, which is then left out.
    Files in `root` with the right size are kept, others of the same name replaced.
    Raises `ReproError`, before anything is written, for another checksum than
    `sha256`, a wrong archive or a full disk; and leaves nothing behind when the
    archive turns out to be damaged.
    """
    found = checksum(path)
    _require_checksum(path, found, sha256)
    with open_archive(path) as archive:
        wanted = _below(archive, groups)
        missing = {t: m for t, m in wanted.items() if not _whole(root / t, m)}
        staging = root / f".unpacking-{found[:12]}"
        todo = {t: m for t, m in missing.items() if not _whole(staging / t, m)}
        require_space(root, sum(on_disk(m.size) for m in todo.values()))
        if missing:
            _stage(archive, todo, staging, root)
            with writing(root):
                _move(missing, staging, root)
    left_out = len(archive.members) - len(wanted)
    return Unpacked(found, len(missing), len(wanted) - len(missing), left_out)


def _require_checksum(path: Path, found: str, wanted: str) -> None:
    if wanted and not re.fullmatch("[0-9a-fA-F]{64}", wanted):
        raise ReproError(f"{wanted!r} is no SHA-256; expected 64 hexadecimal digits.")
    if wanted and found != wanted.lower():
        raise ReproError(
            f"{path}: its SHA-256 is {found}, expected {wanted.lower()}. Download the "
            "archive again; nothing was unpacked."
        )


def _below(archive: Archive, groups: Sequence[Sequence[str]]) -> dict[str, Member]:
    """The members to unpack, by their place in the root."""
    members = [m for m in archive.members if not LEFT_BY_MACOS.search(m.name)]
    top = _top((m.name for m in members), groups)
    if top is None:
        expected = ", or ".join(" and ".join(group) for group in groups)
        inside = sorted({m.name.partition("/")[0] for m in members})[:5]
        raise ReproError(
            f"{archive.path}: not an archive of this data set; expected {expected} in "
            f"it, found {', '.join(inside) or 'no file'}. Nothing was unpacked; check "
            "that the name of the data set belongs to this archive."
        )
    return {m.name[len(top) :]: m for m in members if m.name.startswith(top)}


def _top(names: Iterable[str], groups: Sequence[Sequence[str]]) -> str | None:
    """The folder that a whole group lies in ("" or "name/"), the outermost if many."""
    places = set(names)
    folders = {name.rpartition("/")[0] for name in places}
    places |= {str(p) for f in folders for p in (f, *PurePosixPath(f).parents)}
    tops = {
        place[: -len(group[0])]
        for group in groups
        for place in places
        if f"/{place}".endswith(f"/{group[0]}")
    }
    whole = [
        top
        for top in tops
        if any(all(top + part in places for part in group) for group in groups)
    ]
    return min(whole, key=lambda top: (top.count("/"), top), default=None)


def _whole(path: Path, member: Member) -> bool:
    try:
        return path.is_file() and path.stat().st_size == member.size
    except OSError:
        return False


def _stage(archive: Archive, todo: dict[str, Member], staging: Path, root: Path):
    """Write the members to `staging`; all of it goes when archive or disk fail."""
    fresh = not root.exists()
    try:
        for target, member in track(todo.items(), archive.path.name, unit="file"):
            _write(archive, member, staging / target, root)
    except ReproError:
        shutil.rmtree(staging, ignore_errors=True)
        if fresh and root.is_dir() and not any(root.iterdir()):
            root.rmdir()
        raise


def _write(archive: Archive, member: Member, target: Path, root: Path) -> None:
    """Half a file has another size, by which a second run knows it."""
    with writing(root):
        target.parent.mkdir(parents=True, exist_ok=True)
        file = target.open("wb")
    with writing(root), file:
        for chunk in archive.chunks(member):
            file.write(chunk)


def _move(targets: Iterable[str], staging: Path, root: Path) -> None:
    """Rename what was staged into `root`, whole folders where none is there yet."""
    for name in sorted({target.partition("/")[0] for target in targets}):
        if not (root / name).exists():
            os.replace(staging / name, root / name)
    for target in targets:
        if (staging / target).exists():
            (root / target).parent.mkdir(parents=True, exist_ok=True)
            os.replace(staging / target, root / target)
    shutil.rmtree(staging)
