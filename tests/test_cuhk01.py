"""The reader of CUHK01: its names, its split, and what it refuses."""

import pytest

from reprolib.data.sets import cuhk01, sources
from reprolib.errors import ReproError


def touch(root, people):
    (root / "campus").mkdir(exist_ok=True)
    for person in people:
        for number in range(1, 5):
            (root / "campus" / f"{person:04d}{number:03d}.png").touch()
    return root


@pytest.fixture
def root(tmp_path):
    return touch(tmp_path, range(1, 11))


def test_names_give_person_and_camera(root):
    dataset = cuhk01.read(root, seed=0)
    pictures = (*dataset.train, *dataset.query, *dataset.gallery)
    found = {p.path.name: (p.pid, p.camid) for p in pictures}
    assert len(found) == len(pictures) == 40
    assert found["0001001.png"] == found["0001002.png"] == (1, 1)
    assert found["0010003.png"] == found["0010004.png"] == (10, 2)


def test_the_first_camera_asks_and_the_second_answers(root):
    dataset = cuhk01.read(root, seed=0)
    tested = {p.pid for p in dataset.query}
    assert tested == {p.pid for p in dataset.gallery}
    assert not tested & {p.pid for p in dataset.train}
    assert {p.camid for p in dataset.query} == {1}
    assert {p.camid for p in dataset.gallery} == {2}
    assert len(dataset.query) == len(dataset.gallery) == 2 * len(tested)
    assert dataset.protocol == "single-shot"


def test_the_split_has_the_published_size_and_follows_the_seed(tmp_path):
    touch(tmp_path, range(1, 972))
    splits = [cuhk01.read(tmp_path, seed) for seed in (0, 0, 1)]
    for split, counts in sources()["cuhk01"].official.items():
        found = splits[0].statistics().loc[split]
        assert {what: found[what] for what in counts} == counts
    assert splits[0] == splits[1] != splits[2]


def test_people_of_one_camera_take_no_part(root):
    for number in (3, 4):
        (root / "campus" / f"0004{number:03d}.png").unlink()
    dataset = cuhk01.read(root, seed=0)
    pictures = (*dataset.train, *dataset.query, *dataset.gallery)
    assert {p.pid for p in pictures} == {*range(1, 11)} - {4}


@pytest.mark.parametrize(
    "name", ["0000001", "0001005", "0001000", "001001", "00010011", "0001001 copy"]
)
def test_a_name_that_does_not_parse_is_told(root, name):
    (root / "campus" / "Thumbs.db").touch()
    (root / "campus" / f"{name}.png").touch()
    with pytest.raises(ReproError, match=rf"{name}\.png: the name does not parse"):
        cuhk01.read(root, seed=0)


def test_a_missing_folder_and_an_empty_one_are_told(tmp_path):
    with pytest.raises(ReproError, match="campus is not there; expected the folder"):
        cuhk01.read(tmp_path, seed=0)
    (tmp_path / "campus").mkdir()
    with pytest.raises(ReproError, match="cuhk01: the train split is empty"):
        cuhk01.read(tmp_path, seed=0)
