"""Pictures decoded once: the same bytes, made whole or not at all, and made anew."""

import errno
import os
from collections import namedtuple
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from reprolib.data import cache, digest, pictures, writing
from reprolib.data.dataset import Dataset, Picture
from reprolib.errors import ReproError

SIZE = 40, 20


def paint(path: Path, seed: int) -> None:
    noise = np.random.default_rng(seed).integers(0, 256, (50, 30, 3), np.uint8)
    Image.fromarray(noise).save(path)


@pytest.fixture
def dataset(tmp_path):
    (tmp_path / "set").mkdir()
    found = []
    for i in range(9):
        path = tmp_path / "set" / f"{i}.png"
        paint(path, i)
        found.append(Picture(path, i + 1, 1 + i % 2))
    return Dataset("noise", *(tuple(found),) * 3)


@pytest.fixture
def folder(tmp_path):
    return tmp_path / "deep" / "cache"


def cached(dataset, folder, box_error=0.0, split="query"):
    return pictures.load(dataset, split, *SIZE, box_error, folder)


def no_decoding(monkeypatch):
    monkeypatch.setattr(pictures, "decode", lambda p: pytest.fail(f"decoded {p}"))


@pytest.mark.parametrize("box_error", [0.0, 0.8])
@pytest.mark.parametrize("chunk", [4, 1024])
def test_what_is_kept_is_what_is_decoded(
    dataset, folder, monkeypatch, box_error, chunk
):
    monkeypatch.setattr(cache, "CHUNK", chunk)
    plain = pictures.load(dataset, "query", *SIZE, box_error)
    for _ in range(2):
        found = cached(dataset, folder, box_error)
        assert torch.equal(found.images, plain.images)
        assert torch.equal(found.pids, plain.pids)
        no_decoding(monkeypatch)
    assert len(list(folder.iterdir())) == 1


def test_other_boxes_sizes_and_splits_are_kept_apart(dataset, folder):
    fewer = replace(dataset, gallery=dataset.gallery[:4])
    (
        cached(dataset, folder),
        cached(dataset, folder, 0.5),
        cached(fewer, folder, 0, "gallery"),
    )
    pictures.load(dataset, "query", 20, 20, folder=folder)
    assert len(list(folder.iterdir())) == 4
    assert len(cached(fewer, folder, split="gallery")) == 4


@pytest.mark.parametrize("what", ["size", "time"])
def test_a_changed_picture_is_decoded_again_and_the_old_bytes_go(dataset, folder, what):
    old = cached(dataset, folder).images.clone()
    path = dataset.query[3].path
    if what == "size":
        Image.new("RGB", (30, 50), "red").save(path)
    else:
        paint(path, 99)
        os.utime(path, ns=(1, 1))
    new = cached(dataset, folder).images
    same = [torch.equal(a, b) for a, b in zip(old, new, strict=True)]
    assert same == [True] * 3 + [False] + [True] * 5
    assert len(list(folder.iterdir())) == 1


def test_a_broken_picture_is_named_and_nothing_is_left(dataset, folder):
    path = dataset.query[5].path
    path.write_bytes(path.read_bytes()[:300])
    with pytest.raises(ReproError, match=r"5\.png.*cannot be read.*expected"):
        cached(dataset, folder)
    assert not folder.exists()
    path.unlink()
    with pytest.raises(ReproError, match=r"5\.png: the picture cannot be read \(No"):
        cached(dataset, folder)


def test_an_interruption_leaves_nothing(dataset, folder, monkeypatch):
    decode = pictures.decode

    def interrupted(picture):
        if picture.pid == 7:
            raise KeyboardInterrupt
        return decode(picture)

    monkeypatch.setattr(pictures, "decode", interrupted)
    with pytest.raises(KeyboardInterrupt):
        cached(dataset, folder)
    assert not folder.exists()


def test_too_small_a_disk_is_told_before_anything_is_decoded(
    dataset, folder, monkeypatch
):
    no_decoding(monkeypatch)
    usage = namedtuple("Usage", "free")(10_000)
    monkeypatch.setattr(writing.shutil, "disk_usage", lambda _: usage)
    with pytest.raises(ReproError, match="cache: the disk has 10.0 kB free.*missing"):
        cached(dataset, folder)
    assert not folder.exists()


