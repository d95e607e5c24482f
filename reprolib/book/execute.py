"""Runs one chapter: parameters checked, progress shown, a failure kept and named."""

import argparse
import ast
import hashlib
import os
import re
import sys
import tempfile
import time
from pathlib import Path

import jupytext
import nbformat
from nbclient.exceptions import CellTimeoutError, DeadKernelError
from nbformat import NotebookNode
from papermill import execute_notebook
from papermill.exceptions import PapermillExecutionError
from traitlets.config import Config

from reprolib import settings
from reprolib.book import run
from reprolib.errors import ReproError
from reprolib.study import provenance

KERNEL = {"name": "python3", "display_name": "Python 3", "language": "python"}
# Seconds one cell may take; a cell of the paper's own size may train for days.
CELL_SECONDS = {"smoke": 300, "quick": 1800}
FAILURES = (PapermillExecutionError, CellTimeoutError, DeadKernelError, RuntimeError)


def chapters(folder: Path | None = None) -> list[str]:
    """The names of all chapters, in order: `00_start`, `01_data`, ..."""
    folder = folder or provenance.project_root() / "notebooks"
    return sorted(p.stem for p in folder.glob("[0-9][0-9]_*.py"))


def source(chapter: str, folder: Path | None = None) -> Path:
    """The `.py` of a chapter, named whole (`04_training`) or by its number (`4`)."""
    folder = folder or provenance.project_root() / "notebooks"
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


def opened(options: argparse.Namespace, name: str = "") -> run.Run:
    """The run that the options of a command mean; errors as in `run.open_run`."""
    where = options.profile, options.dataset, options.data_root, options.runs
    return run.open_run(name, *where, **given(dict(options.p), {}))


def given(asked: dict[str, object], defaults: dict[str, object]) -> dict[str, object]:
    """Of the parameters `asked` for, those that change a default.

    Texts become what the default is. Raises `ReproError` for a name that neither the
    chapter nor the settings have.
    """
    allowed = sorted({*defaults, *settings.GROUP_OF})
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


def run_chapter(
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

    It and `results.json` lie in `runs/<dataset>-<profile>/<chapter>/`, or with changed
    settings beside that. `asked` holds further parameters. A notebook that fails is
    kept as `<chapter>.failed.ipynb`, and `ReproError` names the cell. Raises the same
    for an unknown parameter or profile.
    """
    path = source(chapter, folder)
    notebook = load(path)
    runs_root = run.whole(runs_root)
    if runs_root == str(run.runs_folder()):
        runs_root = ""
    where = {"profile": profile, "dataset": dataset, "runs_root": runs_root}
    where |= {"data_root": run.whole(data_root)} | (asked or {})
    changed = given(where, parameters(notebook, path))
    names = ("profile", "dataset", "data_root", "runs_root")
    other = {k: v for k, v in changed.items() if k in settings.GROUP_OF}
    opened = run.open_run(path.stem, *(where[n] for n in names), **other)
    opened.folder.mkdir(parents=True, exist_ok=True)
    seconds = cell_seconds or CELL_SECONDS.get(opened.profile)
    return _execute(notebook, path, changed, opened.folder, seconds)


def _execute(notebook, path, changed, target, seconds) -> Path:
    """Run the cells with papermill; the notebook gets its name when all were good."""
    good, failed, running = (
        target / f"{path.stem}{kind}.ipynb" for kind in ("", ".failed", ".running")
    )
    record = target / "results.json"
    for old in (failed, record):
        old.unlink(missing_ok=True)
    say = Progress(path, sum(c.cell_type == "code" for c in notebook.cells))
    os.environ["TQDM_DISABLE"] = "1"  # a bar has no place in the executed notebook
    try:
        with tempfile.TemporaryDirectory(prefix="kernel-") as sockets:
            execute_notebook(
                notebook,
                re.sub(r"([{}])", r"\1\1", str(running)),  # papermill fills braces in
                changed,
                kernel_name=KERNEL["name"],
                cwd=str(path.parent),
                progress_bar=False,
                execution_timeout=seconds,
                coalesce_streams=True,
                on_cell_start=say.starts,
                extra_arguments=["--IPKernelApp.log_level=CRITICAL"],
                config=_through(sockets),
            )
    except FAILURES as error:
        if running.exists():
            os.replace(running, failed)
        raise ReproError(
            f"{path.name}: code cell {say.number} of {say.total}, `{say.line}`, failed:"
            f" {_reason(error, seconds)} The notebook up to there: {failed}"
        ) from error
    finally:
        os.environ.pop("TQDM_DISABLE")
    os.replace(running, good)
    if not record.exists():
        raise ReproError(f"{path.name}: ran, but wrote no record; expected {record}.")
    run.read(record)
    say(f"done in {run.duration(time.monotonic() - say.start)}")
    return good


def _through(folder: str) -> Config:
    """The kernel is spoken to through files: two that start at once share no port."""
    return Config(KernelManager={"transport": "ipc", "ip": f"{folder}/socket"})


class Progress:
    """Says on stderr which cell of a chapter runs, every ten seconds."""

    def __init__(self, path: Path, total: int):
        self.title, self.total, self.number, self.line = path.stem, total, 0, ""
        self.start = self.said = time.monotonic()
        self("starts")

    def __call__(self, text: str) -> None:
        print(f"[{self.title.replace('_', ' ')}] {text}", file=sys.stderr, flush=True)

    def starts(self, cell: NotebookNode, cell_index: int) -> None:
        """Called by papermill before each cell."""
        if cell.cell_type != "code":
            return
        self.number += 1
        self.total = max(self.total, self.number)
        self.line = cell.source.strip().split("\n")[0]
        now = time.monotonic()
        if now - self.said >= 10:
            left = (now - self.start) / self.number * (self.total - self.number)
            self(f"cell {self.number}/{self.total} · about {run.duration(left)} left")
            self.said = now


def _reason(error: Exception, seconds: int | None) -> str:
    """The last line of what went wrong in a cell."""
    if isinstance(error, CellTimeoutError):
        return f"it took longer than {run.duration(seconds)}."
    if isinstance(error, PapermillExecutionError):
        return f"{error.ename}: {error.evalue.strip().split(chr(10))[-1]}"
    return f"{error} (was there enough memory?)"
