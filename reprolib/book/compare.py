"""How two runs differ: settings, versions, commit, hardware and scores.

What is compared is what lies on disk: a run's folder below `runs/`, one of its
chapters, a trained network, the record of a study, or another JSON file of results.
"""

import json
from pathlib import Path

import numpy as np
import pandas as pd

from reprolib.errors import ReproError
from reprolib.study import records
from reprolib.study.headline import SCORES

FACTS = {
    "settings": (
        *("profile", "dataset", "variant", "seed", "data_seed"),
        *("parameters", "settings"),
    ),
    "versions": ("versions",),
    "commit": ("commit", "dirty", "code"),
    "hardware": ("hardware", "seconds"),
}
# Neither a fact of the comparison nor a score.
ASIDE = {"name", "date", "started", "data_root", "people", "queries"}
LONGEST = 20  # lines of scores
PACKED = 100  # letters of a text that is no word
TESTED = ("students", "reranked")
EXPECTED = (
    "expected the folder of a run such as runs/drawn-quick, of one of its chapters or "
    "of a network in runs/models, a record of notebooks/records, or a JSON of results."
)


def report(a: Path, b: Path) -> str:
    """The differences of two runs or of two records, as tables for a terminal.

    Raises `ReproError` for what cannot be read and for a run beside a record.
    """
    both = [_load(path) for path in (a, b)]
    if _is_record(a) != _is_record(b):
        raise ReproError(
            f"{a} and {b}: one is the record of a study, the other none; "
            "compare two of a kind."
        )
    pairs = _paired(*both)
    if not pairs:
        held = (", ".join(sorted(side)[:4]) for side in both)
        raise ReproError(
            f"{a} and {b} have nothing in common: A holds {next(held)}, B {next(held)}."
        )
    said = [f"A  {a}\nB  {b}", _counts(*both, len(pairs))]
    said += [_facts(group, pairs) for group in FACTS]
    said.append(_cells(pairs) if _is_record(a) else _scores(pairs))
    return "\n\n".join(said)


def _is_record(path: Path) -> bool:
    return path.suffix == ".jsonl"


def _load(path: Path) -> dict[str, dict]:
    """What lies at `path`, by name: chapters, cells of a study, or one record."""
    if not path.exists():
        raise ReproError(f"{path}: there is no such file or folder; {EXPECTED}")
    if _is_record(path):
        # A record is known by its name; a whole path is one, too.
        lines = records.lines(str(path.resolve().with_suffix("")))
        return {f"{variant}-s{seed}": line for (variant, seed), line in lines.items()}
    if path.is_file():
        return {path.stem: _read(path)}
    if (path / "model.json").exists():
        scores = max(path.glob("scores-*.json"), key=_age, default=None)
        return {
            path.name: _read(path / "model.json") | (_read(scores) if scores else {})
        }
    found = [path / "results.json", *sorted(path.glob("*/results.json"))]
    chapters = {file.parent.name: _read(file) for file in found if file.exists()}
    if not chapters:
        raise ReproError(f"{path}: holds no results; {EXPECTED}")
    return chapters


def _age(path: Path) -> float:
    return path.stat().st_mtime


def _read(path: Path) -> dict:
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise ReproError(f"{path}: cannot be read ({error}); {EXPECTED}") from error
    if not isinstance(found, dict):
        raise ReproError(f"{path}: holds a {type(found).__name__}; {EXPECTED}")
    return found


def _paired(one: dict, other: dict) -> dict[str, tuple[dict, dict]]:
    """Records of one name; where each side has a single one, these two."""
    if len(one) == len(other) == 1:
        return {"": (*one.values(), *other.values())}
    return {name: (one[name], other[name]) for name in one if name in other}


def _counts(one: dict, other: dict, common: int) -> str:
    if len(one) == len(other) == 1:
        return f"{next(iter(one))} against {next(iter(other))}"
    left = len(one) - common, len(other) - common
    return f"{common} in both, {left[0]} only in A, {left[1]} only in B"


def _flat(value: object, key: str = "") -> dict[str, object]:
    """The leaves of nested dicts and lists, by names such as `global rank1`."""
    if not isinstance(value, dict | list):
        return {key: value}
    pairs = value.items() if isinstance(value, dict) else enumerate(value)
    leaves = {}
    for name, item in pairs:
        if name not in ASIDE:
            leaves |= _flat(item, f"{key} {name}".strip())
    return leaves


