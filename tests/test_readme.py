"""README.md: its results come from records, and its commands and pictures exist."""

import re

import pytest

from reprolib.book import cli, readme, run as records
from reprolib import settings as profiles
from reprolib.errors import ReproError

ROOT = records.project_root()
SETTINGS = profiles.settings("quick")
PLACE = "before\n<!-- results: drawn -->\nold\n<!-- end -->\nafter\n"


@pytest.fixture
def project(tmp_path, monkeypatch):
    monkeypatch.setattr(records, "project_root", lambda: tmp_path)
    (tmp_path / "README.md").write_text(PLACE)
    return tmp_path


def write(project, chapter, rows, dataset="drawn"):
    run = records.open_run(
        chapter,
        profile="quick",
        settings=SETTINGS,
        dataset=dataset,
        runs_root=project / "runs",
    )
    run.write({"headline": rows})


def test_the_table_holds_the_headline_rows_of_both_chapters(project):
    row = {"rank1": 81.26, "mAP": 70.04, "note": "3 seeds"}
    write(project, "05_ablations", [{"name": "aligned", **row}])
    assert readme.refresh(project / "runs") == []  # half a run is no result
    assert (project / "README.md").read_text() == PLACE
    write(project, "06_benchmark", [{"name": "re-ranked", **row}])
    assert readme.refresh(project / "runs") == ["drawn"]
    text = (project / "README.md").read_text()
    assert "| aligned | 81.3 | 70.0 | 3 seeds |\n| re-ranked | 81.3 | 70.0 |" in text
    assert text.startswith("before\n<!-- results: drawn -->") and "old" not in text
    assert text.endswith("<!-- end -->\nafter\n")
    assert cli.main(["readme", "--runs", str(project / "runs")]) == 0
    assert (project / "README.md").read_text() == text


@pytest.mark.parametrize("name", ["cuhk-sysu-g50", "market1501+cuhk03-new-labelled"])
def test_every_data_set_can_have_a_place(project, name):
    (project / "README.md").write_text(PLACE.replace("drawn", name))
    row = {"name": "aligned", "rank1": 50.0, "mAP": 40.0, "note": ""}
    for chapter in readme.CHAPTERS:
        write(project, chapter, [row], name)
    assert readme.refresh(project / "runs") == [name]
    assert "| aligned | 50.0 | 40.0 |" in (project / "README.md").read_text()


def test_a_readme_without_a_place_is_named(project):
    (project / "README.md").write_text("nothing here")
    with pytest.raises(ReproError, match=r"README\.md.*no place"):
        readme.refresh(project / "runs")


def test_the_readme_names_the_commands_and_shows_figures_that_exist():
    text = (ROOT / "README.md").read_text()
    assert "make reproduce" in text and "make test" in text
    pictures = re.findall(r"!\[[^\]]+\]\(([^)]+)\)", text)
    assert len(pictures) >= 2
    for path in pictures + re.findall(r"\]\((notebooks/[^)]+|figures/[^)]+)\)", text):
        assert (ROOT / path).exists(), path
