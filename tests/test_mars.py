"""The reader of MARS, on a small tree in its true layout."""

import re
import shutil
from collections import defaultdict

import h5py
import numpy as np
import pytest
from scipy.io import loadmat
from trees import market1501 as market_tree
from trees import mars as tree
from trees import matfile

from reprolib.data import open_dataset, pictures
from reprolib.data.sets import market1501, mars
from reprolib.errors import ReproError
from reprolib.settings import load

LISTS = ["train_name.txt", "test_name.txt"]
TABLES = ["tracks_train_info.mat", "tracks_test_info.mat", "query_IDX.mat"]


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    return tree.write(tmp_path_factory.mktemp("mars"))


@pytest.fixture
def small(tmp_path):
    """Two persons each, three tracklets of two or three frames."""
    return tree.write(tmp_path / "märs 数据", train=(13, 14), test=(2, 39))


def rewrite(root, name, change):
    """Change the one variable of a file in info."""
    path = root / "info" / name
    [(variable, rows)] = [p for p in loadmat(path).items() if p[0][0] != "_"]
    matfile.write(path, **{variable: change(rows)})


def named(folder):
    """(path, pid, camid) of each frame, and the frames by tracklet, from the names."""
    frames, groups = set(), defaultdict(set)
    for path in folder.glob("*/*.jpg"):
        pid, camid = path.name[:4], int(path.name[5])
        frames.add((path, -1 if pid == "00-1" else int(pid), camid))
        groups[path.name[:11]].add(path)
    return frames, groups


def test_frames_are_what_their_names_say(whole):
    data = mars.read(whole)
    train = {(p.path, p.pid, p.camid) for p in data.train}
    test = {(p.path, p.pid, p.camid) for p in (*data.query, *data.gallery)}
    assert train == named(whole / "bbox_train")[0]
    assert test == named(whole / "bbox_test")[0]
    assert len(train) == len(data.train)
    assert len(test) == len(data.gallery)
    assert {pid for _, pid, _ in test} == {-1, 0, *tree.TEST}


def test_tracklets_are_numbered_from_1_through_the_data_set(whole):
    data = mars.read(whole)
    found = defaultdict(set)
    for picture in (*data.train, *data.query, *data.gallery):
        found[picture.tracklet].add(picture.path)
    wanted = [named(whole / f"bbox_{part}")[1] for part in ("train", "test")]
    assert set(found) == set(range(1, len(wanted[0]) + len(wanted[1]) + 1))
    assert {frozenset(f) for f in found.values()} == {
        frozenset(paths) for groups in wanted for paths in groups.values()
    }
    assert {p.tracklet for p in data.train} == set(range(1, len(wanted[0]) + 1))
    order = [p.path.name for p in data.train]
    assert order == sorted(order)


def test_queries_are_the_listed_tracklets_and_stay_in_the_gallery(whole):
    data = mars.read(whole)
    asked = {(p.pid, p.path.name[7:11]) for p in data.query}
    assert asked == {(pid, "0001") for pid in tree.TEST} | {
        (pid, "0002") for pid in tree.TEST if pid % 3 == 0
    }
    rest = {(p.pid, p.path.name[7:11]) for p in data.gallery if p.pid > 0}
    assert rest == {(p, f"{t:04d}") for p in tree.TEST for t in (1, 2, 3)}
    assert set(data.query) < set(data.gallery)


def test_statistics_count_tracklets(whole):
    table = mars.read(whole).statistics()
    # 24 persons of 3 tracklets with 2, 3 and 2 frames; junk and distractors 2 and 3.
    assert table.loc["train"].to_dict() == {
        "identities": 24,
        "pictures": 24 * 7,
        "cameras": 6,
        "distractors": 0,
        "junk": 0,
        "tracklets": 72,
    }
    assert list(table.loc["gallery", ["distractors", "junk"]]) == [5, 5]
    assert table["tracklets"]["gallery"] == 72 + 4


def test_people_of_market_are_shared_across_its_split(whole, tmp_path):
    data, market = mars.read(whole), market1501.read(market_tree.write(tmp_path))
    tested = {p.pid for p in market.query}
    assert len({p.pid for p in data.train} & tested) == len(tested) / 2 == 12
    assert "tracklets" not in market.statistics()
    trained = {p.pid for p in market.train}
    assert len({p.pid for p in data.query} & trained) == len(trained) / 2 == 12


def test_a_name_opens_it_and_its_frames_decode(whole):
    data = open_dataset("mars", load("smoke", "mars").data, whole, "")
    pixels = pictures.load(data, "query", 32, 16)
    assert pixels.images.shape == (len(data.query), 3, 32, 16)
    assert pixels.images.float().std() > 20


def test_non_ascii_folders_and_hidden_files_are_no_matter(small):
    (small / "bbox_test" / ".DS_Store").touch()
    (small / "bbox_train" / "0013" / "._0013C2T0001F001.jpg").touch()
    assert len(mars.read(small).train) == 14


@pytest.mark.parametrize("name", [*LISTS, *TABLES])
def test_a_missing_list_is_named(small, name):
    (small / "info" / name).unlink()
    with pytest.raises(ReproError, match=f"{name} is not there"):
        mars.read(small)


@pytest.mark.parametrize("name", ["bbox_train", "bbox_test"])
def test_a_missing_folder_is_named(small, name):
    (small / name).rename(small / "elsewhere")
    with pytest.raises(ReproError, match=f"{name} is not there; expected the folders"):
        mars.read(small)


