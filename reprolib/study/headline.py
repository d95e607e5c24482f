"""The rows of the results, from the records of the study: README and the front page."""

from typing import NamedTuple

import numpy as np
import pandas as pd

from reprolib.study import claims, grid, records

SCORES = {"rank1": "rank-1", "mAP": "mAP"}


class Row(NamedTuple):
    """A method of one study, tested by one kind of distance."""

    study: str
    method: str
    kind: str
    reranked: bool = False


PARTS = {
    "identity loss alone": Row("drawn-choices", "identity-only", "global"),
    "triplet loss alone": Row("drawn-choices", "triplet-only", "global"),
}


def _branches(study: str, mutual: str) -> dict[str, Row]:
    """The rows that every data set has; `mutual` is the study of its two students."""
    apart = Row(mutual, "apart", "global")
    again = "+ re-ranking, both distances (uses the whole gallery)"
    return {
        "global (identity + triplet)": Row(study, "global", "global"),
        "unaligned, global distance": Row(study, "unaligned", "global"),
        "unaligned, local distance": Row(study, "unaligned", "unaligned"),
        "unaligned, but tested along the path": Row(study, "unaligned", "aligned"),
        "aligned, global distance": Row(study, "aligned", "global"),
        "aligned, local distance": Row(study, "aligned", "aligned"),
        "aligned, both distances": Row(study, "aligned", "global+aligned"),
        **({"mutual's control, apart": apart} if mutual != study else {}),
        "mutual, global distance": Row(mutual, "mutual", "global"),
        "mutual, both distances": Row(mutual, "mutual", "global+aligned"),
        f"aligned {again}": Row(study, "aligned", "global+aligned", True),
        f"mutual {again}": Row(mutual, "mutual", "global+aligned", True),
    }


# What README.md has a place for, by its name there.
TABLES = {
    "drawn": PARTS | _branches("drawn-main", "drawn-mutual"),
    "cuhk03-boxes": _branches("cuhk03-boxes", "cuhk03-boxes"),
    "cuhk03-new": _branches("cuhk03-imagenet", "cuhk03-imagenet"),
    "viper": _branches("viper-imagenet", "viper-imagenet"),
}
COLUMNS = {
    "box0.4": "error 0.4",
    "box1": "error 1",
    "labelled": "by hand",
    "detected": "detector",
}


def table(name: str) -> pd.DataFrame:
    """Rank-1 and mAP in percent, a row for each method that has cells.

    Two columns for each kind of boxes, trained and tested on them alike: the mean over
    seeds, of both students where there are two, and the standard deviation; by the
    protocol of the data set. The last column counts seeds.
    """
    rows = {}
    for title, row in TABLES[name].items():
        texts, seeds = {}, []
        for boxes in grid.find(row.study).boxes:
            every = scores(row, boxes)
            if len(every):
                names = (f"{COLUMNS[boxes]}: {name}" for name in SCORES.values())
                texts |= zip(names, as_text(every), strict=True)
                seeds.append(str(len(every)))
        if texts:
            rows[title] = texts | {"seeds": ", ".join(seeds)}
    made = pd.DataFrame.from_dict(rows, orient="index").fillna("")
    return made[[c for c in made if c != "seeds"] + ["seeds"]] if rows else made


def scores(row: Row, boxes: str) -> np.ndarray:
    """Rank-1 and mAP of every seed, (seeds, 2), trained and tested on `boxes`."""
    lines = records.lines(row.study)
    every = [
        of_line(lines[cell.variant, cell.seed], row, boxes)
        for cell in grid.find(row.study).cells
        if (cell.row, cell.boxes) == (row.method, boxes)
        and (cell.variant, cell.seed) in lines
    ]
    return np.array(every).reshape(-1, len(SCORES))


def of_line(line: dict, row: Row, boxes: str) -> list[float]:
    """Rank-1 and mAP of one training, in percent."""
    if row.reranked:
        return [line["reranked"][row.kind][score] for score in SCORES]
    term = f"{line['variant']}:{row.kind}@{boxes}"
    protocol = records.protocol(line, boxes)
    return [claims.scores(line, term, score, protocol) for score in SCORES]


def as_text(every: np.ndarray) -> list[str]:
    """Mean and standard deviation of (seeds, scores), each score as `85.0 ± 1.2`."""
    mean = every.mean(0)
    if len(every) == 1:
        return [f"{m:.1f}" for m in mean]
    spread = every.std(0, ddof=1)
    return [f"{m:.1f} ± {s:.1f}" for m, s in zip(mean, spread, strict=True)]


def made_by(name: str) -> str:
    """One sentence on what a table's numbers come from."""
    asked = sorted({row.study for row in TABLES[name].values()})
    studies = [study for study in asked if records.lines(study)]
    lines = [line for study in studies for line in records.lines(study).values()]
    processors = sorted({line["hardware"]["cpu"] for line in lines})
    commits = sorted({line["commit"][:9] for line in lines})
    hours = sum(line["seconds"] for line in lines) / 3600
    latest = max(line["date"] for line in lines)
    return (
        f"{len(lines)} trainings of {', '.join(studies)}, {hours:.1f} hours of one "
        f"core, {', '.join(processors)}; commits {', '.join(commits)}; {latest}."
    )