def test_a_disk_that_fills_up_meanwhile_is_told(dataset, folder, monkeypatch):
    def full(pictures, *_, **__):
        next(iter(pictures))
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(cache, "tqdm", full)
    with pytest.raises(ReproError, match="disk is full .No space.*free some space"):
        cached(dataset, folder)
    assert not folder.exists()


def test_a_folder_that_cannot_be_made_is_told(dataset, folder):
    folder.parent.write_text("in the way")
    with pytest.raises(ReproError, match="cannot be written to .*run the"):
        cached(dataset, folder)


def test_a_damaged_cache_is_named(dataset, folder):
    cached(dataset, folder)
    [path] = folder.iterdir()
    path.write_bytes(path.read_bytes()[:500])
    with pytest.raises(ReproError, match=r"noise-query.*npy: not the decoded.*Delete"):
        cached(dataset, folder)


def test_nobody_writes_into_the_cache_by_accident(dataset, folder):
    cached(dataset, folder).images.zero_()
    assert cached(dataset, folder).images.any()


def test_the_size_is_said_first(dataset, folder, monkeypatch):
    labels = []

    def tqdm(items, label, *_, **__):
        labels.append(label)
        return items

    monkeypatch.setattr(cache, "tqdm", tqdm)
    cached(dataset, folder)
    size = writing.amount(9 * 3 * SIZE[0] * SIZE[1])
    assert labels == [f"decoding noise-query, {size} for {folder}"]


def test_edited_code_decodes_again_in_place_of_the_old(dataset, folder, monkeypatch):
    """Such as another `move_box`: its digest is part of what the file is found by."""
    cached(dataset, folder, 0.8)
    monkeypatch.setattr(digest, "code", lambda *paths: "edited")
    monkeypatch.setattr(pictures, "move_box", lambda image, *_, **__: image * 0)
    assert not cached(dataset, folder, 0.8).images.any()
    assert len(list(folder.iterdir())) == 1


def test_the_digest_is_of_the_code_that_moves_boxes(dataset, folder, monkeypatch):
    asked = []
    monkeypatch.setattr(digest, "code", lambda *paths: asked.append(paths) or "x")
    cached(dataset, folder)
    assert asked == [(pictures.__file__,)]


def test_a_digest_of_code_covers_names_and_bytes_of_code_and_tables(tmp_path):
    root = tmp_path / "room"
    (root / "deep").mkdir(parents=True)
    (root / "a.py").write_text("1")

    def now(*paths):
        digest.code.cache_clear()
        return digest.code(*(paths or [root]))

    seen = [now()]
    for name in ("deep/b.py", "c.toml", "d.json", "e.csv"):
        (root / name).write_text("2")
        seen.append(now())
    (root / "a.py").write_text("3")
    seen.append(now())
    (root / "a.py").rename(root / "z.py")
    seen += [now(), now(root / "z.py"), now(root, root / "z.py")]
    assert len(set(seen)) == len(seen) and all(len(key) == 16 for key in seen)
    (root / "notes.md").write_text("none")
    (root / "deep" / "b.pyc").write_text("none")
    assert now() == seen[6]
    root.rename(tmp_path / "moved")
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "moved").rename(tmp_path / "elsewhere" / "room")
    assert now(tmp_path / "elsewhere" / "room") == seen[6]
    with pytest.raises(FileNotFoundError):
        now(tmp_path / "nowhere")


def test_the_lists_of_shared_people_are_part_of_the_digest():
    from reprolib import data

    room = Path(data.__file__).parent
    before = [p for p in room.rglob("*") if p.suffix in digest.SUFFIXES]
    assert room / "sets" / "market_mars.json" in before


def test_a_digest_of_a_value_is_that_of_its_content():
    assert digest.of({"a": 1, "b": (2, 3)}) == digest.of({"b": [2, 3], "a": 1})
    assert digest.of({"a": 1}) != digest.of({"a": 2})
