"""Exercises and questions: stored answers are right, wrong ones are told why."""

import ast
import contextlib
import io
import re

import nbformat
import numpy as np
import pytest
from scipy import stats

from reprolib.book import checks, cli, execute, exercise_notebooks
from reprolib.book.exercises import EXERCISES, QUESTIONS
from reprolib.errors import ReproError

CHECK = re.compile(r'^check\("(?P<name>[^"]+)", (?P<answer>\w+)\)$', re.M)
CHOOSE = re.compile(r'^choose\("(?P<name>[^"]+)", (?P<answer>"\w"|\.\.\.)\)', re.M)
CHAPTERS = execute.chapters()


def section(notebook):
    """The cells of "Check yourself", without the last cell, which records the run."""
    starts = [c.source.startswith("## Check yourself") for c in notebook.cells]
    cells = notebook.cells[starts.index(True) :]
    assert "run.write(" in cells[-1].source
    return cells[:-1]


SECTIONS = {name: section(execute.load(execute.source(name))) for name in CHAPTERS}


def stored():
    """Every stored answer: (chapter, what the cell asks of, source of its cell)."""
    for chapter, cells in SECTIONS.items():
        for cell, after in zip(cells, [*cells[1:], None], strict=True):
            if exercise_notebooks.TAG in cell.metadata.get("tags", ()):
                chosen = CHOOSE.findall(cell.source)
                calls = chosen or CHECK.findall(after.source)
                assert calls, cell.source
                yield chapter, [name for name, _ in calls], cell.source


STORED = list(stored())


def imports(notebook):
    """The imports of the first two code cells, which a reader is told to run."""
    code = [c.source for c in notebook.cells if c.cell_type == "code"][:2]
    lines = [node for cell in code for node in ast.parse(cell).body]
    kinds = ast.Import, ast.ImportFrom
    return "\n".join(ast.unparse(node) for node in lines if isinstance(node, kinds))


@pytest.fixture
def said(monkeypatch):
    """What `ask` and `choose` show, as Markdown."""
    texts = []
    monkeypatch.setattr(checks, "display", lambda shown: texts.append(shown.data))
    return texts


def run(notebook):
    """Run the imports and the last section of a chapter."""
    names = {}
    exec(imports(notebook), names)
    for cell in section(notebook):
        if cell.cell_type == "code":
            exec(cell.source, names)


def asked(chapter):
    """The names of the exercises and of the questions of a chapter."""
    every = EXERCISES | QUESTIONS
    found = [name for name in every if int(every[name].chapter) == int(chapter[:2])]
    return [n for n in found if n in EXERCISES], [n for n in found if n in QUESTIONS]


@pytest.mark.parametrize("chapter", CHAPTERS)
def test_every_stored_answer_is_right(chapter, said, capsys):
    run(execute.load(execute.source(chapter)))
    functions, questions = asked(chapter)
    printed = capsys.readouterr().out.splitlines()
    assert len(printed) == len(functions)
    assert all(line.startswith("right: all ") for line in printed), printed
    assert len(said) == 2 * len(questions)  # the question, then the verdict
    assert all(text.startswith("**Right.** ") for text in said[1::2]), said


@pytest.mark.parametrize("chapter", CHAPTERS)
def test_no_answer_hides_a_name_that_the_record_needs(chapter):
    last = ast.parse(execute.load(execute.source(chapter)).cells[-1].source)
    needed = {node.id for node in ast.walk(last) if isinstance(node, ast.Name)}
    sources = [source for where, _, source in STORED if where == chapter]
    nodes = [node for source in sources for node in ast.parse(source).body]
    made = {node.name for node in nodes if isinstance(node, ast.FunctionDef)}
    assert made and not made & needed


@pytest.mark.parametrize("chapter", CHAPTERS)
def test_a_chapter_has_three_to_six_exercises_each_asked_once(chapter):
    functions, questions = asked(chapter)
    found = [name for where, names, _ in STORED for name in names if where == chapter]
    assert sorted(found) == sorted(functions + questions)
    assert 3 <= len(found) <= 6 and questions
    assert len(functions) >= (1 if chapter.startswith("00") else 2)


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


def without_diagonal_steps(d):
    return least(d, ((1, 0), (0, 1)))


def least(d, steps):
    total = np.array(d)
    for i, j in np.ndindex(d.shape):
        before = [total[i - a, j - b] for a, b in steps if a <= i and b <= j]
        total[i, j] += min(before, default=0)
    return total[-1, -1]


