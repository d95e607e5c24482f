"""`data check`: what is there, missing, unreadable, fewer, and shared."""

import dataclasses
from pathlib import Path

import pandas as pd
import pytest
from PIL import Image

from reprolib.data.acquire import checking
from reprolib.data.dataset import Dataset, Picture
from reprolib.data.sets import sources
from reprolib.data.sets.market1501 import people_lists

MARKET = {
    "bounding_box_train": ["0002_c1s1_000451_03.jpg", "0002_c2s1_000451_01.jpg"],
    "query": ["0001_c3s2_000101_00.jpg", "0001_c1s2_000101_00.jpg"],
    "bounding_box_test": [
        "-1_c1s1_000401_03.jpg",
        "0000_c5s3_015240_04.jpg",
        "0001_c4s6_016996_02.jpg",
        "1501_c6s4_001902_01.jpg",
    ],
}
OFFICIAL = {
    "train": {"identities": 1, "pictures": 2},
    "query": {"pictures": 2},
    "gallery": {"identities": 2, "pictures": 4, "distractors": 1, "junk": 1},
}
LISTS = people_lists()


def picture(path, size=(16, 32)):
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.effect_noise(size, 60).convert("RGB").save(path)


@pytest.fixture
def root(tmp_path, monkeypatch):
    """Market1501 in miniature, whole by its own official counts."""
    for folder, names in MARKET.items():
        for name in names:
            picture(tmp_path / folder / name)
    declare(monkeypatch, "market1501", OFFICIAL)
    return tmp_path


def declare(monkeypatch, name, official):
    changed = dataclasses.replace(sources()[name], official=official)
    monkeypatch.setitem(sources(), name, changed)


def look(root, name="market1501"):
    return checking.check(name, root)


def people(name, train, query, gallery):
    """A data set of people without files."""
    made = [
        tuple(Picture(Path(f"{i}.jpg"), pid, 1) for i, pid in enumerate(pids))
        for pids in (train, query, gallery)
    ]
    return Dataset(name, *made)


def test_a_whole_tree_has_no_problem(root):
    report = look(root)
    assert report.parts == {
        "bounding_box_train": "2 files",
        "query": "2 files",
        "bounding_box_test": "4 files",
    }
    assert (report.problems, report.unreadable) == ((), ())
    assert list(report.counts.columns) == [
        "split",
        "what",
        "official",
        "here",
        "difference",
    ]
    assert len(report.counts) == 7 and not report.counts["difference"].any()
    text = "\n".join(checking.lines(report))
    assert "Official counts: all 7 agree." in text
    assert "Pictures: 8 decoded, 0 unreadable." in text
    assert report.dataset.statistics().to_string() in text


def test_a_smaller_tree_is_explained_and_no_problem(root):
    (root / "bounding_box_train" / MARKET["bounding_box_train"][0]).unlink()
    picture(root / "bounding_box_test" / "1501_c1s4_001902_01.jpg")
    report = look(root)
    assert report.problems == ()
    text = "\n".join(checking.lines(report))
    assert "2 of 7 differ (such as train: official 2 pictures, here 1: 1 fewer)" in text
    assert "gallery pictures 4 5 1 more" in " ".join(text.split())
    assert "train pictures 2 1 1 fewer" in " ".join(text.split())
    row = report.counts[report.counts["difference"] == -1].iloc[0]
    assert (row["split"], row["what"], row["official"], row["here"]) == (
        "train",
        "pictures",
        2,
        1,
    )


def test_large_numbers_are_written_for_readers():
    columns = ["split", "what", "official", "here", "difference"]
    rows = [("train", w, 12936, 12900 + k, k - 36) for k, w in enumerate("abcde")]
    said = checking.verdict(pd.DataFrame(rows, columns=columns))
    assert (
        "5 of 5 differ (such as train: official 12,936 a, here 12,900: 36 fewer)"
        in said
    )


def test_without_official_counts_it_says_so(root, monkeypatch):
    declare(monkeypatch, "market1501", {})
    assert "Official counts: none are on record" in "\n".join(
        checking.lines(look(root))
    )


def test_missing_folders_are_listed(root):
    (root / "query").rename(root / "elsewhere")
    report = look(root)
    assert report.dataset is None
    assert report.problems == (f"{root / 'query'} is missing",)
    assert "  query               MISSING" in checking.lines(report)


