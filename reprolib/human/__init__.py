"""The human study: trial lists, the raters' page, scores, and simulated raters.

How the paper ran its study could not be read; this is the study's general form. No
human answers come with the library: a rater made here is simulated, and every name and
docstring says so. Chapter 7.
"""

from reprolib.human import files, models, places, power, scoring, simulated
from reprolib.human.pool import PicturePool
from reprolib.human.scoring import Comparison, Score, compare, score
from reprolib.human.simulated import Observer
from reprolib.human.trials import draw_trials

__all__ = [
    "Comparison",
    "Observer",
    "PicturePool",
    "Score",
    "compare",
    "draw_trials",
    "files",
    "models",
    "places",
    "power",
    "score",
    "scoring",
    "simulated",
]
