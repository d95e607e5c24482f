"""CUHK03: its matrix unpacked, and the splits of its three protocols."""

import errno
import json
import shutil
from collections import Counter, defaultdict

import h5py
import numpy as np
import pytest
from PIL import Image
from scipy.io import loadmat, savemat
from trees import cuhk03 as tree

from reprolib.data.acquire import cuhk03 as cuhk03_release
from reprolib.data.sets import cuhk03, sources
from reprolib.errors import ReproError

BOXES = {"labelled": "labeled", "detected": "detected"}
SPLITS = ("train", "query", "gallery")


@pytest.fixture(scope="module")
def release(tmp_path_factory):
    """The matrix and the lists; not to be changed."""
    return tree.write(tmp_path_factory.mktemp("cuhk03") / "ausgepackt-größe")


@pytest.fixture(scope="module")
def whole(release, tmp_path_factory):
    """The release, unpacked; not to be changed."""
    root = tmp_path_factory.mktemp("unpacked") / "写真"
    shutil.copytree(release, root)
    cuhk03_release.unpack(root / "cuhk-03.mat", root)
    return root


@pytest.fixture
def empty(tmp_path):
    """A folder of names alone, which is enough for a reader, and changes at will."""
    root = tmp_path / "root"
    for folder in ("images_labeled", "images_detected"):
        (root / folder).mkdir(parents=True)
        for name in tree.names(folder.removeprefix("images_")):
            (root / folder / name).touch()
    (root / "splits_classic.json").write_text(json.dumps(tree.sets()))
    return root


def read(root, protocol, boxes, seed=0):
    return cuhk03.read(root, seed, protocol=protocol, boxes=boxes)


def files(pictures):
    return [picture.path.name for picture in pictures]


def who(picture):
    """(pair, person), as the name has it."""
    pair, person, *_ = picture.path.name.split("_")
    return int(pair), int(person)


# The matrix


def test_the_tree_lies_as_matlab_writes_it(release):
    with h5py.File(release / "cuhk-03.mat") as file:
        assert file["labeled"].shape == (1, 5) and file["testsets"].shape == (1, 20)
        second = file[file["detected"][0, 1]]
        assert second.shape == (10, 12)
        height, width, _ = tree.pixels("detected", 2, 1, 6).shape
        assert height > width and file[second[5, 0]].shape == (3, width, height)
        assert file[second[9, 0]][()].tolist() == [0, 0]
        assert file[file["testsets"][0, 3]].shape == (2, 10)
    assert (release / "cuhk-03.mat").read_bytes().startswith(b"MATLAB 7.3 MAT-file")
    with pytest.raises(NotImplementedError, match="HDF"):
        loadmat(release / "cuhk-03.mat")


@pytest.mark.parametrize("field", BOXES.values())
def test_every_picture_is_unpacked_as_it_is_under_its_name(whole, field):
    folder = whole / f"images_{field}"
    assert sorted(p.name for p in folder.iterdir()) == sorted(tree.names(field))
    for cell in ((1, 1, 1), (1, 24, 7), (2, 3, 6), (5, 4, 2)):
        with Image.open(folder / tree.name(*cell)) as image:
            assert image.mode == "RGB"
            assert np.array_equal(np.asarray(image), tree.pixels(field, *cell))


def test_the_two_kinds_of_boxes_differ_where_the_detector_did(whole):
    labeled, detected = (
        {p.name for p in (whole / f"images_{field}").iterdir()}
        for field in BOXES.values()
    )
    assert labeled - detected == {"1_004_2_08.png", "5_002_1_03.png"}
    assert detected - labeled == {"3_001_1_05.png"}
    assert not {f"2_003_1_0{column}.png" for column in range(1, 6)} & labeled


def test_the_test_sets_are_unpacked_as_numbers_from_one(whole):
    sets = json.loads((whole / "splits_classic.json").read_text())
    assert [[tuple(pair) for pair in one] for one in sets] == tree.sets()
    assert min(person for one in sets for _, person in one) == 1


