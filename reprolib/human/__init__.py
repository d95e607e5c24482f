"""The human study: candidate lists, answers, scores, and simulated annotators.

How the paper ran its study could not be read; this is the study's general form. No
human answers come with the library: an annotator made here is simulated, and every
name and docstring says so. Chapter 7.
"""

from reprolib.human.scoring import Comparison, Score, compare, score
from reprolib.human.simulated import (
    choose,
    choose_reranked,
    right_on_gallery,
    simulated_judgement,
)
from reprolib.human.trials import CandidateLists, candidate_lists, right_answers

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
