"""A run: its settings and folder, its record, and what a missing one says."""

import json
import sys
from types import SimpleNamespace

import book
import numpy as np
import pytest
import torch

from reprolib import settings
from reprolib.book import run as runs
from reprolib.book.run import open_run
from reprolib.errors import ReproError
from reprolib.study import provenance

SETTINGS = settings.load("smoke")


@pytest.fixture
def run(tmp_path):
    return open_run("04_training", "smoke", runs_root=tmp_path, seed=3)


# Its record.


def test_a_record_holds_all_that_a_reader_asks_for(run, tmp_path):
    path = run.write({"mAP": np.float32(0.5), "cmc": torch.ones(2), "of": {"k": (1,)}})
    assert path == tmp_path / "drawn-smoke" / "04_training" / "results.json"
    record = runs.read(path)
    assert record["scores"] == {"mAP": 0.5, "cmc": [1.0, 1.0], "of": {"k": [1]}}
    assert record["parameters"] == SETTINGS.as_dict()
    facts = [record[k] for k in ("seed", "profile", "dataset", "name")]
    assert facts == [3, "smoke", "drawn", "04_training"]
    assert record["versions"]["torch"].split("+")[0] == torch.__version__.split("+")[0]
    assert record["hardware"]["cores"] >= 1
    assert 0 <= record["seconds"] < 600


@pytest.mark.parametrize(
    ("bad", "named"),
    [
        ({"a": {"b": [1.0, float("nan")]}}, r"scores\[a\]\[b\]\[1\]"),
        ({"a": np.array([np.inf])}, r"scores\[a\]\[0\]"),
        ({"a": object()}, "object"),
    ],
)
def test_bad_scores_leave_the_older_record_whole(run, bad, named):
    before = run.write({"mAP": 1}).read_text()
    with pytest.raises(ReproError, match=named):
        run.write(bad)
    assert (run.folder / "results.json").read_text() == before
    assert [p.name for p in run.folder.iterdir()] == ["results.json"]


@pytest.mark.parametrize("key", runs.KEYS)
def test_a_record_without_a_key_is_refused_by_name(run, key):
    path = run.write({})
    record = json.loads(path.read_text())
    del record[key]
    path.write_text(json.dumps(record))
    with pytest.raises(ReproError, match=key) as error:
        runs.read(path)
    assert str(path) in str(error.value)


@pytest.mark.parametrize("text", ["", "{", "[]", "3", "\x00"])
def test_a_damaged_record_is_refused(run, text):
    run.folder.mkdir(parents=True)
    (run.folder / "results.json").write_text(text)
    with pytest.raises(ReproError, match=r"results\.json"):
        run.need("04_training")


def test_what_is_missing_says_the_command_that_makes_it(run, tmp_path):
    assert run.find("05_ablations") is None
    with pytest.raises(ReproError, match="05_ablations/results.json is miss") as error:
        run.need("05_ablations")
    command = "python -m reprolib run 05_ablations --profile smoke --dataset drawn"
    assert f"{command} --runs {tmp_path}" in str(error.value)


def test_one_run_reads_another(run, tmp_path):
    run.write({"mAP": 7})
    later = open_run("05_ablations", "smoke", runs_root=tmp_path)
    assert later.need("04_training")["scores"] == {"mAP": 7}
    assert later.store.root == tmp_path
    other = open_run("05_ablations", "smoke", runs_root=tmp_path, steps=3)
    assert other.find("04_training") is None


def test_the_command_quotes_a_data_root_and_keeps_what_was_changed(tmp_path):
    where = "smoke", "viper", "/a b", tmp_path
    run = open_run("01_data", *where, steps=3, decay_at=(0.5,))
    assert "--dataset viper --data-root '/a b'" in run.command("01_data")
    assert run.command("01_data").endswith("-p steps 3 -p decay_at '[0.5]'")


def test_provenance_is_one_line(run):
    line = run.provenance()
    assert "\n" not in line
    for part in ("profile smoke", "seed 3", "data drawn", provenance.hardware()["cpu"]):
        assert part in line


# Its settings and folder.


