"""What the paper and other people's reproductions reported, and how surely it is known.

Status: A, read in the source itself or quoted from it; B, second-hand; C, computed
here. The PDF could not be had: what nobody could verify is only a question below.
"""

from importlib.resources import files

import pandas as pd

PAPER = "AlignedReID paper (arXiv 1711.08184)"
INDEPENDENT = "huanghoujing/AlignedReID-Re-Production-Pytorch"
COAUTHOR = "michuanhaohao/AlignedReID (first)"
LATER = "michuanhaohao/AlignedReID++"  # a later method, by a co-author

# Rank-1 in the first version of the abstract (A); the second has those of the table.
FIRST_VERSION = {"Market1501": 94.0, "CUHK03": 96.1}

STATUSES = {
    "A": "read in the source itself, or quoted from it",
    "B": "second-hand: another's statement, code or reading note",
    "C": "computed from public files, or derived here",
}

# The paper's four numbers on Market1501, whose row has the weakest of their marks.
PAPER_MARKS = {"rank1": "B", "mAP": "B", "rk_rank1": "A", "rk_mAP": "B"}

# Differences that the paper is said to state (B), in points of rank-1, by the name of
# the study's claim: what both distances gain over the global one.
STATED = {"both": (0.3, 0.5)}

# Rows of Market1501 with a part and without it, by the name of the study's claim: the
# source, its row with the part, its row without. The independent mutual row's command
# weighs the exchanged distances by 1 and has no identity loss (A, README).
PAIRS = {
    "global-aligned": (
        (INDEPENDENT, "global + local, tested on global", "global triplet"),
        (COAUTHOR, "AlignedReID, tested on global", "softmax + TriHard"),
    ),
    "both": (
        (
            INDEPENDENT,
            "global + local, tested on both",
            "global + local, tested on global",
        ),
        (COAUTHOR, "AlignedReID, tested on both", "AlignedReID, tested on global"),
    ),
    "mutual": (
        (INDEPENDENT, "global + mutual, model 1", "global triplet"),
        (
            COAUTHOR,
            "AlignedReID + mutual, tested on global",
            "AlignedReID, tested on global",
        ),
    ),
}

TO_BE_CHECKED = (
    "were the people whom MARS shares with the tests taken out of training",
    "how many runs stand behind a number",
    "which kind of AP",
    "the margin of the triplet losses",
    "the weight decay",
    "the size of the crops",
    "the weights of the identity and metric losses",
    "when the mutual stage starts",
    "the backbone of the final table",
    "the results on MARS, with and without re-ranking, and how frames are pooled",
    "the ablation's gain over a baseline with the global branch only",
    "CUHK03: detected or labelled boxes, one shot or several",
    "CUHK-SYSU: the size of the gallery",
    "the human study: how many annotators, and who they were",
    "the human study: how many candidates, how chosen, and where true matches went in",
    "the human study: how many answers a query, and each annotator's score",
)


def load():
    """Return the reported numbers, a row for each source and method.

    Columns: dataset, source, method, protocol, rank1, mAP, rk_rank1, rk_mAP (in %, rk
    is after k-reciprocal re-ranking, NaN where not reported), status, note. A row has
    the weakest status of its numbers. Used by the opening chapter and chapters 6, 8.
    """
    text = {"status": str, "note": str}
    with (
        files("reprolib.book").joinpath("reported.csv").open(encoding="utf-8") as table
    ):
        return pd.read_csv(table, dtype=text).fillna({"note": ""})


def best(dataset: str) -> pd.DataFrame:
    """Each source's row with the best rank-1 before re-ranking, by source.

    The paper states its four numbers in two rows, which are one here. Chapters 0, 8.
    """
    rows = load().query("dataset == @dataset").sort_values("rank1", na_position="first")
    top = rows.groupby("source").tail(1).set_index("source")
    joined = rows.query("source == @PAPER").groupby("source").last()
    return top.fillna(joined).sort_index()


def gains(claim: str) -> pd.DataFrame:
    """What a part adds to rank1 and mAP in published tables, a row for each source.

    `claim` is one of `PAIRS`. No source states repeats. Chapters 6 and 8.
    """
    rows = load().query("dataset == 'Market1501'").set_index(["source", "method"])
    scores = rows[["rank1", "mAP"]]
    return pd.DataFrame(
        {
            source: scores.loc[(source, one)] - scores.loc[(source, other)]
            for source, one, other in PAIRS[claim]
        }
    ).T


def sliding() -> float:
    """What the later code's network gains in mAP, tested along the path, not rigidly.

    It was trained along the path for both rows. Chapter 8.
    """
    rows = load().query("dataset == 'Market1501' and source == @LATER")
    scores = rows.set_index("method").mAP
    return float(scores["local aligned (DMLI)"] - scores["local unaligned"])
