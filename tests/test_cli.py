"""The command line: exit status, and one clear sentence for what is wrong."""

import os
import subprocess
import sys

import book
import pytest

from reprolib import cli, profiles, records


@pytest.fixture
def project(tmp_path, monkeypatch):
    folder = book.project(tmp_path)
    book.chapter(folder, "00_start")
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.mark.parametrize(
    ("words", "named"),
    [
        ("run 9", "no chapter '9'"),
        ("run 0 --profile fast", "unknown profile 'fast'"),
        ("run 0 -p stepz 3", "unknown parameter 'stepz'"),
        ("run 0 --dataset nothing", "nothing"),
        ("train aligned --profile smoke", "aligned"),
        ("prepare --dataset viper --profile smoke", "data_root"),
        ("prepare --dataset viper --data-root /nowhere --profile smoke", "/nowhere"),
        ("table", "make reproduce"),
        ("table --profile fast", "unknown profile"),
        ("check", "00_start"),
        ("publish", "00_start"),
    ],
)
def test_what_is_wrong_is_one_sentence_and_status_1(project, capsys, words, named):
    assert cli.main(words.split()) == 1
    error = capsys.readouterr().err.splitlines()[-1]
    assert error.startswith("error: ")
    assert named in error


def test_as_a_program_it_exits_with_the_status(project):
    command = [sys.executable, "-m", "reprolib", "table"]
    done = subprocess.run(command, capture_output=True, text=True, env=os.environ)
    assert done.returncode == 1
    assert done.stderr.startswith("error: ")
    assert "Traceback" not in done.stderr


def test_run_check_table_publish_sync(project, capsys):
    assert cli.main(["run", "0", "--profile", "smoke", "-p", "steps", "5"]) == 0
    assert cli.main(["check", "--profile", "smoke"]) == 0
    assert "00_start: 4 code cells ran in order" in capsys.readouterr().out
    assert cli.main(["table", "--profile", "smoke"]) == 0
    out = capsys.readouterr().out
    assert "aligned    50.0   25.0  seed 0" in out
    assert "with other settings: {'steps': 5}" in out
    assert f"{project}/runs/drawn-smoke/NN_name/results.json" in out
    assert cli.main(["sync"]) == 0
    assert (project / "notebooks" / "00_start.ipynb").exists()
    assert cli.main(["run", "0"]) == 0
    assert cli.main(["publish"]) == 0
    assert (project / "figures" / "manifest.json").exists()


def test_a_missing_argument_is_status_2(project):
    with pytest.raises(SystemExit) as error:
        cli.main([])
    assert error.value.code == 2


def test_table_reads_only_whole_records(project, capsys):
    run = records.open_run(
        "05_ablations", profile="smoke", settings=profiles.settings("smoke")
    )
    (run.folder / "results.json").write_text("{}")
    assert cli.main(["table", "--profile", "smoke"]) == 1
    assert "results.json" in capsys.readouterr().err
