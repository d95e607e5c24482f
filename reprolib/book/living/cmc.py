"""Living figure of chapter 1: rank-k and mAP grow out of one query after the other."""

from reprolib.book.living.frame import frame
from reprolib.study import measuring, records

# A network trained and tested rigidly on bad boxes: its rank-1 and mAP lie far apart.
STUDY, VARIANT, SEED, TESTED, KIND = (
    "drawn-main",
    "unaligned-box0.4",
    0,
    "box1",
    "unaligned",
)


def html() -> str:
    """The figure, of the ranks and APs that the study's record keeps of every query."""
    return frame(
        "cmc",
        "Rank-k and mAP are means over queries",
        "Ask one query after the other: rigid stripes on bad boxes, one trained "
        "network. Play, step, or choose a query in the table.",
        "A table of queries, each with the rank of its first right picture, and beside "
        "it the CMC curve, which says for every k the share of queries with a right "
        "picture among the first k; a dashed line is the mAP.",
        ("plot.js", "cmc.js"),
        data(line()["queries"][KIND]),
    )


def line() -> dict:
    """What the record keeps of the network's test on bad boxes."""
    return records.lines(STUDY)[VARIANT, SEED]["students"][0][TESTED]


def data(packed: str) -> dict:
    """The first right rank and the AP of every query that has a right picture."""
    ranks, ap = measuring.unpacked(packed)
    valid = ranks > 0
    return {"ranks": ranks[valid].tolist(), "ap": ap[valid].round(4).tolist()}
