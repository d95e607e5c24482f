"""Living figure of chapter 3: the hardest triplets of one batch through training."""

from reprolib.book.living import sheet, snapshots
from reprolib.book.living.frame import frame


def html() -> str:
    """The figure, of the training that was watched for `records/living.json`."""
    record = snapshots.read()
    return frame(
        "hardest-triplets",
        "Training brings the farthest positive nearer than the nearest negative",
        f"Another batch, of {snapshots.PEOPLE} people, at several steps of a training; "
        "a column is one person. Choose an anchor: click a picture or move its slider."
        + sheet.warning(record),
        "A sheet of drawn people, a column for each. The anchor, its farthest positive "
        "and its nearest negative are framed, and shown again in large. Below them the "
        "distances from the anchor to all others on a line.",
        ("plot.js", "sheet.js", "hardest.js"),
        data(record),
    )


def data(record: dict) -> dict:
    """Distances in thousandths, the upper triangle row by row, at every snapshot."""
    return {
        "sheet": sheet.sheet(record, "batch"),
        "margin": record["settings"]["margin"],
        "steps": record["settings"]["steps"],
        "snapshots": [
            {"step": s["step"], "losses": s["losses"], "distances": s["distances"]}
            for s in record["snapshots"]
        ],
    }
