"""CUHK-SYSU: its persons cropped from a small release in its true layout, and read."""

import hashlib
import shutil

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image
from scipy.io import loadmat
from trees import cuhk_sysu as tree
from trees import matfile

from reprolib.data import open_dataset, pictures
from reprolib.data.acquire import cuhk_sysu as cuhk_sysu_crop
from reprolib.data.acquire.cuhk_sysu import Crop, crop
from reprolib.data.sets import cuhk_sysu
from reprolib.errors import ReproError
from reprolib.settings import load

LISTS = "annotation/test/train_test"


@pytest.fixture(scope="module")
def release(tmp_path_factory):
    return tree.write(tmp_path_factory.mktemp("release") / "中大 2016")


@pytest.fixture(scope="module")
def cropped(release, tmp_path_factory):
    root = tmp_path_factory.mktemp("crops") / "gekröpft"
    crop(release, root)
    return root


@pytest.fixture(scope="module")
def tiny(tmp_path_factory):
    return tree.write(tmp_path_factory.mktemp("tiny"), train=3, searched=3, shots=3)


@pytest.fixture
def broken(tiny, tmp_path):
    """A release to break: s7, s14, s21 are the training's, s28, s35, s42 the test's."""
    return shutil.copytree(tiny, tmp_path / "release")


@pytest.fixture
def crops(broken):
    """Crops to break, of a small release, in its own folder."""
    crop(broken, broken)
    return broken


def plain(root, file):
    """The one variable of a file, as lists and dicts."""
    content = loadmat(root / "annotation" / file, simplify_cells=True)
    [value] = [v for k, v in content.items() if k[0] != "_"]
    return value


def labels(root):
    """(scene, box) -> pid as Person.mat has it, which the code never opens."""
    return {
        (scene["imname"], tuple(scene["idlocate"])): int(person["idname"][1:])
        for person in plain(root, "Person.mat")
        for scene in np.atleast_1d(person["scene"])
    }


def rewrite(root, file, change):
    """Change the one variable of a file of the annotation, a copy of it, in place."""
    path = root / "annotation" / file
    [(name, array)] = [p for p in loadmat(path).items() if p[0][0] != "_"]
    matfile.write(path, **{name: change(array)})


def digests(root):
    return {
        path.relative_to(root): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in root.rglob("*")
        if path.is_file()
    }


def test_the_tree_nests_its_values_as_public_loaders_unwrap_them(release):
    images = loadmat(release / "annotation" / "Images.mat")["Img"]
    assert images.shape == (1, 64)
    name, count, boxes = images[0, 0]
    assert (name[0], count[0][0], boxes.shape) == ("s105.jpg", 4, (1, 4))
    assert boxes[0, 0]["idlocate"].shape == (1, 4)
    assert boxes[0, 0]["idlocate"].dtype == np.uint8  # 4 + 255 would be 3
    pool = loadmat(release / "annotation" / "pool.mat")["pool"]
    assert (pool.shape, str(pool[0, 0][0])) == ((32, 1), "s231.jpg")
    train = loadmat(release / LISTS / "Train.mat")["Train"]
    assert train.shape == (24, 1)
    person = train[0, 0][0, 0]
    assert (person[0][0], person[1][0, 0], person[2].shape) == ("p101", 4, (1, 4))
    assert str(person[2][0, 1][0][0]) == "s63.jpg"
    test = loadmat(release / LISTS / "TestG100.mat")["TestG100"]
    assert test.shape == (1, 24)
    assert test[0, 0]["Query"][0, 0]["imname"][0] == "s231.jpg"
    assert test[0, 0]["Query"][0, 0]["idname"][0] == "p501"
    assert test[0, 0]["Gallery"].shape == (1, 6)
    assert [box.shape for box in test[0, 0]["Gallery"]["idlocate"][0]] == [
        (1, 4),
        (1, 4),
        (1, 4),
        (1, 0),
        (1, 0),
        (1, 0),
    ]


def test_every_crop_shows_its_box_of_its_scene(release, cropped):
    table = pd.read_csv(cropped / "crops.csv")
    for row in table.itertuples():
        scene = Image.open(release / "Image" / "SSM" / f"s{row.scene}.jpg")
        edges = row.left, row.top, row.left + row.width, row.top + row.height
        wanted = np.asarray(scene.crop(edges), dtype=float)
        found = np.asarray(Image.open(cropped / row.file), dtype=float)
        assert found.shape == wanted.shape
        assert abs(found - wanted).mean() < 4
        assert row.file.startswith(f"{row.split}/p{row.pid:05d}_s{row.scene:05d}_")


