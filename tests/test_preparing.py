"""`data prepare`: from the owner's archive to what the readers open."""

import shutil
import zipfile

import pytest
from PIL import Image
from trees import cuhk_sysu

from reprolib import settings
from reprolib.data import open_dataset
from reprolib.data.acquire import preparing
from reprolib.data.sets import cuhk03, owner, sources
from reprolib.errors import ReproError


def pack(folder, path, top="", only=("",)):
    """A zip of what lies below `folder` and begins with one of `only`, in `top`."""
    with zipfile.ZipFile(path, "w") as archive:
        for file in sorted(p for p in folder.rglob("*") if p.is_file()):
            name = str(file.relative_to(folder))
            if name.startswith(tuple(only)):
                archive.write(file, f"{top}{name}")
    return path


def opened(name, root):
    return open_dataset(name, settings.load("smoke", name).data, root, root)


@pytest.fixture
def viper(tmp_path):
    for camera in "ab":
        folder = tmp_path / "tree" / f"cam_{camera}"
        folder.mkdir(parents=True)
        for number in range(4):
            Image.new("RGB", (4, 8)).save(folder / f"{number:03d}_45.bmp")
    return pack(tmp_path / "tree", tmp_path / "VIPeR.v1.0.zip", "VIPeR/")


def test_viper_can_be_opened(viper, tmp_path):
    said = preparing.prepare("viper", viper, tmp_path / "root")
    assert len(said) == 2 and "8 files unpacked, 0 were there, 0" in said[1]
    assert len(opened("viper", tmp_path / "root").train) == 4
    sha256 = said[0].rpartition(" ")[2]
    again = preparing.prepare("viper", viper, tmp_path / "root", sha256)
    assert again[0] == f"{said[0]} as expected"
    assert "0 files unpacked, 8 were there" in again[1]


def test_mars_comes_in_several_archives(forest, tmp_path):
    said, root = {}, tmp_path / "root"
    for part in ("bbox_train", "bbox_test", "info"):
        path = pack(forest / "mars", tmp_path / f"{part}.zip", only=[f"{part}/"])
        said[part] = preparing.prepare("mars", path, root)
    assert said["bbox_train"][-1].startswith("still missing: bbox_test, info/")
    assert "still missing: info/" in said["bbox_test"][-1]
    assert "still missing" not in said["info"][-1]
    assert len(opened("mars", root).query) > 0


def test_cuhk_sysu_is_cropped(tmp_path):
    tree, root = cuhk_sysu.write(tmp_path / "tree", 6, 6), tmp_path / "root"
    path = pack(tree, tmp_path / "dataset.zip", "dataset/")
    preparing.prepare("cuhk-sysu", path, root)
    first = opened("cuhk-sysu", root)
    assert len({p.pid for p in first.train}) == 6
    said = preparing.prepare("cuhk-sysu", path, root)
    assert "cropped already" in said[-1]
    by_hand = preparing.prepare("cuhk-sysu", tree, tree)
    assert by_hand[0] == f"{tree}: unpacked by hand"
    assert opened("cuhk-sysu", tree).statistics().equals(first.statistics())


def test_cuhk03_is_unpacked_once_its_matrix_is_there(forest, tmp_path):
    tree, root = forest / "cuhk03", tmp_path / "root"
    lists = pack(
        tree, tmp_path / "lists.zip", "main/evaluation/", tuple(cuhk03.CONFIGS.values())
    )
    said = preparing.prepare("cuhk03-new-detected", lists, root)
    assert said[-1].startswith("still missing: images_detected; prepare")
    top = "cuhk03_release/"
    matrix = pack(tree, tmp_path / "cuhk03_release.zip", top, [cuhk03.MATRIX])
    said = preparing.prepare("cuhk03", matrix, root)
    assert "test sets" in said[-1]
    again = opened("cuhk03-new-detected", root).statistics()
    assert again.equals(opened("cuhk03-new-detected", tree).statistics())
    assert "unpacked already" in preparing.prepare("cuhk03", matrix, root)[-1]


@pytest.mark.parametrize("boxes", ["labelled", "detected"])
def test_after_a_family_a_data_set_is_checked_that_is_there(tmp_path, boxes):
    root, name = tmp_path / "root", f"cuhk03-paper-{boxes}"
    assert preparing.next_to_check(name, root) == name
    assert preparing.next_to_check("cuhk-sysu", root) == "cuhk-sysu"
    assert preparing.next_to_check("cuhk03", root) in sources()
    for part in sources()[name].parts:
        (root / part).mkdir(parents=True)
    assert preparing.next_to_check("cuhk03", root) == name


@pytest.mark.parametrize("lost", ["scene", "annotation"])
def test_annotation_and_pictures_belong_together(tmp_path, lost):
    tree, root = cuhk_sysu.write(tmp_path / "tree", 6, 6), tmp_path / "root"
    scenes = sorted((tree / "Image" / "SSM").iterdir())
    if lost == "scene":
        scenes[0].unlink()
    else:
        shutil.copy(scenes[0], scenes[0].with_name("s99999.jpg"))
    path = pack(tree, tmp_path / "dataset.zip")
    with pytest.raises(ReproError, match=r"SSM.*s\d+\.jpg"):
        preparing.prepare("cuhk-sysu", path, root)
    assert sorted(p.name for p in root.iterdir()) == ["Image", "annotation"]


def test_a_folder_is_prepared_only_in_place(viper, tmp_path):
    tree = tmp_path / "tree"
    for folder, root in ((tree, tmp_path), (tmp_path, tmp_path), (tmp_path, tree)):
        with pytest.raises(ReproError, match="is a folder; expected an archive, or"):
            preparing.prepare("viper", folder, root)
    assert preparing.prepare("viper", tree, tree) == [f"{tree}: unpacked by hand"]


@pytest.mark.parametrize("name", ["drawn", "dukemtmc", "market1501+viper", ""])
def test_a_name_without_an_owner(viper, tmp_path, name):
    with pytest.raises(ReproError, match="is no data set of an owner.*one at a time"):
        preparing.prepare(name, viper, tmp_path / "root")


def test_every_source_has_an_owner_and_parts():
    for name, source in sources().items():
        assert owner(name) == owner(source.owner.family) == source.owner
        assert source.parts
