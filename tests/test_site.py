"""The published site: what becomes of a chapter, and pages that ask nothing outside."""

import html
import re
import shutil
import subprocess
import sys
from pathlib import Path

import nbformat
import pytest

from reprolib.book import execute, glossary, publish, site
from reprolib.study.provenance import project_root

ROOT = project_root()
CHAPTERS = sorted((ROOT / "notebooks").glob("*.ipynb"))
OUTSIDE = re.compile(
    r'<(?:script|img|iframe|source)[^>]*\ssrc="(?:https?:)?//'
    r'|<link[^>]*rel="(?:stylesheet|preload|preconnect)"[^>]*href="(?:https?:)?//'
    r'|<link[^>]*href="(?:https?:)?//[^>]*rel="(?:stylesheet|preload|preconnect)"'
)


def read(path):
    return nbformat.read(path, as_version=4)


@pytest.mark.parametrize("path", CHAPTERS, ids=lambda path: path.stem)
def test_a_figure_has_on_the_site_the_caption_it_has_in_the_notebook(path):
    below = [
        output.data["text/markdown"]
        for cell in read(path).cells
        for output in cell.get("outputs", ())
        if output.get("metadata") == publish.CAPTION
    ]
    cells = site.adapted(read(path), int(path.stem[:2])).cells
    figures = [c.metadata["mystnb"]["figure"] for c in cells
               if "figure" in c.metadata.get("mystnb", {})]  # fmt: skip
    assert [figure["caption"] for figure in figures] == below and below
    outputs = [o for cell in cells for o in cell.get("outputs", ())]
    assert not any(o.get("metadata") == publish.CAPTION for o in outputs)


def test_folded_code_is_closed_solutions_are_hidden_and_all_else_stays_open():
    new = nbformat.v4.new_code_cell
    figure = {"figure": {"name": "a", "caption": "A."}}
    cells = [
        new("a = 1"),
        new("plot()", metadata={"jupyter": {"source_hidden": True}, "mystnb": figure}),
        new("def f(): ...", metadata={"tags": ["solution"]}),
        new("seed = 0", metadata={"tags": ["parameters"]}),
    ]
    notebook = nbformat.v4.new_notebook(cells=cells)
    made = site.adapted(notebook, 3).cells
    tags = [set(cell.metadata["tags"]) & {"hide-input", "hide-cell"} for cell in made]
    assert tags == [set(), {"hide-input"}, {"hide-cell"}, {"hide-input"}]
    assert made[1].metadata["mystnb"]["figure"]["caption"] == "**Figure 3.1.** A."


@pytest.fixture(scope="module")
def built(tmp_path_factory):
    """The site, built with warnings as errors."""
    if not shutil.which("npm"):
        pytest.skip("needs npm, for MathJax")
    pytest.importorskip("myst_nb", reason="needs Sphinx: make setup")
    folder = tmp_path_factory.mktemp("site")
    source, target = site.gather(folder / "source"), folder / "html"
    words = [sys.executable, "-m", "sphinx", "-W", "--keep-going", "-q", "-b", "html"]
    done = subprocess.run([*words, source, target], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return target


def test_the_folder_holds_pages_alone_whatever_was_built():
    words = ["git", "ls-files", "--cached", "--others", "--exclude-standard", "site"]
    done = subprocess.run(words, cwd=ROOT, capture_output=True, text=True, check=True)
    kinds = {".md", ".py", ".css", ".js", ".onnx", ".json"}
    assert {Path(name).suffix for name in done.stdout.split()} == kinds


def test_every_chapter_and_page_is_there_and_asks_for_nothing_outside(built):
    names = {path.stem for path in (built / "notebooks").glob("*.html")}
    assert names == set(execute.chapters())
    pages = list(built.rglob("*.html"))
    assert {"index", "api", "teach", "batch", "glossary", "model"} <= {
        page.stem for page in pages
    }
    for page in pages:
        found = OUTSIDE.search(page.read_text(encoding="utf-8"))
        assert not found, f"{page.name}: {found and found[0]}"
    words = html.unescape((built / "glossary.html").read_text(encoding="utf-8"))
    for word in glossary.load():
        assert word.term.replace("'", "’") in words
    assert (built / "_static" / "tex-svg.js").stat().st_size > 1e6


def test_no_link_between_pages_is_broken(built):
    for page in built.rglob("*.html"):
        text = page.read_text(encoding="utf-8")
        for href in re.findall(r'<a[^>]*\shref="([^"#:?]+)[#"?]', text):
            assert (page.parent / href).exists(), f"{page.name} links to {href}"


def test_every_figure_of_the_book_is_on_the_site_with_its_alt_text(built):
    for path in CHAPTERS:
        page = (built / "notebooks" / f"{path.stem}.html").read_text(encoding="utf-8")
        figures = [
            c for c in read(path).cells if "figure" in c.metadata.get("mystnb", {})
        ]
        assert page.count('<figure class="align-') == len(figures) > 0
        for cell in figures:
            assert f'id="{cell.metadata["mystnb"]["figure"]["name"]}"' in page
            assert 'alt=""' not in page