def test_the_crops_are_the_annotated_persons(release, cropped):
    table = pd.read_csv(cropped / "crops.csv")
    names = "s" + table["scene"].astype(str) + ".jpg"
    pool = set(plain(release, "pool.mat"))
    gallery = table["split"] == "gallery"
    assert set(names[gallery]) == pool
    assert not set(names[table["split"] == "train"]) & pool
    known = labels(release)
    # One box reaches over the edge: it is found by its corner.
    corners = {(name, *box[:2]): pid for (name, box), pid in known.items()}
    keys = zip(names, table["left"], table["top"], strict=True)
    wanted = [corners.get(key, 0) for key in keys]
    assert list(table["pid"]) == [pid if pid < 900 else 0 for pid in wanted]
    assert sum(pid > 900 for pid in wanted) == 11
    numbered = [pid for pid in known.values() if pid < 900]
    assert (table["split"] == "train").sum() == sum(pid < 500 for pid in numbered)
    annotated = {s["imname"]: len(s["box"]) for s in plain(release, "Images.mat")}
    assert gallery.sum() == sum(annotated[name] for name in pool) - 1
    queries = table[table["split"] == "query"]
    assert set(queries["pid"]) == {pid for pid in numbered if pid > 500}
    assert queries["pid"].is_unique


def test_boxes_are_cut_at_the_edge_and_empty_ones_left_out(release, cropped):
    last = plain(release, "Images.mat")
    boxes = next(s["box"] for s in last if s["imname"] == tree.name(64))
    left, top, width, height = boxes[0]["idlocate"]
    assert top + height > 200
    assert list(boxes[4]["idlocate"][2:]) == [0, 40]
    table = pd.read_csv(cropped / "crops.csv").query("scene == 448")
    assert len(table) == 4
    assert table.loc[table["left"] == 0, "height"].item() == 200 - top


def test_it_says_what_was_done_once(tiny, tmp_path):
    said = crop(tiny, tmp_path / "root")
    assert "9 train, 3 query, 12 gallery pictures from 6 scenes" in said
    assert "cut at the edge of their scene: 1, empty boxes left out: 1." in said
    before = digests(tmp_path / "root")
    assert "cropped already" in crop(tiny, tmp_path / "root")
    assert digests(tmp_path / "root") == before


def test_the_release_is_kept_and_the_crops_are_always_the_same(tiny, broken, tmp_path):
    crop(tiny, tmp_path / "beside")
    assert digests(tiny) == digests(broken)
    lists = broken / LISTS / "TestG50.mat"
    before = lists.stat().st_ino
    crop(broken, broken)
    assert lists.stat().st_ino == before
    inside = digests(broken)
    assert {k: inside[k] for k in digests(tiny)} == digests(tiny)
    beside = digests(tmp_path / "beside")
    assert {k: inside[k] for k in beside} == beside
    assert not [path for path in broken.iterdir() if path.name.startswith(".")]


@given(*[st.integers(-15, 15)] * 2, *[st.integers(0, 25)] * 2)
def test_the_cut_box_covers_the_pixels_that_both_have(left, top, width, height):
    image = np.zeros((3, 12, 9))
    found = cuhk_sysu_crop._clip(
        Crop("gallery", 0, 1, 1, (left, top, width, height)), image
    )
    padded = np.zeros((60, 60))
    padded[20 + top : 20 + top + height, 20 + left : 20 + left + width] = 1
    wanted = padded[20:32, 20:29]
    mine = np.zeros((12, 9))
    mine[found[1] : found[1] + found[3], found[0] : found[0] + found[2]] = 1
    assert (mine == wanted).all()
    assert min(found) >= 0


def test_pictures_have_scene_box_and_person(cropped):
    data = cuhk_sysu.read(cropped)
    table = pd.read_csv(cropped / "crops.csv").set_index("file")
    for split in ("train", "query", "gallery"):
        found = getattr(data, split)
        assert len(found) == (table["split"] == split).sum()
        for picture in found:
            row = table.loc[str(picture.path.relative_to(cropped))]
            assert (picture.pid, picture.camid) == (row["pid"], row["scene"])
            assert picture.box == tuple(row[["left", "top", "width", "height"]])
            assert (type(picture.pid), type(picture.camid)) == (int, int)
    assert data.statistics().loc["gallery", "distractors"] == 32


