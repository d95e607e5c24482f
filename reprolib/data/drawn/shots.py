"""Who is drawn, by which camera, and how often: what a spec decides. Chapter 1."""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import product
from pathlib import Path
from random import Random

from reprolib.data.dataset import DISTRACTOR, JUNK
from reprolib.data.drawn.pedestrian import Pedestrian, look_alike, stranger
from reprolib.errors import ReproError

QUERIES = 2
CAMERAS = range(1, 7)


@dataclass(frozen=True)
class DrawnSpec:
    """What decides every pixel of a drawn data set; pictures are `height` x `width`.

    With `extra_people` the set is another one, to be joined to the first for training:
    `extra_ids` strangers, or as many people of the first one's test in other shots.
    """

    train_ids: int
    train_shots: int
    test_ids: int
    test_shots: int
    distractors: int
    junk: int
    box_error: float
    height: int
    width: int
    seed: int
    extra_people: str = ""
    extra_ids: int = 0

    def __post_init__(self):
        if self.test_shots <= QUERIES:
            raise ReproError(
                f"test_shots is {self.test_shots}; expected at least {QUERIES + 1}: "
                f"{QUERIES} become queries and the gallery needs one of another camera."
            )

    @property
    def ids(self) -> int:
        """The number of identities, which are counted from 1: training, then test."""
        return self.train_ids + self.test_ids

    @property
    def test(self) -> range:
        """The identities of the test."""
        return range(self.train_ids + 1, self.ids + 1)


def numbers(spec: DrawnSpec, *what) -> Random:
    """Random numbers for one purpose, which no other purpose disturbs."""
    return Random("/".join(map(str, (spec.seed, *what))))


def describe(spec: DrawnSpec, pid: int) -> dict[str, str]:
    """The attributes of an identity, as in {"upper": "coat", "upper_colour": "red"}.

    Raises ReproError for a number that is no identity of the set. Chapters 1 and 4.
    """
    if not 1 <= pid <= spec.ids:
        raise ReproError(f"there is no identity {pid}; expected 1 to {spec.ids}.")
    return person(spec, pid)._asdict()


def look_alikes(spec: DrawnSpec) -> list[tuple[int, int]]:
    """Pairs of identities of one split that are hard to tell apart. Chapters 1, 4."""
    return [(pid - 1, pid) for pid in range(1, spec.ids + 1) if _has_twin(spec, pid)]


def _has_twin(spec: DrawnSpec, pid: int) -> bool:
    """Whether `pid` looks like `pid - 1`: every second identity of a split may."""
    place = pid - 1 if pid <= spec.train_ids else pid - 1 - spec.train_ids
    return place % 2 == 1 and numbers(spec, "twin", pid).random() < 0.5


def person(spec: DrawnSpec, pid: int) -> Pedestrian:
    """The look of an identity; any number above 0 has one."""
    rng = numbers(spec, "person", pid)
    if _has_twin(spec, pid):
        return look_alike(person(spec, pid - 1), rng)
    return stranger(rng)


def shots(spec: DrawnSpec) -> Iterator[tuple[str, int, int, int]]:
    """Every picture of the set: (folder, pid, camid, shot), cameras in turn."""
    people, serial = range(1, spec.train_ids + 1), range(spec.train_shots)
    if spec.extra_people:
        # As many of each as of one in training, none a shot of the test.
        serial = range(spec.test_shots, spec.test_shots + spec.train_shots)
        strangers = range(spec.ids + 1, spec.ids + 1 + spec.extra_ids)
        people = strangers if spec.extra_people == "strangers" else tested(spec)
    for pid, shot in product(people, serial):
        yield "bounding_box_train", pid, _camera(spec, pid, shot), shot
    if spec.extra_people:
        return
    for pid, shot in product(spec.test, range(spec.test_shots)):
        folder = "query" if shot < QUERIES else "bounding_box_test"
        yield folder, pid, _camera(spec, pid, shot), shot
    for pid, count in ((DISTRACTOR, spec.distractors), (JUNK, spec.junk)):
        for shot in range(count):
            yield "bounding_box_test", pid, 1 + shot % len(CAMERAS), shot


def _camera(spec: DrawnSpec, pid: int, shot: int) -> int:
    """Every identity meets the cameras in an order of its own."""
    order = list(CAMERAS)
    numbers(spec, "cameras", pid).shuffle(order)
    return order[shot % len(order)]


def tested(spec: DrawnSpec) -> list[int]:
    """The `extra_ids` people of the test whom "tested" extra people are. Chapter 5.

    They come in neighbours, so that they hold as many look-alikes as strangers do.
    """
    pairs = [spec.test[k : k + 2] for k in range(0, spec.test_ids, 2)]
    numbers(spec, "tested").shuffle(pairs)
    return sorted([pid for pair in pairs for pid in pair][: spec.extra_ids])


def files(spec: DrawnSpec) -> Iterator[tuple[Path, int, int]]:
    """Where in its folder each picture lies, with its pid and camid."""
    for folder, pid, camid, shot in shots(spec):
        number = f"{pid:04d}" if pid >= 0 else str(pid)
        yield Path(folder, f"{number}_c{camid}s1_{shot:06d}_00.jpg"), pid, camid
