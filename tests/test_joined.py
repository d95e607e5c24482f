"""Joined training sets: who is who, who is taken out, and what a name opens."""

import resource
import sys
from collections import Counter
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from reprolib import data, settings
from reprolib.data import registry
from reprolib.data.dataset import Dataset, Picture, camids, classes, pids
from reprolib.data.joined import join
from reprolib.data.pictures import Pixels
from reprolib.data.sampling import IdentitySampler
from reprolib.data.sets.market1501 import people_lists
from reprolib.errors import ReproError

SETTINGS = settings.load("smoke", "market1501").data


def pictures(kind: str, *people: int, cameras=(1, 2)) -> tuple[Picture, ...]:
    return tuple(
        Picture(Path(f"{kind}/{pid}_{camid}.jpg"), pid, camid)
        for pid in people
        for camid in cameras
    )


def market() -> Dataset:
    gallery = pictures("m", 5, 6, 9, 0, -1, cameras=(3, 6))
    return Dataset("m", pictures("m", 1, 2, 7), pictures("m", 5, 6), gallery)


def mars() -> Dataset:
    """Trains on two people of market's training, one of its query, one of its gallery,
    one of its own."""
    test = pictures("x", 1, 30)
    return Dataset("x", pictures("x", 2, 7, 5, 9, 31, 0), test, test)


def other() -> Dataset:
    return Dataset("o", pictures("o", 1, 2, 5, 40), *(pictures("o", 2),) * 2)


def joined(overlap="remove", sets=(market, mars, other), people=("m", "m", "o")):
    return join([make() for make in sets], people, overlap)


def shown(dataset: Dataset) -> dict[str, set[int]]:
    """Each kind of person (first letter of the folder and old number): new numbers."""
    found = {}
    for picture in dataset.train:
        kind = f"{picture.path.parent}{picture.path.name.split('_')[0]}"
        found.setdefault(kind, set()).add(picture.pid)
    return found


def test_people_keep_one_number_each_and_share_it_only_with_themselves():
    who = shown(joined("keep"))
    assert all(len(numbers) == 1 for numbers in who.values())
    number = {kind: min(numbers) for kind, numbers in who.items()}
    assert number["m2"] == number["x2"] and number["m7"] == number["x7"]
    assert number["m1"] != number["o1"] and number["x5"] != number["o5"]
    assert len(set(number.values())) == 3 + 3 + 4  # 1 2 7, 5 9 31 and the other's
    tested = {p.pid for p in (*market().query, *market().gallery)}
    assert not {number[k] for k in ("o1", "o2", "o5", "o40")} & tested


def test_cameras_are_shared_within_a_name_only():
    cameras = {}
    for picture in joined().train:
        cameras.setdefault(str(picture.path.parent), set()).add(picture.camid)
    assert cameras["m"] == cameras["x"] == {1, 2}
    assert len(cameras["o"]) == 2 and min(cameras["o"]) > 6  # market's gallery has 6


def test_the_test_is_the_firsts():
    first = replace(market(), protocol="single-shot", candidates=((0,),) * 4)
    both = join([first, other()], ["m", "o"], "remove")
    for part in ("query", "gallery", "protocol", "candidates"):
        assert getattr(both, part) == getattr(first, part)
    assert both.name == "m+o"


@pytest.mark.parametrize("overlap", ["remove", "keep"])
def test_the_guard_takes_out_who_is_tested_or_counts_who_stays(overlap):
    both = joined(overlap)
    who = shown(both)
    assert ("x5" in who, "x9" in who) == ((overlap == "keep"),) * 2
    assert {"m1", "m2", "m7", "x2", "x7", "x31", "o1", "o5", "o40"} <= set(who)
    done = "removed" if overlap == "remove" else "kept"
    assert both.overlap == {"people": 2, "pictures": 4, "done": done}
    assert "x0" not in who  # distractors are nobody to learn


def test_each_picture_knows_its_set():
    both = joined()
    kinds = [str(p.path.parent) for p in both.train]
    assert [("m", "x", "o")[k] for k in both.sets] == kinds
    assert Counter(both.sets) == {0: 6, 1: 6, 2: 8}


