"""Progress: what a bar, a log and the runner are told."""

import re
import time

import pytest

from reprolib import progress


@pytest.fixture
def state(monkeypatch, tmp_path):
    path = tmp_path / "progress.json"
    monkeypatch.setenv(progress.VARIABLE, str(path))
    monkeypatch.setattr(progress, "FILE_SECONDS", 0.0)
    return path


def test_items_pass_through_unchanged(state):
    assert list(progress.track(iter("abc"), "letters")) == list("abc")
    assert list(progress.track([], "none")) == []


def test_the_file_says_where_the_loop_is(state):
    for k in progress.track(range(4), "aligned"):
        found = progress.read(state)
        assert (found["label"], found["done"], found["total"]) == ("aligned", k, 4)
    assert progress.read(state)["left"] == 0
    assert progress.describe(progress.read(state)) == "aligned: step 4/4"
    assert [p.name for p in state.parent.iterdir()] == ["progress.json"]


def test_nothing_goes_to_the_notebook_when_the_runner_listens(state, capsys):
    list(progress.track(range(5), "aligned"))
    assert capsys.readouterr() == ("", "")


def test_a_log_gets_lines_only_from_long_steps(monkeypatch, capsys):
    import ipykernel.kernelapp  # noqa: F401  as the runner does; it is no notebook

    monkeypatch.delenv(progress.VARIABLE, raising=False)
    list(progress.track(range(5), "short"))
    assert capsys.readouterr().err == ""
    monkeypatch.setattr(progress, "LINE_SECONDS", 0.0)
    list(progress.track(range(3), "long", unit="image"))
    assert capsys.readouterr().err.splitlines()[-1] == "long: image 3/3"


def test_an_unfinished_file_reads_as_nothing(tmp_path):
    assert progress.read(tmp_path / "none.json") is None
    (tmp_path / "half.json").write_text('{"label": "al')
    assert progress.read(tmp_path / "half.json") is None


@pytest.mark.parametrize(
    ("seconds", "words"),
    [(7.9, "7 s"), (97, "1 min 35 s"), (900, "15 min"), (3700, "1 h 1 min")],
)
def test_durations_are_words(seconds, words):
    assert progress.duration(seconds) == words


def test_the_watch_prints_what_moves(monkeypatch, capsys):
    monkeypatch.setattr(progress, "FILE_SECONDS", 0.0)
    monkeypatch.setattr(progress, "LINE_SECONDS", 0.05)
    monkeypatch.setattr(progress, "POLL_SECONDS", 0.02)
    with progress.Watch("04 training", expected=100) as watch:
        watch.part("cell 9/22")
        for _ in progress.track(range(3), "aligned"):
            time.sleep(0.1)
    lines = capsys.readouterr().err.splitlines()
    assert lines[0] == "[04 training] starts · about 1 min 40 s"
    moved = r"\[04 training\] cell 9/22 · aligned: step \d/3 · about 1 min 3\d s left"
    assert any(re.fullmatch(moved, line) for line in lines)
    assert lines[-1] == "[04 training] done in 0 s"
    assert progress.VARIABLE not in progress.os.environ


def test_a_new_part_forgets_the_old_step(capsys):
    with progress.Watch("a") as watch:
        list(progress.track(range(2), "old"))
        watch.part("cell 2/2")
        assert watch.line() == "cell 2/2"


def test_the_watch_says_when_the_work_failed(capsys):
    with pytest.raises(ValueError, match="broken"), progress.Watch("a"):
        raise ValueError("broken")
    assert "[a] failed after 0 s" in capsys.readouterr().err
