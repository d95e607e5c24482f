"""Living figure of chapter 4: people the network never sees, through its training."""

from reprolib.book.living import sheet, snapshots
from reprolib.book.living.frame import frame


def html() -> str:
    """The figure, of the training that was watched for `records/living.json`."""
    record = snapshots.read()
    return frame(
        "embedding",
        "People the network has never seen come apart as it learns others",
        "Global features of test pictures through one training; a colour and a shape "
        "are a person. Point at one, or move the slider." + sheet.warning(record),
        "A plane with a mark for each picture, of a colour and shape for each person. "
        "Beside it the chosen picture, the picture nearest to it in all dimensions, "
        "and a curve: how many pictures have a nearest one that shows their person.",
        ("plot.js", "sheet.js", "embedding.js"),
        data(record),
    )


def data(record: dict) -> dict:
    """Places in the plane, nearest pictures and steps, at every snapshot."""
    return {
        "sheet": sheet.sheet(record, "test"),
        "shares": record["shares"],
        "snapshots": [
            {
                "step": s["step"],
                "points": snapshots.points(s).tolist(),
                "nearest": [int(k) for k in s["nearest"].split()],
            }
            for s in record["snapshots"]
        ],
    }
