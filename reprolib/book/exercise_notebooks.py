"""The exercise version of the chapters: solutions cut out, for `make exercises`.

A solution is a cell tagged `solution` in a chapter's `.py`; the cell after it calls
`check`. What remains of it is the head of each function, with its docstring.
"""

import ast
from pathlib import Path

import nbformat

from reprolib.book import execute
from reprolib.study.provenance import project_root
from reprolib.study.store import write_text

TAG = "solution"


def build() -> list[Path]:
    """Write each chapter that has solutions to `exercises/`; what was written."""
    folder, written = project_root() / "exercises", []
    for name in execute.chapters():
        notebook = execute.load(execute.source(name))
        solutions = [c for c in notebook.cells if TAG in c.metadata.get("tags", ())]
        for cell in solutions:
            cell.source = stub(cell.source)
            cell.metadata["tags"] = []
        if solutions:
            path = folder / f"{name}.ipynb"
            write_text(path, nbformat.writes(notebook))
            written.append(path)
    return written


def stub(source: str) -> str:
    """The functions of a solution without their bodies; what is no function goes."""
    kept = []
    for node in ast.parse(source).body:
        if isinstance(node, ast.FunctionDef):
            lines = source.splitlines()
            first = node.body[0]
            has_words = ast.get_docstring(node) is not None
            last = first.end_lineno if has_words else first.lineno - 1
            head = lines[node.lineno - 1 : last]
            kept.append("\n".join([*head, "    ...  # your answer"]))
    return "\n\n\n".join(kept)
