"""What a difference between trainings is worth."""

from collections.abc import Sequence

import numpy as np
from scipy import stats


def t_interval(differences: Sequence[float]) -> list[float] | None:
    """The 95 % interval of the mean of paired differences; None from a single one.

    `differences: (seeds,)`, one of two methods for each seed; Student's t with one
    degree of freedom less than there are seeds. Chapters 5, 6 and 8.
    """
    if len(differences) < 2:
        return None
    mean, error = np.mean(differences), stats.sem(differences)
    half = stats.t.ppf(0.975, len(differences) - 1) * error
    return [float(mean - half), float(mean + half)]