@pytest.mark.parametrize("size", tree.LISTS)
def test_candidates_are_all_boxes_of_a_query_s_scenes(release, cropped, size):
    data = cuhk_sysu.read(cropped, gallery_size=size)
    searches = plain(release, f"test/train_test/TestG{size}.mat")
    for query, candidates, search in zip(
        data.query, data.candidates, searches, strict=True
    ):
        asked = search["Query"]
        assert f"p{query.pid}" == asked["idname"]
        assert f"s{query.camid}.jpg" == asked["imname"]
        assert query.box[:2] == tuple(asked["idlocate"][:2])
        names = {scene["imname"] for scene in search["Gallery"]}
        assert len(names) == tree.LISTS[size]
        wanted = {
            place
            for place, picture in enumerate(data.gallery)
            if f"s{picture.camid}.jpg" in names
        }
        assert set(candidates) == wanted
        assert len(candidates) == len(wanted) == 4 * tree.LISTS[size]
        hits = [p for p in (data.gallery[c] for c in candidates) if p.pid == query.pid]
        assert len(hits) == 3
        assert query.camid not in {hit.camid for hit in hits}


def test_queries_come_in_the_order_of_their_lists(crops):
    rewrite(crops, "test/train_test/TestG100.mat", lambda test: test[:, [2, 0, 1]])
    data, other = cuhk_sysu.read(crops), cuhk_sysu.read(crops, gallery_size=500)
    assert [p.pid for p in data.query] == [503, 501, 502]
    assert [p.pid for p in other.query] == [501, 502, 503]
    assert data.candidates == tuple(other.candidates[k] for k in (2, 0, 1))


def test_names_choose_the_size_of_the_lists(cropped):
    for name, size in (("cuhk-sysu", 6), ("cuhk-sysu-g50", 4), ("cuhk-sysu-g4000", 14)):
        data = open_dataset(name, load("smoke", name).data, cropped, "")
        assert data.name == name
        assert {len(c) for c in data.candidates} == {4 * size}
    assert pictures.load(data, "query", 32, 16).images.float().std() > 20
    with pytest.raises(ReproError, match="no lists of 99 scenes; expected one of 50"):
        cuhk_sysu.read(cropped, gallery_size=99)


def test_an_annotated_scene_without_its_picture(broken, tmp_path):
    (broken / "Image" / "SSM" / "s14.jpg").unlink()
    with pytest.raises(ReproError, match=r"SSM/s14\.jpg is annotated, but not there"):
        crop(broken, tmp_path / "root")
    shutil.rmtree(broken / "Image")
    with pytest.raises(ReproError, match="SSM is not there; expected the release"):
        crop(broken, tmp_path / "root")
    assert not (tmp_path / "root").exists()


def test_a_scene_without_annotation(broken, tmp_path):
    (broken / "Image" / "SSM" / "s15.jpg").touch()
    with pytest.raises(ReproError, match=r"s15\.jpg has no annotation.*\(1 such"):
        crop(broken, tmp_path / "root")
    (broken / "Image" / "SSM" / "s15.jpg").unlink()

    def change(pool):
        pool[0, 0] = np.array(["s15.jpg"])
        return pool

    rewrite(broken, "pool.mat", change)
    with pytest.raises(ReproError, match=r"s15\.jpg is in pool\.mat, but not in"):
        crop(broken, tmp_path / "root")


def test_a_scene_annotated_twice(broken, tmp_path):
    rewrite(broken, "Images.mat", lambda images: images[:, [0, 1, 2, 3, 4, 5, 0]])
    with pytest.raises(ReproError, match=r"s14\.jpg is annotated 2 times"):
        crop(broken, tmp_path / "root")


def person(box, scene="s7.jpg"):
    """Gives the second person of Train.mat another first place."""

    def change(train):
        train[1, 0][0, 0]["scene"][0, 0] = (np.array([scene]), np.array([box]), 0)
        return train

    return change


def first_boxes(root, scene):
    images = {s["imname"]: s["box"] for s in plain(root, "Images.mat")}
    return [[int(x) for x in box["idlocate"]] for box in images[scene]]


