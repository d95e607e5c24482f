"""Where the living figures stand in the site's copies of the chapters.

The notebooks keep their pictures and hold none of them.
"""

import nbformat
from nbformat import NotebookNode

from reprolib.book import living

# By chapter: the name of a published figure, or words of a cell (with a space in them)
# where there is no figure, and the living figure that follows it.
PLACES = {
    1: {"Every right picture has the same weight": "cmc"},
    2: {"distances-and-totals": "shortest-path", "moving-box": "drag-the-box"},
    3: {"hard-triplets": "hardest-triplets", "with_zg = (": "stop-gradient"},
    4: {"embeddings": "embedding"},
    5: {"dose-response": "dose"},
}


def place(notebook: NotebookNode, chapter: int) -> NotebookNode:
    """Put a chapter's living figures, as raw HTML, behind the cells they belong to."""
    cells = []
    for cell in notebook.cells:
        cells.append(cell)
        for after, name in PLACES.get(chapter, {}).items():
            if belongs(cell, after):
                cells.append(raw(living.html(name)))
    notebook.cells = cells
    return notebook


def belongs(cell: NotebookNode, after: str) -> bool:
    """Whether a cell makes the published figure `after`, or says these words."""
    figure = cell.metadata.get("mystnb", {}).get("figure", {}).get("name")
    return after == figure or (" " in after and after in cell.source)


def raw(html: str) -> NotebookNode:
    """A Markdown cell that Sphinx passes on as it is."""
    return nbformat.v4.new_markdown_cell(f"`````{{raw}} html\n{html}\n`````")