def test_other_settings_lie_in_another_folder(tmp_path):
    def base(**changed):
        return open_run("x", "smoke", runs_root=tmp_path, **changed).base.name

    assert base() == base(steps=12) == base(steps="12") == "drawn-smoke"
    assert base(steps=30) == "drawn-smoke-steps=30"
    assert base(steps=30, margin=1) == base(margin=1.0, steps=30)
    assert base(margin=1) == "drawn-smoke-margin=1.0"
    assert "/" not in base(weights="/a/b.pt") and "b.pt" in base(weights="/a/b.pt")
    many = {"margin": 0.5, "steps": 7, "learning_rate": 0.5, "local": "unaligned"}
    longest = {base(**many, class_mutual_weight=k / 8) for k in range(4)}
    assert len(longest) == 4 and max(map(len, longest)) < 100


@pytest.mark.parametrize(
    ("where", "changed", "named"),
    [
        (("fast",), {}, "unknown profile 'fast'"),
        (("smoke", "duke"), {}, "unknown data set 'duke'"),
        (("smoke",), {"stepz": 3}, "unknown setting 'stepz'"),
        (("smoke",), {"margin": -1}, "margin = -1"),
    ],
)
def test_what_cannot_be_opened_is_named(where, changed, named):
    with pytest.raises(ReproError, match=named):
        open_run("x", *where, **changed)


@pytest.fixture
def notebook(monkeypatch):
    """A notebook's shell, whose cells ran as `In` says."""
    names = {"In": [""]}
    shell = SimpleNamespace(get_ipython=lambda: SimpleNamespace(user_ns=names))
    monkeypatch.setitem(sys.modules, "IPython", shell)
    return names


def test_a_chapters_own_variables_are_not_taken_for_settings(notebook, tmp_path):
    """The opening cell may run again below a cell that says `height = 3`."""
    notebook["In"] += ["run = book.open(...)", "height, steps = 3, 5", "margin = 7"]
    notebook.update(height=3, steps=5, margin=7, width=2, channels=1)
    again = open_run("x", "smoke", runs_root=tmp_path)
    assert again.changed == {} and again.settings == SETTINGS


def test_what_papermill_injects_is_taken_also_when_the_opening_runs_again(
    notebook, tmp_path
):
    injected = '# Parameters\nprofile = "smoke"\nsteps = 30\ndecay_at = [0.5]\n'
    notebook["In"] += [injected, "run = book.open(...)", "steps = 4"]
    notebook.update(steps=4)
    for _ in range(2):
        run = open_run("x", "smoke", runs_root=tmp_path)
        assert run.changed == {"steps": 30, "decay_at": [0.5]}
        assert run.settings == SETTINGS.changed(steps=30, decay_at=(0.5,))
        notebook["In"].append("run = book.open(...)")
    # What a cell says itself wins.
    run = open_run("x", "smoke", runs_root=tmp_path, steps=9)
    assert run.settings.schedule.steps == 9


# The project around it.


def test_the_root_is_looked_for_upward(monkeypatch, tmp_path):
    deep = book.project(tmp_path) / "deep"
    deep.mkdir()
    monkeypatch.chdir(deep)
    assert provenance.project_root() == tmp_path
    assert open_run("x", "quick", "viper").base == tmp_path / "runs" / "viper-quick"


@pytest.mark.parametrize(
    "pyproject", ["", '[project]\nname = "other"\n', "[tool.ruff]\n", "not toml ["]
)
def test_a_foreign_project_with_notebooks_is_passed_over(
    monkeypatch, tmp_path, pyproject
):
    inner = tmp_path / "theirs"
    (inner / "notebooks").mkdir(parents=True)
    (inner / "pyproject.toml").write_text(pyproject)
    monkeypatch.chdir(inner)
    # Ours is found above it, or else where the package lies.
    package = provenance.project_root()
    assert package != inner and (package / "reprolib" / "study").is_dir()
    book.project(tmp_path)
    assert provenance.project_root() == tmp_path


def test_outside_git_the_commit_is_unknown(tmp_path):
    assert provenance.git_state(tmp_path) == {"commit": "unknown", "dirty": True}