def test_a_person_in_no_annotated_box(broken, tmp_path):
    rewrite(broken, "test/train_test/Train.mat", person([1, 2, 3, 4]))
    with pytest.raises(
        ReproError, match=r"p102 of the training is in box \[1, 2, 3, 4\] of s7\.jpg"
    ):
        crop(broken, tmp_path / "root")


def test_a_person_of_the_training_in_a_scene_of_the_test(broken, tmp_path):
    box = first_boxes(broken, "s28.jpg")[0]
    rewrite(broken, "test/train_test/Train.mat", person(box, "s28.jpg"))
    with pytest.raises(ReproError, match=r"p102.*in a scene of the training"):
        crop(broken, tmp_path / "root")


def test_two_persons_in_one_box(broken, tmp_path):
    box = first_boxes(broken, "s7.jpg")[0]
    rewrite(broken, "test/train_test/Train.mat", person(box))
    with pytest.raises(ReproError, match=r"s7\.jpg shows both p101 and p102"):
        crop(broken, tmp_path / "root")


def test_a_person_outside_the_scene(broken, tmp_path):
    def change(images):
        place = [name[0] for name in images["imname"][0]].index("s7.jpg")
        images[0, place]["box"][0, 1]["idlocate"][:] = [200, 10, 30, 60]
        return images

    rewrite(broken, "Images.mat", change)
    rewrite(broken, "test/train_test/Train.mat", person([200, 10, 30, 60]))
    scene = broken / "Image" / "SSM" / "s7.jpg"
    Image.open(scene).crop((0, 0, 199, 200)).save(scene)
    with pytest.raises(
        ReproError, match=r"\[200, 10, 30, 60\] of person p102 lies outside.*199 x 200"
    ):
        crop(broken, tmp_path / "root")
    assert not (tmp_path / "root").exists()


