"""Executed notebooks made fit to be read where they lie, and their figures."""

import base64
import json
import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import jupytext
import nbformat
from nbformat import NotebookNode

from reprolib.book import execute, run
from reprolib.data import digest
from reprolib.errors import ReproError
from reprolib.study import provenance

# What a chapter's outputs depend on beside its own code cells.
ROOMS = (
    *("alignment", "data", "evaluation", "human", "losses.py", "networks"),
    *("reranking.py", "settings", "study", "training"),
    *("book/figures.py", "book/reported.py", "book/reported.csv"),
    *("book/diagrams.py", "book/glossary.py", "book/glossary.csv"),
    *("book/answer.py", "book/bets.py", "book/benchmark.py", "book/checks.py"),
    "book/exercises",
)
FACTS = ("profile", "dataset", "seed", "commit", "versions", "hardware", "seconds")
SUFFIX = {"image/svg+xml": ".svg", "image/png": ".png"}
KEPT = ("tags", "mystnb")
CAPTION = {"reprolib": "caption"}  # marks the output that shows a figure's caption
# What no lecturer would put on a slide: the opening of a chapter, its record, and cells
# with the tag, which put tables together.
MACHINERY = ("= book.open(", "run.write(")
TAG = "machinery"


def code_digest(py: Path) -> str:
    """A digest of all code that decides a chapter's outputs, prose left out."""
    cells = [c.source for c in execute.load(py).cells if c.cell_type == "code"]
    package = Path(__file__).parents[1]
    return digest.of([cells, digest.code(*(package / room for room in ROOMS))])


def check_pair(py: Path, ipynb: Path) -> None:
    """Raise `ReproError` that names the first cell in which a pair differs.

    Compared are kind, source, tags and captions of the cells, never times or outputs.
    """
    if not ipynb.exists():
        raise ReproError(f"{ipynb}: missing; make it with `make notebooks`.")
    pair = [[_content(c) for c in jupytext.read(path).cells] for path in (py, ipynb)]
    for number, (one, other) in enumerate(zip(*pair, strict=False), 1):
        if one != other:
            raise ReproError(
                f"cell {number} of {ipynb.name} is not that of {py.name}; "
                "bring them together with `make notebooks`."
            )
    if len(pair[0]) != len(pair[1]):
        raise ReproError(
            f"{ipynb.name} has {len(pair[1])} cells, {py.name} {len(pair[0])}; "
            "bring them together with `make notebooks`."
        )


def _content(cell: NotebookNode) -> tuple:
    kept = {k: cell.metadata[k] for k in KEPT if cell.metadata.get(k)}
    return cell.cell_type, cell.source.strip(), json.dumps(kept, sort_keys=True)


def check_executed(path: Path) -> int:
    """The number of code cells, all of which ran in order and without an error.

    Raises `ReproError` otherwise, also for a notebook in which no cell ran.
    """
    if not path.exists():
        raise ReproError(f"{path}: missing; this chapter did not run to its end.")
    cells = [
        c
        for c in nbformat.read(path, as_version=4).cells
        if c.cell_type == "code" and c.source.strip()
    ]
    for number, cell in enumerate(cells, 1):
        if cell.execution_count != number:
            raise ReproError(f"{path}: code cell {number} did not run in its turn.")
        if any(o.output_type == "error" for o in cell.outputs):
            raise ReproError(f"{path}: code cell {number} ended in an error.")
    if not cells:
        raise ReproError(f"{path}: no cell ran.")
    return len(cells)


def sync(py: Path) -> Path:
    """Bring a chapter's `.ipynb` up to its `.py`; unchanged cells keep their outputs.

    The digest of its code and its provenance stay those of the last published run.
    """
    notebook, target = execute.load(py), py.with_suffix(".ipynb")
    if target.exists():
        old = nbformat.read(target, as_version=4)
        ran = {c.id: c for c in old.cells if c.cell_type == "code"}
        notebook.metadata = old.metadata
        for cell in notebook.cells:
            if cell.cell_type == "code" and cell.id in ran:
                cell.outputs = ran[cell.id].outputs
                cell.execution_count = ran[cell.id].execution_count
    _show_captions(notebook, int(py.stem[:2]))
    _fold(notebook)
    _write(notebook, target)
    return target


