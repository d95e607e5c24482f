"""Results that are committed: measurements too long for the book.

A study's cells lie in `notebooks/records/<data set>-<profile>.jsonl`, a training a
line: variant, seed, settings that are not the profile's, scores, and what made it. A
measurement of its own is one JSON file beside it.
"""

import json
from pathlib import Path

import pandas as pd

from reprolib.errors import ReproError
from reprolib.study import provenance, variants
from reprolib.study.store import Store, code_of_learning, write_json, write_text

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


def cells(dataset: str, profile: str) -> dict[tuple[str, int], dict]:
    """The committed cells of a profile's own grid; see `lines`."""
    return lines(f"{dataset}-{profile}")


def is_of_todays_code(cell: dict) -> bool:
    """Whether a network would learn by the same code today."""
    return cell["code"] == code_of_learning()


def write_cells(store: Store) -> Path:
    """Write the record of all cells of the grid whose networks lie in the store."""
    kept_lines = []
    usual = store.settings
    for variant, seed in filter(lambda key: store.has(*key), variants.grid(usual)):
        scores, model = store.scores(variant, seed), store.model(variant, seed)
        differing = variants.settings_of(variant, usual).differing(usual)
        kept = ("seconds", "code", "date", "commit", "dirty", "versions", "hardware")
        kept_lines.append(
            {
                "variant": variant,
                "seed": seed,
                "settings": differing,
                **{key: model[key] for key in kept},
                "scores": scores,
            }
        )
    file = path(f"{store.name}-{store.profile}")
    write_text(file, "".join(json.dumps(line) + "\n" for line in kept_lines))
    return file


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
