"""Slides for teachers, cut from the chapters: a figure or a statement on each.

A chapter gives its title and its question; then, in their order, every "Predict, then
run", every formula set apart and every figure; and its take-away. `make slides` writes
a page a chapter, which needs nothing but the files beside it.
"""

import html
import re
import shutil
from collections.abc import Iterator
from pathlib import Path

import nbformat
from markdown_it import MarkdownIt
from mdit_py_plugins.dollarmath import dollarmath_plugin
from nbformat import NotebookNode
from PIL import Image

from reprolib.book import npm
from reprolib.errors import ReproError
from reprolib.study.provenance import project_root
from reprolib.study.store import write_text

PAGE = """<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{title}</title>
<link rel="icon" href="../_static/stripes.svg">
<link rel="stylesheet" href="reveal/reset.css">
<link rel="stylesheet" href="reveal/reveal.css">
<link rel="stylesheet" href="../_static/slides.css">
</head>
<body>
<div class="reveal"><div class="slides">
{slides}
</div></div>
<script src="reveal/reveal.js"></script>
<script src="../_static/tex-svg.js"></script>
<script>
MathJax.startup.promise.then(() => Reveal.initialize({{
  width: 1280, height: 720, margin: 0.06, hash: true, slideNumber: "c/t",
  transition: "none", center: true,
}}));
</script>
</body>
</html>
"""
TITLE = 60  # letters of a title
LAST = "Take-away"  # what follows is exercises
PREDICT = re.compile(r"\*\*Predict, then run[.:]?\*\*[.:]?\s*(.+?)(?=\n\n|\Z)", re.S)
FORMULA = re.compile(r"\$\$(.+?)\$\$", re.S)
ENDS = re.compile(r"(?<=[.?!])\s+(?=[A-Z])")


def build(site: Path | None = None) -> list[Path]:
    """Write the slides of every chapter to `slides/` of a built site; the pages.

    Raises `ReproError` where the site was not built or npm cannot be reached.
    """
    root = project_root()
    site = site or root / "site" / "_build" / "html"
    if not (site / "index.html").exists():
        raise ReproError(f"{site}: holds no site; build it with `make site`.")
    folder = site / "slides"
    shutil.rmtree(folder, ignore_errors=True)
    shutil.copytree(root / "figures", folder / "figures")
    for name in ("reset.css", "reveal.css", "reveal.js"):
        (folder / "reveal").mkdir(exist_ok=True)
        shutil.copy(npm.package(npm.REVEAL) / "dist" / name, folder / "reveal")
    written = []
    for path in sorted((root / "notebooks").glob("*.ipynb")):
        notebook = nbformat.read(path, as_version=4)
        slides = "\n".join(cut(notebook, path.stem))
        title = html.escape(_title(notebook))
        written.append(folder / f"{path.stem}.html")
        write_text(written[-1], PAGE.format(title=title, slides=slides))
    return written


def cut(notebook: NotebookNode, chapter: str) -> Iterator[str]:
    """The slides of a chapter, each a section of HTML."""
    words = _words()
    yield _opening(notebook, words)
    heading = ""
    for cell in notebook.cells:
        if figure := cell.metadata.get("mystnb", {}).get("figure"):
            alt = cell.metadata["mystnb"]["image"]["alt"]
            file = f"figures/{chapter[:2]}_{figure['name']}.png"
            yield _figure(heading, figure["caption"], file, alt, words)
        if cell.cell_type != "markdown":
            continue
        for part in re.split(r"^(?=## )", cell.source, flags=re.MULTILINE):
            if part.startswith("## "):
                heading, _, part = part[3:].partition("\n")
            if heading == LAST:
                yield _points(heading, part.strip(), words)
                return
            yield from _statements(heading, part, words)


def _words() -> MarkdownIt:
    """Renders Markdown; formulas are left to MathJax."""

    def formula(content: str, options: dict) -> str:
        ends = r"\[{}\]" if options["display_mode"] else r"\({}\)"
        return ends.format(html.escape(content))

    return MarkdownIt().use(dollarmath_plugin, renderer=formula)


def _title(notebook: NotebookNode) -> str:
    return notebook.cells[0].source.partition("\n")[0].removeprefix("# ")


def _opening(notebook: NotebookNode, words: MarkdownIt) -> str:
    """The title of a chapter, and the question it asks in bold."""
    asked = re.search(r"\*\*([^*]+\?)\*\*", notebook.cells[0].source)
    question = words.render(asked[1]) if asked else ""
    title = words.renderInline(_title(notebook))
    return f'<section class="opening"><h1>{title}</h1>{question}</section>'


def _figure(heading: str, caption: str, file: str, alt: str, words: MarkdownIt) -> str:
    """A figure with what it shows as title, and its caption beside or below it.

    The title is the caption's first sentence if it is short, else the section's.
    """
    first, *rest = ENDS.split(caption)
    where, title = heading, first.rstrip(".")
    if len(title) > TITLE:
        where, title, rest = "", heading, [first, *rest]
    with Image.open(project_root() / file) as picture:
        is_tall = picture.width < 1.3 * picture.height
    return (
        f'<section class="figure"><p class="where">{words.renderInline(where)}</p>'
        f'<h2>{words.renderInline(title)}</h2><div class="{"tall" if is_tall else ""}">'
        f'<img src="{file}" alt="{html.escape(alt)}">'
        f"<p>{words.renderInline(' '.join(rest))}</p></div></section>"
    )


def _points(heading: str, text: str, words: MarkdownIt) -> str:
    """The sentences of a paragraph, one below the other."""
    each = ENDS.split(text.partition("\n\n")[0])
    points = "".join(f"<li>{words.renderInline(sentence)}</li>" for sentence in each)
    where = f'<p class="where">{words.renderInline(heading)}</p>'
    return f'<section class="points">{where}<ul>{points}</ul></section>'


def _statements(heading: str, text: str, words: MarkdownIt) -> Iterator[str]:
    """The formulas and questions in a piece of prose, in their order."""
    where = f'<p class="where">{words.renderInline(heading)}</p>'
    found = [(m.start(), m[0], "formula") for m in FORMULA.finditer(text)]
    found += [(m.start(), m[1], "question") for m in PREDICT.finditer(text)]
    for _, said, kind in sorted(found):
        body = words.render(said[0].upper() + said[1:])
        yield f'<section class="{kind}">{where}{body}</section>'
