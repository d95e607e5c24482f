"""A small CUHK-SYSU in its true layout: scenes with drawn people, and annotation.

Persons keep far apart numbers: those of the training are p101, p102, ..., those that
are searched p501, p502, ..., whom Person.mat alone names p901, p902, ...
"""

from pathlib import Path

import numpy as np
from PIL import Image

from reprolib.data import drawn
from trees import matfile

SPEC = drawn.DrawnSpec(1, 4, 1000, 4, 4, 2, 0.2, 96, 48, 7)
SIZE = (320, 200)
# Scenes in the list of a query; the file keeps the release's name.
LISTS = {50: 4, 100: 6, 500: 8, 1000: 10, 2000: 12, 4000: 14}
SCENE_STEP = 7


def write(root: Path, train: int = 24, searched: int = 24, shots: int = 4) -> Path:
    """The release in `root`: each person in `shots` scenes, three persons a scene.

    Each scene shows one more whom nobody numbers, and each third of the test one whom
    Person.mat alone names. The last scene of the test has a box of no size, and its
    first box reaches over the edge.
    """
    trained = _appearances(range(101, 101 + train), shots, first=1)
    scenes = max(scene for scene, _ in trained)
    tested = _appearances(range(501, 501 + searched), shots, first=scenes + 1)
    pool = sorted({scene for scene, _ in tested})
    shown = {}
    for scene, pid in trained + tested:
        shown.setdefault(scene, []).append(pid)
    boxes = {scene: _draw(root, scene, pids, pool) for scene, pids in shown.items()}
    places = {
        pid: [(scene, boxes[scene][shown[scene].index(pid)]) for scene in found]
        for pid, found in _scenes_of(trained + tested).items()
    }
    _write_images(root, boxes)
    _write_persons(root, places, {s: boxes[s][3] for s in pool[::3]})
    _write_test(root, places, pool)
    return root


def name(scene: int) -> str:
    """The file name of the scene: numbers have gaps, and no leading zeros."""
    return f"s{scene * SCENE_STEP}.jpg"


def _appearances(pids: range, shots: int, first: int) -> list[tuple[int, int]]:
    """(scene, pid): person k is in the shots of groups that are rotated each time."""
    groups = -(-len(pids) // 3)
    return [
        (first + shot * groups + (place + shot * (place % 3)) % groups, pid)
        for shot in range(shots)
        for place, pid in enumerate(pids)
    ]


def _scenes_of(appearances: list[tuple[int, int]]) -> dict[int, list[int]]:
    found = {}
    for scene, pid in appearances:
        found.setdefault(pid, []).append(scene)
    return found


def _draw(root: Path, scene: int, pids: list[int], pool: list[int]) -> list[tuple]:
    """The picture of a scene with its people, and one more; their boxes."""
    rng = np.random.default_rng(scene)
    canvas = np.full((SIZE[1], SIZE[0], 3), rng.integers(60, 200, 3), dtype=np.uint8)
    canvas[SIZE[1] // 2 :] //= 2
    boxes = []
    for place, pid in enumerate([*pids, -1]):
        height = int(rng.integers(80, 97))
        left, top = 4 + 62 * place, int(rng.integers(4, SIZE[1] - 100))
        # An unlabelled one is another person in every scene.
        pixels, _ = drawn.draw(SPEC, pid, 1 + scene % 6, scene)
        person = Image.fromarray(pixels).resize((height // 2, height))
        canvas[top : top + height, left : left + height // 2] = np.asarray(person)
        boxes.append((left, top, height // 2, height))
    if scene == pool[-1]:
        left, top, width, height = boxes[0]
        canvas[top : top + height, :width] = canvas[
            top : top + height, left : left + width
        ]
        boxes[0] = (0, top, width, SIZE[1] - top + 9)
        boxes.append((300, 100, 0, 40))
    (root / "Image" / "SSM").mkdir(parents=True, exist_ok=True)
    path = root / "Image" / "SSM" / name(scene)
    Image.fromarray(canvas).save(path, quality=95, subsampling=0)
    return boxes


def _write_images(root: Path, boxes: dict[int, list[tuple]]) -> None:
    rows = [
        (
            name(scene),
            matfile.numbers(len(found)),
            matfile.structs("idlocate ishard", [_located(box) for box in found]),
        )
        for scene, found in sorted(boxes.items(), key=lambda item: name(item[0]))
    ]
    images = matfile.structs("imname nAppear box", rows)
    matfile.write(root / "annotation" / "Images.mat", Img=images)


def _located(box: tuple) -> tuple:
    return matfile.numbers(box), matfile.numbers(0)


def _person(pid: int, places: list[tuple]) -> tuple:
    scenes = [(name(scene), *_located(box)) for scene, box in places]
    return (
        f"p{pid}",
        matfile.numbers(len(scenes)),
        matfile.structs("imname idlocate ishard", scenes),
    )


def _write_persons(root: Path, places: dict, unasked: dict[int, tuple]) -> None:
    fields = "idname nAppear scene"
    rows = [_person(pid, found) for pid, found in places.items()]
    train = [row for row in rows if row[0] < "p5"]
    rows += [
        _person(901 + n, [place]) for n, place in enumerate(sorted(unasked.items()))
    ]
    persons = matfile.structs(fields, rows)
    matfile.write(root / "annotation" / "Person.mat", Person=persons)
    cells = matfile.column([matfile.structs(fields, [row]) for row in train])
    path = root / "annotation" / "test" / "train_test" / "Train.mat"
    matfile.write(path, Train=cells)


def _write_test(root: Path, places: dict, pool: list[int]) -> None:
    cells = matfile.column([np.array([name(scene)]) for scene in pool])
    matfile.write(root / "annotation" / "pool.mat", pool=cells)
    for size, length in LISTS.items():
        rows = [
            _search(pid, found, pool, length)
            for pid, found in places.items()
            if 500 < pid < 900
        ]
        test = matfile.structs("Query Gallery", rows)
        path = root / "annotation" / "test" / "train_test" / f"TestG{size}.mat"
        matfile.write(path, **{f"TestG{size}": test})


def _search(pid: int, places: list[tuple], pool: list[int], length: int) -> tuple:
    """The first place is the query; the list is the others, then scenes without it."""
    query, *found = places
    without = [scene for scene in pool if scene not in dict(places)]
    turn = pid % max(len(without), 1)
    others = (without[turn:] + without[:turn])[: length - len(found)]
    listed = [(name(scene), *_located(box)) for scene, box in found]
    listed += [(name(scene), *_located(())) for scene in others]
    scene, box = query
    return (
        matfile.structs(
            "imname idlocate ishard idname", [(name(scene), *_located(box), f"p{pid}")]
        ),
        matfile.structs("imname idlocate ishard", listed),
    )