def test_what_the_reader_refuses_is_a_problem(root):
    (root / "query" / "person.jpg").touch()
    report = look(root)
    assert report.parts["query"] == "3 files"
    [problem] = report.problems
    assert "person.jpg: the name does not parse" in problem


@pytest.mark.parametrize("content", [b"", b"not a picture", None])
def test_every_picture_is_decoded(root, content):
    path = root / "bounding_box_test" / MARKET["bounding_box_test"][3]
    whole = path.read_bytes()
    path.write_bytes(whole[: len(whole) * 4 // 5] if content is None else content)
    report = look(root)
    [(found, why)] = report.unreadable
    assert found == path and why
    assert content is not None or "truncated" in why
    assert report.problems == (f"{path} cannot be read: {why}",)
    assert report.dataset is not None
    assert "Pictures: 8 decoded, 1 unreadable." in checking.lines(report)


def test_many_pictures_are_paired_with_their_own_trouble(tmp_path, monkeypatch):
    monkeypatch.setattr(checking, "CHUNK", 8)
    paths = [tmp_path / f"{i:03d}.bmp" for i in range(3 * 8 + 5)]
    bad = {paths[i] for i in (0, checking.CHUNK - 1, checking.CHUNK, len(paths) - 1)}
    for path in paths:
        if path in bad:
            path.write_bytes(b"BM" + bytes(20))
        else:
            picture(path, (4, 4))
    assert {path for path, _ in checking.undecodable(paths)} == bad
    assert checking.undecodable([]) == ()


def test_a_person_in_both_splits_is_a_problem(root):
    picture(root / "bounding_box_train" / "0001_c1s1_000451_03.jpg")
    [problem] = look(root).problems
    assert problem == ("training and test share 1 identities, such as 1")


def test_market_and_mars_share_whom_the_lists_say():
    pids = [int(pid) for pid, n in LISTS["market_query"].items() for _ in range(n)]
    market = people("market1501", LISTS["market_train"], pids, pids)
    said = checking.elsewhere("market1501", market)
    assert "MARS shows the same people" in said
    assert "313 of the 750 test identities of market1501" in said
    assert "1,465 of its 3,368 query pictures" in said
    assert "307 of the 751 training identities" in said


def test_mars_and_market_share_whom_the_lists_say():
    test = [pid for pid in LISTS["mars_test"] if pid > 0]
    mars = people("mars", LISTS["mars_train"], test, test)
    said = checking.elsewhere("mars", mars)
    assert "Market-1501 shows the same people" in said
    both = len(set(LISTS["market_train"]) & set(test))
    assert f"{both:,} of the {len(test):,} test identities of mars" in said
    back = len({int(p) for p in LISTS["market_query"]} & set(LISTS["mars_train"]))
    assert f"{back} of the 625 training identities" in said


def test_viper_shares_nobody():
    viper = people("viper", [1], [2], [2])
    assert "no other data set" in checking.elsewhere("viper", viper)


def test_joined_sets_are_compared_with_the_tested_one(root):
    first = look(root)
    other = people("other", [1, 1, 1501, 7, -1, 0], [9], [9])
    again = dataclasses.replace(first, name="market1501", dataset=other)
    [said] = checking.between([first, again])
    assert "market1501 trains on 2 of the 2 test identities of market1501" in said
    assert "in 2 of its 2 query pictures" in said
    viper = dataclasses.replace(first, name="viper", dataset=other)
    assert checking.between([first, viper]) == [
        "viper: nobody is known to be in market1501 as well."
    ]


@pytest.mark.parametrize("name", sources())
def test_every_tree_is_checked(forest, name):
    report = look(forest / sources()[name].owner.family, name)
    assert report.problems == ()
    assert all(report.parts.values())
    assert len(report.counts) > 0
    assert "0 unreadable." in "\n".join(checking.lines(report))


def test_viper_itself(shared):
    report = look(shared / "data" / "viper", "viper")
    assert report.problems == () and report.unreadable == ()
    assert report.parts == {"cam_a": "632 files", "cam_b": "632 files"}
    assert not report.counts["difference"].any()
    assert "Pictures: 1,264 decoded, 0 unreadable." in checking.lines(report)
