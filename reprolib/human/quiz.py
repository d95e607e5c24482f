"""A few questions answered in a notebook, and what is said of them afterwards."""

from collections.abc import Mapping, Sequence

import numpy as np

from reprolib.errors import ReproError
from reprolib.human.scoring import score
from reprolib.human.trials import Trial, Truth

NOBODY_YET = "Nobody has answered yet."


def told(
    quiz: Sequence[Trial],
    truth: Truth,
    answers: Mapping[int, int | None],
    model: Mapping[str, bool],
) -> str:
    """Which answers are right, and how the model did on the same questions.

    answers: question, from 1, -> chosen candidate, from 1, or None where there is no
    answer; model: name of the trial -> whether the model is right. Tells nothing about
    questions that were not answered. Raises `ReproError` for numbers that no question
    or candidate has. Chapter 7.
    """
    given = {row: choice for row, choice in answers.items() if choice is not None}
    if not given:
        return NOBODY_YET
    lines, right = [], []
    for row, choice in given.items():
        trial = quiz[row - 1] if row in range(1, len(quiz) + 1) else None
        if not trial or choice not in range(1, len(trial.candidates) + 1):
            length = len(quiz[0].candidates)
            raise ReproError(
                f"answer {choice!r} to question {row!r}: expected questions 1 to "
                f"{len(quiz)} and candidates 1 to {length}. Correct my_answers."
            )
        places = [place + 1 for place in truth[trial.id].right]
        right.append((choice in places, bool(model[trial.id])))
        mine, its = ("right" if one else "wrong" for one in right[-1])
        known = ", ".join(map(str, places))
        lines.append(
            f"Question {row}: {choice} is {mine} (right: {known}); the model is {its}."
        )
    for who, side in zip(("You", "The model"), np.transpose(right), strict=True):
        s = score(side)
        lines.append(
            f"{who}: {side.sum()} of {s.answered}, which fits any rank-1 from "
            f"{100 * s.low:.0f} to {100 * s.high:.0f} %."
        )
    return "\n".join(lines)
