"""Drawn pictures for living figures, drawn anew from a record's settings."""

import base64
import io

from PIL import Image

from reprolib import settings as profiles
from reprolib.book.living import snapshots
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
    columns = pixels.view(across, down, 3, height, width).permute(1, 3, 0, 4, 2)
    columns = columns.reshape(down * height, across * width, 3)
    data = io.BytesIO()
    Image.fromarray(columns.numpy()).save(data, "jpeg", quality=80)
    image = "data:image/jpeg;base64," + base64.b64encode(data.getvalue()).decode()
    size = {"width": width, "height": height}
    return {"image": image, "across": across, "down": down} | size


def warning(record: dict) -> str:
    """What a figure must add if its record is not of today's learning code."""
    return "" if records.is_of_todays_code(record) else OTHER_CODE
