"""The readers of Market1501 and VIPeR, on small trees in their true layout."""

import pytest

from reprolib.data import market1501, viper
from reprolib.errors import ReproError

MARKET = {
    "bounding_box_train": ["0002_c1s1_000451_03.jpg", "0002_c2s1_000451_01.jpg"],
    "query": ["0001_c3s2_000101_00.jpg"],
    "bounding_box_test": [
        "-1_c1s1_000401_03.jpg",
        "0000_c5s3_015240_04.jpg",
        "0001_c4s6_016996_02.png",
        "1501_c6s4_001902_01.jpg",
    ],
}


@pytest.fixture
def market(tmp_path):
    for folder, names in MARKET.items():
        (tmp_path / folder).mkdir()
        for name in names:
            (tmp_path / folder / name).touch()
    return tmp_path


@pytest.fixture
def two_cameras(tmp_path):
    for folder, angles in {"cam_a": (45, 90), "cam_b": (0, 180)}.items():
        (tmp_path / folder).mkdir()
        for number in range(10):
            name = f"{number:03d}_{angles[number % 2]}.bmp"
            (tmp_path / folder / name).touch()
    return tmp_path


def test_market_names_give_identity_and_camera(market):
    dataset = market1501.read(market)
    assert dataset.name == "market1501"
    assert [(p.pid, p.camid) for p in dataset.train] == [(2, 1), (2, 2)]
    assert [(p.pid, p.camid) for p in dataset.query] == [(1, 3)]
    assert dataset.train[0].path == market / "bounding_box_train" / (
        "0002_c1s1_000451_03.jpg"
    )


def test_market_keeps_junk_and_distractors_in_the_gallery(market):
    gallery = market1501.read(market).gallery
    assert [(p.pid, p.camid) for p in gallery] == [(-1, 1), (0, 5), (1, 4), (1501, 6)]


def test_market_passes_over_what_is_no_picture(market):
    for name in ("Thumbs.db", "readme.txt"):
        (market / "bounding_box_test" / name).touch()
    assert len(market1501.read(market).gallery) == 4


@pytest.mark.parametrize(
    "name",
    [
        "person.jpg",
        "0002_c1_000451_03.jpg",
        "0002_c1s1_000451_03_copy.jpg",
        "-2_c1s1_000451_03.jpg",
        "x0002_c1s1_000451_03.png",
    ],
)
def test_market_names_the_picture_that_does_not_parse(market, name):
    (market / "query" / name).touch()
    with pytest.raises(ReproError, match=rf"query/{name}.*expected PID_cCAMERAsSEQ"):
        market1501.read(market)


@pytest.mark.parametrize("folder", list(MARKET))
def test_market_names_the_missing_folder(market, folder):
    (market / folder).rename(market / "elsewhere")
    with pytest.raises(
        ReproError, match=f"{folder} is not there; expected the folders"
    ):
        market1501.read(market)


@pytest.mark.parametrize(
    ("folder", "split"),
    [
        ("bounding_box_train", "train"),
        ("query", "query"),
        ("bounding_box_test", "gall"),
    ],
)
def test_market_names_the_empty_split(market, folder, split):
    for path in (market / folder).iterdir():
        path.unlink()
    with pytest.raises(ReproError, match=f"the {split}.* split is empty"):
        market1501.read(market)


@pytest.mark.parametrize("folder", ["bounding_box_train", "query"])
@pytest.mark.parametrize("pid", ["-1", "0000"])
def test_market_wants_junk_and_distractors_nowhere_else(market, folder, pid):
    (market / folder / f"{pid}_c1s1_000001_00.jpg").touch()
    with pytest.raises(ReproError, match=r"in bounding_box_test only"):
        market1501.read(market)


def test_market_reads_landmarks_where_they_are(market):
    assert market1501.read(market).landmarks is None
    (market / "landmarks.csv").write_text(
        "file,crown,neck,waist,knees,soles\n0002_c1s1_000451_03.jpg,-0.1,.2,.4,.7,1.1\n"
    )
    landmarks = market1501.read(market).landmarks
    assert landmarks == {"0002_c1s1_000451_03.jpg": (-0.1, 0.2, 0.4, 0.7, 1.1)}


@pytest.mark.parametrize(
    "text",
    ["file,crown\na.jpg,0.1\n", "file,crown,neck,waist,knees,soles\na,b,c,d,e,f\n", ""],
)
def test_market_refuses_broken_landmarks(market, text):
    (market / "landmarks.csv").write_text(text)
    with pytest.raises(ReproError, match="landmarks.csv does not parse; expected the"):
        market1501.read(market)


def test_viper_splits_people_in_halves(two_cameras):
    dataset = viper.read(two_cameras, seed=0)
    train = {p.pid for p in dataset.train}
    test = {p.pid for p in dataset.query}
    assert len(train) == len(test) == 5
    assert train | test == set(range(1, 11))
    assert test == {p.pid for p in dataset.gallery}
    assert {p.camid for p in dataset.query} == {1}
    assert {p.camid for p in dataset.gallery} == {2}
    assert sorted(p.camid for p in dataset.train) == [1] * 5 + [2] * 5
    assert all(p.path.name.startswith(f"{p.pid - 1:03d}_") for p in dataset.train)


def test_viper_split_follows_the_seed(two_cameras):
    splits = [viper.read(two_cameras, seed).query for seed in (0, 0, 1)]
    assert splits[0] == splits[1] != splits[2]


def test_viper_leaves_out_people_of_one_camera(two_cameras):
    (two_cameras / "cam_a" / "003_90.bmp").unlink()
    dataset = viper.read(two_cameras, seed=0)
    assert 4 not in {p.pid for p in (*dataset.train, *dataset.gallery)}
    assert len(dataset.train) + len(dataset.gallery) + len(dataset.query) == 18


def test_viper_speaks_of_bad_input(two_cameras):
    (two_cameras / "cam_a" / "Thumbs.db").touch()
    (two_cameras / "cam_a" / "000_45_copy.bmp").touch()
    with pytest.raises(ReproError, match=r"000_45_copy\.bmp.*expected NUMBER_ANGLE"):
        viper.read(two_cameras, seed=0)
    (two_cameras / "cam_a" / "000_45_copy.bmp").rename(two_cameras / "cam_a/000_90.bmp")
    with pytest.raises(ReproError, match=r"second picture of person 000.*000_45\.bmp"):
        viper.read(two_cameras, seed=0)


@pytest.mark.parametrize("folder", ["cam_a", "cam_b"])
def test_viper_names_the_missing_folder(two_cameras, folder):
    (two_cameras / folder).rename(two_cameras / "elsewhere")
    with pytest.raises(
        ReproError, match=f"{folder} is not there; expected the folders"
    ):
        viper.read(two_cameras, seed=0)


def test_viper_names_the_empty_split(tmp_path):
    (tmp_path / "cam_a").mkdir()
    (tmp_path / "cam_b").mkdir()
    with pytest.raises(ReproError, match="viper: the train split is empty"):
        viper.read(tmp_path, seed=0)


def test_viper_itself(shared):
    dataset = viper.read(shared / "data" / "viper", seed=0)
    train = {p.pid for p in dataset.train}
    test = {p.pid for p in dataset.query}
    assert (len(dataset.train), len(dataset.query), len(dataset.gallery)) == (
        632,
        316,
        316,
    )
    assert len(train) == len(test) == 316
    assert train | test == set(range(1, 633))
    assert all(p.path.exists() for p in (*dataset.train, *dataset.query))