@pytest.mark.parametrize(
    ("file", "layout"),
    [
        ("Images.mat", "scenes with imname"),
        ("pool.mat", ""),
        ("test/train_test/Train.mat", "persons with idname"),
        ("test/train_test/TestG50.mat", "records with Query"),
    ],
)
def test_broken_annotation(broken, tmp_path, file, layout):
    path = broken / "annotation" / file
    name = path.name
    whole = path.read_bytes()
    path.write_bytes(whole[: len(whole) // 2])
    with pytest.raises(ReproError, match=f"{name} cannot be read"):
        crop(broken, tmp_path / "root")
    path.write_bytes(whole)
    if layout:
        variable = {"Images": "Img"}.get(path.stem, path.stem)
        matfile.write(path, **{variable: np.ones((3, 3))})
        with pytest.raises(ReproError, match=f"{name} is not laid out.*{layout}"):
            crop(broken, tmp_path / "root")
    path.unlink()
    if path.stem != "TestG50":
        with pytest.raises(ReproError, match=f"{name} is not there"):
            crop(broken, tmp_path / "root")


def test_any_lists_of_the_test_will_do(tiny, broken, tmp_path):
    for size in (50, 100, 1000, 2000, 4000):
        (broken / LISTS / f"TestG{size}.mat").unlink()
    for release in (tiny, broken):
        crop(release, tmp_path / release.name)
    tables = [tmp_path / r.name / "crops.csv" for r in (tiny, broken)]
    assert tables[0].read_bytes() == tables[1].read_bytes()
    assert (
        cuhk_sysu.read(tmp_path / broken.name, gallery_size=500).name
        == "cuhk-sysu-g500"
    )
    (broken / LISTS / "TestG500.mat").unlink()
    with pytest.raises(ReproError, match=r"TestG50\.mat is not there"):
        crop(broken, tmp_path / "root")


def test_names_that_do_not_parse(broken, tmp_path):
    def change(train):
        train[0, 0][0, 0]["idname"] = np.array(["p0"])
        return train

    rewrite(broken, "test/train_test/Train.mat", change)
    with pytest.raises(ReproError, match=r"Train\.mat: the name 'p0' does not parse"):
        crop(broken, tmp_path / "root")
    (broken / "annotation" / "pool.mat").unlink()
    cells = matfile.column([np.array(["sieben.jpg"])])
    matfile.write(broken / "annotation" / "pool.mat", pool=cells)
    with pytest.raises(ReproError, match=r"pool\.mat: the name 'sieben.jpg' does not"):
        crop(broken, tmp_path / "root")


def test_nothing_is_left_of_a_crop_that_fails(broken, tmp_path):
    scene = broken / "Image" / "SSM" / "s35.jpg"
    scene.write_bytes(scene.read_bytes()[:800])
    before = digests(broken)
    with pytest.raises(ReproError, match=r"s35\.jpg: the picture cannot be read"):
        crop(broken, broken)
    assert digests(broken) == before
    assert {path.name for path in broken.iterdir()} == {"Image", "annotation"}


def test_a_full_disk_leaves_nothing(broken, monkeypatch):
    def full(*_, **__):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Image.Image, "save", full)
    with pytest.raises(ReproError, match="No space left on device"):
        crop(broken, broken)
    assert {path.name for path in broken.iterdir()} == {"Image", "annotation"}


def test_a_root_that_cannot_be_written(tiny, tmp_path):
    (tmp_path / "file").touch()
    with pytest.raises(ReproError, match="file/root: it cannot be written"):
        crop(tiny, tmp_path / "file" / "root")


def test_a_crop_that_was_broken_off_is_not_mistaken_for_a_whole_one(crops):
    (crops / "crops.csv").unlink()
    with pytest.raises(ReproError, match=r"train exists without a crops\.csv.*delete"):
        crop(crops, crops)
    with pytest.raises(ReproError, match=r"crops\.csv is not there.*data prepare"):
        cuhk_sysu.read(crops)


@pytest.mark.parametrize("split", ["train", "query", "gallery"])
def test_pictures_and_table_agree(crops, split):
    path = min((crops / split).iterdir())
    path.rename(path.with_name("new.jpg"))
    with pytest.raises(
        ReproError, match=rf"{path.name} is listed in crops\.csv, but not there"
    ):
        cuhk_sysu.read(crops)
    shutil.copy(path.with_name("new.jpg"), path)
    with pytest.raises(ReproError, match=r"new\.jpg is not listed in crops\.csv \(1"):
        cuhk_sysu.read(crops)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda t: pd.concat([t, t[:1]]), "p00000_s00028_0004.jpg is listed twice"),
        (lambda t: t.replace({"split": {"query": "probe"}}), "is in a split that is"),
        (lambda t: t.replace({"pid": {"101": "0"}}), "train/p00101.*has no number"),
        (lambda t: t.drop(columns="scene"), "does not parse; expected the columns fi"),
        (lambda t: t.replace({"pid": {"101": "x"}}), "does not parse; expected the"),
        (lambda t: t[:0], "is not listed in crops"),
    ],
)
def test_a_broken_table_is_named(crops, change, said):
    table = change(pd.read_csv(crops / "crops.csv", dtype=object))
    table.to_csv(crops / "crops.csv", index=False)
    with pytest.raises(ReproError, match=said):
        cuhk_sysu.read(crops)


def test_lists_of_another_release_are_refused(crops, release):
    path = crops / LISTS / "TestG100.mat"
    shutil.copy(release / LISTS / "TestG100.mat", path)
    with pytest.raises(ReproError, match=r"TestG100\.mat and the folder query differ"):
        cuhk_sysu.read(crops)
    shutil.copy(crops / LISTS / "TestG50.mat", path)
    with pytest.raises(ReproError, match="holds no variable TestG100"):
        cuhk_sysu.read(crops)
    path.unlink()
    with pytest.raises(ReproError, match=r"TestG100\.mat is not there"):
        cuhk_sysu.read(crops)


@pytest.mark.parametrize("scene", ["s7.jpg", "s35.jpg"])
def test_a_listed_scene_without_its_crops_is_named(crops, scene):
    """A scene of the training has no crops; one of the test lacks the person."""
    table = pd.read_csv(crops / "crops.csv")
    if scene == "s35.jpg":
        table.loc[(table["scene"] == 35) & (table["pid"] == 501), "pid"] = 0
        table.to_csv(crops / "crops.csv", index=False)
    else:

        def change(test):
            nowhere = matfile.numbers(())
            test[0, 0]["Gallery"][0, 0] = (np.array([scene]), nowhere, 0)
            return test

        rewrite(crops, "test/train_test/TestG100.mat", change)
    with pytest.raises(ReproError, match=f"the list of person p501 has {scene}"):
        cuhk_sysu.read(crops)
