"""The results in README.md, written from the records of the runs that are there."""

import os
import re
from pathlib import Path

from reprolib.book import benchmark as speed, run as records
from reprolib.errors import ReproError

CHAPTERS = ("05_ablations", "06_benchmark")


def refresh(runs_root: str, profile: str = "quick") -> list[str]:
    """Rewrite the results of every data set that README.md has a place for.

    A place is what stands between `<!-- results: NAME -->` and `<!-- end -->`; it
    stays as it is where the runs folder holds no results of that data set. The name
    "speed" stands for the last benchmark. Returns the names that were written.
    """
    path, written = records.project_root() / "README.md", []

    def replaced(match: re.Match) -> str:
        name = match[1]
        if name == "speed":
            return placed(name, speed.table(speed.read()))
        base = records.tag_folder(runs_root, name, profile)
        if not all((base / c / "results.json").exists() for c in CHAPTERS):
            return match[0]
        return placed(name, block(base))

    def placed(name: str, text: str) -> str:
        written.append(name)
        return f"<!-- results: {name} -->\n{text}\n<!-- end -->"

    text = path.read_text(encoding="utf-8")
    pattern = r"<!-- results: (\S+) -->\n.*?<!-- end -->"
    if not re.search(pattern, text, re.S):
        raise ReproError(f"{path}: no place for results: <!-- results: NAME -->")
    text = re.sub(pattern, replaced, text, flags=re.S)
    partial = path.with_suffix(".part")
    partial.write_text(text, encoding="utf-8")
    os.replace(partial, path)
    return written


def block(base: Path) -> str:
    """A Markdown table of the headline rows in `base`, and where they come from."""
    found = [records.read(base / c / "results.json") for c in CHAPTERS]
    lines = ["| | rank-1 | mAP | |", "|---|---:|---:|---|"]
    for record in found:
        for row in record["scores"]["headline"]:
            numbers = f"{row['rank1']:.1f} | {row['mAP']:.1f}"
            lines.append(f"| {row['name']} | {numbers} | {row['note']} |")
    every = [records.read(p) for p in sorted(base.rglob("results.json"))]
    minutes = sum(r["seconds"] for r in every) / 60
    last, machine = found[-1], found[-1]["hardware"]
    lines += [
        "",
        f"*Profile {last['profile']}, seeds {last['parameters']['seeds']}, "
        f"commit {last['commit'][:9]}, {last['started'][:10]}; "
        f"torch {last['versions']['torch']}, {machine['cpu']}, {machine['device']}. "
        f"All chapters and trainings together: {minutes:.0f} minutes of one core.*",
    ]
    return "\n".join(lines)
