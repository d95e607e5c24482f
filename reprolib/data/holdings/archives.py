"""Reading the zip and tar archives that owners of data sets hand out, with suspicion.

Every name, link and size is judged before the first byte is unpacked.
"""

import hashlib
import lzma
import re
import stat
import tarfile
import unicodedata
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import IO

from reprolib.errors import ReproError

ZIP = (b"PK\x03\x04", b"PK\x05\x06")
PACKED = {b"\x1f\x8b": "gzip", b"BZh": "bzip2", b"\xfd7zXZ\x00": "xz"}
DAMAGE = (
    zipfile.BadZipFile,
    tarfile.TarError,
    zlib.error,
    lzma.LZMAError,
    EOFError,
    OSError,
    ValueError,
)
LEFT_BY_MACOS = re.compile(r"(^|/)(__MACOSX/|\._|\.DS_Store$)")


@dataclass(frozen=True)
class Member:
    """One file of an archive: its name (parts joined by /) and its size in bytes."""

    name: str
    size: int
    entry: zipfile.ZipInfo | tarfile.TarInfo


@dataclass(frozen=True)
class Archive:
    """An open archive whose members have been judged."""

    path: Path
    members: tuple[Member, ...]
    source: zipfile.ZipFile | tarfile.TarFile

    def chunks(self, member: Member, size: int = 1 << 20) -> Iterator[bytes]:
        """The bytes of a member; `ReproError` where the archive is damaged."""
        with _reading(self.path):
            stream = self._open(member)
        with stream:
            left = member.size
            while left:
                with _reading(self.path):
                    chunk = stream.read(min(size, left))
                    if not chunk:
                        raise EOFError(f"{member.name} ends early")
                left -= len(chunk)
                yield chunk

    def _open(self, member: Member) -> IO[bytes]:
        if isinstance(self.source, zipfile.ZipFile):
            return self.source.open(member.entry)
        return self.source.extractfile(member.entry)


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
def open_archive(path: Path) -> Iterator[Archive]:
    """The archive at `path`, open, and its files without folders.

    Raises `ReproError` where it is no archive or not whole, and where a member would
    land outside, is a link or a device, is encrypted, or has the name of another (also
    if they differ only in case, as many disks do not tell them apart).
    """
    kind, opener = _kind(path)
    with _reading(path):
        source = opener(path)
    with source:
        with _reading(path):
            members = _in_zip(path, source) if kind == "zip" else _in_tar(path, source)
        _refuse_duplicates(path, members)
        yield Archive(path, members, source)


def _kind(path: Path) -> tuple[str, object]:
    try:
        with path.open("rb") as file:
            head = file.read(512)
    except OSError as error:
        raise ReproError(f"{path}: cannot be read ({error.strerror}).") from error
    if head.startswith(ZIP):
        return "zip", zipfile.ZipFile
    if head[257:262] == b"ustar" or any(head.startswith(mark) for mark in PACKED):
        return "tar", tarfile.open
    what = "is empty" if not head else "is no zip and no tar archive"
    raise ReproError(
        f"{path}: the file {what}; expected the archive that the data set's owner "
        "hands out. A page of HTML instead means that the download was refused."
    )


@contextmanager
def _reading(path: Path) -> Iterator[None]:
    try:
        yield
    except NotImplementedError as error:
        raise ReproError(
            f"{path}: packed in a way that Python cannot read ({error}); unpack it "
            "with another program and pack it again as zip or tar."
        ) from error
    except DAMAGE as error:
        raise ReproError(
            f"{path}: the archive is truncated or damaged "
            f"({str(error).partition(chr(10))[0].strip(':')}); expected it whole. "
            "Download it again; nothing of it was kept."
        ) from error


def _in_zip(path: Path, source: zipfile.ZipFile) -> tuple[Member, ...]:
    members = []
    for entry in source.infolist():
        name = _inside(path, entry.filename)
        kind = stat.S_IFMT(entry.external_attr >> 16)
        if kind not in (0, stat.S_IFREG, stat.S_IFDIR):
            _refuse(path, entry.filename, "is a link or a device")
        if entry.flag_bits & 1:
            _refuse(path, entry.filename, "is encrypted; unpack it by hand")
        if not entry.is_dir():
            members.append(Member(name, entry.file_size, entry))
    return tuple(members)


def _in_tar(path: Path, source: tarfile.TarFile) -> tuple[Member, ...]:
    members = []
    for entry in source:
        name = _inside(path, entry.name)
        if not (entry.isreg() or entry.isdir()):
            _refuse(path, entry.name, "is a link or a device")
        if entry.isreg():
            members.append(Member(name, entry.size, entry))
    _require_end(path, source.offset)
    return tuple(members)


def _require_end(path: Path, offset: int) -> None:
    """A plain tar ends in blocks of zeros; one cut between two files has none."""
    with path.open("rb") as file:
        if not any(file.read(6).startswith(mark) for mark in PACKED):
            file.seek(offset)
            if file.read(512) != bytes(512):
                raise EOFError("the mark of its end is missing")


def _inside(path: Path, name: str) -> str:
    """`name` with / between its parts; refused if it leads out of the folder."""
    plain = name.replace("\\", "/")
    parts = PurePosixPath(plain).parts
    if plain.startswith("/") or ".." in parts or re.match("[A-Za-z]:", plain):
        _refuse(path, name, "leads out of the folder it is unpacked to")
    return "/".join(parts)


def _refuse(path: Path, name: str, why: str) -> None:
    raise ReproError(
        f"{path}: the member {name!r} {why}; expected nothing but plain files below "
        "one folder. Nothing was unpacked; ask the owner for another archive."
    )


def _refuse_duplicates(path: Path, members: tuple[Member, ...]) -> None:
    seen: dict[str, str] = {}
    for member in members:
        key = unicodedata.normalize("NFC", member.name).casefold()
        if key in seen:
            _refuse(path, member.name, f"has the name of another, {seen[key]!r}")
        seen[key] = member.name
