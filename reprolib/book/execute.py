"""Runs one chapter: parameters checked, progress shown, a failure kept and named."""

import ast
import hashlib
import os
import re
from pathlib import Path

import jupytext
import nbformat
from nbclient.exceptions import CellTimeoutError, DeadKernelError
from nbformat import NotebookNode
from papermill import execute_notebook
from papermill.exceptions import PapermillExecutionError

from reprolib import settings as profiles
from reprolib.book import run as records
from reprolib.errors import ReproError
from reprolib.progress import Watch, duration

KERNEL = {"name": "python3", "display_name": "Python 3", "language": "python"}
# Seconds one cell may take; a cell of the paper's own size may train for days.
CELL_SECONDS = {"smoke": 300, "quick": 1800}
FAILURES = (PapermillExecutionError, CellTimeoutError, DeadKernelError, RuntimeError)


def chapters(folder: Path | None = None) -> list[str]:
    """The names of all chapters, in order: `00_start`, `01_data`, ..."""
    folder = folder or records.project_root() / "notebooks"
    return sorted(p.stem for p in folder.glob("[0-9][0-9]_*.py"))


def source(chapter: str, folder: Path | None = None) -> Path:
    """The `.py` of a chapter, named whole (`04_training`) or by its number (`4`)."""
    folder = folder or records.project_root() / "notebooks"
    names = chapters(folder)
    number = f"{int(chapter):02d}_" if chapter.isdecimal() else ""
    found = [n for n in names if n == chapter or (number and n.startswith(number))]
    if not found:
        raise ReproError(
            f"no chapter {chapter!r} in {folder}; expected one of {', '.join(names)}."
        )
    return folder / f"{found[0]}.py"


def load(path: Path) -> NotebookNode:
    """A chapter as a notebook, from its `.py`; cell ids depend on the content alone."""
    notebook = jupytext.read(path)
    notebook.metadata = nbformat.from_dict({"kernelspec": KERNEL})
    seen: dict[str, int] = {}
    for cell in notebook.cells:
        digest = hashlib.sha256(cell.source.encode()).hexdigest()[:10]
        seen[digest] = seen.get(digest, 0) + 1
        cell.id = f"{digest}-{seen[digest]}"
    return notebook


def digest(path: Path) -> str:
    """The sha256 of a chapter's source."""
    return hashlib.sha256(path.read_bytes()).hexdigest()


def parameters(notebook: NotebookNode, path: Path) -> dict[str, object]:
    """Names and defaults in the one cell tagged `parameters`."""
    cells = [c for c in notebook.cells if "parameters" in c.metadata.get("tags", [])]
    if len(cells) != 1:
        raise ReproError(
            f"{path}: {len(cells)} cells are tagged parameters; expected one."
        )
    lines = ast.parse(cells[0].source).body
    return {
        line.target.id: ast.literal_eval(line.value)
        for line in lines
        if isinstance(line, ast.AnnAssign)
    }


def given(asked: dict[str, object], defaults: dict[str, object]) -> dict[str, object]:
    """Of the parameters `asked` for, those that change a default.

    Texts become what the default is. Raises `ReproError` for a name that neither the
    chapter nor a profile has.
    """
    allowed = sorted({*defaults, *profiles.KEYS})
    changed = {}
    for name, value in asked.items():
        if name not in allowed:
            raise ReproError(
                f"unknown parameter {name!r}; expected one of {', '.join(allowed)}."
            )
        if isinstance(value, str) and not isinstance(defaults.get(name), str):
            value = _literal(value)
        if name in defaults and not isinstance(value, type(defaults[name])):
            kind = type(defaults[name]).__name__
            raise ReproError(f"parameter {name} = {value!r}: expected {kind}.")
        if name not in defaults or value != defaults[name]:
            changed[name] = value
    return changed


def _literal(text: str) -> object:
    try:
        return ast.literal_eval(text)
    except (SyntaxError, ValueError):
        return text


