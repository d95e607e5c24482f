"""Several data sets joined for training, and the guard over the people they share.

MARS shows people of Market1501 under the same numbers, but splits them otherwise: who
trains on both trains on people of the test, unless they are taken out. Chapters 1, 5.
"""

from collections.abc import Sequence
from dataclasses import replace
from functools import reduce
from operator import or_

from reprolib.data.dataset import DISTRACTOR, Dataset
from reprolib.errors import ReproError


def join(datasets: Sequence[Dataset], people: Sequence[str], overlap: str) -> Dataset:
    """One data set trained on all `datasets` and tested as the first is. Chapter 5.

    `people[k]` names who numbers the persons of `datasets[k]`: sets with the same name
    share persons and cameras, all others get numbers of their own. With `overlap`
    "remove" no training picture shows a person of the first's query or gallery; with
    "keep" they stay; `Dataset.overlap` counts them either way. Raises `ReproError`
    where a set has nothing left to train on.
    """
    first, train, sets, leaked = datasets[0], [], [], []
    tested = {p.pid for p in (*first.query, *first.gallery) if p.pid > DISTRACTOR}
    offsets = _offsets(datasets, people)
    for number, (dataset, name) in enumerate(zip(datasets, people, strict=True)):
        known = [p for p in dataset.train if p.pid > DISTRACTOR]
        leak = [p for p in known if name == people[0] and p.pid in tested]
        leaked += [p.pid for p in leak]
        if overlap == "remove" and leak:
            known = [p for p in known if p.pid not in tested]
        if not known:
            raise ReproError(
                f"{dataset.name}: all {len(leak)} training pictures show people of "
                f"{first.name}'s test; expected others too. Leave the set out, or "
                'set overlap to "keep".'
            )
        pid, camid = offsets[name]
        train += [replace(p, pid=p.pid + pid, camid=p.camid + camid) for p in known]
        sets += [number] * len(known)
    landmarks = [dataset.landmarks for dataset in datasets]
    return replace(
        first,
        name="+".join(dataset.name for dataset in datasets),
        train=tuple(train),
        landmarks=None if None in landmarks else reduce(or_, landmarks),
        boxes_drawn=all(dataset.boxes_drawn for dataset in datasets),
        sets=tuple(sets),
        overlap={
            "people": len(set(leaked)),
            "pictures": len(leaked),
            "done": "removed" if overlap == "remove" else "kept",
        },
    )


def _offsets(datasets, people) -> dict[str, tuple[int, int]]:
    """What to add to pid and camid of each name, so that no two names clash."""
    offsets, pid, camid = {}, 0, 0
    for name in dict.fromkeys(people):
        offsets[name] = pid, camid
        own = [d for d, of in zip(datasets, people, strict=True) if of == name]
        pictures = [p for d in own for p in (*d.train, *d.query, *d.gallery)]
        pid += max(picture.pid for picture in pictures)
        camid += 1 + max(picture.camid for picture in pictures)
    return offsets
