"""Committed records: the cells of a study, and the tables made of them."""

import json

import book
import pytest

from reprolib import settings
from reprolib.book import tables
from reprolib.book.run import open_run
from reprolib.errors import ReproError
from reprolib.study import headline, records, store, variants
from reprolib.study.store import Store

USUAL = settings.load("smoke")


@pytest.fixture
def project(tmp_path, monkeypatch):
    """The folder of notebooks of a throw-away project."""
    folder = book.project(tmp_path)
    monkeypatch.chdir(tmp_path)
    return folder


# The cells of a study.


def test_cells_that_are_written_are_read_again(project, monkeypatch):
    made = book.cells()
    monkeypatch.setattr(Store, "has", lambda *_: True)
    monkeypatch.setattr(Store, "scores", lambda _, *key: made[key]["scores"])
    monkeypatch.setattr(Store, "model", lambda _, *key: made[key] | {"folder": "x"})
    run = open_run("x", "smoke")
    path = records.write_cells(run.store)
    assert path == project / "records" / "drawn-smoke.jsonl"
    assert records.cells("drawn", "smoke") == made
    lines = path.read_text().splitlines()
    assert len(lines) == len(variants.grid(USUAL)) == len(made)
    first = json.loads(lines[0])
    assert first["settings"] == {"local": "none", "global_weight": 0.0}
    assert list(path.parent.iterdir()) == [path]
    assert run.cells() == (made, "drawn-smoke.jsonl")


def test_only_what_was_trained_is_written_and_nothing_is_trained_for_it(
    project, monkeypatch
):
    made = book.cells()
    here = {("aligned-box1", 0), ("global-box0", 1)}
    monkeypatch.setattr(Store, "has", lambda _, *key: key in here)
    monkeypatch.setattr(Store, "scores", lambda _, *key: made[key]["scores"])
    monkeypatch.setattr(Store, "model", lambda _, *key: made[key])
    monkeypatch.setattr(Store, "trained", lambda *_: pytest.fail("trained"))
    records.write_cells(open_run("x", "smoke").store)
    assert records.cells("drawn", "smoke") == {key: made[key] for key in here}


def test_where_there_is_no_record_there_are_no_cells(project):
    assert records.cells("drawn", "smoke") == {}


@pytest.mark.parametrize("line", ["{", "[]", '{"variant": "aligned-box1"}', ""])
def test_a_record_that_is_none_is_named(project, line):
    book.record(project)
    path = project / "records" / "drawn-smoke.jsonl"
    path.write_text(path.read_text() + line + "\n")
    with pytest.raises(ReproError, match=r"drawn-smoke\.jsonl.*from the repository"):
        records.cells("drawn", "smoke")


def test_a_cell_is_of_todays_code_until_that_changes(tmp_path, monkeypatch):
    cell = {"code": store.code_of_learning()}
    assert records.is_of_todays_code(cell)
    file = tmp_path / "changed.py"
    file.touch()
    monkeypatch.setattr(store, "LEARNING", (*store.LEARNING, file))
    assert not records.is_of_todays_code(cell)


def test_a_measurement_is_kept_with_what_made_it(project):
    path = records.write("leak", {"value": [1, 2]})
    assert path == project / "records" / "leak.json"
    found = records.read("leak", "the leak", "make leak")
    assert found["value"] == [1, 2]
    assert {"date", "commit", "versions", "hardware"} < set(found)
    assert list(path.parent.iterdir()) == [path]


@pytest.mark.parametrize("text", [None, "", "{"])
def test_a_measurement_that_cannot_be_read_names_its_command(project, text):
    if text is not None:
        (project / "records").mkdir()
        (project / "records" / "leak.json").write_text(text)
    with pytest.raises(ReproError, match=r"leak\.json.*the leak.*`make leak`"):
        records.read("leak", "the leak", "make leak")


# The rows of the headline table.


def test_the_headline_is_the_mean_over_the_seeds_of_the_right_cells():
    rows = {row["name"]: row for row in headline.rows(book.cells(), USUAL)}
    assert list(rows) == list(headline.ROWS)
    methods = list(variants.METHODS)

    def is_(name, method, kind, more=0.0):
        """Of seeds 0 and 1: the made-up scores differ by 1, so the sd is .5 ** .5."""
        start = 10 * methods.index(method) + kind + more
        assert rows[name]["rank1"] == start + 0.5
        assert rows[name]["mAP"] == (start + 0.5) / 2
        assert rows[name]["note"].startswith("2 seeds, sd 0.7 / 0.4")

    is_("identity loss alone", "identity", 0)
    is_("global (identity + triplet)", "global", 0)
    is_("unaligned, local distance", "unaligned", 2)
    is_("aligned, local distance", "aligned", 1)
    is_("mutual, both distances", "mutual", 3)
    is_("aligned + re-ranking, global distance", "aligned", 0, 0.25)
    is_("mutual + re-ranking, both distances", "mutual", 3, 0.25)
    for name, row in rows.items():
        assert row["note"].endswith("whole gallery") == ("re-ranking" in name)
        assert row["variant"].endswith("-box1")


def test_a_row_counts_the_seeds_that_it_has():
    cells = book.cells()
    del cells["aligned-box1", 1]
    rows = {row["name"]: row for row in headline.rows(cells, USUAL)}
    assert rows["aligned, local distance"]["note"] == "1 seed"
    assert rows["aligned, local distance"]["rank1"] == 41.0
    assert rows["mutual, global distance"]["note"].startswith("2 seeds")


def test_one_seed_has_no_spread_and_other_boxes_other_cells():
    one = settings.load("smoke", seeds=(1,))
    row = headline.rows(book.cells(), one)[0]
    assert (row["rank1"], row["note"]) == (1.0, "1 seed")
    cells = book.cells("smoke", "viper")
    rows = headline.rows(cells, settings.load("smoke", "viper"))
    assert {row["variant"].partition("-")[2] for row in rows} == {"box0"}


def test_the_table_has_what_the_first_seed_gives_here_beside_the_record(project):
    book.record(project)
    run = open_run("", "smoke")
    assert "here" not in tables.headline(run)
    one = run.store.scores("identity-box1", 0)["students"][0]["1"]["global"]
    lines = tables.headline(run).splitlines()
    assert "seed 0, record" in lines[0] and "seed 0, here" in lines[0]
    rows = {name: line for line in lines for name in headline.ROWS if name in line}
    here = f"{one['rank1']:.1f} / {one['mAP']:.1f}"
    assert rows["identity loss alone"].split("sd 0.7 / 0.4")[1].split() == [
        *("0.0", "/", "0.0"),
        *here.split(),
    ]
    assert rows["triplet loss alone"].rstrip().endswith("sd 0.7 / 0.4")
    assert lines[-1] == "Source: drawn-smoke.jsonl"
