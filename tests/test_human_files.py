"""Lists, truths and answers as files, and what is refused."""

import json
import re

import pytest
import shelf

from reprolib.errors import ReproError
from reprolib.human import files
from reprolib.human.files import Answer, Answers
from reprolib.human.trials import draw_trials, shown_order


@pytest.fixture(scope="module")
def drawn(tmp_path_factory):
    pool, distance = shelf.pool(tmp_path_factory.mktemp("shelf"))
    return draw_trials(pool, "single", 20, 0, 8, distance, "m")


def answer(made, rater, trial, candidate=2, confidence=3, seconds=1.5):
    length = len(made.trials[0].candidates)
    place = shown_order(made.key, rater, trial, length).index(candidate) + 1
    return Answer(trial, candidate, place, confidence, seconds)


@pytest.fixture
def folder(drawn, tmp_path):
    made, truth = drawn
    (tmp_path / "trials.json").write_text(files.write_list(made))
    (tmp_path / "truth.json").write_text(files.write_truth(made, truth))
    for rater in ("A1", "B2"):
        given = (
            answer(made, rater, "t1"),
            answer(made, rater, "t5", 0, 1, 0.0),
            Answer("t3", None, None, None, 2.0),
        )
        text = files.write_answers(made, Answers(rater, given))
        (tmp_path / f"{rater}.json").write_text(text)
    return tmp_path


def test_what_is_written_is_read_again(drawn, folder):
    made, truth = drawn
    read = files.read_list(folder / "trials.json")
    assert read == made
    assert files.read_truth(folder / "truth.json", read) == truth
    one, two = files.read_answers([folder / "A1.json", folder / "B2.json"], read)
    assert (one.rater, two.rater) == ("A1", "B2")
    assert one.answers[0] == answer(made, "A1", "t1")
    assert one.answers[2] == Answer("t3", None, None, None, 2.0)


def test_the_list_holds_no_truth_and_no_file_name(folder):
    text = (folder / "trials.json").read_text()
    value = json.loads(text)
    assert all(trial["right"] == [] for trial in value["trials"])
    assert ".png" not in text and "attention" not in text


def edit(path, change):
    value = json.loads(path.read_text())
    change(value)
    path.write_text(json.dumps(value))


def put(*keys, value):
    """A change that sets one value, by its keys."""

    def change(tree):
        for key in keys[:-1]:
            tree = tree[key]
        tree[keys[-1]] = value

    return change


def drop(*keys):
    def change(tree):
        for key in keys[:-1]:
            tree = tree[key]
        del tree[keys[-1]]

    return change


def twice(tree):
    tree["answers"].append(tree["answers"][0])


def of_first(name, value):
    return put("answers", 0, name, value=value)


WRONG_ANSWERS = [
    (put("format", value="reprolib human truth 1"), "no file of answers"),
    (drop("format"), "no file of answers"),
    (put("list", value="0123456789abcdef"), "at the top: list is"),
    (drop("list"), "at the top: list is nothing"),
    (
        put("rater", value="<b>me</b>"),
        'at the top: rater is "<b>me</b>", expected a code',
    ),
    (put("rater", value="A1\n"), "at the top: rater is"),
    (put("rater", value="a" * 17), "at the top: rater is"),
    (put("rater", value=""), "at the top: rater is"),
    (put("rater", value=7), "at the top: rater is 7, expected a text"),
    (put("rater", value="C3"), "entry 1 of answers: place is"),  # another's order
    (put("answers", value={}), "at the top: answers is {}, expected a list"),
    (put("answers", value=[]), "at the top: answers is [], expected at least one"),
    (put("answers", value=[3]), "at the top: answers is [3], expected a list of obj"),
    (drop("answers"), "at the top: answers is nothing"),
    (
        twice,
        'entry 4 of answers: trial is "t1", expected a trial that was not answered',
    ),
    (of_first("trial", "t99"), 'entry 1 of answers: trial is "t99", expected the name'),
    (of_first("trial", "p1"), "entry 1 of answers: trial is"),
    (of_first("trial", ["t1"]), "entry 1 of answers: trial is"),
    (of_first("candidate", 8), "entry 1 of answers: candidate is 8, expected a whole"),
    (of_first("candidate", -1), "entry 1 of answers: candidate is -1"),
    (of_first("candidate", True), "entry 1 of answers: candidate is true"),
    (of_first("candidate", 1.0), "entry 1 of answers: candidate is 1.0"),
    (of_first("candidate", "1"), "entry 1 of answers: candidate is"),
    (of_first("candidate", None), "entry 1 of answers: place is"),
    (drop("answers", 0, "candidate"), "entry 1 of answers: candidate is nothing"),
    (drop("answers", 2, "candidate"), "entry 3 of answers: candidate is nothing"),
    (of_first("place", 0), "entry 1 of answers: place is 0"),
    (of_first("place", 9), "entry 1 of answers: place is 9"),
    (of_first("place", None), "entry 1 of answers: place is null"),
    (of_first("confidence", 5), "entry 1 of answers: confidence is 5"),
    (of_first("confidence", 0), "entry 1 of answers: confidence is 0"),
    (of_first("confidence", None), "entry 1 of answers: confidence is null"),
    (put("answers", 2, "confidence", value=1), "entry 3 of answers: confidence is 1"),
    (of_first("seconds", -0.1), "entry 1 of answers: seconds is -0.1"),
    (of_first("seconds", 1e9), "entry 1 of answers: seconds is 1000000000.0"),
    (of_first("seconds", "3"), "entry 1 of answers: seconds is"),
    (of_first("seconds", 10**400), "entry 1 of answers: seconds is 1000"),
    (drop("answers", 0, "seconds"), "entry 1 of answers: seconds is nothing"),
]