def run(
    chapter: str,
    *,
    profile: str = "quick",
    dataset: str = "drawn",
    data_root: str = "",
    runs_root: str = "",
    asked: dict[str, object] | None = None,
    folder: Path | None = None,
    cell_seconds: int | None = None,
) -> Path:
    """Execute a chapter; the path of the executed notebook.

    It and `results.json` lie in `runs/<dataset>-<profile>/<chapter>/`. `asked` holds
    further parameters. A notebook that fails is kept as `<chapter>.failed.ipynb`, and
    `ReproError` names the cell. Raises the same for an unknown parameter or profile.
    """
    path = source(chapter, folder)
    notebook = load(path)
    asked = {
        "profile": profile,
        "dataset": dataset,
        "data_root": records.whole(data_root),
        "runs_root": records.whole(runs_root),
        **(asked or {}),
    }
    if asked["runs_root"] == records.whole(records.project_root() / "runs"):
        asked["runs_root"] = ""
    changed = given(asked, parameters(notebook, path))
    profile, dataset = asked["profile"], asked["dataset"]
    _check_dataset(dataset)
    profiles.settings(profile, dataset, asked | changed)
    target = records.tag_folder(asked["runs_root"], dataset, profile) / path.stem
    target.mkdir(parents=True, exist_ok=True)
    seconds = cell_seconds or CELL_SECONDS.get(profile)
    with Watch(path.stem.replace("_", " "), expected(path, profile, dataset)) as watch:
        return _execute(notebook, path, changed, target, seconds, watch)


def _check_dataset(name: str) -> None:
    if name != "drawn":  # to look the others up takes seconds, as it imports torch
        from reprolib.data import parts

        parts(name)


def expected(path: Path, profile: str, dataset: str) -> float | None:
    """Seconds the published run of a chapter took, if it had the same profile."""
    published = path.with_suffix(".ipynb")
    if not published.exists():
        return None
    facts = nbformat.read(published, as_version=4).metadata.get("reprolib", {})
    same = (facts.get("profile"), facts.get("dataset")) == (profile, dataset)
    return facts.get("seconds") if same else None


def _execute(notebook, path, changed, target, seconds, watch) -> Path:
    """Run the cells with papermill; the notebook gets its name when all were good."""
    good, failed, running = (
        target / f"{path.stem}{kind}.ipynb" for kind in ("", ".failed", ".running")
    )
    record = target / "results.json"
    for old in (failed, record):
        old.unlink(missing_ok=True)
    total = sum(c.cell_type == "code" for c in notebook.cells) + bool(changed)
    started: list[NotebookNode] = []

    def starts(cell, cell_index):
        if cell.cell_type == "code":
            started.append(cell)
            watch.part(f"cell {len(started)}/{total}")

    try:
        execute_notebook(
            notebook,
            re.sub(r"([{}])", r"\1\1", str(running)),  # papermill fills braces in
            changed,
            kernel_name=KERNEL["name"],
            cwd=str(path.parent),
            progress_bar=False,
            execution_timeout=seconds,
            coalesce_streams=True,
            on_cell_start=starts,
            extra_arguments=["--IPKernelApp.log_level=CRITICAL"],
        )
    except FAILURES as error:
        if running.exists():
            os.replace(running, failed)
        line = started[-1].source.strip().split("\n")[0] if started else ""
        raise ReproError(
            f"{path.name}: code cell {len(started)} of {total}, `{line}`, failed: "
            f"{_reason(error, seconds)}\nThe notebook up to there: {failed}"
        ) from error
    os.replace(running, good)
    if not record.exists():
        raise ReproError(f"{path.name}: ran, but wrote no record; expected {record}.")
    records.read(record)
    return good


def _reason(error: Exception, seconds: int | None) -> str:
    """The last line of what went wrong in a cell."""
    if isinstance(error, CellTimeoutError):
        return f"it took longer than {duration(seconds)}."
    if isinstance(error, PapermillExecutionError):
        lines = error.evalue.strip().split("\n")
        return f"{error.ename}: {lines[-1]}"
    return f"{error} (was there enough memory?)"
