"""What the exercises of the chapters ask, as properties that a right answer has."""

from reprolib.book.exercises import alignment, evaluation, losses, statistics
from reprolib.book.exercises.exercise import Exercise

EXERCISES: dict[str, Exercise] = {
    **evaluation.EXERCISES,
    **alignment.EXERCISES,
    **losses.EXERCISES,
    **statistics.EXERCISES,
}

__all__ = ["EXERCISES", "Exercise"]
