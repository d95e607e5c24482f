"""Checks a reader's answers to the exercises at the end of each chapter.

    from reprolib.book.checks import ask, check, choose
    check("shortest-path", my_function)
    ask("path-costs-more")
    choose("path-costs-more", "a")

A function runs on inputs that it has not seen. What comes back names the property that
fails and the input, never the right answer. A question shows its options, and every
option has a reason of its own for being right or wrong.
"""

import copy
import zlib
from collections.abc import Callable, Iterator

import numpy as np
import torch
from IPython.display import Markdown, display

from reprolib.book.exercises import EXERCISES, QUESTIONS, Exercise, Question
from reprolib.errors import ReproError

ROUNDS = 20  # inputs that each property is tried on


def check(name: str, answer: Callable) -> None:
    """Say whether `answer` solves the exercise `name`, and if not, where it fails.

    Raises `ReproError` for an unknown exercise.
    """
    reason = failure(name, answer)
    count = len(find(name).properties)
    print(f"not yet: {reason}" if reason else f"right: all {count} properties hold")


def ask(name: str) -> None:
    """Show the question `name` and its options; `ReproError` if there is none."""
    _show(_question_text(_question(name)))


def choose(name: str, letter: str) -> None:
    """Say whether option `letter` answers the question `name`, and why, or why not.

    `...` in place of a letter is no answer yet. Raises `ReproError` for an unknown
    question or letter.
    """
    question = _question(name)
    if letter is ...:
        _show(f"**Not answered yet:** replace the dots by {_letters(question)}.")
        return
    wanted = letter.strip().lower() if isinstance(letter, str) else None
    if wanted not in question.options:
        raise ReproError(
            f"question {name!r} has no option {letter!r}; expected "
            f"{_letters(question)}."
        )
    verdict = "Right." if wanted == question.right else "Not right."
    _show(f"**{verdict}** {question.options[wanted].why}")


def failure(name: str, answer: Callable) -> str | None:
    """Why `answer` does not solve the exercise, or None where it does."""
    exercise = find(name)
    if not callable(answer):
        return f"expected a function, {exercise.asks}; got {type(answer).__name__}."
    for says, inputs, holds in exercise.properties:
        for given in _inputs(name, inputs):
            kept = copy.deepcopy(given)
            try:
                found = answer(*given)
                good = found is not None and holds(found, *kept)
            except Exception as error:
                kind = type(error).__name__
                return f"{says}. With {_text(kept)} it raised {kind}: {error}"
            if found is None:
                return "Your function returns nothing: it needs a `return`."
            if not good:
                return f"{says}. Not so with {_text(kept)}: you gave {_text([found])}."
            if _text(given) != _text(kept):
                return f"It must not change its input, and changed {_text(kept)}."
    return None


def find(name: str) -> Exercise:
    """An exercise by name; `ReproError` if there is none."""
    if name not in EXERCISES:
        known = ", ".join(EXERCISES)
        raise ReproError(f"unknown exercise {name!r}; expected one of {known}.")
    return EXERCISES[name]


def _question(name: str) -> Question:
    if name not in QUESTIONS:
        known = ", ".join(QUESTIONS)
        raise ReproError(f"unknown question {name!r}; expected one of {known}.")
    return QUESTIONS[name]


def _show(text: str) -> None:
    display(Markdown(text))


def _letters(question: Question) -> str:
    *first, last = (f'"{letter}"' for letter in question.options)
    return f"{', '.join(first)} or {last}"


def _question_text(question: Question) -> str:
    """A question as Markdown: what is asked, the options, how many are right."""
    options = (f"- **{k})** {option.says}" for k, option in question.options.items())
    text = "\n".join(options)
    return f"{question.asks}\n\n{text}\n\n*One option is right.*"


def _inputs(name: str, inputs: Callable) -> Iterator[tuple]:
    rng = np.random.default_rng(zlib.crc32(name.encode()))
    for _ in range(ROUNDS):
        yield inputs(rng)


def _text(values) -> str:
    """Inputs or an answer as a reader would write them."""
    plain = (v.tolist() if isinstance(v, torch.Tensor) else v for v in values)
    with np.printoptions(precision=3, suppress=True, threshold=60):
        return ", ".join(
            np.array2string(v, separator=", ") if isinstance(v, np.ndarray) else repr(v)
            for v in plain
        )
