"""The three files of a study as JSON: the list, the truth, and a rater's answers.

What others wrote is checked to the last value before it is used: `ReproError` names
the file, the line and the place in it. A folder of a finished study, such as the
project's `data/human`, holds `trials.json`, `truth.json` and a file for each rater:

    {"format": "reprolib human answers 1", "list": KEY, "rater": CODE, "answers": [
        {"trial": "t1", "candidate": 4, "place": 7, "confidence": 3, "seconds": 5.2}]}

KEY is that of `trials.json`; `Answer` says what the numbers are.
"""

import json
import re
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from pathlib import Path

from reprolib.errors import ReproError
from reprolib.human.entries import Entry, file_format, open_object
from reprolib.human.trials import Trial, TrialList, TrialTruth, Truth, shown_order

CODE = re.compile(r"[A-Za-z0-9-]{1,16}")  # of a rater
HASH = re.compile(r"[0-9a-f]{64}")
CONFIDENCE = {1: "guess", 2: "unsure", 3: "fairly sure", 4: "certain"}
LONGEST = 86_400.0  # seconds of one trial that are believed


@dataclass(frozen=True)
class Answer:
    """One answer of a rater: the place in the list's candidates, from 0.

    `candidate` and `confidence` (1 to 4) are None where the trial was skipped; `place`
    is where the candidate stood on the rater's screen, from 1. `seconds` are those
    that the trial was in sight.
    """

    trial: str
    candidate: int | None
    place: int | None
    confidence: int | None
    seconds: float


@dataclass(frozen=True)
class Answers:
    """What one rater said: a code in place of the name, and the answers."""

    rater: str
    answers: tuple[Answer, ...]


@dataclass(frozen=True)
class Study:
    """A finished study: what was asked, the truth, and what every rater said."""

    trials: TrialList
    truth: Truth
    answers: tuple[Answers, ...]


def read_study(folder: str | Path) -> Study | None:
    """The study in a folder, or None where nobody has answered.

    Every JSON file beside `trials.json` and `truth.json` is a rater's. Raises
    `ReproError` as the readers of the three files do. Chapter 7.
    """
    first, second = (Path(folder) / name for name in ("trials.json", "truth.json"))
    answers = sorted(set(Path(folder).glob("*.json")) - {first, second})
    if not answers:
        return None
    trials = read_list(first)
    truth = read_truth(second, trials)
    return Study(trials, truth, tuple(read_answers(answers, trials)))


def write_list(trials: TrialList) -> str:
    """The list as the text of a JSON file."""
    return _text("trials", {"list": trials.key, **asdict(trials)})


def write_truth(trials: TrialList, truth: Truth) -> str:
    """The truth as the text of a JSON file."""
    known = {trial: asdict(one) for trial, one in truth.items()}
    return _text("truth", {"list": trials.key, "trials": known})


def write_answers(trials: TrialList, answers: Answers) -> str:
    """A rater's answers as the text of a JSON file, as the page exports them."""
    return _text("answers", {"list": trials.key, **asdict(answers)})


def _text(kind: str, value: dict) -> str:
    return json.dumps({"format": file_format(kind), **value}, indent=1) + "\n"


def read_list(path: str | Path) -> TrialList:
    """The trial list in a file; `ReproError` where it is broken or was edited."""
    top = open_object(path, "trials")
    parts = [
        tuple(_trial(entry) for entry in top.entries(name))
        for name in ("practice", "trials")
    ]
    facts = [top.text(name) for name in ("dataset", "protocol", "drawn_by")]
    trials = TrialList(*facts, top.whole("seed", 0), *parts)
    ids = [trial.id for trial in (*trials.practice, *trials.trials)]
    if not trials.trials or len(set(ids)) < len(ids):
        raise top.wrong("trials", "trials with names of their own, at least one")
    if top.text("list") != trials.key:
        raise top.wrong("list", f"{trials.key}, the digest of what the file holds")
    return trials


def _trial(entry: Entry) -> Trial:
    hashes = entry.texts("candidates")
    for name in (entry.text("query"), *hashes):
        if not HASH.fullmatch(name):
            raise entry.wrong("query and candidates", "SHA-256, 64 hex digits each")
    right = entry.places("right", len(hashes), empty=True)
    return Trial(entry.text("id"), entry.text("query"), hashes, right)


def read_truth(path: str | Path, trials: TrialList) -> Truth:
    """The truth of `trials`; `ReproError` where it is another list's or broken."""
    top = open_object(path, "truth", trials.key)
    known, truth = top.object("trials"), {}
    if set(known.value) != {trial.id for trial in trials.trials}:
        raise top.wrong("trials", "the truth of each trial of the list, and no other")
    for trial in trials.trials:
        one, length = known.object(trial.id), len(trial.candidates)
        truth[trial.id] = TrialTruth(
            one.places("right", length),
            one.places("inserted", length, empty=True),
            one.flag("attention"),
            one.whole("camid"),
        )
    return truth


def read_answers(paths: Iterable[str | Path], trials: TrialList) -> list[Answers]:
    """The answers of every file, a rater each.

    Raises `ReproError`, naming file and line, for answers to another list, a trial or
    rater that comes twice, and whatever is malformed.
    """
    every: dict[str, tuple[Path, Answers]] = {}
    lengths = {trial.id: len(trial.candidates) for trial in trials.trials}
    for path in map(Path, paths):
        top = open_object(path, "answers", trials.key)
        rater = top.text("rater")
        if not CODE.fullmatch(rater):
            raise top.wrong("rater", "a code of 1 to 16 letters, digits and hyphens")
        if rater in every:
            raise ReproError(
                f"{path}: rater {rater} has answered in {every[rater][0]} already; "
                "expected one file a rater. Leave one of the two out."
            )
        given: dict[str, Answer] = {}
        for entry in top.entries("answers"):
            answer = _answer(entry, trials.key, rater, lengths)
            if answer.trial in given:
                raise entry.wrong("trial", "a trial that was not answered before")
            given[answer.trial] = answer
        if not given:
            raise top.wrong("answers", "at least one answer")
        every[rater] = path, Answers(rater, tuple(given.values()))
    return [answers for _, answers in every.values()]


def _answer(entry: Entry, key: str, rater: str, lengths: dict) -> Answer:
    trial = entry.text("trial")
    if trial not in lengths:
        raise entry.wrong("trial", "the name of a trial of the list")
    skipped = entry.value.get("candidate") is None
    for name in ("candidate", "place", "confidence"):
        if name not in entry.value or (entry.value[name] is None) != skipped:
            raise entry.wrong(name, "null where the trial was skipped, a number if not")
    seconds = entry.number("seconds", 0, LONGEST)
    if skipped:
        return Answer(trial, None, None, None, seconds)
    candidate = entry.whole("candidate", 0, lengths[trial] - 1)
    place = entry.whole("place", 1, lengths[trial])
    if shown_order(key, rater, trial, lengths[trial])[place - 1] != candidate:
        raise entry.wrong("place", "where this rater saw the candidate")
    confidence = entry.whole("confidence", min(CONFIDENCE), max(CONFIDENCE))
    return Answer(trial, candidate, place, confidence, seconds)
