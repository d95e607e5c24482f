"""Slides: what a chapter gives, in its order, and nothing else."""

import re

import nbformat
import pytest

from reprolib.book import slides
from reprolib.errors import ReproError
from reprolib.study.provenance import project_root

ROOT = project_root()
CHAPTERS = sorted((ROOT / "notebooks").glob("*.ipynb"))


def cut(path):
    return list(slides.cut(nbformat.read(path, as_version=4), path.stem))


def kind(slide):
    return re.match(r'<section class="(\w+)">', slide)[1]


def test_a_chapter_becomes_question_figures_formulas_and_take_away():
    new = nbformat.v4.new_markdown_cell
    figure = {
        "figure": {"name": "pair", "caption": "Two people. One is *near* & small."},
        "image": {"alt": 'A "pair".'},
    }
    asked = "Words. **Predict, then run**: which\n`a` is it?"
    text = f"## One\n\n{asked}\n\nMore.\n\n$$a_1 < b$$"
    cells = [
        new("# 2. A title\n\nIntro. **Is it\nso?** More."),
        new(text),
        nbformat.v4.new_code_cell("draw()", metadata={"mystnb": figure}),
        new("## Take-away\n\nFirst point. Second $H^2$.\n\n**Exercises.** No."),
        new("**Predict, then run.** Not here?"),
    ]
    made = list(slides.cut(nbformat.v4.new_notebook(cells=cells), "02_alignment"))
    kinds = ["opening", "question", "formula", "figure", "points"]
    assert [kind(slide) for slide in made] == kinds
    assert "<h1>2. A title</h1><p>Is it\nso?</p>" in made[0]
    assert "<p>Which\n<code>a</code> is it?</p>" in made[1]
    assert r"\[a_1 &lt; b\]" in made[2]
    assert "<h2>Two people</h2>" in made[3] and "<em>near</em> &amp; small" in made[3]
    assert 'src="figures/02_pair.png" alt="A &quot;pair&quot;."' in made[3]
    assert made[4].count("<li>") == 2 and r"\(H^2\)" in made[4]


@pytest.mark.parametrize("path", CHAPTERS, ids=lambda path: path.stem)
def test_every_figure_and_every_question_of_a_chapter_has_its_slide(path):
    cells, made = nbformat.read(path, as_version=4).cells, cut(path)
    figures = [c.metadata["mystnb"] for c in cells if c.metadata.get("mystnb")]
    shown = [slide for slide in made if kind(slide) == "figure"]
    for figure, slide in zip(figures, shown, strict=True):
        file = ROOT / re.search(r'src="([^"]+)"', slide)[1]
        assert file.exists() and figure["figure"]["name"] in file.name
    asked = sum(c.source.count("**Predict, then run") for c in cells
                if c.cell_type == "markdown")  # fmt: skip
    assert sum(kind(slide) == "question" for slide in made) == asked
    assert [kind(made[0]), kind(made[-1])] == ["opening", "points"]
    assert "<li>" in made[-1] and "Exercise" not in made[-1]


def test_without_a_site_it_is_said_what_to_do(tmp_path):
    with pytest.raises(ReproError, match="make site"):
        slides.build(tmp_path)
