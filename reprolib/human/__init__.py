"""The human study: trial lists, the raters' page, scores, and simulated raters.

How the paper ran its study could not be read; this is the study's general form. No
human answers come with the library: a rater made here is simulated, and every name and
docstring says so. Chapter 7.
"""

from reprolib.human.lists import (
    CandidateLists,
    candidate_lists,
    choose,
    choose_reranked,
    right_answers,
    right_on_gallery,
)
from reprolib.human.scoring import Comparison, Score, compare, score
from reprolib.human.simulated import simulated_judgement

__all__ = [
    "CandidateLists",
    "Comparison",
    "Score",
    "candidate_lists",
    "choose",
    "choose_reranked",
    "compare",
    "right_answers",
    "right_on_gallery",
    "score",
    "simulated_judgement",
]
