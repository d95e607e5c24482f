"""README.md: its results come from records, and its commands and pictures exist."""

import re

import book
import pandas as pd
import pytest

from reprolib.book import cli, machines, readme, reported
from reprolib.errors import ReproError
from reprolib.study import headline, provenance

ROOT = provenance.project_root()
PLACE = "before\n<!-- results: drawn -->\nold\n<!-- end -->\nafter\n"


@pytest.fixture
def project(tmp_path, monkeypatch):
    """A throw-away project with one place for results; its folder of notebooks."""
    folder = book.project(tmp_path)
    monkeypatch.chdir(tmp_path)
    (tmp_path / "README.md").write_text(PLACE)
    return folder


def test_the_table_holds_the_headline_rows_of_the_record(project, capsys):
    path = project.parent / "README.md"
    assert readme.refresh() == []  # no record is no result
    assert path.read_text() == PLACE
    book.record(project, "drawn-main")
    assert readme.refresh() == ["drawn"]
    text = path.read_text()
    assert text.startswith("before\n<!-- results: drawn -->") and "old" not in text
    assert text.endswith("<!-- end -->\nafter\n")
    # Made-up scores: 10 * number of the row + kind + seed, over seeds 0 and 1.
    local = "31.5 ± 0.7 | 15.8 ± 0.4"
    assert f"| aligned, local distance | {local} | {local} | 2, 2 |\n" in text
    assert "18 trainings of drawn-main" in text.splitlines()[-3]
    assert cli.main(["readme"]) == 0
    assert path.read_text() == text
    assert capsys.readouterr().out == "README.md: results of drawn\n"


@pytest.mark.parametrize("name", list(headline.TABLES))
def test_every_table_can_have_a_place(project, name):
    path = project.parent / "README.md"
    path.write_text(PLACE.replace("drawn", name) + PLACE.replace("drawn", "other"))
    study = headline.TABLES[name]["aligned, local distance"].study
    book.record(project, study)
    assert readme.refresh() == [name]
    text = path.read_text()
    assert "| aligned, local distance |" in text
    assert text.endswith(PLACE.replace("drawn", "other"))


def test_what_the_readme_says_is_what_the_records_say(monkeypatch):
    before = (ROOT / "README.md").read_text()
    monkeypatch.setattr(readme, "write_text", lambda path, text: texts.append(text))
    texts = []
    assert "claims" in readme.refresh()
    assert texts == [before], "run `make publish`, or `python -m reprolib readme`"
    assert readme.answers().count("points of") > 5


def test_reported_rows_stand_under_their_source(monkeypatch):
    rows = ("here", "one"), ("there", "one"), ("here", "two"), ("here", "one")
    table = pd.DataFrame(
        [(*row, f"m{i}", "p", i, 10.5 + i, "A") for i, row in enumerate(rows)],
        columns=["dataset", "source", "method", "protocol", "rank1", "mAP", "status"],
    )
    monkeypatch.setattr(reported, "load", lambda: table)
    said = readme.published("here")
    assert said.endswith(
        "p. one (mark A): m0 0 / 10.5; m3 3 / 13.5. two (mark A): m2 2 / 12.5."
    )


def test_a_readme_without_a_place_is_named(project):
    (project.parent / "README.md").write_text("nothing here")
    with pytest.raises(ReproError, match=r"README\.md.*no place"):
        readme.refresh()


def test_what_the_readme_shows_and_links_exists():
    text = (ROOT / "README.md").read_text()
    pictures = re.findall(r"!\[[^\]]+\]\(([^)]+)\)", text)
    assert len(pictures) >= 2
    links = re.findall(r"\]\((?!https?:)([^)#]+)\)", text)
    for path in {*pictures, *links}:
        assert (ROOT / path).exists(), path


def test_every_make_target_of_the_readme_is_one():
    targets = re.search(r"^\.PHONY: (.*)", (ROOT / "Makefile").read_text(), re.M)[1]
    named = re.findall(r"\bmake ([a-z]+)", (ROOT / "README.md").read_text())
    assert {"reproduce", "test"} <= set(named) <= set(targets.split())


def test_two_processors_are_compared_as_two_seeds_are():
    def scores(*pairs):
        return [{"global": {"rank1": r, "mAP": m}} for r, m in pairs]

    record = {
        "scores": {
            "as it is": scores((70, 60), (72, 61)),
            "AVX2": scores((71, 60.5), (75, 62.5)),
        },
        "variant": "x-box1",
        **{"hardware": {"cpu": "A Processor"}, "date": "today", "commit": "0" * 40},
    }
    text = machines.text(record)
    # |70 - 71|, |72 - 75| and 0.5, 1.5; seeds: |70 - 72|, |71 - 75| and 1, 2.
    assert "2 trainings of `x-box1`" in text and "A Processor as it is" in text
    assert "differ by 2.0 points of rank-1 and 1.0 of mAP" in text
    assert "one processor by 3.0 points of rank-1 and 1.5 of mAP" in text
