"""The words of the book: what each means, and the chapter that explains it."""

import csv
from dataclasses import dataclass
from importlib.resources import files


@dataclass(frozen=True)
class Word:
    """One `term`, its `meaning` in a sentence, and the `chapter` that explains it."""

    term: str
    chapter: int
    meaning: str


def load() -> list[Word]:
    """All words, by chapter in the order of `glossary.csv`. Chapter 0 shows them."""
    table = files("reprolib.book").joinpath("glossary.csv")
    with table.open(encoding="utf-8", newline="") as lines:
        rows = list(csv.DictReader(lines))
    return [Word(row["term"], int(row["chapter"]), row["meaning"]) for row in rows]


def table(words: list[Word]) -> str:
    """The words as a table in markdown, in the order of the alphabet."""
    rows = ["| word | meaning | chapter |", "|:---|:---|---:|"]
    for word in sorted(words, key=lambda word: word.term.lower()):
        rows.append(f"| **{word.term}** | {word.meaning} | {word.chapter} |")
    return "\n".join(rows)
