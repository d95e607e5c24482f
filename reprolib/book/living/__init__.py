"""Living figures: what chapters show as pictures, to be moved by the reader.

Each is one piece of HTML with its own script and style: it works in the site, without
a network, and in Jupyter, where `show("shortest-path")` is the value of a cell.
"""

from collections.abc import Callable

from IPython.display import HTML

from reprolib.book.living import (
    cmc,
    dose,
    drag_the_box,
    embedding,
    hardest,
    shortest_path,
    stop_gradient,
)
from reprolib.errors import ReproError

FIGURES: dict[str, Callable[[], str]] = {
    "cmc": cmc.html,
    "shortest-path": shortest_path.html,
    "drag-the-box": drag_the_box.html,
    "hardest-triplets": hardest.html,
    "stop-gradient": stop_gradient.html,
    "embedding": embedding.html,
    "dose": dose.html,
}


def show(name: str) -> HTML:
    """A living figure by its name, for Jupyter. Raises `ReproError` as `html` does."""
    return HTML(html(name))


def html(name: str) -> str:
    """The HTML of a living figure. Raises `ReproError` for a name that is none."""
    if name not in FIGURES:
        known = ", ".join(FIGURES)
        raise ReproError(f"There is no living figure {name!r}; there are {known}.")
    return FIGURES[name]()