@pytest.mark.parametrize(("change", "said"), WRONG_ANSWERS)
def test_answers_that_are_wrong_are_refused_with_file_and_place(
    drawn, folder, change, said
):
    edit(folder / "A1.json", change)
    with pytest.raises(ReproError) as error:
        files.read_answers([folder / "B2.json", folder / "A1.json"], drawn[0])
    text = str(error.value)
    where = re.escape(str(folder / "A1.json")) + "(, line 1)?: "
    assert re.match(where, text) and said in text
    assert len(text.splitlines()) == 1 and "expected" in text and text.endswith(".")


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "Expecting value"),
        (b"\xff\xfe", "codec can't decode"),
        (b"[1, 2", "line 1"),
        (b"[]", "no file of answers"),
        (b"null", "no file of answers"),
        (b'{"a": 1, "a": 2}', "a name stands twice"),
        (b'{"seconds": NaN}', "NaN is no number"),
        (b"[" * 200_000, "no answers can be read"),
        (None, "No such file"),
    ],
)
def test_files_that_are_not_answers_are_refused(drawn, folder, content, said):
    path = folder / "new.json"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(ReproError, match=re.escape(said)) as error:
        files.read_answers([path], drawn[0])
    assert str(error.value).startswith(f"{path}: ")


def test_a_rater_answers_once(drawn, folder):
    copy = folder / "copy.json"
    copy.write_bytes((folder / "A1.json").read_bytes())
    with pytest.raises(ReproError, match=r"copy\.json: rater A1 has answered in .*A1"):
        files.read_answers([folder / "A1.json", copy], drawn[0])


WRONG_LISTS = [
    (put("trials", 0, "query", value="0" * 64), "at the top: list is"),  # edited
    (put("seed", value=1), "at the top: list is"),
    (put("seed", value=-1), "at the top: seed is -1"),
    (put("trials", 0, "query", value="abc"), "entry 1 of trials: query and cand"),
    (put("trials", 1, "candidates", value=[]), "entry 2 of trials: candidates is []"),
    (put("trials", 1, "right", value=[8]), "entry 2 of trials: right is [8]"),
    (put("practice", 1, "right", value=[1, 1]), "entry 2 of practice: right is"),
    (put("trials", 1, "id", value="t1"), "at the top: trials is"),
    (put("trials", value=[]), "at the top: trials is"),
    (drop("protocol"), "at the top: protocol is nothing"),
]


@pytest.mark.parametrize(("change", "said"), WRONG_LISTS)
def test_a_list_that_was_edited_is_refused(folder, change, said):
    edit(folder / "trials.json", change)
    with pytest.raises(ReproError) as error:
        files.read_list(folder / "trials.json")
    assert f"{folder / 'trials.json'}, line 1: {said}" in str(error.value)


WRONG_TRUTHS = [
    (put("list", value="0"), "at the top: list is"),
    (drop("trials", "t1"), "at the top: trials is"),
    (put("trials", "t99", value={}), "at the top: trials is"),
    (put("trials", "t2", value=3), "at the top, trials: t2 is 3"),
    (put("trials", "t2", "right", value=[]), "at the top, trials, t2: right is []"),
    (put("trials", "t2", "right", value=[8]), "at the top, trials, t2: right is [8]"),
    (put("trials", "t2", "right", value=[False]), "t2: right is [false]"),
    (put("trials", "t2", "attention", value=0), "t2: attention is 0, expected true"),
    (drop("trials", "t2", "camid"), "t2: camid is nothing, expected a whole number"),
]


@pytest.mark.parametrize(("change", "said"), WRONG_TRUTHS)
def test_another_truth_is_refused(drawn, folder, change, said):
    edit(folder / "truth.json", change)
    with pytest.raises(ReproError) as error:
        files.read_truth(folder / "truth.json", drawn[0])
    assert f"{folder / 'truth.json'}, line 1: " in str(error.value)
    assert said in str(error.value)


def test_what_is_wrong_is_found_by_its_line(drawn, folder):
    """The line on which the object begins, as an editor counts."""
    path = folder / "A1.json"
    lines = path.read_text().splitlines()
    at = next(n for n, line in enumerate(lines) if '"trial": "t5"' in line)
    assert lines[at - 1].strip() == "{"
    lines[at + 3] = ' "confidence": 9,'
    path.write_text("\n".join(lines))
    with pytest.raises(ReproError) as error:
        files.read_answers([path], drawn[0])
    said = f"{path}, line {at}: entry 2 of answers: confidence is 9, expected"
    assert str(error.value).startswith(said)


def test_a_folder_holds_a_study_once_somebody_has_answered(drawn, folder):
    study = files.read_study(folder)
    assert (study.trials, study.truth) == drawn
    assert [one.rater for one in study.answers] == ["A1", "B2"]
    for rater in ("A1", "B2"):
        (folder / f"{rater}.json").unlink()
    assert files.read_study(folder) is None
    assert files.read_study(folder / "nothing") is None


def test_a_folder_with_answers_to_no_list_is_refused(folder):
    (folder / "truth.json").unlink()
    with pytest.raises(ReproError, match=r"truth\.json: no truth can be read"):
        files.read_study(folder)
