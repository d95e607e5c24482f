"""The record of the last benchmark, its table, and the figures in README.md."""

import copy
import re

import pytest
import torch
from bench import steps

from reprolib.book import benchmark
from reprolib.errors import ReproError
from reprolib.study import provenance, records

ROW = {
    "name": "local distance",
    "unit": "s",
    "value": 0.15678,
    "least": 0.1512,
    "most": 0.1611,
    "repeats": 5,
    "threads": 1,
    "plain": 68.04,
    "megabytes": 264.2,
}
RECORD = {
    "date": "2026-01-02",
    "commit": "0123456789abcdef",
    "versions": {"torch": "2.12.1"},
    "hardware": {"cpu": "A Processor", "cores": 2},
    "rows": [ROW, {**ROW, "plain": None, "megabytes": None, "value": 23456.0}],
}


def test_the_table_gives_each_row_its_spread_its_ratio_and_its_machine():
    first, second, _, host = benchmark.table(copy.deepcopy(RECORD)).splitlines()[2:]
    assert first == (
        "| local distance | 1 | **0.157 s** | 0.151 to 0.161 | 68 s, 434 times "
        "| 264 MB |"
    )
    assert "**23,456 s**" in second and second.endswith("|  |  |")
    assert "Median of 5; A Processor, 2 cores" in host and "commit 012345678." in host


def test_a_missing_record_names_the_command(tmp_path, monkeypatch):
    monkeypatch.setattr(records, "folder", lambda: tmp_path)
    with pytest.raises(ReproError, match=r"benchmark\.json.*make bench"):
        benchmark.read()


def test_the_readme_shows_the_committed_record():
    text = (provenance.project_root() / "README.md").read_text()
    block = re.search(r"<!-- results: speed -->\n(.*?)\n<!-- end -->", text, re.S)
    assert block[1] == benchmark.table(benchmark.read())


def test_the_record_is_measured_as_it_says():
    record = benchmark.read()
    for row in record["rows"]:
        assert row["repeats"] == 5
        assert row["least"] <= row["value"] <= row["most"]
    for key, size in (("stripes", "stripes"), ("gallery", "gallery")):
        sizes = [point[size] for point in record[key]]
        assert sizes == sorted(set(sizes))
    assert [p["stripes"] for p in record["stripes"]] == [4, 8, 16, 32]
    assert record["gallery"][0]["gallery"] == 1_000
    assert record["gallery"][-1]["gallery"] == 500_000


def test_the_step_that_is_timed_is_a_step_of_training(monkeypatch):
    seen = []
    monkeypatch.setattr(steps, "batch_loss", spy(steps.batch_loss, seen))
    step, bare = steps.step_tasks()
    assert step.name == "training step, 64 pictures of 112 x 56"
    weights = step.call.args[4][0].identity.weight
    before = weights.detach().clone()
    step.call()
    ((features, classes, _),) = seen
    assert len(features) == 1 and len(features[0].logits) == len(classes) == 64
    assert not torch.equal(before, weights)
    before = weights.detach().clone()
    bare.call()
    assert torch.equal(before, weights) and weights.grad is not None


def spy(function, seen):
    def called(*arguments):
        seen.append(arguments)
        return function(*arguments)

    return called
