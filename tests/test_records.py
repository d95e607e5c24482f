"""Committed records: the cells of a study, and the tables made of them."""

import book
import pytest

from reprolib import settings
from reprolib.book import tables
from reprolib.book.run import open_run
from reprolib.errors import ReproError
from reprolib.study import grid, headline, records, store
from reprolib.study.store import Store


@pytest.fixture
def project(tmp_path, monkeypatch):
    """The folder of notebooks of a throw-away project."""
    folder = book.project(tmp_path)
    monkeypatch.chdir(tmp_path)
    return folder


# The cells of a study.


def test_where_there_is_no_record_there_are_no_lines(project):
    assert records.lines("drawn-main") == {}


@pytest.mark.parametrize("line", ["{", "[]", '{"variant": "aligned-box1"}', ""])
def test_a_record_that_is_none_is_named(project, line):
    book.record(project, "drawn-main", seeds=1)
    path = project / "records" / "drawn-main.jsonl"
    path.write_text(path.read_text() + line + "\n")
    with pytest.raises(ReproError, match=r"drawn-main\.jsonl.*from the repository"):
        records.lines("drawn-main")


def test_a_cell_is_of_todays_code_until_that_changes(tmp_path, monkeypatch):
    cell = {"code": store.code_of_learning()}
    assert records.is_of_todays_code(cell)
    file = tmp_path / "changed.py"
    file.touch()
    monkeypatch.setattr(store, "LEARNING", (*store.LEARNING, file))
    assert not records.is_of_todays_code(cell)


def test_a_measurement_is_kept_with_what_made_it(project):
    path = records.write("boxes", {"value": [1, 2]})
    assert path == project / "records" / "boxes.json"
    found = records.read("boxes", "the boxes", "make boxes")
    assert found["value"] == [1, 2]
    assert {"date", "commit", "versions", "hardware"} < set(found)
    assert list(path.parent.iterdir()) == [path]


@pytest.mark.parametrize("text", [None, "", "{"])
def test_a_measurement_that_cannot_be_read_names_its_command(project, text):
    if text is not None:
        (project / "records").mkdir()
        (project / "records" / "boxes.json").write_text(text)
    with pytest.raises(ReproError, match=r"boxes\.json.*the boxes.*`make boxes`"):
        records.read("boxes", "the boxes", "make boxes")


# The rows of the headline table.


def test_the_headline_is_the_mean_over_the_seeds_of_the_right_cells(project):
    assert len(headline.table("drawn")) == 0
    for study in ("drawn-main", "drawn-mutual", "drawn-choices"):
        book.record(project, study)
    table = headline.table("drawn")
    assert list(table.index) == list(headline.TABLES["drawn"])
    columns = [
        f"error {box}: {score}" for box in ("0.4", "1") for score in ("rank-1", "mAP")
    ]
    assert list(table) == [*columns, "seeds"]
    real, bad = columns[:2], columns[2:]
    # Rows global, whole, unaligned, aligned; kinds global 0, aligned 1, unaligned 2,
    # both 3; seeds 0 and 1, whose sd is .5 ** .5.
    assert [*table.loc["global (identity + triplet)", real]] == [
        "0.5 ± 0.7",
        "0.2 ± 0.4",
    ]
    assert [*table.loc["unaligned, local distance", real]] == [
        "22.5 ± 0.7",
        "11.2 ± 0.4",
    ]
    assert [*table.loc["unaligned, local distance", bad]] == [
        "22.5 ± 0.7",
        "11.2 ± 0.4",
    ]
    assert [*table.loc["aligned, local distance", bad]] == ["31.5 ± 0.7", "15.8 ± 0.4"]
    assert [*table.loc["mutual, both distances", real]] == ["13.5 ± 0.7", "6.8 ± 0.4"]
    assert [*table.loc["mutual, both distances", bad]] == ["", ""]
    (again,) = [name for name in table.index if name.startswith("aligned + re-rank")]
    assert [*table.loc[again, real]] == ["33.8 ± 0.7", "16.9 ± 0.4"]
    assert table.loc["aligned, local distance", "seeds"] == "2, 2"
    assert table.loc["mutual, global distance", "seeds"] == "2"


def test_a_row_counts_the_seeds_that_it_has_and_both_students(project, monkeypatch):
    made = book.record(project, "drawn-main")
    kept = [m for m in made if (m["variant"], m["seed"]) != ("aligned-box1", 1)]
    weaker = {"box1": {"market": {"aligned": {"rank1": 11.0, "mAP": 5.0}}}}
    (pair,) = [m for m in kept if m["variant"] == "aligned-box1"]
    pair["students"] = [*pair["students"], weaker]  # 31 / 15.5, and 11 / 5
    lines = {(m["variant"], m["seed"]): m for m in kept}
    monkeypatch.setattr(records, "lines", lambda name: lines)
    row = headline.Row("drawn-main", "aligned", "aligned")
    assert headline.scores(row, "box1").tolist() == [[21.0, 10.25]]
    assert headline.as_text(headline.scores(row, "box1")) == ["21.0", "10.2"]
    assert len(headline.scores(row, "box0.4")) == 2


def test_a_data_set_is_scored_by_its_own_protocol():
    cell = grid.find("cuhk03-boxes").cells[0]
    line = book.line("cuhk03-boxes", cell)
    row = headline.Row("cuhk03-boxes", cell.row, "global")
    assert headline.of_line(line, row, "labelled") == [0.0, 0.0]
    shot = {"global": {"rank1": 40.0, "mAP": 50.0}}
    line["students"][0]["labelled"]["single-shot"] = shot
    assert records.protocol(line, "labelled") == "single-shot"
    assert headline.of_line(line, row, "labelled") == [40.0, 50.0]


def test_a_table_says_what_made_it(project):
    book.record(project, "drawn-main", seeds=1)
    text = headline.made_by("drawn")
    for part in ("9 trainings of drawn-main", "0.1 hours", "A Processor", "012345678"):
        assert part in text


def test_what_was_trained_here_stands_beside_the_same_training_of_the_record(
    project, monkeypatch
):
    monkeypatch.setattr(Store, "has", lambda _, *key: key == ("aligned-box0.4", 0))
    found = {"global": {"rank1": 1.25, "mAP": 2.25}}
    scores = {"students": [{"0.4": found, "0": {}}]}
    monkeypatch.setattr(Store, "scores", lambda _, *key: scores)
    book.record(project, "drawn-main")
    _, line = tables.trained(open_run("", "quick")).splitlines()
    assert line.split() == [
        "aligned,",
        "global",
        "1.2",
        "/",
        "2.2",
        *["30.0", "/", "15.0"],
    ]
    for other in ({"profile": "smoke"}, {"profile": "quick", "steps": 7}):
        assert "30.0" not in tables.trained(open_run("", **other))
    assert settings.load("smoke").data.box_error == 0.4
