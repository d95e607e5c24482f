"""Exercises: stored solutions pass, typical wrong answers fail with a reason."""

import re

import numpy as np
import pytest

from reprolib.book import checks, cli, execute, exercise_notebooks
from reprolib.book.exercises import EXERCISES
from reprolib.errors import ReproError

CALL = re.compile(r'^check\("(?P<name>[^"]+)", (?P<function>\w+)\)$', re.M)


def solutions():
    """Every stored solution: (chapter, exercise, function, source of its cell)."""
    for chapter in execute.chapters():
        cells = execute.load(execute.source(chapter)).cells
        for cell, after in zip(cells, cells[1:], strict=False):
            if exercise_notebooks.TAG in cell.metadata.get("tags", ()):
                for call in CALL.finditer(after.source):
                    yield chapter, call["name"], call["function"], cell.source


SOLUTIONS = list(solutions())


@pytest.mark.parametrize(("chapter", "name", "function", "source"), SOLUTIONS)
def test_a_stored_solution_is_right_and_in_its_chapter(chapter, name, function, source):
    names = {"np": np}
    exec("from math import comb\nfrom scipy import stats\n" + source, names)
    assert checks.failure(name, names[function]) is None
    assert int(chapter[:2]) == int(EXERCISES[name].chapter)


def test_every_exercise_is_asked_in_a_chapter():
    assert {name for _, name, _, _ in SOLUTIONS} == set(EXERCISES)


def greedy(d):
    """The wrong path that goes to the cheaper of two neighbours."""
    i = j = 0
    total = d[0, 0]
    while (i, j) != (d.shape[0] - 1, d.shape[1] - 1):
        down = d[i + 1, j] if i + 1 < d.shape[0] else np.inf
        right = d[i, j + 1] if j + 1 < d.shape[1] else np.inf
        i, j = (i + 1, j) if down < right else (i, j + 1)
        total += d[i, j]
    return total


def masked(d, pids, same):
    return np.where((pids[:, None] == pids) == same, d, -np.inf if same else np.inf)


def batch_hinge(d, pids):
    return np.maximum(
        0.3 + masked(d, pids, True).max(1) - masked(d, pids, False).max(1), 0
    )


def changes_its_input(d):
    d[0, 0] += 0.0001
    for i, j in np.ndindex(d.shape):
        near = [d[i - 1, j]] * (i > 0) + [d[i, j - 1]] * (j > 0)
        d[i, j] += min(near, default=0)
    return d[-1, -1] - 0.0001


def overflowing(a, b):
    e = np.exp(np.linalg.norm(a - b))
    return (e - 1) / (e + 1)


def of_two_errors(gaps):
    half = 2 * gaps.std() / len(gaps) ** 0.5
    return gaps.mean() - half, gaps.mean() + half


