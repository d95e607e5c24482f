"""The multiple-choice questions of the chapters, read from `questions.toml`.

A question has one right option, and a reason for every option: why it is right, or what
is mistaken in it.
"""

import tomllib
from pathlib import Path
from typing import NamedTuple

TABLE = Path(__file__).with_name("questions.toml")


class Option(NamedTuple):
    """What an option says, and the reason that whoever chooses it is told."""

    says: str
    why: str


class Question(NamedTuple):
    """What is asked in a chapter, the letter that is right, and options by letter."""

    chapter: str
    asks: str
    right: str
    options: dict[str, Option]


def _read() -> dict[str, Question]:
    table = tomllib.loads(TABLE.read_text(encoding="utf-8"))
    return {
        name: Question(
            entry["chapter"],
            entry["asks"].strip(),
            entry["right"],
            {letter: Option(*pair) for letter, pair in entry["options"].items()},
        )
        for name, entry in table.items()
    }


QUESTIONS: dict[str, Question] = _read()