def warped_greedily(d):
    i = j = 0
    total = d[0, 0]
    while (i, j) != (d.shape[0] - 1, d.shape[1] - 1):
        steps = [(i + 1, j), (i, j + 1), (i + 1, j + 1)]
        inside = [c for c in steps if c[0] < d.shape[0] and c[1] < d.shape[1]]
        i, j = min(inside, key=lambda cell: d[cell])
        total += d[i, j]
    return total


def batch_of(choose_people, choose_own):
    """A way to draw a batch, from one to choose people and one to choose pictures."""

    def draw(labels, P, K, seed):
        rng = np.random.default_rng(seed)
        people = choose_people(rng, np.unique(labels), P)
        own = [np.flatnonzero(labels == pid) for pid in people]
        return np.concatenate([choose_own(rng, pictures, K) for pictures in own])

    return draw


some_people = batch_of(
    lambda rng, people, P: rng.choice(people, P, replace=False),
    lambda rng, own, K: rng.choice(own, K),
)
first_people = batch_of(
    lambda rng, people, P: people[:P],
    lambda rng, own, K: np.resize(rng.permutation(own), K),
)


def with_itself(counts):
    """Fleiss' kappa where a rater is paired with themselves, too."""
    n = counts.sum(1)
    chance = ((counts.sum(0) / counts.sum()) ** 2).sum()
    return (((counts / n[:, None]) ** 2).sum(1).mean() - chance) / (1 - chance)


def pairs_agreed(counts):
    n = counts.sum(1)
    return ((counts * (counts - 1)).sum(1) / (n * (n - 1))).mean()


def bill(table):
    """The test first, and training with the rest."""
    return table[0, 1] - table[0, 0], table[1, 1] - table[0, 1]


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
    ("warped-path", without_diagonal_steps, "0 on its diagonal"),
    ("warped-path", lambda d: np.trace(d), "one row"),
    ("warped-path", warped_greedily, "both at once costs less"),
    ("hardest-positive", lambda d, pids: d.max(1), "same person"),
    ("hardest-positive", lambda d, pids: d.argmax(1), "only positive"),
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
    ("two-scores", lambda r: (np.mean(r == 1), np.mean(1 / r)), "both are 100"),
    ("two-scores", lambda r: (100 * np.mean(r <= 2), 100 * np.mean(1 / r)), "second"),
    ("two-scores", lambda r: (100 * np.mean(r == 1), 100 / r.mean()), "1 / rank"),
    ("batch", lambda p, P, K, s: np.random.default_rng(s).permutation(len(p))[: P * K],
     "P people, each of them K times"),
    ("batch", some_people, "repeated before"),
    ("batch", first_people, "drawn by chance"),
    ("learning-rate", lambda step, steps, rate, falls: rate, "has fallen"),
    ("learning-rate", lambda k, n, rate, at: rate / 10 ** sum(k > a * n for a in at),
     "At the very step"),
    ("learning-rate", lambda k, n, r, at: r / 10 if k >= at[0] * n else r, "once more"),
    ("learning-rate", lambda k, n, rate, at: rate * 0.1 ** (k / n), "At the very step"),
    ("kappa", lambda a, b: (a == b).mean(), "kappa 0"),
    ("kappa", lambda a, b: 2 * (a == b).mean() - 1, "kappa 0"),
    ("kappa", lambda a, b: np.corrcoef(a, b)[0, 1], "the most there can be"),
    ("main-effects", bill, "without the other and with it"),
    ("main-effects", lambda t: bill(t)[::-1], "it is first"),
    ("main-effects", lambda t: (np.diff(t, axis=1).sum(), np.diff(t, axis=0).sum()),
     "all of the gain"),
    ("company", lambda v, w: np.minimum(v, w).sum() / np.maximum(v, w).sum(), "= 0"),
    ("company", lambda v, w: 1 - v @ w / (v @ v), "smaller weights"),
    ("company", lambda v, w: 1 - ((v > 0) & (w > 0)).sum() / ((v > 0) | (w > 0)).sum(),
     "smaller weights"),
    ("one-draw", lambda m, others: np.prod([np.mean(x < m) for x in others]), "for ce"),
    ("one-draw", lambda m, others: np.mean(np.concatenate(others) > m), "somebody"),
    ("one-draw", lambda m, others: float(all(x.mean() > m for x in others)), "share"),
    ("mcnemar", lambda a, b: float(stats.binom.cdf(min(a, b), a + b, 0.5)), "p = 1"),
    ("mcnemar", lambda a, b: stats.chi2.sf((a - b) ** 2 / (a + b), 1), "of a coin"),
    ("fleiss-kappa", pairs_agreed, "no pair agrees, and kappa is -1"),
    ("fleiss-kappa", with_itself, "no pair agrees, and kappa is -1"),
    ("fleiss-kappa", lambda counts: 2 * pairs_agreed(counts) - 1, "less the agreement"),
    ("verdict", lambda mean, p: "shown" if mean > 0 else "opposite shown", "nothing"),
    ("verdict", lambda mean, p: "shown" if p < 0.05 else "undecided", "the opposite"),
    ("verdict", lambda mean, p: "shown" if p <= 0.05 else "undecided", "exactly 0.05"),
    ("same-sign", lambda n, p: p**n, "agrees with itself"),
    ("same-sign", lambda n, p: 0.5 ** (n - 1), "Both signs count"),
    ("table-size", lambda Q, G, H: 8 * Q * G * H**2 / 1e6, "4 MB"),
    ("table-size", lambda Q, G, H: 4 * Q * G * H / 1e6, "four times"),
    ("powers", lambda sizes, seconds: np.diff(seconds) / np.diff(sizes), "every power"),
    ("powers", lambda n, s: np.diff(np.log(s)) / np.log(2), "every power"),
    ("powers", lambda n, s: np.full(len(n) - 1, np.polyfit(np.log(n), np.log(s), 1)[0]),
     "From size to size"),
    ("wilson", lambda r, n: (r / n - 0.2, r / n + 0.2), "between 0 and 1"),
    ("wilson", lambda r, n: (0.0, 1.0), "Wilson"),
    ("tuned-on-others", lambda s: s.max(0).mean(), "best on the other"),
    ("tuned-on-others", lambda s: s[s.sum(1).argmax()].mean(), "best on the other"),
    ("tuned-on-others", lambda s: s.max(), "mean of its row"),
    ("leak-gain", lambda a, b, k: 100 * (a[k].mean() - b[k].mean()), "query alike"),
    ("leak-gain", lambda a, b, k: 100 * (a[k].mean() - a[~k].mean()), "answer alike"),
    ("leak-gain", lambda a, b, k: (1.0 * a - b)[k].mean() - (1.0 * a - b)[~k].mean(),
     "in points"),
]  # fmt: skip