# Name, wrong answer, and a part of the reason that a reader gets.
WRONG = [
    ("element-distance", lambda a, b: np.linalg.norm(a - b), "Equation 1"),
    ("element-distance", overflowing, "no overflow"),
    ("shortest-path", lambda d: np.trace(d), "one row"),
    ("shortest-path", lambda d: d[:, 0].sum(), "one row"),
    ("shortest-path", greedy, "costs less"),
    ("shortest-path", lambda d: d.min(), "one row"),
    ("shortest-path", changes_its_input, "must not change its input"),
    ("shortest-path", lambda d: d[0], "one cell"),
    ("shortest-path", lambda d: 1 / 0, "raised ZeroDivisionError"),
    ("shortest-path", 3.0, "expected a function"),
    ("path-cells", lambda d: [(i, i) for i in range(min(d.shape))], "are a path"),
    (
        "path-cells",
        lambda d: [(0, j) for j in range(d.shape[1])]
        + [(i, d.shape[1] - 1) for i in range(1, d.shape[0])],
        "No other path costs less",
    ),
    ("count-paths", lambda h, w: h * w, "one path"),
    ("count-paths", lambda h, w: 2 ** (min(h, w) - 1), "can be listed"),
    ("hardest-positive", lambda d, pids: d.max(1), "same person"),
    ("hardest-positive", lambda d, pids: d.argmax(1), "same person"),
    ("trihard", lambda d, pids: 0.0, "pay exactly the margin"),
    ("trihard", batch_hinge, "pay exactly the margin"),
    ("trihard", lambda d, pids: max(0.3 - d.mean(), 0), "mean over all anchors"),
    ("metric-mutual", lambda a, b: ((a - b) ** 2).mean(), "Both students' terms"),
    ("metric-mutual", lambda a, b: 2 * ((a - b) ** 2).sum(), "Both students' terms"),
    ("class-mutual", lambda a, b: ((a - b) ** 2).mean(), "predicts as its target"),
    ("class-mutual", lambda a, b: 0.0, "summed over the classes"),
    ("average-precision", lambda right: right.mean(), "in front"),
    ("average-precision", lambda right: float(right[0]), "place k"),
    ("kept-gallery", lambda p, c, pids, camids: pids != -1, "own camera"),
    ("kept-gallery", lambda p, c, pids, cams: (pids > 0) & (cams != c), "distractors"),
    ("kept-gallery", lambda p, c, pids, camids: ~((pids == p) & (camids == c)), "Junk"),
    ("reciprocal", lambda d, k: d <= np.sort(d, 1)[:, k : k + 1], "mirror image"),
    ("reciprocal", lambda d, k: np.eye(len(d), dtype=bool), "each other|other's"),
    ("paired-interval", lambda g: (g.mean() - 1, g.mean() + 1), "no doubt"),
    ("paired-interval", of_two_errors, "Student's t"),
    ("holm", lambda p: np.minimum(p * len(p), 1), "multiplied by K"),
    ("holm", lambda p: np.sort(p) * np.arange(len(p), 0, -1), "above 1|shrinks"),
    ("wilson", lambda r, n: (r / n - 0.2, r / n + 0.2), "between 0 and 1"),
    ("wilson", lambda r, n: (0.0, 1.0), "Wilson"),
]  # fmt: skip


@pytest.mark.parametrize(("name", "answer", "reason"), WRONG)
def test_a_wrong_answer_is_told_why(name, answer, reason):
    said = checks.failure(name, answer)
    assert said and re.search(reason, said), said


def test_every_exercise_has_two_wrong_answers():
    for name in EXERCISES:
        assert sum(wrong == name for wrong, _, _ in WRONG) >= 2, name


def test_check_says_it_and_never_the_answer(capsys):
    checks.check("count-paths", lambda h, w: 1)
    said = capsys.readouterr().out
    assert (
        said.startswith("not yet: It is the number of paths") and "you gave 1." in said
    )
    checks.check("element-distance", lambda a, b: np.tanh(np.linalg.norm(a - b) / 2))
    assert capsys.readouterr().out == "right: all 3 properties hold\n"
    with pytest.raises(ReproError, match="unknown exercise 'x'; expected one of av"):
        checks.check("x", print)


def test_the_exercise_version_keeps_the_head_and_cuts_the_body():
    source = 'K = 3\n\n\ndef f(d):\n    """Say it."""\n    return 1\n\n\n'
    source += "def g(a, b):\n    return 2"
    kept = exercise_notebooks.stub(source)
    assert kept.startswith('def f(d):\n    """Say it."""\n    ...  # your answer')
    assert (
        kept.endswith("def g(a, b):\n    ...  # your answer") and "return" not in kept
    )


def test_exercises_are_written_without_solutions(tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(exercise_notebooks, "project_root", lambda: tmp_path)
    assert cli.main(["exercises"]) == 0
    written = capsys.readouterr().out.split()
    assert len(written) == len({chapter for chapter, *_ in SOLUTIONS})
    for chapter, name, function, source in SOLUTIONS:
        text = (tmp_path / "exercises" / f"{chapter}.ipynb").read_text()
        assert f"def {function}(" in text and name in text
        body = source.strip().splitlines()[-1].strip()
        assert body.replace('"', '\\"') not in text, body
