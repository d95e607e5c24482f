"""How two runs differ: against a count by hand, and what is refused."""

import json
import os
import re
from pathlib import Path

import book
import numpy as np
import pytest

from reprolib.book import cli, compare, run
from reprolib.study import records


def write(path, record):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(record), encoding="utf-8")
    return path


@pytest.fixture
def runs(tmp_path, monkeypatch):
    """Two runs of two chapters: other steps, other scores, one chapter alone in A."""
    book.project(tmp_path)
    monkeypatch.chdir(tmp_path)
    scores = {"aligned": {"rank1": 90.0, "mAP": 80.5}, "verdict": "shown"}
    for steps, gain in ((20, 0.0), (30, 1.25)):
        opened = run.open_run("04_training", "smoke", steps=steps)
        better = {"rank1": 90.0 + gain, "mAP": 80.5 - 2 * gain}
        opened.write(scores | {"aligned": better})
        run.open_run("05_ablations", "smoke", steps=steps).write(scores)
    run.open_run("06_benchmark", "smoke", steps=20).write(scores)
    return sorted((tmp_path / "runs").iterdir())


def section(text, name):
    """The lines of one part of a report."""
    return re.search(rf"^{name}.*?(?=\n\n|\Z)", text, re.M | re.S)[0].splitlines()


def test_two_runs_differ_in_the_setting_and_the_scores_that_differ(runs):
    text = compare.report(*runs)
    assert "2 in both, 1 only in A, 0 only in B" in text
    assert section(text, "settings")[2].split() == ["steps", "20", "30"]
    assert section(text, "versions") == ["versions: the same"]
    assert section(text, "commit") == ["commit: the same"]
    rows = [line.split() for line in section(text, "scores")[2:]]
    assert rows == [
        ["04_training", "aligned", "mAP", "80.5", "78", "-2.5"],
        ["04_training", "aligned", "rank1", "90", "91.25", "+1.25"],
    ]


def test_a_run_is_the_same_as_itself_but_for_the_time_it_took(runs):
    text = compare.report(runs[0] / "04_training", runs[0] / "04_training")
    kinds = ("settings", "versions", "commit", "hardware", "scores")
    assert all(f"{kind}: the same" in text for kind in kinds)


def test_words_that_differ_come_first_then_the_largest_numbers(tmp_path):
    a, b = ({f"k{n}": float(n * side) for n in range(40)} for side in (1, 2))
    files = [
        write(tmp_path / "a.json", a | {"verdict": "shown", "packed": "a" * 200}),
        write(tmp_path / "b.json", b | {"verdict": "undecided", "alone": 3}),
    ]
    lines = section(compare.report(*files), "scores")
    assert lines[2].split() == ["verdict", "shown", "undecided"]
    assert [line.split()[0] for line in lines[3:5]] == ["k39", "k38"]
    assert "and 20 more" in lines[-2]  # 39 numbers and a word, 20 of them shown
    assert lines[-1] == "scores that have no counterpart: 0 of A, 1 of B"


def changed_record(folder):
    """A made-up record, and a second with random gains, fewer cells, another torch."""
    made = book.record(folder, "drawn-main")
    rng, gains = np.random.default_rng(0), {}
    other = json.loads(json.dumps(made[:-3]))
    for line in other:
        line["versions"]["torch"] = "2.11.0"
        line["settings"] = {"steps": 700}
        for student in line["students"]:
            for boxes in student.values():
                for kind, scores in boxes["market"].items():
                    gain = float(rng.normal())
                    scores["mAP"] += gain
                    gains.setdefault(kind, []).append((gain, line["variant"]))
    path = folder / "records" / "other.jsonl"
    path.write_text("".join(json.dumps(line) + "\n" for line in other))
    return records.path("drawn-main"), path, gains


def test_records_by_mean_size_and_largest_difference_over_common_cells(
    tmp_path, monkeypatch
):
    folder = book.project(tmp_path)
    monkeypatch.chdir(tmp_path)
    a, b, gains = changed_record(folder)
    text = compare.report(a, b)
    assert ", 3 only in A, 0 only in B" in text
    assert section(text, "versions")[2].split() == ["torch", "2.12.1", "2.11.0"]
    assert section(text, "settings")[2].split() == ["steps", "-", "700"]
    lines = {line.split(",")[0]: line for line in section(text, "scores")[2:]
             if ", mAP" in line}  # fmt: skip
    assert gains.keys() < lines.keys()
    for kind, each in gains.items():
        values = np.array([gain for gain, _ in each])
        most, where = max(each, key=lambda one: abs(one[0]))
        words = lines[kind].split(", mAP")[1].split()
        asked = f"{values.mean():+.2f}", f"{abs(values).mean():.2f}", f"{most:+.2f}"
        assert tuple(words[:3]) == asked
        assert words[3].startswith(where + "-s")
    assert all("+0.00" in line for kind, line in lines.items() if "re-ranked" in kind)


def test_a_record_is_the_same_as_itself(tmp_path, monkeypatch):
    folder = book.project(tmp_path)
    monkeypatch.chdir(tmp_path)
    book.record(folder, "drawn-main")
    path = records.path("drawn-main")
    assert compare.report(path, path).endswith("scores: the same")


def test_a_network_is_compared_with_its_newest_scores(tmp_path):
    for name, rank1 in (("a", 70.0), ("b", 75.5)):
        write(tmp_path / name / "model.json", {"variant": name, "settings": {"m": 1}})
        write(tmp_path / name / "scores-1.json", {"global": {"rank1": rank1}})
        older = write(tmp_path / name / "scores-2.json", {"global": {"rank1": 1.0}})
        os.utime(older, (1, 1))
    text = compare.report(tmp_path / "a", tmp_path / "b")
    row = ["global", "rank1", "70", "75.5", "+5.5"]
    assert section(text, "scores")[2].split() == row
    assert section(text, "settings")[2].split() == ["variant", "a", "b"]


@pytest.mark.parametrize(
    ("a", "b", "said"),
    [
        ("nowhere", "one.json", "there is no such file or folder"),
        ("empty", "one.json", "holds no results"),
        ("broken.json", "one.json", "cannot be read"),
        ("list.json", "one.json", "holds a list"),
        ("one.json", "record.jsonl", "compare two of a kind"),
        ("record.jsonl", "other.jsonl", "A holds x-s0, B y-s0"),
        ("bad.jsonl", "record.jsonl", "not a record of a study"),
    ],
)
def test_what_cannot_be_compared_is_said_in_a_sentence(
    tmp_path, monkeypatch, capsys, a, b, said
):
    monkeypatch.chdir(tmp_path)
    Path("empty").mkdir()
    for name, text in {
        "one.json": "{}",
        "broken.json": "{",
        "list.json": "[1]",
        "bad.jsonl": '{"seed": 0}',
    }.items():
        Path(name).write_text(text)
    for name, variants in (("record", "x"), ("other", "yz")):
        lines = [json.dumps({"variant": v, "seed": 0}) for v in variants]
        Path(f"{name}.jsonl").write_text("\n".join(lines))
    assert cli.main(["compare", a, b]) == 1
    error = capsys.readouterr().err
    assert error.startswith("error: ") and said in error and error.count("\n") == 1