@pytest.mark.parametrize(("name", "answer", "reason"), WRONG)
def test_a_wrong_answer_is_told_why(name, answer, reason):
    said = checks.failure(name, answer)
    assert said and re.search(reason, said), said


def test_every_exercise_has_two_wrong_answers():
    for name in EXERCISES:
        assert sum(wrong == name for wrong, _, _ in WRONG) >= 2, name


def test_every_exercise_has_two_properties():
    assert all(len(exercise.properties) >= 2 for exercise in EXERCISES.values())


def test_check_says_it_and_never_the_answer(capsys):
    checks.check("count-paths", lambda h, w: 1)
    told = capsys.readouterr().out
    assert told.startswith("not yet: It is the number of paths that")
    assert "you gave 1." in told
    checks.check("count-paths", lambda h, w: None)
    assert "returns nothing: it needs a `return`" in capsys.readouterr().out
    checks.check("element-distance", lambda a, b: np.tanh(np.linalg.norm(a - b) / 2))
    assert capsys.readouterr().out == "right: all 3 properties hold\n"
    with pytest.raises(ReproError, match="unknown exercise 'x'; expected one of two-s"):
        checks.check("x", print)


def test_inputs_have_the_names_that_the_answer_gives_them():
    told = checks.failure("count-paths", lambda rows, columns: 2)
    assert re.search(r"Not so with rows = 1, columns = \d: you gave 2\.$", told), told
    told = checks.failure("count-paths", max)  # does not tell its names
    assert re.search(r"Not so with 1, (\d): you gave \1\.$", told), told
    told = checks.failure("two-scores", lambda ranks: (np.float64(1 / 3), 2))
    assert told.endswith("you gave (0.3333, 2)."), told


def test_a_changed_list_of_arrays_is_noticed():
    def answer(match, others):
        found = np.prod([np.mean(pictures > match) for pictures in others])
        others[-1][0] += 1
        return found

    told = checks.failure("one-draw", answer)
    assert told.startswith("It must not change its input: match = 0, others = [[")