def test_a_set_of_tested_people_alone_is_refused():
    leak = replace(mars(), train=pictures("x", 5, 9))
    with pytest.raises(ReproError, match="x: all 4 training pictures.*m's test"):
        join([market(), leak], ["m", "m"], "remove")
    assert len(join([market(), leak], ["m", "m"], "keep").train) == 10


def write(root: Path, folders: dict[str, list[str]]) -> None:
    for folder, names in folders.items():
        (root / folder).mkdir(parents=True)
        for name in names:
            noise = np.random.default_rng(0).integers(0, 255, (20, 10, 3), np.uint8)
            Image.fromarray(noise).save(root / folder / name)


@pytest.fixture
def trees(tmp_path):
    write(
        tmp_path / "market1501",
        {
            "bounding_box_train": ["0002_c1s1_000451_03.jpg"],
            "query": ["0001_c3s2_000101_00.jpg"],
            "bounding_box_test": ["0001_c4s6_016996_02.jpg"],
        },
    )
    people = range(6)
    cameras = {f"cam_{c}": [f"{k:03d}_{45}.bmp" for k in people] for c in "ab"}
    write(tmp_path / "viper", cameras)
    return tmp_path


def test_a_joined_name_opens_one_folder_a_family(trees):
    both = data.open_dataset("market1501+viper", SETTINGS, trees, "")
    assert both.name == "market1501+viper" and len(both.train) == 1 + 6
    assert [p.pid for p in both.query] == [1]
    turned = data.open_dataset("viper+market1501", SETTINGS, trees, "")
    assert len(turned.query) == 3 and turned.train[-1].path.parents[1].name == (
        "market1501"
    )


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("market1501+elsewhere", "unknown data set 'elsewhere'.*joined with"),
        ("market1501+market1501", "cannot be joined with itself"),
        ("market1501+drawn", "drawn cannot be joined with photographs"),
        ("market1501+", "unknown data set ''"),
    ],
)
def test_a_name_that_cannot_be_joined_is_refused(trees, name, said):
    with pytest.raises(ReproError, match=said):
        data.open_dataset(name, SETTINGS, trees, "")


def test_joined_photographs_have_the_settings_of_the_first():
    found = settings.load("quick", "viper+market1501")
    assert found == settings.load("quick", "viper")
    assert settings.load("quick", "mars+viper").data.box_error == 0.0


def test_extra_people_are_drawn_people_only(trees):
    asked = replace(SETTINGS, extra_people="strangers")
    with pytest.raises(ReproError, match="extra_people = 'strangers'.*market1501"):
        data.open_dataset("market1501", asked, trees, "")


def test_the_leak_is_as_large_as_that_of_mars():
    lists = people_lists()
    tested = {int(pid) for pid in lists["market_query"]}
    leaked = tested & set(lists["mars_train"])
    assert (len(leaked), len(tested)) == (registry.LEAKED, registry.OF_TESTED)
    assert data.drawn_spec(settings.load("quick").data).extra_ids == 63


def peak() -> int:
    """The most memory that this process held so far, in bytes."""
    unit = 1 if sys.platform == "darwin" else 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit


def test_half_a_million_frames_are_listed_sampled_and_never_loaded(tmp_path):
    count, size = 500_000, (32, 16)
    path = Path("bbox_train/frame.jpg")  # it is not there: nobody may look
    train = tuple(
        Picture(path, 1 + i % 625, 1 + i % 6, 1 + i // 60) for i in range(count)
    )
    first = market()
    both = join([first, replace(first, train=train)], ["m", "x"], "remove")
    assert both.statistics().loc["train", "pictures"] == count + 6
    path, shape = tmp_path / "frames", (count + 6, 3, *size)
    images = np.memmap(path, np.uint8, "w+", shape=shape)  # 768 MB of holes
    before = peak()
    labels = pids(both.train), camids(both.train)
    pixels = Pixels(torch.from_numpy(images), *labels, sets=torch.tensor(both.sets))
    sampler = IdentitySampler(classes(both.train), 4, 4, 0, pixels.sets)
    for step in (0, 1, 10**6):
        assert pixels.images[sampler.batch(step)].shape == (16, 3, *size)
    assert peak() - before < 300e6
