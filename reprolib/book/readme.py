"""The results in README.md, written from committed records."""

import re

from reprolib import settings
from reprolib.book import benchmark, machines, promise
from reprolib.errors import ReproError
from reprolib.study import headline, provenance, records
from reprolib.study.store import write_text

MEASURED = {"promise": promise, "machines": machines}


def refresh(profile: str = "quick") -> list[str]:
    """Rewrite the results of every data set that README.md has a place for.

    A place is what stands between `<!-- results: NAME -->` and `<!-- end -->`; it
    stays as it is where no record of that data set is committed. "speed" stands for
    the last benchmark, names of `MEASURED` for those. Returns what was written.
    """
    path, written = provenance.project_root() / "README.md", []

    def replaced(match: re.Match) -> str:
        name = match[1]
        if name == "speed":
            text = benchmark.table(benchmark.read())
        elif name in MEASURED and (records.folder() / f"{name}.json").exists():
            text = MEASURED[name].text(MEASURED[name].read())
        elif cells := records.cells(name, profile):
            text = block(cells, name, profile)
        else:
            return match[0]
        written.append(name)
        return f"<!-- results: {name} -->\n{text}\n<!-- end -->"

    text = path.read_text(encoding="utf-8")
    pattern = r"<!-- results: (\S+) -->\n.*?<!-- end -->"
    if not re.search(pattern, text, re.S):
        raise ReproError(f"{path}: no place for results: <!-- results: NAME -->")
    write_text(path, re.sub(pattern, replaced, text, flags=re.S))
    return written


def block(cells: dict, dataset: str, profile: str) -> str:
    """A Markdown table of the headline rows, and where they come from."""
    asked = settings.load(profile, dataset)
    lines = ["| | rank-1 | mAP | |", "|---|---:|---:|---|"]
    for row in headline.rows(cells, asked):
        numbers = f"{row['rank1']:.1f} | {row['mAP']:.1f}"
        lines.append(f"| {row['name']} | {numbers} | {row['note']} |")
    every = list(cells.values())
    last = max(every, key=lambda cell: cell["date"])
    minutes = sum(cell["seconds"] for cell in every) / 60
    seeds = ", ".join(map(str, asked.study.seeds))
    lines += [
        "",
        f"*Profile {profile}, seeds {seeds}, commit {last['commit'][:9]}, "
        f"{last['date']}; torch {last['versions']['torch']}, "
        f"{last['hardware']['cpu']}, {last['hardware']['device']}. {len(every)} "
        f"trainings, {minutes:.0f} minutes of one core.*",
    ]
    return "\n".join(lines)