def test_unpacking_says_what_it_did_and_does_it_once(release, tmp_path):
    done = cuhk03_release.unpack(release / "cuhk-03.mat", tmp_path / "new" / "root")
    counts = {field: len(tree.names(field)) for field in BOXES.values()}
    assert f"{counts['labeled']} labeled and {counts['detected']} detected" in done
    assert done.endswith("20 test sets.")
    picture = tmp_path / "new" / "root" / "images_labeled" / "1_001_1_01.png"
    picture.write_bytes(b"mine")
    done = cuhk03_release.unpack(release / "cuhk-03.mat", tmp_path / "new" / "root")
    assert "unpacked already" in done and picture.read_bytes() == b"mine"


@pytest.mark.parametrize("part", ["images_detected", "splits_classic.json"])
def test_a_part_of_what_is_to_be_unpacked_is_not_written_over(release, tmp_path, part):
    (tmp_path / part).mkdir()
    with pytest.raises(ReproError, match=rf"holds {part}, which is a part of images_"):
        cuhk03_release.unpack(release / "cuhk-03.mat", tmp_path)
    assert [p.name for p in tmp_path.iterdir()] == [part]


def refused(mat, root, match):
    """Unpacking raises, and leaves nothing behind."""
    with pytest.raises(ReproError, match=match) as caught:
        cuhk03_release.unpack(mat, root)
    assert not root.exists() or not list(root.iterdir())
    return str(caught.value)


def test_a_file_that_is_no_matrix_is_refused(release, tmp_path):
    root = tmp_path / "root"
    refused(tmp_path / "cuhk-03.mat", root, r"cuhk-03\.mat cannot be read .*No such")
    other = tmp_path / "cuhk-03.mat"
    other.write_text("<html>")
    refused(other, root, r"cuhk-03\.mat cannot be read .*version 7\.3")
    savemat(other, {"labeled": np.zeros(3)})
    refused(other, root, r"cuhk-03\.mat cannot be read .*version 7\.3")


@pytest.mark.parametrize("share", [0.0, 0.3, 0.9999])
def test_a_truncated_matrix_is_refused(release, tmp_path, share):
    content = (release / "cuhk-03.mat").read_bytes()
    (tmp_path / "cuhk-03.mat").write_bytes(content[: int(share * len(content))])
    refused(tmp_path / "cuhk-03.mat", tmp_path / "root", "cannot be read .*whole")


@pytest.fixture
def changed(release, tmp_path):
    """A matrix of one's own, open to be changed."""

    def change(what):
        path = tmp_path / "cuhk-03.mat"
        shutil.copyfile(release / "cuhk-03.mat", path)
        with h5py.File(path, "r+") as file:
            what(file)
        return path

    return change


@pytest.mark.parametrize("field", ["labeled", "detected", "testsets"])
def test_a_matrix_without_a_field_is_refused(changed, tmp_path, field):
    path = changed(lambda file: file.pop(field))
    refused(path, tmp_path / "root", rf"holds no {field}; expected labeled, detected")


def replaced(file, pair, column, person, value):
    """Put another value in a cell of `labeled`."""
    stored = file.create_dataset("#refs#/other", data=value)
    file[file["labeled"][0, pair]][column, person] = stored.ref


@pytest.mark.parametrize(
    "value",
    [
        np.zeros((30, 60), np.uint8),
        np.zeros((3, 30, 60), float),
        np.zeros((1, 30, 60), np.uint8),
    ],
)
def test_a_cell_that_is_no_picture_is_named(changed, tmp_path, value):
    path = changed(lambda file: replaced(file, 4, 6, 2, value))
    said = refused(path, tmp_path / "root", "the picture for images_labeled/5_003_2_07")
    assert str(value.T.shape) in said


def test_a_reference_to_nothing_is_refused(changed, tmp_path):
    def cut(file):
        file[file["detected"][0, 2]][0, 0] = h5py.Reference()

    refused(changed(cut), tmp_path / "root", r"cuhk-03\.mat cannot be read")


def test_cells_of_another_shape_are_refused(changed, tmp_path):
    def swap(file):
        turned = file[file["labeled"][0, 0]][()].T
        stored = file.create_dataset("#refs#/t", data=turned, dtype=h5py.ref_dtype)
        file["labeled"][0, 0] = stored.ref

    match = r"cell 1 of labeled is \(10, 24\); expected \(people, 10\)"
    refused(changed(swap), tmp_path / "root", match)


