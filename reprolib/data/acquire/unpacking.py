"""Unpacking an owner's archive into the folder of its data set, wholly or not at all.

Files go to a hidden folder first and are renamed once all are there. An archive is a
stranger's: nothing in it may be a link or lead out of the folder.
"""

import hashlib
import lzma
import os
import re
import stat
import tarfile
import zipfile
import zlib
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path, PurePosixPath
from typing import NamedTuple

from tqdm import tqdm

from reprolib.data.writing import aside, require_space
from reprolib.errors import ReproError

DAMAGE = (zipfile.BadZipFile, tarfile.TarError, zlib.error, lzma.LZMAError)
DAMAGE += (EOFError, ValueError, NotImplementedError)
MACOS = re.compile(r"(^|/)(__MACOSX/|\._|\.DS_Store$)").search
Archive = zipfile.ZipFile | tarfile.TarFile


class Unpacked(NamedTuple):
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
    Raises `ReproError`, and leaves nothing behind, for another checksum than `sha256`,
    a wrong, damaged or dangerous archive, or a full disk.
    """
    found = checksum(path)
    if sha256 and not re.fullmatch("[0-9a-fA-F]{64}", sha256):
        raise ReproError(f"{sha256!r} is no SHA-256; expected 64 hexadecimal digits.")
    if sha256 and found != sha256.lower():
        raise ReproError(
            f"{path}: its SHA-256 is {found}, expected {sha256.lower()}. Download the "
            "archive again; nothing was unpacked."
        )
    opener = zipfile.ZipFile if zipfile.is_zipfile(path) else tarfile.open
    with _reading(path), opener(path) as archive:
        files = _files(path, archive)
        top = _top(path, files, groups)
        wanted = {k: v for k, v in files.items() if k.startswith(top) and not MACOS(k)}
        there = {k for k in wanted if _is_whole(root / k[len(top) :], wanted[k][1])}
        missing = {k: v for k, v in wanted.items() if k not in there}
        require_space(root, sum(size for _, size in missing.values()))
        if missing:
            _write(path, archive, missing, top, root)
    return Unpacked(found, len(missing), len(there), len(files) - len(wanted))


def checksum(path: Path) -> str:
    """The SHA-256 of a file, 64 hexadecimal digits."""
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as error:
        raise ReproError(
            f"{path}: the archive cannot be read ({error.strerror}); expected the file "
            "that the data set's owner hands out."
        ) from error


@contextmanager
def _reading(path: Path) -> Iterator[None]:
    try:
        yield
    except (*DAMAGE, OSError) as error:
        if isinstance(error, OSError) and error.errno is not None:
            raise  # the disk's, not the archive's
        why = str(error).partition("\n")[0].strip(": ")
        raise ReproError(
            f"{path}: no zip or tar archive, or a truncated or damaged one ({why}); "
            "expected it whole, as the owner hands it out. Nothing of it was kept. "
            "Download it again (a page of HTML means that the download was refused), "
            "or unpack it by hand."
        ) from error


def _files(path: Path, archive: Archive) -> dict[str, tuple]:
    """Name -> (entry, size) of each file; `ReproError` for what could do harm."""
    if isinstance(archive, zipfile.ZipFile):
        entries = [(e.filename, e, e.file_size, e.is_dir()) for e in archive.infolist()]
    else:
        entries = [(e.name, e, e.size, e.isdir()) for e in archive]
        archive.fileobj.seek(archive.offset)
        if archive.fileobj.read(512) != bytes(512):  # cut between two files
            raise EOFError("the mark of its end is missing")
    for name, entry, *_ in entries:
        slashed = name.replace("\\", "/")
        outside = re.match("/|[A-Za-z]:", slashed) or ".." in slashed.split("/")
        if outside or not _is_plain(entry):
            why = "leads out of the folder" if outside else "is a link or encrypted"
            raise ReproError(
                f"{path}: the member {name!r} {why}; expected nothing but plain files "
                "below one folder. Nothing was unpacked; ask the owner for another "
                "archive, or unpack it by hand."
            )
    return {str(PurePosixPath(k)): (e, n) for k, e, n, folder in entries if not folder}


def _is_plain(entry: zipfile.ZipInfo | tarfile.TarInfo) -> bool:
    if isinstance(entry, tarfile.TarInfo):
        return entry.isreg() or entry.isdir()
    kind = stat.S_IFMT(entry.external_attr >> 16)
    return kind in (0, stat.S_IFREG, stat.S_IFDIR) and not entry.flag_bits & 1


def _top(path: Path, files: Iterable[str], groups: Sequence[Sequence[str]]) -> str:
    """The folder that a whole group lies in ("" or "name/"), the outermost if many."""
    names = [name for name in files if not MACOS(name)]
    places = set(names).union(*(map(str, PurePosixPath(n).parents) for n in names))
    tops = {f"{place}/" for place in places} | {""}
    for top in sorted(tops, key=lambda top: (top.count("/"), top)):
        if any(all(top + part in places for part in group) for group in groups):
            return top
    expected = ", or ".join(" and ".join(group) for group in groups)
    inside = sorted({name.partition("/")[0] for name in names})[:5]
    raise ReproError(
        f"{path}: not an archive of this data set; expected {expected} in it, found "
        f"{', '.join(inside) or 'no file'}. Nothing was unpacked; check that the name "
        "of the data set belongs to this archive."
    )


def _is_whole(path: Path, size: int) -> bool:
    return path.is_file() and path.stat().st_size == size


def _write(path: Path, archive: Archive, files: dict, top: str, root: Path) -> None:
    """Extract the files to a hidden folder, and rename them once all are there."""
    safely = {"filter": "data"} if isinstance(archive, tarfile.TarFile) else {}
    todo = tqdm(files.items(), path.name, unit="file", leave=False)
    with aside(root) as work:
        for name, (entry, size) in todo:
            with _reading(path):
                archive.extract(entry, work, **safely)
                if not _is_whole(work / name, size):
                    raise EOFError(f"{name} ends early")
        for name in files:
            target = root / name[len(top) :]
            target.parent.mkdir(parents=True, exist_ok=True)
            os.replace(work / name, target)
