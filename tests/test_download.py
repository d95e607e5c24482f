"""`data download`: terms first, and a server that is not always kind."""

import dataclasses
import errno
import hashlib
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest

from reprolib.data.acquire import download
from reprolib.data.sets import owner as owner_of
from reprolib.data.sets import sources
from reprolib.errors import ReproError

CONTENT = bytes(range(256)) * 400


class Handler(BaseHTTPRequestHandler):
    """Serves CONTENT whole, cut short, or not at all; and counts who came."""

    asked: list[str] = []

    def do_GET(self):
        self.asked.append(self.path)
        if self.path.startswith("/missing"):
            return self.send_error(404)
        self.send_response(200)
        self.send_header("Content-Length", str(len(CONTENT)))
        self.end_headers()
        half = self.path.startswith("/short")
        self.wfile.write(CONTENT[: len(CONTENT) // 2] if half else CONTENT)

    def log_message(self, *args):
        pass


@pytest.fixture
def server():
    Handler.asked = []
    served = HTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=served.serve_forever, args=(0.01,), daemon=True).start()
    yield f"http://127.0.0.1:{served.server_port}"
    served.shutdown()
    served.server_close()


def offered(address, checksum=None):
    return dataclasses.replace(owner_of("viper"), address=address, checksum=checksum)


def yes(terms):
    return True


def refused(owner, root, match, agreed=yes):
    with pytest.raises(ReproError, match=match) as error:
        download.download(owner, root, agreed)
    assert "\n" not in str(error.value)


def test_the_archive_arrives_after_the_terms_were_shown(server, tmp_path):
    shown = []
    owner = offered(f"{server}/VIPeR%20v1.zip")

    def agreed(terms):
        assert Handler.asked == []
        shown.append(terms)
        return True

    path = download.download(owner, tmp_path / "new" / "root", agreed)
    assert path == tmp_path / "new" / "root" / "VIPeR v1.zip"
    assert path.read_bytes() == CONTENT
    assert [p.name for p in path.parent.iterdir()] == ["VIPeR v1.zip"]
    for said in (owner.title, owner.terms, owner.citation, owner.address, owner.page):
        assert said in shown[0]


def test_the_checksum_is_shown_and_compared_where_there_is_one(server, tmp_path):
    sha, md5 = hashlib.sha256(CONTENT).hexdigest(), hashlib.md5(CONTENT).hexdigest()
    unknown, known = (
        offered(f"{server}/a.zip"),
        offered(f"{server}/a.zip", f"md5:{md5}"),
    )
    path = download.download(known, tmp_path, yes)
    assert download.verdict(known, path) == (f"SHA-256 {sha}; the published md5 agrees")
    assert download.verdict(unknown, path) == (
        f"SHA-256 {sha}; the owner has published no checksum to compare it with"
    )


def test_an_archive_that_is_there_is_kept(server, tmp_path):
    for _ in range(2):
        download.download(offered(f"{server}/a.zip"), tmp_path, yes)
    assert Handler.asked == ["/a.zip"]


def test_nothing_happens_without_a_yes(server, tmp_path):
    refused(
        offered(f"{server}/a.zip"),
        tmp_path / "root",
        "terms of VIPeR were not accepted; nothing was downloaded",
        agreed=lambda terms: False,
    )
    assert Handler.asked == [] and not (tmp_path / "root").exists()


@pytest.mark.parametrize(
    ("path", "checksum", "said"),
    [
        (
            "/a.zip",
            "md5:" + "0" * 32,
            "another checksum than md5:0000.*nothing was kept",
        ),
        ("/a.zip", "sha256:" + "0" * 64, "another checksum than sha256:0000"),
        ("/short.zip", None, "the download failed .*Nothing was kept"),
        ("/missing.zip", None, "the download failed .404.*ask at https://vision"),
    ],
)
@pytest.mark.parametrize("fresh", [True, False])
def test_a_failed_download_leaves_nothing(
    server, tmp_path, path, checksum, said, fresh
):
    root = tmp_path / "root"
    if not fresh:
        root.mkdir()
        (root / "mine").touch()
    refused(offered(server + path, checksum), root, said)
    left = sorted(p.name for p in tmp_path.rglob("*"))
    assert left == ([] if fresh else ["mine", "root"])


def test_a_server_that_is_not_there(tmp_path):
    refused(offered("http://127.0.0.1:9/a.zip"), tmp_path / "root", "download failed")
    assert not (tmp_path / "root").exists()


def test_a_full_disk(server, tmp_path, monkeypatch):
    def write(self, url, output_file, pooch, check_only=False):
        Path(output_file).write_bytes(b"half")
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(download.pooch.HTTPDownloader, "__call__", write)
    refused(offered(f"{server}/a.zip"), tmp_path / "root", "the disk is full")
    assert not (tmp_path / "root").exists()


def test_a_read_only_root(server, tmp_path, monkeypatch):
    def mkdir(self, *args, **kwargs):
        raise PermissionError(errno.EACCES, "Permission denied", str(self))

    monkeypatch.setattr(Path, "mkdir", mkdir)
    refused(offered(f"{server}/a.zip"), tmp_path / "root", "may not be written to")
    assert Handler.asked == []


def test_a_file_in_place_of_the_root(server, tmp_path):
    (tmp_path / "root").write_text("mine")
    refused(offered(f"{server}/a.zip"), tmp_path / "root", "cannot be written to")
    assert (tmp_path / "root").read_text() == "mine"


FAMILIES = sorted({source.owner.family for source in sources().values()})


@pytest.mark.parametrize("family", [f for f in FAMILIES if f != "viper"])
def test_without_a_plain_address_it_says_where_to_ask(tmp_path, family):
    owner = owner_of(family)
    with pytest.raises(
        ReproError, match="at no plain address; ask at https://"
    ) as error:
        download.download(owner, tmp_path, yes)
    for said in (owner.page, owner.ask, owner.terms, owner.citation):
        assert said in str(error.value)


def test_every_owner_is_described_in_full():
    assert {"market1501", "cuhk03", "mars", "cuhk-sysu", "viper"} <= set(FAMILIES)
    for owner in map(owner_of, FAMILIES):
        assert owner.page.startswith("https://")
        assert owner.archives and all(owner.archives)
        assert all((owner.title, owner.ask, owner.terms, owner.citation))
    with pytest.raises(ReproError, match="no data set of an owner.*market1501"):
        owner_of("dukemtmc")
