"""Drawn pictures for living figures, drawn anew from a record's settings."""

from reprolib import settings as profiles
from reprolib.book.living import pictures, snapshots
from reprolib.data import drawn_spec
from reprolib.study import records

OTHER_CODE = " Recorded with other learning code than today's."


def sheet(record: dict, which: str) -> dict:
    """All pictures of the record's `batch` or `test` in one JPEG, a column a person.

    `image` is its data URI, `across` and `down` the number of pictures, `width` and
    `height` the size of one.
    """
    settings = profiles.load(record["profile"]).changed(**record["settings"])
    some = snapshots.recorded(record[which])
    pixels = snapshots.pictures(drawn_spec(settings.data), some)
    height, width = pixels.shape[-2:]
    down = snapshots.PICTURES
    across = len(pixels) // down
    columns = pixels.view(across, down, 3, height, width).permute(2, 1, 3, 0, 4)
    columns = columns.reshape(3, down * height, across * width)
    image = pictures.address(columns, quality=80, subsampling=2)
    size = {"width": width, "height": height}
    return {"image": image, "across": across, "down": down} | size


def warning(record: dict) -> str:
    """What a figure must add if its record is not of today's learning code."""
    return "" if records.is_of_todays_code(record) else OTHER_CODE
