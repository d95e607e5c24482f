"""The readers of Market1501 and VIPeR, and what all readers have in common."""

import hashlib

import pytest
import trees
from PIL import Image

from reprolib.data import drawn, open_dataset
from reprolib.data.sets import market1501, sources, viper
from reprolib.errors import ReproError
from reprolib.settings import load

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


@pytest.fixture(scope="module")
def forest(tmp_path_factory):
    """The trees of all families, prepared; not to be changed."""
    return trees.write_all(tmp_path_factory.mktemp("größe") / "树")


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


@pytest.fixture
def extended(market):
    (market / "images").mkdir()
    for name in ("0000_c1s1_000001_00.jpg", "1501_c6s4_001902_01.jpg", "00012.png"):
        (market / "images" / name).touch()
    (market / "images" / "Thumbs.db").touch()
    return market


def test_the_500k_are_distractors_whatever_their_names(extended):
    dataset, usual = market1501.read_500k(extended), market1501.read(extended)
    assert dataset.name == "market1501-500k"
    assert (dataset.train, dataset.query) == (usual.train, usual.query)
    assert dataset.gallery[:4] == usual.gallery
    more = dataset.gallery[4:]
    assert [p.path.name for p in more] == [
        "0000_c1s1_000001_00.jpg",
        "00012.png",
        "1501_c6s4_001902_01.jpg",
    ]
    assert {p.pid for p in more} == {0}
    assert {p.camid for p in more} & {p.camid for p in dataset.query} == set()


@pytest.mark.parametrize("there", [True, False])
def test_the_500k_are_told_where_they_are_missing(market, there):
    if there:
        (market / "images").mkdir()
    with pytest.raises(ReproError, match=r"images is not there, or empty.*500k\.zip"):
        market1501.read_500k(market)


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


# All of them


def test_the_trees_are_read_by_every_name(forest):
    for name, source in sources().items():
        chosen = load("smoke", name).data
        dataset = open_dataset(name, chosen, forest / source.owner.family, "")
        assert dataset.name == name
        train = {p.pid for p in dataset.train}
        tested = {p.pid for p in (*dataset.query, *dataset.gallery)} - {0, -1}
        assert len(train) >= 24 and not train & tested
        assert {p.pid for p in dataset.query} <= tested and min(train) > 0
        for picture in (*dataset.train[:3], *dataset.query[:3], *dataset.gallery[-3:]):
            with Image.open(picture.path) as image:
                assert image.height > image.width > 16


def test_the_market_tree_is_what_was_drawn(forest):
    dataset = market1501.read_500k(forest / "market1501")
    spec = trees.market1501.SPEC
    shots = list(drawn.shots(spec))
    for split, folder in market1501.FOLDERS.items():
        wanted = sorted((pid, camid) for f, pid, camid, _ in shots if f == folder)
        pictures = [p for p in getattr(dataset, split) if p.camid]
        assert sorted((p.pid, p.camid) for p in pictures) == wanted
    assert len(dataset.gallery) == len(wanted) + 6
    assert dataset.landmarks is None


def test_the_viper_tree_pairs_the_same_people(forest):
    dataset = viper.read(forest / "viper", seed=0)
    assert len(dataset.query) == len(dataset.gallery) == 24
    names = {p.path.name[:3] for p in (*dataset.train, *dataset.query)}
    assert len(names) == 48 and "009" not in names and "052" in names


def test_the_papers_four_sets_are_joined(forest):
    name = "market1501+cuhk03-paper-detected+mars+cuhk-sysu"
    dataset = open_dataset(name, load("smoke", name).data, forest, "")
    assert dataset.name == name
    for number, part in enumerate(name.split("+")):
        pids = {
            p.pid
            for p, of in zip(dataset.train, dataset.sets, strict=True)
            if of == number
        }
        # MARS loses the half of its people whom Market1501 tests.
        assert len(pids) == {"mars": 12, "cuhk03-paper-detected": 27}.get(part, 24)


@pytest.mark.parametrize("family", trees.FAMILIES)
def test_a_tree_is_the_same_when_it_is_written_again(forest, tmp_path, family):
    tree = getattr(trees, family.replace("-", "_"))
    for path in sorted(tree.write(tmp_path / "again").rglob("*")):
        if path.is_file():
            first = forest / family / path.relative_to(tmp_path / "again")
            assert digest(path) == digest(first), path


def digest(path):
    return hashlib.sha256(path.read_bytes()).hexdigest()
