"""Several data sets joined for training, and the guard over the people they share.

MARS shows people of Market1501 under the same numbers, but splits them otherwise: who
trains on both trains on people of the test, unless they are taken out. Chapters 1, 5.
"""

from collections.abc import Sequence
from dataclasses import replace

from reprolib.data.dataset import DISTRACTOR, Dataset, Picture
from reprolib.errors import ReproError


def join(datasets: Sequence[Dataset], people: Sequence[str], overlap: str) -> Dataset:
    """One data set trained on all `datasets` and tested as the first is. Chapter 5.

    `people[k]` names who numbers the persons of `datasets[k]`: sets with the same name
    share persons and cameras, all others get numbers of their own. With `overlap`
    "remove" no training picture shows a person of the first's query or gallery; with
    "keep" they stay; `Dataset.overlap` counts them either way. Raises `ReproError`
    where a set has nothing left to train on.
    """
    first = datasets[0]
    train, sets, shared = [], [], []
    tested = {p.pid for p in (*first.query, *first.gallery) if p.pid > DISTRACTOR}
    offsets = _offsets(datasets, people)
    for number, (dataset, name) in enumerate(zip(datasets, people, strict=True)):
        known = [p for p in dataset.train if p.pid > DISTRACTOR]
        leak = [p for p in known if name == people[0] and p.pid in tested]
        shared += leak
        if overlap == "remove" and leak:
            known = [p for p in known if p.pid not in tested]
        if not known:
            raise ReproError(
                f"{dataset.name}: all {len(leak)} training pictures show people of "
                f"{first.name}'s test; expected others too. Leave the set out, or "
                'set overlap to "keep".'
            )
        train += _renumbered(known, *offsets[name])
        sets += [number] * len(known)
    return replace(
        first,
        name="+".join(dataset.name for dataset in datasets),
        train=tuple(train),
        landmarks=_landmarks(datasets),
        boxes_drawn=all(dataset.boxes_drawn for dataset in datasets),
        sets=tuple(sets),
        overlap={
            "people": len({p.pid for p in shared}),
            "pictures": len(shared),
            "done": "removed" if overlap == "remove" else "kept",
        },
    )


def _offsets(datasets, people) -> dict[str, tuple[int, int]]:
    """What to add to pid and camid of each name, so that no two names clash."""
    offsets, pid, camid = {}, 0, 0
    for name in dict.fromkeys(people):
        offsets[name] = pid, camid
        pictures = [
            picture
            for dataset, of in zip(datasets, people, strict=True)
            if of == name
            for split in (dataset.train, dataset.query, dataset.gallery)
            for picture in split
        ]
        pid += max(picture.pid for picture in pictures)
        camid += 1 + max(picture.camid for picture in pictures)
    return offsets


def _renumbered(pictures: list[Picture], pid: int, camid: int) -> list[Picture]:
    if not pid and not camid:
        return pictures
    return [
        Picture(p.path, p.pid + pid, p.camid + camid, p.tracklet, p.box)
        for p in pictures
    ]


def _landmarks(datasets: Sequence[Dataset]) -> dict | None:
    """Those of all sets, where all have some."""
    if any(dataset.landmarks is None for dataset in datasets):
        return None
    return {k: v for dataset in datasets for k, v in dataset.landmarks.items()}
