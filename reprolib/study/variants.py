"""What is compared: a variant is a method and the error of its training boxes."""

import re

from reprolib.errors import ReproError
from reprolib.settings import Settings

METHODS = {
    "identity": {"local": "none", "global_weight": 0.0},
    "triplet": {"local": "none", "identity_weight": 0.0},
    "global": {"local": "none"},
    "unaligned": {"local": "unaligned"},
    "aligned": {"local": "aligned"},
    "mutual": {"local": "aligned", "students": 2},
}
# Extra people in training: strangers, or as many people of the test. Chapter 5.
LEAKS = {
    "strangers": {"local": "aligned", "extra_people": "strangers"},
    "leaked": {"local": "aligned", "extra_people": "tested", "overlap": "keep"},
}
BOTH_BOXES = ("global", "unaligned", "aligned")


def name(method: str, box_error: float) -> str:
    """The name of a variant, such as `aligned-box1` or `global-box0.5`."""
    return f"{method}-box{box_error:g}"


def boxes(settings: Settings) -> tuple[float, float]:
    """The box error of the settings, and the one they are compared with: 0, or 1."""
    here = settings.data.box_error
    return here, 0.0 if here else 1.0


def grid(settings: Settings) -> list[tuple[str, int]]:
    """Every (variant, seed) that chapter 5 compares.

    All methods with the box error of the settings, and those of `BOTH_BOXES` also with
    the other one.
    """
    here, other = boxes(settings)
    variants = [name(method, here) for method in METHODS]
    variants += [name(method, other) for method in BOTH_BOXES]
    return [(variant, seed) for seed in settings.study.seeds for variant in variants]


def settings_of(variant: str, settings: Settings) -> Settings:
    """The settings of `variant`, such as `aligned-box1`; `ReproError` if unknown.

    That of no name has them as they are.
    """
    if not variant:
        return settings
    methods = METHODS | LEAKS
    match = re.fullmatch(r"(\w+)-box(\d(?:\.\d+)?)", variant)
    if not match or match[1] not in methods or not 0 <= float(match[2]) <= 1:
        raise ReproError(
            f"unknown variant {variant!r}; expected METHOD-boxERROR such as "
            f"aligned-box0.5, ERROR from 0 to 1 and METHOD one of {', '.join(methods)}."
        )
    return settings.changed(box_error=float(match[2]), **methods[match[1]])
