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
import inspect
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
                return f"{says}. With {_given(answer, kept)} it raised {kind}: {error}"
            if found is None:
                return "Your function returns nothing: it needs a `return`."
            if not good:
                gave = _text(found)
                return f"{says}. Not so with {_given(answer, kept)}: you gave {gave}."
            if not _same(given, kept):
                return f"It must not change its input: {_given(answer, kept)}."
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


def _given(answer: Callable, values: tuple) -> str:
    """The inputs of an answer by the names that it gives them."""
    try:
        names = [*inspect.signature(answer).parameters]
    except ValueError:  # some built-in functions do not tell
        names = []
    texts = [_text(value) for value in values]
    if len(names) != len(texts):
        return ", ".join(texts)
    return ", ".join(f"{n} = {text}" for n, text in zip(names, texts, strict=True))


def _text(value: object) -> str:
    """An input or an answer as a reader would write it, numbers to four digits."""
    if isinstance(value, np.ndarray):
        with np.printoptions(precision=3, suppress=True, threshold=60):
            return np.array2string(value, separator=", ")
    if isinstance(value, torch.Tensor | np.generic):
        return _text(value.tolist())
    if isinstance(value, list | tuple):
        text = ", ".join(map(_text, value))
        return f"[{text}]" if isinstance(value, list) else f"({text})"
    return f"{value:.4g}" if isinstance(value, float) else repr(value)


def _same(value: object, other: object) -> bool:
    """Whether two inputs, perhaps lists of arrays, are equal."""
    if isinstance(value, list | tuple):
        return len(value) == len(other) and all(map(_same, value, other))
    return np.array_equal(value, other)
