"""The runner of one chapter: what it refuses, keeps, names and leaves."""

import subprocess
import sys

import book
import nbformat
import pytest

from reprolib.book import execute as notebooks, publish as publishing, run as records
from reprolib.errors import ReproError


@pytest.fixture
def folder(tmp_path, monkeypatch):
    made = book.project(tmp_path)
    monkeypatch.chdir(tmp_path)
    return made


def test_chapters_come_in_order_and_answer_to_their_number(folder):
    for name in ("10_end", "00_start", "04_training"):
        book.chapter(folder, name)
    (folder / "notes.py").touch()
    assert notebooks.chapters() == ["00_start", "04_training", "10_end"]
    assert notebooks.source("4") == notebooks.source("04_training")
    for unknown in ("5", "training", "../00_start"):
        with pytest.raises(ReproError, match="00_start, 04_training, 10_end"):
            notebooks.source(unknown)


def test_a_good_run_leaves_notebook_and_record(folder, tmp_path, capsys):
    loop = "\n# %%\nfor k in progress.track(range(3), 'aligned'):\n    pass\n"
    path = book.chapter(folder, "00_start", loop)
    done = notebooks.run("00_start", profile="quick")
    assert done == tmp_path / "runs" / "drawn-quick" / "00_start" / "00_start.ipynb"
    assert sorted(p.name for p in done.parent.iterdir()) == [
        "00_start.ipynb",
        "results.json",
    ]
    assert publishing.check_executed(done) == 4
    # A default run is the source, cell for cell, and holds nothing of the bar.
    publishing.check_pair(path, done)
    outputs = [c.get("outputs") for c in nbformat.read(done, 4).cells]
    assert [o for o in outputs if o] == []
    lines = capsys.readouterr().err.splitlines()
    assert lines[0] == "[00 start] starts"
    assert lines[-1].startswith("[00 start] done in ")


def test_parameters_take_effect(folder, tmp_path):
    book.chapter(folder, "00_start")
    asked = {"steps": "7", "seeds": "[5]", "seed": "2"}
    runs = str(tmp_path / "elsewhere {x}")
    done = notebooks.run("0", profile="smoke", runs_root=runs, asked=asked)
    assert done.is_relative_to(runs)
    record = records.read(done.parent / "results.json")
    assert record["parameters"]["steps"] == record["scores"]["steps"] == 7
    assert record["parameters"]["seeds"] == [5]


@pytest.mark.parametrize(
    ("asked", "named"),
    [
        ({"stepz": 1}, "stepz.*seeds.*steps"),
        ({"seed": "zero"}, "seed.*int"),
        ({"seed": 1.5}, "seed.*int"),
        ({"steps": "many"}, "steps.*int"),
        ({"dataset": "duke"}, "duke.*drawn.*viper"),
        ({"profile": "fast"}, "fast.*smoke, quick, paper"),
        ({"margin": [1]}, "margin"),
    ],
)
def test_a_bad_parameter_is_refused_before_anything_runs(
    folder, tmp_path, asked, named
):
    book.chapter(folder, "00_start")
    with pytest.raises(ReproError, match=named):
        notebooks.run("00_start", asked=asked)
    assert not (tmp_path / "runs").exists()


def test_a_failing_cell_is_named_and_its_notebook_kept(folder, tmp_path):
    cell = "\n# %%\nprint('so far')\n\n# %%\nx = [\n    1 / 0,\n]\n"
    book.chapter(folder, "00_start", cell)
    place = tmp_path / "runs" / "drawn-quick" / "00_start"
    place.mkdir(parents=True)
    (place / "results.json").write_text("of an older run")
    with pytest.raises(ReproError) as error:
        notebooks.run("00_start")
    told = "code cell 4 of 5, `x = [`, failed: ZeroDivisionError: division by zero"
    assert told in str(error.value)
    assert [p.name for p in place.iterdir()] == ["00_start.failed.ipynb"]
    kept = nbformat.read(place / "00_start.failed.ipynb", 4)
    assert any("so far" in str(c.get("outputs")) for c in kept.cells)


@pytest.mark.parametrize(
    ("cell", "why"),
    [
        ("import time; time.sleep(60)", "longer than 1 s"),
        ("import os; os._exit(9)", "Kernel died"),
    ],
)
def test_a_cell_that_hangs_or_kills_its_kernel_is_named(folder, tmp_path, cell, why):
    path = book.chapter(folder, "00_start", end="")
    path.write_text(path.read_text().split("# %%\nfrom")[0] + f"# %%\n{cell}\n")
    with pytest.raises(ReproError, match=why) as error:
        notebooks.run("00_start", cell_seconds=1)
    assert f"`{cell}`" in str(error.value)
    assert list(tmp_path.glob("runs/*/*/*.failed.ipynb"))


def test_a_chapter_without_record_is_refused(folder):
    path = book.chapter(folder, "00_start", end="")
    path.write_text(path.read_text().split("# %%\nfrom")[0] + "# %%\n1\n")
    with pytest.raises(ReproError, match="wrote no record"):
        notebooks.run("00_start")


@pytest.mark.parametrize("cells", ["", "# %% tags=['parameters']\na: int = 1\n" * 2])
def test_exactly_one_parameters_cell(folder, cells):
    (folder / "00_start.py").write_text(cells.replace("'", '"'))
    with pytest.raises(ReproError, match="tagged parameters; expected one"):
        notebooks.run("00_start")


def test_papermill_itself_runs_a_pair(folder, tmp_path):
    publishing.sync(book.chapter(folder, "00_start"))
    command = [sys.executable, "-m", "papermill", "notebooks/00_start.ipynb"]
    command += ["out.ipynb", "-p", "profile", "smoke", "-p", "steps", "3"]
    subprocess.run(command, check=True, capture_output=True)
    record = records.read(tmp_path / "runs" / "drawn-smoke/00_start/results.json")
    assert record["parameters"]["steps"] == 3


def test_the_published_time_is_expected_of_the_same_profile(folder):
    path = book.chapter(folder, "00_start")
    assert notebooks.expected(path, "quick", "drawn") is None
    notebook = notebooks.load(path)
    facts = {"profile": "quick", "dataset": "drawn", "seconds": 95}
    notebook.metadata["reprolib"] = facts
    nbformat.write(notebook, path.with_suffix(".ipynb"))
    assert notebooks.expected(path, "quick", "drawn") == 95
    assert notebooks.expected(path, "smoke", "drawn") is None
    assert notebooks.expected(path, "quick", "viper") is None


def test_cell_ids_depend_on_the_content_alone(folder):
    path = book.chapter(folder, "00_start", "\n# %%\n1\n\n# %%\n1\n")
    first, again = notebooks.load(path), notebooks.load(path)
    ids = [c.id for c in first.cells]
    assert ids == [c.id for c in again.cells]
    assert len(set(ids)) == len(ids)
