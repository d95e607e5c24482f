"""Archives of strangers: what is refused, and that nothing half-written remains."""

import errno
import hashlib
import io
import os
import shutil
import stat
import tarfile
import unicodedata
import zipfile
from collections import namedtuple
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from reprolib.data import writing
from reprolib.data.acquire import unpacking
from reprolib.data.acquire.unpacking import checksum
from reprolib.errors import ReproError

GROUPS = (("cam_a", "cam_b"),)
FILES = {f"cam_{c}/{i:03d}.bmp": bytes([i]) * (i * 700) for c in "ab" for i in range(4)}
KINDS = ("zip", "tar", "tar.gz")


def pack(path, files, top="", unsafe=()):
    """An archive of `files`, and of `unsafe` members given as ready entries."""
    if path.suffix == ".zip":
        with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
            for name, content in files.items():
                archive.writestr(top + name, content)
            for entry in unsafe:
                archive.writestr(entry, b"x")
        return path
    with tarfile.open(path, "w:gz" if path.suffix == ".gz" else "w") as archive:
        for name, content in files.items():
            entry = tarfile.TarInfo(top + name)
            entry.size = len(content)
            archive.addfile(entry, io.BytesIO(content))
        for entry in unsafe:
            archive.addfile(entry, io.BytesIO(b"x" * entry.size))
    return path


def tree(folder):
    """Everything below `folder`: name -> content (None for a folder)."""
    return {
        str(p.relative_to(folder)): p.read_bytes() if p.is_file() else None
        for p in sorted(Path(folder).rglob("*"))
    }


def files_of(folder):
    return {name: data for name, data in tree(folder).items() if data is not None}


def one_name(name):
    return unicodedata.normalize("NFC", name).casefold()


@pytest.fixture(params=KINDS)
def archive(request, tmp_path):
    return pack(tmp_path / f"data.{request.param}", FILES)


@pytest.mark.parametrize("top", ["", "VIPeR.v1.0/", "a/b/", "Größe 数据/"])
@pytest.mark.parametrize("kind", KINDS)
def test_one_top_folder_is_left_out(tmp_path, kind, top):
    path = pack(tmp_path / f"data.{kind}", FILES, top)
    before = path.read_bytes()
    root = tmp_path / "root"
    done = unpacking.unpack(path, root, GROUPS)
    assert files_of(root) == FILES
    assert (done.written, done.kept, done.left_out) == (8, 0, 0)
    assert done.sha256 == hashlib.sha256(before).hexdigest() == checksum(path)
    assert path.read_bytes() == before


@given(
    st.lists(
        st.text(
            st.characters(exclude_categories=["C"], exclude_characters="/\\:."),
            min_size=1,
            max_size=20,
        ),
        unique_by=one_name,
        min_size=1,
        max_size=5,
    ),
    st.sampled_from(KINDS),
)
@settings(max_examples=25, deadline=None)
def test_any_name_of_any_alphabet_arrives(tmp_path_factory, names, kind):
    folder = tmp_path_factory.mktemp("any")
    files = {f"cam_{c}/{name}.bmp": name.encode() for name in names for c in "ab"}
    path = pack(folder / f"data.{kind}", files)
    unpacking.unpack(path, folder / "root", GROUPS)
    assert files_of(folder / "root") == files


def test_what_macos_leaves_behind_is_left_out(tmp_path):
    extra = {"__MACOSX/cam_a/._000.bmp": b"x", "cam_a/._000.bmp": b"x"}
    path = pack(tmp_path / "data.zip", FILES | extra | {"cam_a/.DS_Store": b"x"})
    assert unpacking.unpack(path, tmp_path / "root", GROUPS).left_out == 3
    assert files_of(tmp_path / "root") == FILES


def test_files_of_the_right_size_are_kept_and_others_replaced(archive, tmp_path):
    root = tmp_path / "root"
    unpacking.unpack(archive, root, GROUPS)
    kept = root / "cam_a" / "002.bmp"
    os.utime(kept, (1, 1))
    (root / "cam_b" / "001.bmp").write_bytes(b"half")
    (root / "cam_b" / "003.bmp").unlink()
    (root / "mine.txt").write_text("mine")
    done = unpacking.unpack(archive, root, GROUPS)
    assert (done.written, done.kept) == (2, 6)
    assert files_of(root) == FILES | {"mine.txt": b"mine"}
    assert kept.stat().st_mtime == 1
    assert unpacking.unpack(archive, root, GROUPS).written == 0


def entry(kind, name, mode=stat.S_IFREG, **also):
    """A member of a zip or a tar under a name that `pack` would not give."""
    if kind == "zip":
        made = zipfile.ZipInfo(name)
        made.external_attr = (mode | 0o644) << 16
        return made
    made = tarfile.TarInfo(name)
    made.size = 1 if mode == stat.S_IFREG else 0
    made.type = {
        stat.S_IFREG: tarfile.REGTYPE,
        stat.S_IFLNK: tarfile.SYMTYPE,
        stat.S_IFIFO: tarfile.FIFOTYPE,
    }[mode]
    for key, value in also.items():
        setattr(made, key, value)
    return made


