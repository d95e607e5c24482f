"""Living figure of chapter 5: which method wins as the boxes of the test get worse."""

import pandas as pd

from reprolib.book.living.frame import frame
from reprolib.study import records

# How the local branch was trained, and by which distance it is tested.
SERIES = (
    ("global", "global"),
    ("unaligned", "unaligned"),
    ("unaligned", "aligned"),
    ("aligned", "unaligned"),
    ("aligned", "aligned"),
)
TRAINED = {"box0.4": "a real detector's boxes", "box1": "bad boxes"}
SCORES = ("mAP", "rank1")


def html() -> str:
    """The figure, of the study's record as it is today."""
    return frame(
        "dose",
        "The worse the boxes of the test, the more sliding is worth to stripes",
        "Move the slider to make the boxes of the test worse. The trained networks "
        "stay as they are.",
        "Three rows of dots, one for each training, with a stroke at their mean, for "
        "the global, the rigid and the aligned method. Below them a table of two ways "
        "to train against two ways to test. Beside it the falling curves of the three "
        "methods over the error of the boxes, with a grey band where a real detector "
        "stands and an upright line at the chosen error.",
        ("plot.js", "dose.js"),
        data(),
    )


def data() -> dict:
    """Every score of the study that the figure shows, and the detector's place.

    `values[trained]["row kind"][score]` holds a list for each of `errors`, a number for
    each seed that all the series have.
    """
    main = records.frame("drawn-main")
    main = main[main.protocol == "market"]
    error = main.tested.str.removeprefix("box").astype(float)
    main = main.assign(error=error, series=main.row + " " + main.kind)
    main = main[main.series.isin([" ".join(pair) for pair in SERIES])]
    stands = records.read("boxes", "a real detector's error", "make boxes")["dose"]
    return {
        "errors": sorted(main.error.unique().tolist()),
        "detector": sorted((stands["shift"], stands["scale"])),
        "trained": TRAINED,
        "values": {boxes: _values(main[main.trained == boxes]) for boxes in TRAINED},
    }


def _values(main: pd.DataFrame) -> dict:
    """The scores of one kind of training boxes: seeds that all series have."""
    tables = {
        score: main.pivot(index="seed", columns=["series", "error"], values=score)
        .sort_index(axis=1)
        .dropna()
        for score in SCORES
    }
    return {
        series: {
            score: table[series].T.to_numpy().tolist()
            for score, table in tables.items()
        }
        for series in (" ".join(pair) for pair in SERIES)
    }
