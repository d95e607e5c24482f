"""The exercise version of the chapters: answers cut out, for `make exercises`.

An answer is a cell tagged `solution` in a chapter's `.py`: functions, which the cell
after it hands to `check`, or a call of `choose`. What remains of a function is its head
with its docstring, and dots stand in place of a chosen letter.
"""

import ast
from pathlib import Path

import nbformat

from reprolib.book import execute
from reprolib.study.provenance import project_root
from reprolib.study.store import write_text

TAG = "solution"
HOW = """**This is the exercise version of the chapter.** Its last section, *Check
yourself*, has blanks, marked `your answer`. Run the first two code cells of the chapter
and then those of that section. Write each function's body, or a letter in place of the
dots; running that cell, or the check below it, tells you whether you are right, and if
not, why. Keep your work under another name: `make exercises` writes this file anew."""


def build(folder: Path | None = None) -> list[Path]:
    """Write each chapter that has answers to `folder` (exercises/); the files."""
    folder, written = folder or project_root() / "exercises", []
    for name in execute.chapters():
        notebook = execute.load(execute.source(name))
        answers = [c for c in notebook.cells if TAG in c.metadata.get("tags", ())]
        for cell in answers:
            cell.source = stub(cell.source)
            cell.metadata["tags"] = []
        if answers:
            note = nbformat.v4.new_markdown_cell(HOW.replace("\n", " "), id="exercises")
            notebook.cells.insert(1, note)
            path = folder / f"{name}.ipynb"
            write_text(path, nbformat.writes(notebook))
            written.append(path)
    return written


def stub(source: str) -> str:
    """An answer with blanks: heads of functions, dots for letters; all else goes."""
    blanks = (_blank(node, source.splitlines()) for node in ast.parse(source).body)
    return "\n\n\n".join(blank for blank in blanks if blank)


def _blank(node: ast.stmt, lines: list[str]) -> str:
    if isinstance(node, ast.FunctionDef):
        first = node.body[0]
        has_words = ast.get_docstring(node) is not None
        last = first.end_lineno if has_words else first.lineno - 1
        return "\n".join([*lines[node.lineno - 1 : last], "    ...  # your answer"])
    match node:
        case ast.Expr(ast.Call(ast.Name("choose"), [question, _])):
            return f'choose("{question.value}", ...)  # your answer, a letter'
    return ""
