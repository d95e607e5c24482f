"""What the exercises of the chapters ask, as properties that a right answer has.

Beside them stand the multiple-choice questions, in `questions.toml`.
"""

from reprolib.book.exercises import (
    alignment,
    benchmark,
    choices,
    cost,
    evaluation,
    human,
    losses,
    statistics,
    training,
)
from reprolib.book.exercises.exercise import Exercise
from reprolib.book.exercises.questions import QUESTIONS, Option, Question

EXERCISES: dict[str, Exercise] = {
    **evaluation.EXERCISES,
    **alignment.EXERCISES,
    **losses.EXERCISES,
    **training.EXERCISES,
    **statistics.EXERCISES,
    **benchmark.EXERCISES,
    **human.EXERCISES,
    **cost.EXERCISES,
    **choices.EXERCISES,
}

__all__ = ["EXERCISES", "QUESTIONS", "Exercise", "Option", "Question"]