def _facts(group: str, pairs: dict) -> str:
    """What differs of one group, over all pairs: a line for each name."""
    rows: dict[str, tuple[dict, dict]] = {}
    for pair in pairs.values():
        one, other = (_group(record, group) for record in pair)
        for key in one | other:
            if one.get(key) != other.get(key):
                sides = rows.setdefault(key, ({}, {}))
                for side, leaves in zip(sides, (one, other), strict=True):
                    side[_text(leaves.get(key))] = None  # a dict keeps the order
    if not rows:
        return f"{group}: the same"
    table = {key: [_several(list(s)) for s in sides] for key, sides in rows.items()}
    return f"{group}\n{_table(table, ['A', 'B'])}"


def _group(record: dict, group: str) -> dict[str, object]:
    leaves = {}
    for key in FACTS[group]:
        value = record.get(key)
        leaves |= _flat(value) if isinstance(value, dict) else {key: value}
    return leaves


def _several(texts: list[str]) -> str:
    more = f" and {len(texts) - 3} more" if len(texts) > 3 else ""
    return ", ".join(texts[:3]) + more


def _text(value: object) -> str:
    if value is None:
        return "-"
    if isinstance(value, float):
        return f"{value:.4g}"
    text = str(value)
    return text[:9] if len(text) == 40 and text.isalnum() else text  # a commit


def _scores(pairs: dict) -> str:
    """The scores that differ; numbers by the size of their difference, in points."""
    rows, alone, common = {}, [0, 0], 0
    for name, pair in pairs.items():
        one, other = (_results(record) for record in pair)
        alone[0] += len(one.keys() - other)
        alone[1] += len(other.keys() - one)
        common += len(one.keys() & other)
        for key in (k for k in one if k in other and one[k] != other[k]):
            rows[f"{name} {key}".strip()] = one[key], other[key]
    said = "scores: the same" if common else "scores: none that both have"
    if rows:
        first = sorted(rows, key=lambda key: -abs(_gap(*rows[key])))[:LONGEST]
        table = {key: [*map(_text, rows[key]), _gap_text(*rows[key])] for key in first}
        said = f"scores\n{_table(table, ['A', 'B', 'B - A'])}"
        if len(rows) > LONGEST:
            said += f"\nand {len(rows) - LONGEST} more, none of which differs by more"
    if any(alone):
        said += f"\nscores that have no counterpart: {alone[0]} of A, {alone[1]} of B"
    return said


def _results(record: dict) -> dict[str, object]:
    """All that is no fact of the run, but for texts that pack many numbers."""
    facts = {key for keys in FACTS.values() for key in keys}
    rest = {key: value for key, value in record.items() if key not in facts}
    leaves = _flat(rest.pop("scores", {})) | _flat(rest)
    return {k: v for k, v in leaves.items() if len(str(v)) < PACKED}


def _gap(a: object, b: object) -> float:
    """The difference of two numbers; infinite, to come first, for words."""
    are_numbers = all(isinstance(v, int | float) for v in (a, b))
    return float(b - a) if are_numbers else np.inf


def _gap_text(a: object, b: object) -> str:
    gap = _gap(a, b)
    return "" if np.isinf(gap) else f"{gap:+.3g}"


def _cells(pairs: dict) -> str:
    """Differences of two records in points, over the cells that both have."""
    gaps: dict[str, dict[str, float]] = {}
    for cell, pair in pairs.items():
        one, other = (_results({k: r[k] for k in TESTED}) for r in pair)
        for key in (k for k in one if k in other and k.endswith(tuple(SCORES))):
            *where, kind, score = key.split(" ")
            again = "re-ranked " if where[0] == "reranked" else ""
            row = f"{again}{kind}, {SCORES[score]}"
            gaps.setdefault(row, {})[_place(cell, where)] = other[key] - one[key]
    if not any(gap for each in gaps.values() for gap in each.values()):
        return "scores: the same"
    rows = {row: _summed(each) for row, each in gaps.items()}
    columns = ["mean", "mean size", "largest", "where"]
    return f"scores, B - A, points\n{_table(rows, columns)}"


def _place(cell: str, where: list[str]) -> str:
    """Where a score stands, in words: `["students", "0", "box0", "market"]`."""
    if len(where) == 1:
        return cell
    _, student, boxes, protocol = where
    return f"{cell}, student {int(student) + 1}, tested on {boxes}, {protocol}"


def _summed(gaps: dict[str, float]) -> list[str]:
    """Of differences by their place: mean, mean size, the largest and its place."""
    values, most = list(gaps.values()), max(gaps, key=lambda place: abs(gaps[place]))
    found = np.mean(values), np.mean(np.abs(values)), gaps[most]
    texts = [f"{value:+.2f}" for value in found]
    return [texts[0], texts[1].lstrip("+"), texts[2], most if gaps[most] else ""]


def _table(rows: dict[str, list], columns: list[str]) -> str:
    table = pd.DataFrame.from_dict(rows, orient="index", columns=columns)
    return table.to_string(max_colwidth=80)
