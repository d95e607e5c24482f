"""Results that are committed: measurements too long for the book.

The cells of a study lie in `notebooks/records/<study>.jsonl`, a training a line:
variant, seed, settings that are not those of quick, scores, and what made it. A
measurement of its own is one JSON file beside it.
"""

import json
from functools import lru_cache
from pathlib import Path

import pandas as pd

from reprolib.errors import ReproError
from reprolib.study import provenance
from reprolib.study.store import code_of_learning, write_json

PROTOCOLS = {"market", "single-shot"}


def folder() -> Path:
    """Where committed records lie."""
    return provenance.project_root() / "notebooks" / "records"


def path(name: str) -> Path:
    """Where the cells of a study lie."""
    return folder() / f"{name}.jsonl"


def lines(name: str) -> dict[tuple[str, int], dict]:
    """The committed cells of a study by (variant, seed); empty if there are none."""
    file = path(name)
    if not file.exists():
        return {}
    # A copy, since callers may add to it.
    return dict(_parsed(file, file.stat().st_mtime_ns))


# Claims, tables and chapters ask for the same record again and again.
@lru_cache(maxsize=32)
def _parsed(file: Path, changed: int) -> dict[tuple[str, int], dict]:
    """The cells of a record as it was when `changed`."""
    try:
        every = [json.loads(s) for s in file.read_text(encoding="utf-8").splitlines()]
        return {(line["variant"], line["seed"]): line for line in every}
    except (ValueError, KeyError, TypeError) as error:
        raise ReproError(
            f"{file}: not a record of a study ({error}); expected a JSON object a "
            "line, with variant and seed. Fetch it from the repository again."
        ) from error


def frame(name: str) -> pd.DataFrame:
    """A study's record as a long table, a row for each score, in percent.

    Columns: row, trained (on which boxes), seed, data_seed, student (from 1), tested
    (on which boxes), protocol, kind, rank1, rank5, rank10, mAP, and collapsed. Chapters
    4 to 6 and 8.
    """
    rows = []
    for line in lines(name).values():
        row, _, trained = line["variant"].rpartition("-")
        own = {"row": row, "trained": trained, "collapsed": line["ended"]["collapsed"]}
        own |= {key: line[key] for key in ("seed", "data_seed")}
        for number, student in enumerate(line["students"], 1):
            for boxes, tested in student.items():
                for protocol in PROTOCOLS & tested.keys():
                    place = {"student": number, "tested": boxes, "protocol": protocol}
                    rows += [
                        own | place | {"kind": kind} | scores
                        for kind, scores in tested[protocol].items()
                    ]
    return pd.DataFrame(rows)


def protocol(line: dict, boxes: str) -> str:
    """The protocol of the data set of a line: its own, or Market1501's."""
    others = PROTOCOLS & line["students"][0][boxes].keys() - {"market"}
    return others.pop() if others else "market"


def is_of_todays_code(cell: dict) -> bool:
    """Whether a network would learn by the same code today."""
    return cell["code"] == code_of_learning()


def write(name: str, found: dict) -> Path:
    """Write a measurement with date, commit, versions and hardware."""
    file = folder() / f"{name}.json"
    write_json(file, provenance.facts() | found)
    return file


def read(name: str, what: str, command: str) -> dict:
    """A committed measurement; `ReproError` naming the `command` that makes it."""
    file = folder() / f"{name}.json"
    try:
        return json.loads(file.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise ReproError(
            f"{file} cannot be read ({error}); expected the record of {what}: make it "
            f"with `{command}`."
        ) from error
