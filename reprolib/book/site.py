"""The source of the published site: chapters and pages, laid out for Sphinx.

`make site` gathers them in `site/_source` and builds `site/_build` from there. What is
committed is the pages of `site/` and the executed notebooks; nothing is run here.
"""

import shutil
from pathlib import Path

import nbformat
from nbformat import NotebookNode

from reprolib.book import (
    exercise_notebooks,
    glossary,
    model_page,
    npm,
    publish,
    readme,
)
from reprolib.book.living import placing
from reprolib.errors import ReproError
from reprolib.study.provenance import project_root
from reprolib.study.store import write_text

TREE = "\n```{toctree}\n:hidden:\n:glob:\n\n*\n```\n"
# Folded code says what it is.
PROMPTS = {"code_prompt_show": "Show the code", "code_prompt_hide": "Hide the code"}


def gather(source: Path | None = None) -> Path:
    """Lay the source of the site out anew in `source` (site/_source); that folder.

    Raises `ReproError` where there is no notebook yet or npm cannot be reached.
    """
    root = project_root()
    source = source or root / "site" / "_source"
    shutil.rmtree(source, ignore_errors=True)
    pages = shutil.ignore_patterns("_source", "_build")
    shutil.copytree(root / "site", source, ignore=pages)
    shutil.copytree(root / "figures", source / "figures")
    shutil.copytree(root / "notebooks" / "data_sets", source / "notebooks/data_sets")
    index = source / "notebooks" / "data_sets" / "index.md"
    write_text(index, index.read_text(encoding="utf-8") + TREE)
    found = sorted((root / "notebooks").glob("*.ipynb"))
    if not found:
        raise ReproError(
            f"{root}/notebooks holds no notebook; make them: make publish."
        )
    for path in found:
        page = adapted(nbformat.read(path, as_version=4), int(path.stem[:2]))
        write_text(source / "notebooks" / path.name, nbformat.writes(page))
    exercise_notebooks.build(source / "exercises")
    for name, text in _parts().items():
        write_text(source / "_parts" / f"{name}.md", text + "\n")
    script = npm.package(npm.MATHJAX) / "es5" / "tex-svg.js"
    shutil.copy(script, source / "_static" / "tex-svg.js")
    model_page.gather(source)
    return source


def _parts() -> dict[str, str]:
    """What the front page says of results, written from the committed records."""
    return {
        "verdict": readme.answers(),
        "results": readme.block("drawn"),
        "words": glossary.table(glossary.load()),
    }


def adapted(notebook: NotebookNode, chapter: int) -> NotebookNode:
    """A chapter as the site shows it: captions set by Sphinx, folded code closed.

    In a notebook the numbered caption is an output below the figure; here the figure
    itself carries it, under the same number. Living figures follow theirs.
    """
    for cell, caption in publish.captioned(notebook, chapter):
        cell.metadata["mystnb"]["figure"]["caption"] = caption
    for cell in notebook.cells:
        if cell.cell_type != "code":
            continue
        cell.outputs = [o for o in cell.outputs if o.get("metadata") != publish.CAPTION]
        tags = set(cell.metadata.get("tags", ()))
        if (
            cell.metadata.get("jupyter", {}).get("source_hidden")
            or "parameters" in tags
        ):
            tags.add("hide-input")
        if exercise_notebooks.TAG in tags:
            tags.add("hide-cell")
        cell.metadata["tags"] = sorted(tags)
        if "hide-input" in tags:
            cell.metadata["mystnb"] = {**cell.metadata.get("mystnb", {}), **PROMPTS}
    return placing.place(notebook, chapter)