def refused(path, root, match, **also):
    """`unpack` refuses in a sentence; archive and disk are as before."""
    before, there = path.read_bytes(), tree(root.parent)
    with pytest.raises(ReproError, match=match) as error:
        unpacking.unpack(path, root, GROUPS, **also)
    assert path.read_bytes() == before
    assert tree(root.parent) == there
    assert "\n" not in str(error.value)


@pytest.mark.parametrize("top", ["", "top/"])
@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(
    "name",
    [
        "../out.bmp",
        "cam_a/../../out.bmp",
        "/etc/out.bmp",
        "C:/out.bmp",
        "C:out.bmp",
        "..\\out.bmp",
        "cam_a\\..\\..\\out.bmp",
        "\\\\server\\out.bmp",
    ],
)
def test_no_path_leaves_the_folder(tmp_path, kind, name, top):
    path = pack(tmp_path / f"d.{kind}", FILES, top, [entry(kind, name)])
    refused(path, tmp_path / "root", "the member '.*out.bmp' leads out of the folder")


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("mode", [stat.S_IFLNK, stat.S_IFIFO])
def test_links_and_devices_are_refused(tmp_path, kind, mode):
    unsafe = [entry(kind, "cam_a/sly.bmp", mode, linkname="../../out")]
    path = pack(tmp_path / f"d.{kind}", FILES, unsafe=unsafe)
    refused(path, tmp_path / "root", "'cam_a/sly.bmp' is a link or encrypted")


def test_a_hard_link_is_refused(tmp_path):
    made = tarfile.TarInfo("cam_a/sly.bmp")
    made.type, made.linkname = tarfile.LNKTYPE, "cam_a/000.bmp"
    path = pack(tmp_path / "d.tar", FILES, unsafe=[made])
    refused(path, tmp_path / "root", "'cam_a/sly.bmp' is a link or encrypted")


def test_an_encrypted_member_is_refused(tmp_path):
    path = pack(tmp_path / "d.zip", FILES)
    data = bytearray(path.read_bytes())
    data[data.index(b"PK\x01\x02") + 8] |= 1
    path.write_bytes(data)
    refused(path, tmp_path / "root", "'cam_a/000.bmp' is a link or encrypted")


@pytest.mark.parametrize("cut", [0.1, 0.5, 0.9, 0.999])
@pytest.mark.parametrize("kind", KINDS)
def test_a_truncated_archive_leaves_nothing(tmp_path, kind, cut):
    noise = {name: os.urandom(3000) for name in FILES}
    path = pack(tmp_path / f"d.{kind}", noise)
    data = path.read_bytes()
    path.write_bytes(data[: int(len(data.rstrip(b"\0")) * cut)])
    refused(path, tmp_path / "root", "truncated or damaged.*Download it again")


def test_a_tar_cut_between_two_files_is_truncated(tmp_path):
    path = pack(tmp_path / "d.tar", FILES)
    with tarfile.open(path) as archive:
        last = archive.getmembers()[-1]
    path.write_bytes(path.read_bytes()[: last.offset])
    refused(path, tmp_path / "root", "truncated or damaged.*the mark of its end")


def test_a_damaged_member_leaves_nothing(tmp_path):
    path = pack(tmp_path / "d.zip", {n: os.urandom(3000) for n in FILES})
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 255
    path.write_bytes(data)
    refused(path, tmp_path / "root", "truncated or damaged.*Nothing of it was kept")


def test_a_member_that_is_shorter_than_it_says(tmp_path):
    path = pack(tmp_path / "d.zip", FILES)
    data = bytearray(path.read_bytes())
    size = data.rindex(b"PK\x01\x02") + 24
    data[size : size + 4] = (5000).to_bytes(4, "little")
    path.write_bytes(data)
    refused(path, tmp_path / "root", "damaged one .cam_b/003.bmp ends early")


def test_a_method_that_python_cannot_unpack_is_named(tmp_path):
    path = pack(tmp_path / "d.zip", FILES)
    data = bytearray(path.read_bytes())
    for mark, place in ((b"PK\x03\x04", 8), (b"PK\x01\x02", 10)):
        at = data.index(mark) + place
        data[at : at + 2] = (97).to_bytes(2, "little")
    path.write_bytes(data)
    refused(path, tmp_path / "root", "damaged one .*not supported.*unpack it by hand")


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "no zip or tar archive"),
        (b"<html>quota exceeded</html>" * 50, "no zip or tar archive.*page of HTML"),
        (b"Rar!\x1a\x07" + b"x" * 600, "no zip or tar archive"),
        (b"\x1f\x8b\x08" + b"x" * 600, "truncated or damaged"),
    ],
)
def test_what_is_no_archive_is_refused(tmp_path, content, said):
    path = tmp_path / "data.zip"
    path.write_bytes(content)
    refused(path, tmp_path / "root", said)


def test_an_archive_that_is_not_there(tmp_path):
    with pytest.raises(ReproError, match="nothing.zip: the archive cannot be read"):
        unpacking.unpack(tmp_path / "nothing.zip", tmp_path / "root", GROUPS)