# Questions.


@pytest.mark.parametrize("name", QUESTIONS)
def test_a_question_has_one_right_option_and_reasons_for_all(name, said):
    question = QUESTIONS[name]
    assert 3 <= len(question.options) <= 4 and question.right in question.options
    assert [*question.options] == [*"abcd"[: len(question.options)]]
    checks.ask(name)
    for letter, option in question.options.items():
        assert (
            f"- **{letter})** {option.says}\n" in said[0] and option.why not in said[0]
        )
        checks.choose(name, letter.upper())
        verdict = "Right." if letter == question.right else "Not right."
        assert said[-1] == f"**{verdict}** {option.why}"
        assert len(option.why) > 40
    assert question.asks in said[0] and len({*said}) == 1 + len(question.options)


def test_the_right_letter_is_no_habit():
    letters = [question.right for question in QUESTIONS.values()]
    assert all(letters.count(letter) >= 2 for letter in "abc")


def test_nobody_is_named_twice():
    assert not EXERCISES.keys() & QUESTIONS.keys()
    whys = [option.why for q in QUESTIONS.values() for option in q.options.values()]
    assert len({*whys}) == len(whys)


def test_unknown_questions_and_letters_are_named(said):
    for call in (lambda: checks.ask("x"), lambda: checks.choose("x", "a")):
        with pytest.raises(
            ReproError, match="unknown question 'x'; expected .*undecided"
        ):
            call()
    for letter in ("e", "", "ab", 2, None, ["a"]):
        with pytest.raises(ReproError, match='no option .*; expected "a", "b" or "c"'):
            checks.choose("undecided", letter)
    assert said == []
    checks.choose("undecided", ...)
    assert said == ['**Not answered yet:** replace the dots by "a", "b" or "c".']


# The exercise version.


def test_the_exercise_version_keeps_the_head_and_cuts_the_body():
    source = 'K = 3\n\n\ndef f(d):\n    """Say it."""\n    return 1\n\n\n'
    source += 'def g(a, b):\n    return 2\n\n\nchoose("x", "b")'
    kept = exercise_notebooks.stub(source)
    assert kept.split("\n\n\n") == [
        'def f(d):\n    """Say it."""\n    ...  # your answer',
        "def g(a, b):\n    ...  # your answer",
        'choose("x", ...)  # your answer, a letter',
    ]


@pytest.fixture(scope="module")
def written(tmp_path_factory):
    """The exercise version of every chapter, by its name."""
    root, told = tmp_path_factory.mktemp("project"), io.StringIO()
    with pytest.MonkeyPatch.context() as patch, contextlib.redirect_stdout(told):
        patch.setattr(exercise_notebooks, "project_root", lambda: root)
        assert cli.main(["exercises"]) == 0
    paths = [root / "exercises" / f"{name}.ipynb" for name in CHAPTERS]
    assert told.getvalue().split() == [str(path) for path in paths]
    return {path.stem: nbformat.read(path, 4) for path in paths}


def test_no_answer_is_left_in_the_exercise_version(written):
    for notebook in written.values():
        nbformat.validate(notebook)
        assert "Check yourself" in notebook.cells[1].source
    for chapter, names, source in STORED:
        cells = section(written[chapter])
        assert all(
            exercise_notebooks.TAG not in c.metadata.tags
            for c in cells
            if "tags" in c.metadata
        )
        text = "\n".join(cell.source for cell in cells)
        bodies = [f.body for f in ast.walk(ast.parse(source))
                  if isinstance(f, ast.FunctionDef)]  # fmt: skip
        for node in (node for body in bodies for node in body[1:]):
            first = ast.get_source_segment(source, node).splitlines()[0]
            assert first not in text, first
        for name in names:
            assert name in text
            if name in QUESTIONS:
                assert f'choose("{name}", ...)' in text


@pytest.mark.parametrize("chapter", CHAPTERS)
def test_blanks_run_and_are_not_yet_right(chapter, written, said, capsys):
    run(written[chapter])
    functions, questions = asked(chapter)
    printed = capsys.readouterr().out.splitlines()
    assert printed == [
        "not yet: Your function returns nothing: it needs a `return`."
    ] * (len(functions))
    assert [text[:20] for text in said[1::2]] == ["**Not answered yet:*"] * len(
        questions
    )