def publish(runs_root: str = "") -> int:
    """Refresh `notebooks/*.ipynb` and `figures/` from the run at quick; count figures.

    Nothing is changed unless every chapter ran whole from today's source; otherwise
    `ReproError` names the chapter.
    """
    root = provenance.project_root()
    base = run.open_run("", "quick", runs_root=runs_root).base
    with tempfile.TemporaryDirectory(dir=root, prefix=".publish-") as folder:
        aside, entries = Path(folder), []
        (aside / "figures").mkdir()
        for name in execute.chapters():
            notebook, record = _executed(base / name, root / "notebooks" / f"{name}.py")
            _write(notebook, aside / f"{name}.ipynb")
            entries += _figures(notebook, record, aside / "figures")
        text = json.dumps({"figures": entries}, indent=1, ensure_ascii=False)
        (aside / "figures" / "manifest.json").write_text(text + "\n", encoding="utf-8")
        for path in aside.glob("*.ipynb"):
            os.replace(path, root / "notebooks" / path.name)
        shutil.rmtree(root / "figures", ignore_errors=True)
        os.replace(aside / "figures", root / "figures")
    return len(entries)


def _executed(folder: Path, py: Path) -> tuple[NotebookNode, dict]:
    """A run's notebook without its times and paths, with its provenance."""
    path = folder / f"{py.stem}.ipynb"
    check_executed(path)
    check_pair(py, path)
    record = run.read(folder / "results.json")
    ran, notebook = nbformat.read(path, as_version=4), execute.load(py)
    for cell, done in zip(notebook.cells, ran.cells, strict=True):
        if cell.cell_type == "code":
            cell.outputs, cell.execution_count = done.outputs, done.execution_count
    _show_captions(notebook, int(py.stem[:2]))
    _fold(notebook)
    facts = {k: record[k] for k in FACTS}
    notebook.metadata["reprolib"] = {"code": code_digest(py), **facts}
    return notebook, record


def captioned(notebook: NotebookNode, chapter: int) -> Iterator[tuple]:
    """The cell of every figure of a chapter, and its caption with its number."""
    cells = (c for c in notebook.cells if c.metadata.get("mystnb", {}).get("figure"))
    for number, cell in enumerate(cells, 1):
        caption = cell.metadata["mystnb"]["figure"]["caption"]
        yield cell, f"**Figure {chapter}.{number}.** {caption}"


def _show_captions(notebook: NotebookNode, chapter: int) -> None:
    """Put each figure's caption, numbered, below it as an output of its cell."""
    for cell, caption in captioned(notebook, chapter):
        text = {"text/markdown": caption}
        kept = [o for o in cell.outputs if o.get("metadata") != CAPTION]
        below = nbformat.v4.new_output("display_data", text, metadata=CAPTION)
        cell.outputs = [*kept, below] if kept else []


def _fold(notebook: NotebookNode) -> None:
    """Close the machinery of a chapter: Jupyter shows three dots, which open it."""
    for cell in notebook.cells:
        if is_machinery(cell):
            cell.metadata["jupyter"] = {"source_hidden": True}


def is_machinery(cell: NotebookNode) -> bool:
    """Whether a cell draws a figure, opens a chapter, keeps its record or is tagged."""
    closed = "figure" in cell.metadata.get("mystnb", {})
    closed |= TAG in cell.metadata.get("tags", ())
    closed |= any(words in cell.source for words in MACHINERY)
    return closed and cell.cell_type == "code"


def _figures(notebook: NotebookNode, record: dict, folder: Path) -> list[dict]:
    """Write the figures of a chapter to `folder`; their lines of the manifest."""
    chapter, entries = record["name"], []
    for number, cell in enumerate(notebook.cells):
        figure = cell.metadata.get("mystnb", {}).get("figure")
        if not figure:
            continue
        images = [o.data for o in cell.outputs if set(SUFFIX) & set(o.get("data", ()))]
        if len(images) != 1:
            raise ReproError(
                f"{chapter}, figure {figure['name']}: its cell left {len(images)} "
                "images; expected one."
            )
        kind = next(k for k in SUFFIX if k in images[0])
        path = folder / f"{chapter[:2]}_{figure['name']}{SUFFIX[kind]}"
        data = images[0][kind]
        path.write_bytes(
            data.encode() if kind == "image/svg+xml" else base64.b64decode(data)
        )
        entries.append(
            {
                "file": path.name,
                "chapter": chapter,
                "cell": number,
                "run": f"{record['dataset']}-{record['profile']}/{chapter}",
                "parameters": {k: record[k] for k in ("profile", "dataset", "seed")},
                "commit": record["commit"],
                "caption": figure["caption"],
                "alt": cell.metadata["mystnb"]["image"]["alt"],
            }
        )
    return entries


def _write(notebook: NotebookNode, path: Path) -> None:
    notebook.nbformat, notebook.nbformat_minor = 4, 5
    nbformat.validate(notebook)
    partial = path.with_suffix(".part")
    nbformat.write(notebook, partial)
    os.replace(partial, path)