@pytest.mark.parametrize("row", [(1, 25), (2, 0), (6, 1), (0, 1)])
def test_a_test_set_of_people_who_are_not_there_is_refused(changed, tmp_path, row):
    def other(file):
        file[file["testsets"][0, 7]][:, 3] = row

    match = f"test set 8 lists person {row[1]} of pair {row[0]}; expected one of 24, 12"
    refused(changed(other), tmp_path / "root", match)


def test_a_full_disk_leaves_nothing_behind(release, tmp_path, monkeypatch):
    saved = []

    def save(image, path):
        saved.append(path)
        if len(saved) > 50:
            raise OSError(errno.ENOSPC, "No space left on device")
        path.touch()

    monkeypatch.setattr(Image.Image, "save", save)
    refused(release / "cuhk-03.mat", tmp_path / "root", "root: the disk is full")


# The names


def test_a_name_gives_pair_person_and_camera(empty):
    dataset = read(empty, "paper", "labelled")
    pictures = [p for split in SPLITS for p in getattr(dataset, split)]
    assert sorted(files(pictures)) == sorted(tree.names("labeled"))
    found = {p.path.name: (p.pid, p.camid) for p in pictures}
    assert found["1_001_1_01.png"] == (1, 1)
    assert found["1_024_2_07.png"] == (24, 2)
    assert found["2_001_1_02.png"] == (1001, 3)
    assert found["5_004_2_06.png"] == (4004, 10)
    people = {who(p): p.pid for p in pictures}
    assert len(set(people.values())) == len(people) == sum(tree.PEOPLE)


@pytest.mark.parametrize(
    "name",
    ["1_1_1_1", "1_001_1_06", "1_001_2_05", "1_001_2_11", "1_000_1_01", "x_001_1_01"],
)
def test_a_name_that_does_not_parse_is_told(empty, name):
    (empty / "images_detected" / f"{name}.png").touch()
    with pytest.raises(ReproError, match=rf"{name}\.png.*expected PAIR_PERSON_CAMERA"):
        read(empty, "paper", "detected")


def test_two_pictures_of_one_name_are_told(empty):
    (empty / "images_detected" / "1_001_1_01.PNG").touch()
    (empty / "images_detected" / "Thumbs.db").touch()
    with pytest.raises(ReproError, match=r"1_001_1_01\.png: a second picture beside"):
        read(empty, "paper", "detected")


@pytest.mark.parametrize(("boxes", "field"), BOXES.items())
def test_a_missing_folder_is_told(empty, boxes, field):
    (empty / f"images_{field}").rename(empty / "elsewhere")
    match = rf"images_{field} is not there.*reprolib data prepare cuhk03"
    with pytest.raises(ReproError, match=match):
        read(empty, "paper", boxes)


@pytest.mark.parametrize("protocol", ["new", "classic", "paper"])
def test_an_empty_folder_is_told(empty, release, protocol):
    shutil.rmtree(empty / "images_detected")
    (empty / "images_detected").mkdir()
    for path in release.glob("*config*.mat"):
        shutil.copy(path, empty)
    with pytest.raises(ReproError, match="is empty|is listed, but not|no picture"):
        read(empty, protocol, "detected")


# The classic protocol and the paper's


@pytest.mark.parametrize("seed", [0, 3, 23])
@pytest.mark.parametrize(("boxes", "field"), BOXES.items())
def test_the_classic_protocol_tests_one_set_of_people(empty, boxes, field, seed):
    dataset = read(empty, "classic", boxes, seed)
    tested = set(tree.sets()[seed % 20])
    everything = defaultdict(list)
    for name in sorted(tree.names(field)):
        pair, person, camera, _ = name.split("_")
        test = (int(pair), int(person)) in tested
        split = {"1": "query", "2": "gallery"}[camera] if test else "train"
        everything[split].append(name)
    for split in SPLITS:
        assert files(getattr(dataset, split)) == everything[split]
    assert dataset.name == f"cuhk03-classic-{boxes}"
    assert dataset.protocol == "single-shot" and dataset.candidates is None


