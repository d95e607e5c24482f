"""`python -m reprolib human`: lists, page and scores from the command line."""

import json
from dataclasses import replace

import pytest
import shelf
from trees import viper

from reprolib.book import cli, human_commands
from reprolib.human import files, simulated
from reprolib.human.simulated import Observer
from reprolib.human.trials import draw_trials

SMOKE = "--profile smoke"


@pytest.fixture(scope="module")
def runs(tmp_path_factory):
    """One folder of runs: people are drawn and the network is trained once."""
    return tmp_path_factory.mktemp("runs")


@pytest.fixture
def say(runs, tmp_path, monkeypatch, capsys):
    """Runs a command in a folder of its own -> status, output, error."""
    monkeypatch.chdir(tmp_path)

    def run(words):
        status = cli.main(["human", *words.split(), "--runs", str(runs)])
        return status, *capsys.readouterr()

    return run


def test_from_a_list_to_scores(say, runs, tmp_path):
    status, out, _ = say(f"trials study {SMOKE} --model global-box0.4")
    assert status == 0
    assert "study/trials.json: 12 trials of 10 candidates, 0 of attention, 3" in out
    assert "candidates drawn by global-box0.4-s0:global" in out
    assert sorted(p.name for p in (tmp_path / "study").iterdir()) == [
        "trials.json",
        "truth.json",
    ]
    assert say(f"page study/trials.json {SMOKE}")[:2] == (
        0,
        f"study/page.html: {_size(tmp_path)} MB, opens in any browser, offline\n",
    )
    made = files.read_list("study/trials.json")
    seen = _cues(runs, made)
    for number in range(3):
        one = simulated.simulated_answers(
            made, seen, Observer(1, 1, 1, 0.5, 0.1), number, 0
        )
        (tmp_path / f"S{number}.json").write_text(files.write_answers(made, one))
    scored = "score study/trials.json study/truth.json S0.json S1.json S2.json"
    status, plain, _ = say(scored)
    assert status == 0 and "Models" not in plain
    judges = "--model global-box0.4 --model aligned-box0.4:global+aligned"
    status, out, _ = say(f"{scored} {SMOKE} {judges}")
    assert status == 0
    for line in plain.splitlines():
        if "Trials to find" in line:
            break
        assert line in out
    for words in (
        "drawn, single, candidates drawn by global-box0.4-s0:global; a blind guess",
        "\nRaters\n",
        "\nsimulated-2 ",
        "all answers: ",
        "majority vote: ",
        "Fleiss' kappa of right and wrong: ",
        "\nModels on the same trials\n",
        "aligned-box0.4-s0:global+aligned list ",
        "list, re-ranked alone",
        "gallery, re-ranked",
        "\nRaters against models, exact McNemar\n",
        "below global-box0.4-s0:global",
    ):
        assert words in out, words
    assert "nan" not in out.lower()


def _size(folder):
    return f"{(folder / 'study' / 'page.html').stat().st_size / 1e6:.1f}"


def _cues(runs, made):
    options = cli._parser().parse_args(
        [
            "human",
            "page",
            "study/trials.json",
            "--profile",
            "smoke",
            "--runs",
            str(runs),
        ]
    )
    return simulated.cues(human_commands._open(options)[2], made.trials)


def test_the_page_takes_its_data_set_from_the_list(say, tmp_path):
    root = viper.write(tmp_path / "viper")
    photographs = f"--data-root {root}"
    drawn = f"trials study {SMOKE} --dataset viper {photographs} --trials 3 --length 2"
    assert say(drawn)[0] == 0
    status, out, _ = say(f"page study/trials.json {SMOKE} {photographs}")
    assert status == 0 and out.startswith("study/page.html: ")


def test_a_list_is_never_overwritten_by_another(say, tmp_path):
    draw = f"trials study {SMOKE} --protocol open --trials 20 --length 5"
    assert say(draw)[0] == 0
    before = (tmp_path / "study" / "truth.json").read_bytes()
    assert say(draw)[0] == 0  # the same list
    status, _, error = say(f"{draw} --seed 1")
    assert status == 1
    assert error.startswith("error: study/trials.json: another list lies here")
    assert (tmp_path / "study" / "truth.json").read_bytes() == before
    assert len(files.read_list("study/trials.json").trials) == 21


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ("trials s --protocol double", "protocol = 'double' is not one of single,"),
        ("trials s --protocol open --model global-box0.4", "no model; leave the model"),
        ("trials s --trials 100", "expected 108 (100 trials, 3 of practice, 5 of att"),
        ("trials s --trials 0", "0 trials of 10 candidates"),
        ("trials s --model aligned", "unknown variant 'aligned'"),
        ("trials s --model aligned-box0:warmed", "names no model"),
        ("trials s --dataset viper", "needs data_root"),
        (
            "trials s --dataset viper --data-root . -p box_error 1",
            "box_error = 1.0 with",
        ),
        ("trials s -p stepz 3", "unknown parameter 'stepz'"),
        ("page nothing.json", "nothing.json: no trials can be read from it"),
        ("score a.json b.json c.json", "a.json: no trials can be read from it"),
    ],
)
def test_what_is_wrong_is_one_sentence_and_nothing_is_written(
    say, tmp_path, words, said
):
    status, out, error = say(f"{words} {SMOKE}")
    assert (status, out) == (1, "")
    line = error.splitlines()[-1]
    assert line.startswith("error: ") and said in line
    assert not (tmp_path / "s").exists()


def test_a_page_of_other_pictures_is_refused(say, tmp_path):
    pool = replace(shelf.pool(tmp_path / "shelf")[0], name="drawn")
    made, truth = draw_trials(pool, "open", 5, 0, 4)
    (tmp_path / "trials.json").write_text(files.write_list(made))
    status, _, error = say(f"page trials.json {SMOKE}")
    assert status == 1 and "in drawn has SHA-256" in error
    assert not (tmp_path / "page.html").exists()
    (tmp_path / "truth.json").write_text(files.write_truth(made, truth))
    swapped = json.loads((tmp_path / "truth.json").read_text())
    (tmp_path / "a.json").write_text(json.dumps(swapped))
    status, _, error = say("score trials.json truth.json a.json")
    assert status == 1 and "a.json: this is no file of answers" in error
