"""What the book trains itself: a variant is a method and the error of its boxes."""

import re

from reprolib.errors import ReproError
from reprolib.settings import Settings

METHODS = {
    "global": {"local": "none"},
    "whole": {"local": "whole"},
    "unaligned": {"local": "unaligned"},
    "aligned": {"local": "aligned"},
    "warped": {"local": "warped"},
    "mutual": {"local": "aligned", "students": 2},
}


def name(method: str, box_error: float) -> str:
    """The name of a variant, such as `aligned-box1` or `global-box0.5`."""
    return f"{method}-box{box_error:g}"


def settings_of(variant: str, settings: Settings) -> Settings:
    """The settings of `variant`, such as `aligned-box1`; `ReproError` if unknown.

    That of no name has them as they are.
    """
    if not variant:
        return settings
    match = re.fullmatch(r"(\w+)-box(\d(?:\.\d+)?)", variant)
    if not match or match[1] not in METHODS or not 0 <= float(match[2]) <= 1:
        raise ReproError(
            f"unknown variant {variant!r}; expected METHOD-boxERROR such as "
            f"aligned-box0.5, ERROR from 0 to 1 and METHOD one of {', '.join(METHODS)}."
        )
    return settings.changed(box_error=float(match[2]), **METHODS[match[1]])
