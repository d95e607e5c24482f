"""Records: what is written, what is refused, and what a missing one says."""

import json

import numpy as np
import pytest
import torch

from reprolib.study import provenance as machine
from reprolib import settings as profiles
from reprolib.book import run as records
from reprolib.errors import ReproError

SETTINGS = profiles.settings("smoke")


@pytest.fixture
def run(tmp_path):
    return records.open_run(
        "04_training", profile="smoke", settings=SETTINGS, runs_root=tmp_path, seed=3
    )


def test_a_record_holds_all_that_a_reader_asks_for(run, tmp_path):
    path = run.write({"mAP": np.float32(0.5), "cmc": torch.ones(2), "of": {"k": (1,)}})
    assert path == tmp_path / "drawn-smoke" / "04_training" / "results.json"
    record = records.read(path)
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


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("seed", "0"),
        ("schema", 99),
        ("started", "yesterday"),
        ("hardware", {"cpu": "x"}),
        ("extra", 1),
        ("scores", None),
    ],
)
def test_a_record_of_another_shape_is_refused_by_name(run, key, value):
    path = run.write({})
    record = json.loads(path.read_text())
    path.write_text(json.dumps(record | {key: value}))
    with pytest.raises(ReproError, match=key) as error:
        records.read(path)
    assert str(path) in str(error.value)


@pytest.mark.parametrize("text", ["", "{", "[]", "\x00"])
def test_a_damaged_record_is_refused(run, text):
    path = run.folder / "results.json"
    path.write_text(text)
    with pytest.raises(ReproError, match=r"results\.json"):
        run.need("04_training")


def test_a_record_without_a_key_is_refused(run):
    path = run.write({})
    record = json.loads(path.read_text())
    del record["commit"]
    path.write_text(json.dumps(record))
    with pytest.raises(ReproError, match="commit"):
        records.read(path)


def test_what_is_missing_says_the_command_that_makes_it(run, tmp_path):
    assert run.find("05_ablations") is None
    with pytest.raises(ReproError, match="make reproduce") as error:
        run.need("05_ablations")
    command = "python -m reprolib run 05_ablations --profile smoke --dataset drawn"
    assert f"{command} --runs {tmp_path}" in str(error.value)
    assert "train aligned-box1 --seed 2 " in run.command("models/aligned-box1-s2")


def test_one_run_reads_another(run, tmp_path):
    run.write({"mAP": 7})
    later = records.open_run(
        "05_ablations", profile="smoke", settings=SETTINGS, runs_root=tmp_path
    )
    assert later.need("04_training")["scores"] == {"mAP": 7}
    assert later.models == tmp_path / "drawn-smoke" / "models"


def test_the_command_quotes_a_data_root(tmp_path):
    run = records.open_run(
        "01_data",
        profile="smoke",
        settings=SETTINGS,
        dataset="viper",
        data_root="/a b",
        runs_root=tmp_path,
    )
    assert "--dataset viper --data-root '/a b'" in run.command("01_data")


def test_the_root_is_looked_for_upward(monkeypatch, tmp_path):
    (tmp_path / "notebooks" / "deep").mkdir(parents=True)
    (tmp_path / "pyproject.toml").touch()
    monkeypatch.chdir(tmp_path / "notebooks" / "deep")
    assert records.project_root() == tmp_path
    assert records.tag_folder("", "viper", "quick") == tmp_path / "runs" / "viper-quick"


def test_outside_git_the_commit_is_unknown(tmp_path):
    assert machine.git_state(tmp_path) == {"commit": "unknown", "dirty": True}


def test_provenance_is_one_line(run):
    line = run.provenance()
    assert "\n" not in line
    for part in ("profile smoke", "seed 3", "data drawn", machine.hardware()["cpu"]):
        assert part in line
