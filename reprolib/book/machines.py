"""How far two processors differ, as measured, for README.md."""

import numpy as np

from reprolib.study import records


def text(record: dict) -> str:
    """The differences of the same trainings on two kinds of processor, in sentences."""
    (one, first), (other, second) = record["scores"].items()
    each = [
        f"{np.mean(gaps):.1f} points of {name} (at most {max(gaps):.1f})"
        for key, name in (("rank1", "rank-1"), ("mAP", "mAP"))
        if (gaps := _gaps(first, second, key))
    ]
    host = record["hardware"]
    return (
        "Numbers move a little between processors, which add in another order. "
        f"{len(first)} trainings of `{record['variant']}` from the same seeds, on "
        f"{host['cpu']} {one} and with its {other} instructions alone, differ by "
        f"{' and '.join(each)} by global distance: as two seeds do. *Measured by "
        f"`make machines`, {record['date']}, commit {record['commit'][:9]}.*"
    )


def _gaps(first: list[dict], second: list[dict], score: str) -> list[float]:
    pairs = zip(first, second, strict=True)
    return [abs(a["global"][score] - b["global"][score]) for a, b in pairs]


def read() -> dict:
    """The last measurement; `ReproError` where there is none."""
    return records.read("machines", "two kinds of processor", "make machines")
