"""Figures that a reader moves with sliders, in a live notebook."""

import functools
import inspect
from collections.abc import Callable

import matplotlib.pyplot as plt


def sliders(draw: Callable[..., object], **ranges: tuple[int, int, int]) -> None:
    """Sliders, and below them what `draw` draws, made anew when one is let go.

    `ranges` gives least, most and step of arguments of `draw`; a slider starts at its
    argument's default. Where ipywidgets is missing, a line says how to get it. Chapters
    2 and 3 leave the call to the reader: a published page shows the same figure, drawn
    once, and holds no state of a widget.
    """
    try:
        import ipywidgets
    except ImportError:
        print("The sliders need ipywidgets: `pip install ipywidgets`.")
        return

    @functools.wraps(draw)
    def again(**values: int) -> None:
        draw(**values)
        plt.show()

    starts = inspect.signature(draw).parameters
    controls = {}
    for name, (least, most, step) in ranges.items():
        value = starts[name].default
        controls[name] = ipywidgets.IntSlider(
            value, least, most, step, description=name, continuous_update=False
        )
    ipywidgets.interact(again, **controls)
