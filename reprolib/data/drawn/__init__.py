"""The built-in data set: drawn pedestrians in Market1501's layout. Chapter 1."""

from reprolib.data.drawn.camera import draw, draw_with_box
from reprolib.data.drawn.folder import make
from reprolib.data.drawn.shots import (
    DrawnSpec,
    describe,
    files,
    look_alikes,
    shots,
    tested,
)

__all__ = [
    "DrawnSpec", "describe", "draw", "draw_with_box", "files", "look_alikes", "make",
    "shots", "tested",
]  # fmt: skip