def test_the_papers_split_tests_people_of_both_cameras(empty):
    dataset = read(empty, "paper", "detected", 1)
    tested = {who(p) for p in dataset.query}
    assert tested == {who(p) for p in dataset.gallery} and len(tested) == 26
    assert {who(p) for p in dataset.train} & tested == set()
    assert len({who(p) for p in dataset.train} | tested) == sum(tree.PEOPLE)
    assert {p.camid % 2 for p in dataset.query} == {1}
    assert all(p.camid % 2 == 0 for p in dataset.gallery)
    assert dataset.protocol == "single-shot"


def test_the_papers_split_follows_the_seed_and_not_the_boxes(empty):
    def tested(boxes, seed):
        return {p.pid for p in read(empty, "paper", boxes, seed).query}

    assert tested("labelled", 0) == tested("labelled", 0) == tested("detected", 0)
    assert tested("labelled", 0) != tested("labelled", 1)
    before = tested("labelled", 0)
    for path in (empty / "images_labeled").glob("1_001_1_*.png"):
        path.unlink()
    assert len(before ^ tested("labelled", 0)) <= 2


def test_nobody_of_one_camera_is_tested(empty):
    for seed in range(12):
        assert 1003 not in {
            p.pid for p in read(empty, "paper", "labelled", seed).gallery
        }


def test_the_papers_gallery_has_two_hundred_people(tmp_path):
    folder = tmp_path / "images_labeled"
    folder.mkdir()
    for person in range(1, 431):
        for name in (f"1_{person:03d}_1_01.png", f"1_{person:03d}_2_06.png"):
            (folder / name).touch()
    dataset = read(tmp_path, "paper", "labelled")
    assert dataset.statistics()["identities"].to_dict() == {
        "train": 230,
        "query": 200,
        "gallery": 200,
    }


@pytest.mark.parametrize(
    ("text", "match"),
    [
        ("[[[1, 1], [1, 999]]]", r"test set 0 .from 0. lists person 1_999, of whom"),
        ("[[[1, 1], [1, 2], [1, 1]]]", "lists person 1_001, 2 times; expected once"),
        ("[[[1, 1, 1]]]", "does not parse"),
        ("[[1, 2]]", "does not parse"),
        ("[]", "does not parse"),
        ('{"a": 1}', "does not parse"),
        ("\x00", "does not parse"),
    ],
)
def test_broken_test_sets_are_told(empty, text, match):
    (empty / "splits_classic.json").write_text(text)
    with pytest.raises(ReproError, match=f"splits_classic.json.* {match}"):
        read(empty, "classic", "detected")


def test_missing_test_sets_are_told(empty):
    (empty / "splits_classic.json").unlink()
    with pytest.raises(ReproError, match="splits_classic.json is not there.*prepare"):
        read(empty, "classic", "detected")
    assert read(empty, "paper", "detected").train


# The new protocol


@pytest.mark.parametrize(("boxes", "field"), BOXES.items())
def test_the_new_protocol_takes_its_lists(whole, boxes, field):
    config = loadmat(whole / f"cuhk03_new_protocol_config_{field}.mat")
    names = [str(cell[0]) for cell in config["filelist"].ravel()]
    dataset = read(whole, "new", boxes)
    assert dataset.name == f"cuhk03-new-{boxes}" and dataset.protocol == "market"
    labels, cameras = config["labels"].ravel(), config["camId"].ravel()
    pid_of = {}
    for split in SPLITS:
        places = config[f"{split}_idx"].ravel().astype(int) - 1
        pictures = getattr(dataset, split)
        assert files(pictures) == [names[place] for place in places]
        for picture, place in zip(pictures, places, strict=True):
            assert picture.path.is_file()
            assert pid_of.setdefault(labels[place], picture.pid) == picture.pid
            assert (picture.camid - 1) % 2 + 1 == cameras[place]
    assert len(set(pid_of.values())) == len(pid_of) == sum(tree.PEOPLE)


def test_the_new_protocol_asks_once_a_camera(whole):
    dataset = read(whole, "new", "detected")
    asked = Counter((p.pid, p.camid) for p in dataset.query)
    tested = {p.pid for p in dataset.gallery}
    assert set(asked.values()) == {1} and len(asked) == 2 * len(tested)
    assert len(tested) >= 24 and len({p.pid for p in dataset.train}) >= 24


