"""Sliders: what they draw, where they start, and what a page without them shows."""

import ast
import re
import sys

import nbformat
import pytest

from reprolib.book import execute, interactive, living

CHAPTERS = ("02_alignment", "03_network_and_losses")


@pytest.fixture
def shown(monkeypatch):
    """The box of sliders that a call displays."""
    widgets = pytest.importorskip("ipywidgets")
    found = []
    monkeypatch.setattr(sys.modules["ipywidgets.widgets.interaction"], "display",
                        found.append)  # fmt: skip
    assert widgets
    return found


def test_a_slider_starts_at_the_default_and_draws_when_it_moves(shown):
    drawn = []

    def draw(shift=15, scale=75):
        drawn.append((shift, scale))

    interactive.sliders(draw, shift=(-30, 30, 5), scale=(50, 150, 5))
    (box,) = shown
    shift, scale = box.children[:2]
    assert (shift.value, shift.min, shift.max, shift.step) == (15, -30, 30, 5)
    assert (scale.value, scale.description) == (75, "scale")
    shift.value = -20
    scale.value = 100
    assert drawn[-2:] == [(-20, 75), (-20, 100)]
    assert not shift.continuous_update


def test_without_ipywidgets_a_line_says_what_to_do(monkeypatch, capsys):
    monkeypatch.setitem(sys.modules, "ipywidgets", None)
    interactive.sliders(lambda x=1: pytest.fail("drew"), x=(0, 2, 1))
    assert "pip install ipywidgets" in capsys.readouterr().out


@pytest.mark.parametrize("name", CHAPTERS)
def test_the_sliders_are_the_readers_to_start(name):
    sources = [c.source for c in execute.load(execute.source(name)).cells]
    (cell,) = [s for s in sources if "interactive.sliders(" in s]
    told, *started = cell.splitlines()
    assert all(line.startswith("# ") for line in (told, *started))
    body = ast.parse("\n".join(line[2:] for line in started)).body
    called, shown = (line.value for line in body if isinstance(line, ast.Expr))
    assert shown.func.attr == "show" and shown.args[0].value in living.FIGURES
    function = re.escape(called.args[0].id)
    (head,) = re.findall(rf"^def {function}\((.*)\):", "\n".join(sources), re.M)
    for slider in called.keywords:  # each starts at a default of the function
        assert re.search(rf"\b{slider.arg}=-?\d", head)
    # The same figure stands on the page: the cell before calls the function and shows.
    before = sources[sources.index(cell) - 1]
    assert re.search(rf"\b{function}\b", before) and "plt.show()" in before


@pytest.mark.parametrize("name", execute.chapters())
def test_a_published_notebook_holds_no_widget(name):
    path = execute.source(name).with_suffix(".ipynb")
    notebook = nbformat.read(path, as_version=4)
    assert "widgets" not in notebook.metadata
    for cell in notebook.cells:
        for output in cell.get("outputs", ()):
            assert not any("widget" in kind for kind in output.get("data", ()))
