"""How far two processors differ, as measured, for README.md."""

from itertools import combinations

import numpy as np

from reprolib.study import records


def text(record: dict) -> str:
    """The differences of the same trainings on two kinds of processor, in sentences.

    Beside them stand those of other seeds on one processor.
    """
    (one, first), (other, second) = record["scores"].items()
    pairs = list(zip(first, second, strict=True))
    seeds = [pair for each in (first, second) for pair in combinations(each, 2)]
    host = record["hardware"]
    return (
        "Numbers move a little between processors, which add in another order. "
        f"{len(first)} trainings of `{record['variant']}` from the same seeds, on "
        f"{host['cpu']} {one} and with its {other} instructions alone, differ by "
        f"{_gaps(pairs)} by global distance, on average; two seeds on one processor "
        f"by {_gaps(seeds)}. *Measured by `make machines`, {record['date']}, commit "
        f"{record['commit'][:9]}.*"
    )


def _gaps(pairs: list[tuple[dict, dict]]) -> str:
    """The mean difference of each score over `pairs`, in words."""
    rank1, mean_ap = (
        np.mean([abs(a["global"][score] - b["global"][score]) for a, b in pairs])
        for score in ("rank1", "mAP")
    )
    return f"{rank1:.1f} points of rank-1 and {mean_ap:.1f} of mAP"


def read() -> dict:
    """The last measurement; `ReproError` where there is none."""
    return records.read("machines", "two kinds of processor", "make machines")