@pytest.fixture
def listed(empty, release):
    """The folder of names with lists that are written anew at will."""
    path = empty / "cuhk03_new_protocol_config_detected.mat"

    def change(**changes):
        found = loadmat(release / path.name)
        found = {k: v for k, v in found.items() if not k.startswith("__")}
        for key, function in changes.items():
            found[key] = function(found[key])
        savemat(path, {k: v for k, v in found.items() if v is not None})
        return path

    return change


def refuse_new(path, match):
    with pytest.raises(ReproError, match=match):
        read(path.parent, "new", "detected")


def test_the_missing_lists_are_told_with_their_source(empty):
    path = empty / "cuhk03_new_protocol_config_detected.mat"
    refuse_new(path, rf"{path.name} is not there.*Zhong et al.*person-re-ranking")


@pytest.mark.parametrize("field", ["filelist", "train_idx", "query_idx", "gallery_idx"])
def test_lists_without_a_field_are_told(listed, field):
    path = listed(**{field: lambda value: None})
    refuse_new(path, f"{path.name} holds no variable {field}")


def test_lists_that_are_no_mat_file_are_told(listed):
    path = listed()
    content = path.read_bytes()
    for broken in (b"", b"<html>" * 50, content[: len(content) // 2]):
        path.write_bytes(broken)
        refuse_new(path, f"{path.name} cannot be read")
    path.write_bytes(content)
    assert read(path.parent, "new", "detected").train


@pytest.mark.parametrize("number", [0, 100_000])
@pytest.mark.parametrize("split", SPLITS)
def test_a_number_beyond_the_list_is_told(listed, split, number):
    def beyond(value):
        value = value.astype(int)
        value[3] = number
        return value

    path = listed(**{f"{split}_idx": beyond})
    count = len(tree.names("detected"))
    refuse_new(path, f"{split}_idx has the number {number}; expected 1 to {count}")


def test_a_picture_in_two_splits_is_told(listed):
    path = listed(query_idx=lambda value: np.vstack([value, [[1]]]))
    refuse_new(path, r"1_001_1_01\.png is in train and again in query")
    path = listed(train_idx=lambda value: np.vstack([value, value[:1]]))
    refuse_new(path, r"1_001_1_01\.png is in train and again in train")


def test_a_name_listed_twice_is_told(listed):
    def twice(value):
        value[1] = value[0]
        return value

    refuse_new(
        listed(filelist=twice), r"1_001_1_01\.png is listed twice .*in cuhk03_new"
    )


def test_a_listed_picture_that_is_missing_is_told(listed):
    path = listed()
    (path.parent / "images_detected" / "2_003_2_06.png").unlink()
    refuse_new(
        path, r"images_detected/2_003_2_06\.png is listed, but not there.*1 such"
    )


def test_a_picture_that_is_not_listed_is_told(listed):
    path = listed()
    (path.parent / "images_detected" / "2_003_1_05.png").touch()
    refuse_new(path, r"detected/2_003_1_05\.png is there, but not listed")


def test_the_lists_of_the_other_boxes_are_told(empty, release):
    shutil.copy(
        release / "cuhk03_new_protocol_config_labeled.mat",
        empty / "cuhk03_new_protocol_config_detected.mat",
    )
    with pytest.raises(ReproError, match="are both the labelled or both the detected"):
        read(empty, "new", "detected")


# By name


@pytest.mark.parametrize("protocol", ["new", "classic", "paper"])
@pytest.mark.parametrize("boxes", BOXES)
def test_the_sources_read_what_their_names_say(whole, protocol, boxes):
    source = sources()[f"cuhk03-{protocol}-{boxes}"]
    assert source.read(whole, 5) == read(whole, protocol, boxes, 5)
    assert (source.owner.family, source.people) == ("cuhk03", "cuhk03")


def test_the_official_counts_are_the_published_ones():
    def counts(name):
        found = sources()[f"cuhk03-{name}"].official
        return [tuple(found[split].values()) for split in SPLITS]

    assert counts("new-labelled") == [(767, 7368), (700, 1400), (700, 5328)]
    assert counts("new-detected") == [(767, 7365), (700, 1400), (700, 5332)]
    for name in ("classic-labelled", "classic-detected"):
        assert counts(name) == [(1467 - 100,), (100,), (100,)]
    assert counts("paper-labelled") == [(1467 - 200,), (200,), (200,)]
