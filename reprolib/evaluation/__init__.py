"""CMC and mAP, by every data set's protocol, and what a difference is worth."""

from reprolib.evaluation.market import Evaluation, evaluate, evaluate_features

__all__ = ["Evaluation", "evaluate", "evaluate_features"]
