"""The runner of one chapter: what it refuses, keeps, names and leaves."""

import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import book
import nbformat
import pytest
from book import HEAD

from reprolib import settings
from reprolib.book import execute, publish
from reprolib.book.run import read
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
    assert execute.chapters() == ["00_start", "04_training", "10_end"]
    assert execute.source("4") == execute.source("04_training")
    for unknown in ("5", "training", "../00_start"):
        with pytest.raises(ReproError, match="00_start, 04_training, 10_end"):
            execute.source(unknown)


def test_a_good_run_leaves_notebook_and_record(folder, tmp_path, capsys):
    loop = (
        "\n# %%\nfrom tqdm import tqdm\nfor k in tqdm(range(3), 'aligned'):\n    pass\n"
    )
    path = book.chapter(folder, "00_start", loop)
    done = execute.run_chapter("00_start", profile="quick")
    assert done == tmp_path / "runs" / "drawn-quick" / "00_start" / "00_start.ipynb"
    assert sorted(p.name for p in done.parent.iterdir()) == [
        "00_start.ipynb",
        "results.json",
    ]
    assert publish.check_executed(done) == 4
    # A default run is the source, cell for cell, and holds nothing of the bar.
    publish.check_pair(path, done)
    outputs = [c.get("outputs") for c in nbformat.read(done, 4).cells]
    assert [o for o in outputs if o] == []
    lines = capsys.readouterr().err.splitlines()
    assert lines[0] == "[00 start] starts"
    assert lines[-1].startswith("[00 start] done in ")


@pytest.mark.parametrize(
    ("asked", "named"),
    [
        ({"stepz": 1}, "stepz.*steps"),
        ({"seed": "zero"}, "seed.*int"),
        ({"seed": 1.5}, "seed.*int"),
        ({"steps": "many"}, "steps.*int"),
        ({"dataset": "duke"}, "duke.*drawn.*viper"),
        ({"profile": "fast"}, "fast.*smoke, quick, paper"),
        ({"margin": [1]}, "margin"),
        ({"margin": "-1"}, "margin = -1.*at least 0"),
        ({"decay_at": "[1.0]"}, "decay_at.*less than 1"),
    ],
)
def test_a_bad_parameter_is_refused_before_anything_runs(
    folder, tmp_path, asked, named
):
    book.chapter(folder, "00_start")
    with pytest.raises(ReproError, match=named):
        execute.run_chapter("00_start", asked=asked)
    assert not (tmp_path / "runs").exists()


def test_a_failing_cell_is_named_and_its_notebook_kept(folder, tmp_path):
    cell = "# %%\nprint('so far')\n\n# %%\nx = [\n    1 / 0,\n]\n\n# %%\n1\n"
    path = book.chapter(folder, "00_start", end="")
    path.write_text(path.read_text().split("# %%\nfrom")[0] + cell)
    place = tmp_path / "runs" / "drawn-quick" / "00_start"
    place.mkdir(parents=True)
    (place / "results.json").write_text("of an older run")
    with pytest.raises(ReproError) as error:
        execute.run_chapter("00_start")
    told = "code cell 3 of 4, `x = [`, failed: ZeroDivisionError: division by zero"
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
        execute.run_chapter("00_start", cell_seconds=1)
    assert f"`{cell}`" in str(error.value)
    assert list(tmp_path.glob("runs/*/*/*.failed.ipynb"))


def test_a_chapter_without_record_is_refused(folder):
    path = book.chapter(folder, "00_start", end="")
    path.write_text(path.read_text().split("# %%\nfrom")[0] + "# %%\n1\n")
    with pytest.raises(ReproError, match="wrote no record"):
        execute.run_chapter("00_start")


def test_a_kernel_takes_no_port_that_another_could_take_too(folder):
    cell = (
        "\n# %%\nfrom ipykernel.kernelapp import IPKernelApp\n"
        "assert IPKernelApp.instance().transport == 'ipc'\n"
    )
    book.chapter(folder, "00_start", cell)
    assert execute.run_chapter("00_start").exists()


@pytest.mark.parametrize("cells", ["", "# %% tags=['parameters']\na: int = 1\n" * 2])
def test_exactly_one_parameters_cell(folder, cells):
    (folder / "00_start.py").write_text(cells.replace("'", '"'))
    with pytest.raises(ReproError, match="tagged parameters; expected one"):
        execute.run_chapter("00_start")


def test_papermill_itself_runs_a_pair(folder, tmp_path):
    publish.sync(book.chapter(folder, "00_start"))
    command = [sys.executable, "-m", "papermill", "notebooks/00_start.ipynb"]
    command += ["out.ipynb", "-p", "profile", "smoke", "-p", "steps", "3"]
    subprocess.run(command, check=True, capture_output=True)
    record = read(tmp_path / "runs" / "drawn-smoke-steps=3/00_start/results.json")
    assert record["parameters"]["steps"] == 3


def test_parameters_take_effect_and_a_chapters_own_names_do_not(folder, tmp_path):
    """The opening may run again below `height = 3`: only what was injected counts."""
    again = HEAD.partition("# %%\nfrom")[2].replace("{name}", "00_start")
    body = "\n# %%\nheight, margin, steps = 3, 7, 5\n\n# %%\nfrom" + again
    book.chapter(folder, "00_start", body)
    runs = tmp_path / "elsewhere {x}"
    usual = execute.run_chapter("0", profile="smoke", runs_root=str(runs))
    assert usual.parents[1] == runs / "drawn-smoke"
    wanted = settings.load("smoke")
    assert read(usual.parent / "results.json")["parameters"] == wanted.as_dict()
    before = {p: p.read_bytes() for p in runs.rglob("*.*")}
    asked = {"class_mutual_weight": "1.0", "steps": "30", "doses": "[0.5]", "seed": "2"}
    done = execute.run_chapter("0", profile="smoke", runs_root=str(runs), asked=asked)
    found = read(done.parent / "results.json")
    other = wanted.changed(class_mutual_weight=1.0, steps=30, doses=(0.5,))
    assert found["parameters"] == other.as_dict()
    assert (found["scores"]["steps"], found["seed"]) == (30, 2)
    # The usual run beside it is byte for byte what it was.
    assert before == {p: p.read_bytes() for p in before}
    assert done.parents[1] != usual.parents[1]


def test_progress_is_a_line_every_ten_seconds(folder, tmp_path, capsys, monkeypatch):
    clock = iter(range(0, 1000, 6))
    monkeypatch.setattr(execute.time, "monotonic", lambda: next(clock))
    say = execute.Progress(Path("04_training.py"), 3)
    cell = SimpleNamespace(cell_type="code", source="x = 1\ny = 2")
    for index in range(3):
        say.starts(cell, index)
        say.starts(SimpleNamespace(cell_type="markdown", source="# Title"), index)
    assert capsys.readouterr().err.splitlines() == [
        "[04 training] starts",
        "[04 training] cell 2/3 · about 6 s left",
    ]
    assert (say.number, say.line) == (3, "x = 1")


def test_cell_ids_depend_on_the_content_alone(folder):
    path = book.chapter(folder, "00_start", "\n# %%\n1\n\n# %%\n1\n")
    first, again = execute.load(path), execute.load(path)
    ids = [c.id for c in first.cells]
    assert ids == [c.id for c in again.cells]
    assert len(set(ids)) == len(ids)
