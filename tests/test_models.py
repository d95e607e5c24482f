"""The trained networks in the store: which are listed, asked for, and pruned."""

import io
import shutil

import book
import pytest

from reprolib import settings
from reprolib.book import cli
from reprolib.study import models, store
from reprolib.study.store import Store

SMOKE = settings.load("smoke")


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    """Runs with three networks, two of them of the profile, one of changed settings."""
    root = tmp_path_factory.mktemp("runs")
    usual = Store(root, "drawn", SMOKE, profile="smoke")
    usual.scores("global-box0.4", 0)
    usual.trained("global-box0.4", 5)
    other = Store(root, "drawn", SMOKE.changed(steps=3), profile="smoke")
    other.trained("global-box0.4", 0)
    return root


@pytest.fixture
def runs(trained, tmp_path, monkeypatch):
    """A copy of them, in a project."""
    book.project(tmp_path)
    monkeypatch.chdir(tmp_path)
    shutil.copytree(trained, tmp_path / "runs")
    return tmp_path / "runs"


def names(root):
    return sorted(path.name.rpartition("-")[0] for path in (root / "models").iterdir())


def test_a_network_is_listed_with_what_is_asked_scored_and_changed(runs):
    found = {(m.variant, m.seed, m.steps): m for m in models.find(runs)}
    usual = found["global-box0.4", 0, 12]
    assert usual.asked and usual.changed == {} and usual.profile == "smoke"
    assert usual.scores and 0 <= usual.scores[0] <= 100
    assert usual.megabytes > 0.1
    assert found["global-box0.4", 5, 12].asked
    assert found["global-box0.4", 5, 12].scores is None
    other = found["global-box0.4", 0, 3]
    assert not other.asked and other.changed == {"steps": 3}
    assert len(found) == 3


def test_networks_of_older_code_are_not_asked_for(runs, tmp_path, monkeypatch):
    file = tmp_path / "changed.py"
    file.touch()
    monkeypatch.setattr(store, "LEARNING", (*store.LEARNING, file))
    assert not any(m.asked for m in models.find(runs))


def test_the_list_says_it_in_a_table(runs, capsys):
    assert cli.main(["models"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == 4
    assert sum("steps=3" in line for line in lines) == 1
    assert sum(line.endswith("yes") for line in lines) == 2
    assert len(names(runs)) == 3


def test_prune_shows_asks_and_removes_what_nothing_asks_for(runs, capsys, monkeypatch):
    def prune(answer):
        monkeypatch.setattr("sys.stdin", io.StringIO(answer))
        assert cli.main(["models", "prune"]) == 0
        return capsys.readouterr().out

    for refused in ("no\n", "\n", ""):
        out = prune(refused)
        assert out.count("global-box0.4") == 1 and "steps=3" in out
        assert "Remove these?" in out and "removed" not in out
        assert len(names(runs)) == 3
    assert prune("yes\n").rstrip().endswith("1 network(s) removed")
    assert names(runs) == ["global-box0.4-s0", "global-box0.4-s5"]
    assert all(m.asked for m in models.find(runs))
    assert "nothing to remove: all 2" in prune("")


def test_prune_in_a_batch_is_not_asked(runs, monkeypatch, capsys):
    monkeypatch.setattr("builtins.input", lambda question: pytest.fail("asked"))
    assert cli.main(["models", "prune", "--yes"]) == 0
    assert len(names(runs)) == 2


def test_no_networks_are_no_mistake(tmp_path, monkeypatch, capsys):
    book.project(tmp_path)
    monkeypatch.chdir(tmp_path)
    assert cli.main(["models"]) == 0
    assert capsys.readouterr().out == "no trained networks\n"
