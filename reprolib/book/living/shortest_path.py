"""Living figure: the table of totals filled cell by cell, and the path traced back."""

from reprolib import alignment
from reprolib.book import diagrams
from reprolib.book.living import pictures
from reprolib.book.living.frame import frame


def html() -> str:
    """Chapter 2's pair of pictures, their distances, and every step of Equation 2.

    Distances are rounded to three digits, so that the sums in words are exact.
    """
    pair = pictures.shot(40, 1, 0), pictures.shot(40, 5, 2, shift=0.15, scale=0.75)
    f, g = (pictures.stripes(picture)[None] for picture in pair)
    d = alignment.stripe_distances(f, g)[0, 0]
    return frame(
        "shortest-path",
        title="The shortest path, cell by cell",
        lead="Step through the table, or drag the slider. A cell takes the smaller of "
        "the totals above it and left of it; at the end the path is traced back. "
        "Distances are rounded to three digits first, so a last digit may differ from "
        "the figure above.",
        describe="Two pictures of one drawn person, the second in a box that is too "
        "high and too large, beside the table of the distances of their stripes.",
        scripts=("paths.js", "align.js", "shortest_path.js"),
        data={
            "pictures": [pictures.address(picture) for picture in pair],
            "d": [[round(v, 3) for v in row] for row in d.tolist()],
            "far": diagrams.FAR,
        },
    )