@pytest.mark.parametrize(
    "files",
    [
        {"bounding_box_train/1.jpg": b"x", "query/1.jpg": b"x"},
        {"cam_a/000.bmp": b"x"},
        {"one/cam_a/000.bmp": b"x", "two/cam_b/000.bmp": b"x"},
        {"my_cam_a/000.bmp": b"x", "my_cam_b/000.bmp": b"x"},
        {"cam_a": b"x"},
    ],
)
@pytest.mark.parametrize("kind", KINDS)
def test_another_archive_is_refused_before_anything_is_written(tmp_path, kind, files):
    path = pack(tmp_path / f"d.{kind}", files)
    match = "not an archive of this data set; expected cam_a and cam_b in it"
    refused(path, tmp_path / "root", match)


def test_one_of_several_archives_suffices(tmp_path):
    path = pack(tmp_path / "d.zip", {"x/bbox_test/a/1.jpg": b"x", "x/readme": b"y"})
    unpacking.unpack(path, tmp_path / "root", (("bbox_train",), ("bbox_test",)))
    assert set(files_of(tmp_path / "root")) == {"bbox_test/a/1.jpg", "readme"}


def test_the_checksum_is_compared_first(archive, tmp_path):
    refused(archive, tmp_path / "root", "SHA-256 is .*, expected 0000", sha256="0" * 64)
    refused(archive, tmp_path / "root", "'abc' is no SHA-256", sha256="abc")
    given_ = checksum(archive).upper()
    assert unpacking.unpack(archive, tmp_path / "r", GROUPS, given_).written == 8


Usage = namedtuple("Usage", "total used free")


def test_the_disk_has_to_have_room(archive, tmp_path, monkeypatch):
    needed = sum(map(len, FILES.values()))
    free = [needed - 1000]
    monkeypatch.setattr(shutil, "disk_usage", lambda _: Usage(9, 9, free[0]))
    refused(archive, tmp_path / "root", "1.0 kB are missing")
    free[0] = needed
    unpacking.unpack(archive, tmp_path / "root", GROUPS)


def failing(monkeypatch, number, error):
    """The `number`-th file that is copied out of the archive cannot be written to."""
    copied = []

    def copy(original):
        def copyfileobj(source, target, *args, **kwargs):
            copied.append(target)
            if len(copied) == number:
                target.write(b"half")
                raise error
            return original(source, target, *args, **kwargs)

        return copyfileobj

    monkeypatch.setattr(shutil, "copyfileobj", copy(shutil.copyfileobj))
    monkeypatch.setattr(tarfile, "copyfileobj", copy(tarfile.copyfileobj))


@pytest.mark.parametrize(
    ("code", "said"),
    [
        (errno.ENOSPC, "the disk is full .*free some space"),
        (errno.EROFS, "may not be written to .*a folder of your own"),
        (errno.EIO, "cannot be written to"),
    ],
)
def test_what_the_disk_refuses_is_said_and_nothing_left(
    archive, tmp_path, monkeypatch, code, said
):
    failing(monkeypatch, 5, OSError(code, os.strerror(code)))
    refused(archive, tmp_path / "root", said)


def test_an_interruption_leaves_nothing(archive, tmp_path, monkeypatch):
    failing(monkeypatch, 5, KeyboardInterrupt())
    with pytest.raises(KeyboardInterrupt):
        unpacking.unpack(archive, tmp_path / "root", GROUPS)
    assert not (tmp_path / "root").exists()


def test_what_was_there_before_stays_when_the_disk_fails(
    archive, tmp_path, monkeypatch
):
    root = tmp_path / "root"
    unpacking.unpack(archive, root, GROUPS)
    (root / "cam_a" / "001.bmp").write_bytes(b"other")
    failing(monkeypatch, 1, OSError(errno.ENOSPC, "No space left on device"))
    refused(archive, root, "the disk is full")


def test_a_read_only_root(archive, tmp_path, monkeypatch):
    def mkdir(self, *args, **kwargs):
        raise PermissionError(errno.EACCES, "Permission denied", str(self))

    monkeypatch.setattr(Path, "mkdir", mkdir)
    refused(archive, tmp_path / "root", "root: it may not be written to")


def test_a_file_in_place_of_the_root(archive, tmp_path):
    (tmp_path / "root").write_text("mine")
    refused(archive, tmp_path / "root", "root: it cannot be written to")


def test_a_file_in_place_of_a_folder_of_the_root(archive, tmp_path):
    (tmp_path / "root").mkdir()
    (tmp_path / "root" / "cam_a").write_text("mine")
    with pytest.raises(ReproError, match="root: it cannot be written to"):
        unpacking.unpack(archive, tmp_path / "root", GROUPS)
    assert (tmp_path / "root" / "cam_a").read_text() == "mine"


def test_amounts_are_for_readers():
    said = [writing.amount(n) for n in (1, 999, 1500, 2_000_000, 6_300_000_000)]
    assert said == ["1 bytes", "999 bytes", "1.5 kB", "2.0 MB", "6.3 GB"]
