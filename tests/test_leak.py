"""The long run of the leak: what is collected, and the record that is committed."""

import json

import pytest

from reprolib import settings
from reprolib.book import cli
from reprolib.errors import ReproError
from reprolib.study import leak, records, variants
from reprolib.study.store import Store


def scores(value):
    return {"global": {"rank1": value, "mAP": value / 2, "rank5": 0.0}}


def obtained(store, variant, seed):
    """Scores that say which training and which queries they are of."""
    start = {"strangers-box1": 100, "leaked-box1": 200}[variant] + seed
    return {
        "students": [{"0": scores(-1), "1": scores(start)}],
        "queries": {"leaked": scores(start + 20), "others": scores(start + 40)},
        "overlap": {"people": 10 * (start >= 200)},
    }


def test_each_seed_and_training_has_its_place(tmp_path, monkeypatch):
    monkeypatch.setattr(Store, "scores", obtained)
    monkeypatch.setattr(records, "folder", lambda: tmp_path)
    store = Store(tmp_path, "drawn", settings.load("smoke"), profile="smoke")
    assert leak.write(leak.measure(store)) == tmp_path / "leak.json"
    record = leak.read()
    assert record["profile"] == "smoke" and record["seeds"] == list(range(10))
    assert record["overlap"] == {"people": 10}
    for queries, more in (
        ("all queries", 0),
        ("of leaked people", 20),
        ("of the others", 40),
    ):
        strangers = [100 + more + seed for seed in range(10)]
        found = record["queries"][queries]
        assert found["rank1"]["strangers"] == strangers
        assert found["rank1"]["leaked"] == [100 + value for value in strangers]
        assert found["mAP"]["strangers"] == [value / 2 for value in strangers]
    assert not list(tmp_path.glob("*.part"))


def test_a_missing_record_names_the_command(tmp_path, monkeypatch):
    monkeypatch.setattr(records, "folder", lambda: tmp_path)
    with pytest.raises(ReproError, match=r"leak\.json.*make leak"):
        leak.read()


def test_photographs_are_refused(capsys):
    assert cli.main(["leak", "--dataset", "viper"]) == 1
    assert "among drawn people only" in capsys.readouterr().err


def test_the_committed_record_is_whole_and_of_a_commit():
    record = leak.read()
    assert len(record["commit"]) == 40 and record["profile"] == "quick"
    parts = json.dumps(record["queries"])
    assert "NaN" not in parts
    for found in record["queries"].values():
        for pair in found.values():
            assert [len(pair[name]) for name in variants.LEAKS] == [10, 10]
            assert all(0 <= value <= 100 for each in pair.values() for value in each)
