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

from reprolib.data import cache, pictures, writing
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


def kept(dataset, folder, box_error=0.0, split="query"):
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
        found = kept(dataset, folder, box_error)
        assert torch.equal(found.images, plain.images)
        assert torch.equal(found.pids, plain.pids)
        no_decoding(monkeypatch)
    assert len(list(folder.iterdir())) == 1


def test_other_boxes_sizes_and_splits_are_kept_apart(dataset, folder):
    fewer = replace(dataset, gallery=dataset.gallery[:4])
    kept(dataset, folder), kept(dataset, folder, 0.5), kept(fewer, folder, 0, "gallery")
    pictures.load(dataset, "query", 20, 20, folder=folder)
    assert len(list(folder.iterdir())) == 4
    assert len(kept(fewer, folder, split="gallery")) == 4


@pytest.mark.parametrize("what", ["size", "time"])
def test_a_changed_picture_is_decoded_again_and_the_old_bytes_go(dataset, folder, what):
    old = kept(dataset, folder).images.clone()
    path = dataset.query[3].path
    if what == "size":
        Image.new("RGB", (30, 50), "red").save(path)
    else:
        paint(path, 99)
        os.utime(path, ns=(1, 1))
    new = kept(dataset, folder).images
    same = [torch.equal(a, b) for a, b in zip(old, new, strict=True)]
    assert same == [True] * 3 + [False] + [True] * 5
    assert len(list(folder.iterdir())) == 1


def test_a_broken_picture_is_named_and_nothing_is_left(dataset, folder):
    path = dataset.query[5].path
    path.write_bytes(path.read_bytes()[:300])
    with pytest.raises(ReproError, match=r"5\.png.*cannot be read.*expected"):
        kept(dataset, folder)
    assert list(folder.iterdir()) == []
    path.unlink()
    with pytest.raises(ReproError, match=r"5\.png: the picture cannot be read \(No"):
        kept(dataset, folder)


def test_an_interruption_leaves_nothing(dataset, folder, monkeypatch):
    decode = pictures.decode

    def interrupted(picture):
        if picture.pid == 7:
            raise KeyboardInterrupt
        return decode(picture)

    monkeypatch.setattr(pictures, "decode", interrupted)
    with pytest.raises(KeyboardInterrupt):
        kept(dataset, folder)
    assert list(folder.iterdir()) == []


def test_too_small_a_disk_is_told_before_anything_is_decoded(
    dataset, folder, monkeypatch
):
    no_decoding(monkeypatch)
    usage = namedtuple("Usage", "free")(10_000)
    monkeypatch.setattr(writing.shutil, "disk_usage", lambda _: usage)
    with pytest.raises(ReproError, match="cache: the disk has 10.0 kB free.*missing"):
        kept(dataset, folder)
    assert not folder.exists()


def test_a_disk_that_fills_up_meanwhile_is_told(dataset, folder, monkeypatch):
    def full(pictures, *_, **__):
        next(iter(pictures))
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(cache, "track", full)
    with pytest.raises(ReproError, match="disk is full .No space.*free some space"):
        kept(dataset, folder)
    assert list(folder.iterdir()) == []


def test_a_folder_that_cannot_be_made_is_told(dataset, folder):
    folder.parent.write_text("in the way")
    with pytest.raises(ReproError, match="cannot be written to .*run the"):
        kept(dataset, folder)


def test_a_damaged_cache_is_named(dataset, folder):
    kept(dataset, folder)
    [path] = folder.iterdir()
    path.write_bytes(path.read_bytes()[:500])
    with pytest.raises(ReproError, match=r"noise-query.*npy: not the decoded.*Delete"):
        kept(dataset, folder)


def test_nobody_writes_into_the_cache_by_accident(dataset, folder):
    kept(dataset, folder).images.zero_()
    assert kept(dataset, folder).images.any()


def test_the_size_is_said_first(dataset, folder, monkeypatch):
    labels = []

    def track(items, label, **_):
        labels.append(label)
        return items

    monkeypatch.setattr(cache, "track", track)
    kept(dataset, folder)
    size = writing.amount(9 * 3 * SIZE[0] * SIZE[1])
    assert labels == [f"decoding noise-query, {size} for {folder}"]