@pytest.mark.parametrize("name", TABLES)
@pytest.mark.parametrize("kept", [0, 60, 150, -1])
def test_a_broken_table_is_named(small, name, kept):
    path = small / "info" / name
    path.write_bytes(path.read_bytes()[:kept])
    with pytest.raises(ReproError, match=f"{name} (cannot be read|holds no variable)"):
        mars.read(small)


def test_a_table_of_another_version_or_content_is_named(small):
    path = small / "info" / "query_IDX.mat"
    with h5py.File(path, "w", userblock_size=512) as file:
        file["query_IDX"] = np.ones((3, 1))
    with path.open("r+b") as file:
        file.write(b"MATLAB 7.3 MAT-file".ljust(124) + b"\x00\x02IM")
    with pytest.raises(ReproError, match="query_IDX.mat cannot be read.*version 5"):
        mars.read(small)
    matfile.write(path, other=np.ones((1, 3)))
    with pytest.raises(ReproError, match="holds no variable query_IDX"):
        mars.read(small)
    rewrite(small, "tracks_test_info.mat", lambda rows: rows[:, :3])
    with pytest.raises(ReproError, match="tracks_test_info.mat is not laid out.*four"):
        mars.read(small)


def test_a_frame_without_its_file_is_named(small):
    (small / "bbox_test" / "0039" / "0039C2T0001F002.jpg").unlink()
    with pytest.raises(ReproError, match=r"0039C2T0001F002\.jpg is not there \(1 such"):
        mars.read(small)
    shutil.rmtree(small / "bbox_test" / "0039")
    with pytest.raises(ReproError, match=r"0039C2T0001F001.*\(7 such"):
        mars.read(small)


def test_a_file_in_no_tracklet_is_named(small):
    (small / "bbox_train" / "0013" / "0013C2T0001F009.jpg").touch()
    with pytest.raises(ReproError, match=r"0013C2T0001F009\.jpg is in no tracklet \(1"):
        mars.read(small)


@pytest.mark.parametrize(
    ("row", "value"), [((0, 0), 0), ((-1, 1), 99), ((1, 1), 1), ((0, 0), -5)]
)
def test_a_tracklet_outside_the_list_is_named(small, row, value):
    def change(rows):
        rows[row] = value
        return rows

    rewrite(small, "tracks_train_info.mat", change)
    wanted = range(1, 7)[row[0]]
    with pytest.raises(
        ReproError, match=rf"tracklet {wanted} runs from.*expected numbers from 1 to 14"
    ):
        mars.read(small)


def test_every_listed_frame_is_in_one_tracklet(small):
    rewrite(small, "tracks_test_info.mat", lambda rows: rows[:-1])
    with pytest.raises(
        ReproError, match="2 frames lie in no tracklet.*0039C6T0003F001"
    ):
        mars.read(small)


def test_a_frame_in_two_tracklets_is_named(small):
    rewrite(small, "tracks_train_info.mat", lambda rows: rows[[0, 0, 1, 2, 3, 4, 5]])
    with pytest.raises(ReproError, match="2 frames lie in two tracklets.*F001.jpg"):
        mars.read(small)


@pytest.mark.parametrize(("column", "value"), [(2, 99), (3, 6)])
def test_table_and_names_agree(small, column, value):
    def change(rows):
        rows[4, column] = value
        return rows

    rewrite(small, "tracks_train_info.mat", change)
    with pytest.raises(ReproError, match=r"0014C\dT0002F001.jpg: tracklet 5 is of"):
        mars.read(small)


@pytest.mark.parametrize("line", ["0013C2T0001F001", "13C2T0001F001.jpg", "x.jpg"])
def test_a_name_that_does_not_parse_is_shown(small, line):
    path = small / "info" / "train_name.txt"
    path.write_text(path.read_text() + line + "\n")
    with pytest.raises(ReproError, match=rf"train_name.txt: the name '{line}' does"):
        mars.read(small)


def test_a_name_listed_twice_is_shown(small):
    path = small / "info" / "train_name.txt"
    first = path.read_text().split()[0]
    path.write_text(path.read_text() + first + "\n")
    with pytest.raises(ReproError, match=rf"{re.escape(first)} is listed 2 times"):
        mars.read(small)


def test_a_list_that_is_no_text_is_named(small):
    (small / "info" / "train_name.txt").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(ReproError, match="train_name.txt is no text"):
        mars.read(small)


@pytest.mark.parametrize("rows", [[0], [11], [5, 5], [-1]])
def test_queries_are_tracklets_of_the_test(small, rows):
    rewrite(small, "query_IDX.mat", lambda _: matfile.numbers(rows))
    with pytest.raises(
        ReproError, match=f"query {rows[0]}, {len(rows)} times.*1 to 10"
    ):
        mars.read(small)


def test_nobody_searches_for_junk(small):
    rewrite(small, "query_IDX.mat", lambda _: matfile.numbers([1, 5]))
    with pytest.raises(ReproError, match=r"00-1C.*a distractor or junk is a tracklet"):
        mars.read(small)


def test_an_empty_list_of_queries_is_an_empty_split(small):
    rewrite(small, "query_IDX.mat", lambda _: matfile.numbers([]))
    with pytest.raises(ReproError, match="mars: the query split is empty"):
        mars.read(small)
