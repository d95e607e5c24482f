"""The study: its grid, a cell from training to record, claims, and its commands."""

import json
import subprocess
import sys
from collections import Counter

import book
import numpy as np
import pytest
import torch

from reprolib import settings
from reprolib.book import cli
from reprolib.errors import ReproError
from reprolib.evaluation import evaluate, statistics
from reprolib.study import cells, claims, grid, measuring, records, store, verdicts
from reprolib.study.cells import Place
from reprolib.study.provenance import project_root

SMALL = {
    "question": "which is better",
    "settings": {
        **{"steps": 2, "train_ids": 10, "test_ids": 8, "distractors": 2, "junk": 1},
        **{"train_shots": 4, "test_shots": 4, "ids_per_batch": 4, "channels": 8},
    },
    "boxes": ["box0.4"],
    "tested_on": ["box0.4", "box1"],
    "seeds": 3,
    "data_seeds": 2,
    "rows": {"global": {"local": "none"}, "pair": {"students": 2}},
}


@pytest.fixture
def small(monkeypatch):
    """A grid of one small study."""
    study = grid._study("small", **SMALL)
    monkeypatch.setattr(grid, "studies", lambda: {"small": study})
    return study


@pytest.fixture
def project(tmp_path, monkeypatch):
    """A throw-away project."""
    monkeypatch.chdir(tmp_path)
    book.project(tmp_path)
    return tmp_path


# The grid.


def test_every_declared_cell_has_settings_a_name_of_its_own_and_known_pictures():
    every = [(s, c) for s in grid.studies().values() for c in s.cells]
    assert len({(c.study, c.name) for _, c in every}) == len(every) > 100
    for study, cell in every:
        settings = study.settings_of(cell)
        assert settings.data.data_seed == cell.seed % study.data_seeds
        assert settings.data.box_error == grid.box_error(cell.boxes)
        assert cell.boxes in study.tested_on
        assert (study.dataset == "drawn") == (not study.folder)


def test_rows_of_a_study_differ(small):
    for study in grid.studies().values():
        first = [c for c in study.cells if c.seed == 0 and c.boxes == study.boxes[0]]
        assert len({study.settings_of(cell) for cell in first}) == len(study.rows)


def test_a_cell_crosses_row_boxes_and_seed(small):
    names = [cell.name for cell in small.cells]
    assert names == [f"{row}-box0.4-s{s}" for s in range(3) for row in SMALL["rows"]]
    settings = small.settings_of(small.cells[5])
    assert settings.schedule.students == 2 and settings.schedule.steps == 2
    assert settings.data.data_seed == 0 and settings.data.box_error == 0.4


@pytest.mark.parametrize("find", ["nothing", "global-box0.5-s0"])
def test_an_unknown_study_or_cell_is_refused(small, find):
    with pytest.raises(ReproError, match="expected"):
        grid.find_cell(grid.find("small"), find)
    with pytest.raises(ReproError, match="expected one of small"):
        grid.find(find)


def test_rows_boxes_and_variants_may_have_fewer_seeds():
    both = SMALL | {"boxes": ["box0.4", "box1"]}
    fewer = {"pair": 2, "box1": 1, "global-box1": 0}
    study = grid._study("small", **both, fewer=fewer)
    count = Counter(cell.variant for cell in study.cells)
    assert count == {"global-box0.4": 3, "pair-box0.4": 2, "pair-box1": 1}
    # All rows of the first seed come first.
    assert [cell.seed for cell in study.cells] == [0, 0, 0, 1, 1, 2]


# A cell, from training to record.


def test_a_cell_is_trained_measured_recorded_and_then_never_redone(small, project):
    place = Place(project / "runs")
    cell = grid.find_cell(small, "pair-box0.4-s1")
    assert cell in cells.missing(small, place)
    line = json.loads(cells.run(small, cell, place).read_text())
    assert line["variant"] == "pair-box0.4" and line["seed"] == 1
    assert line["settings"]["students"] == 2 and line["settings"]["data_seed"] == 1
    assert line["code"] == store.code_of_learning()
    assert len(line["students"]) == 2 and set(line["same_part"]) == {"box0.4", "box1"}
    cells.record(small, place)
    for file in (project / "runs" / "study" / "small").iterdir():
        file.unlink()
    assert records.lines("small") == {("pair-box0.4", 1): line}
    assert cell not in cells.missing(small, place)
    # What the line says is what its network does.
    own = place.store(small, cell, "box1")
    network = own.trained("", 1).networks[1]
    test = own.test(1.0)
    q, g = test.embed(network)
    table = measuring.distance("global+warped", q, g)
    found = line["students"][1]["box1"]["market"]["global+warped"]
    assert found["mAP"] == pytest.approx(100 * test.score(table).mAP, abs=1e-3)
    kept = line["students"][1]["box0.4"]
    ranks, ap = measuring.unpacked(kept["queries"]["global"])
    assert 100 * ap.mean() == pytest.approx(kept["market"]["global"]["mAP"], abs=0.3)
    rank1 = 100 * measuring.finds_first(kept).mean()
    assert rank1 == pytest.approx(kept["market"]["global"]["rank1"], abs=1e-3)
    people = measuring.unpacked_people(line["people"])
    assert len(people) == len(ranks) and len(set(people)) == 8
    # A weight of 1 is the plain sum; the halves' mean is the whole, where equal.
    halves = np.array(kept["sum"]["aligned"][measuring.SUM_WEIGHTS.index(1.0)])
    share = np.bincount(test.query.pids.numpy() % 2) / len(people)
    whole = share @ halves[:, 1]
    assert whole == pytest.approx(kept["market"]["global+aligned"]["mAP"], abs=0.02)


def test_the_record_is_a_table_with_a_row_for_each_score(monkeypatch):
    lines = {}
    for seed, score in enumerate((40.0, 60.0)):
        line = made_up("a-b-box0.4", seed, score)
        line["ended"] = {"collapsed": seed == 1}
        other = {"market": {"global": {"mAP": 1.0, "rank1": 2.0}}}
        line["students"][1]["box0.4"] = other
        lines["a-b-box0.4", seed] = line
    monkeypatch.setattr(records, "lines", lambda _: lines)
    table = records.frame("any")
    assert len(table) == 2 * (2 + 1) and set(table.row) == {"a-b"}
    assert set(table.trained) == {"box0.4"} and set(table.protocol) == {"market"}
    first = table[(table.seed == 0) & (table.student == 1) & (table.kind == "aligned")]
    assert first.mAP.item() == 40.0 and not first.collapsed.item()
    assert table[table.student == 2].rank1.tolist() == [2.0, 2.0]


def test_what_fails_is_kept_and_named_and_does_not_stop_the_others(
    small, project, monkeypatch, capsys
):
    place, cell = Place(project / "runs"), small.cells[0]
    monkeypatch.setattr(measuring, "measure", lambda *_: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        cells.run(small, cell, place)
    assert cell in cells.missing(small, place)
    assert cli.main(["study", "status", "--runs", str(place.runs)]) == 0
    said = capsys.readouterr()
    assert "failed: small global-box0.4-s0: ZeroDivisionError" in said.err
    assert "6 cells to do" in said.out
    monkeypatch.undo()
    monkeypatch.chdir(project)
    assert not cells.run(small, cell, place).with_suffix(cells.FAILED).exists()


def test_packed_queries_come_back_to_half_a_percent():
    rng = np.random.default_rng(0)
    pids = torch.arange(30)
    result = evaluate(rng.random((30, 30)), pids, pids, pids * 0, pids * 0 + 1)
    ranks, ap = measuring.unpacked(measuring.packed(result))
    np.testing.assert_array_equal(ranks, result.first_match)
    np.testing.assert_allclose(ap, result.ap, atol=0.5 / 255)
    people = measuring.unpacked_people(measuring.packed_people(pids.flip(0) * 7))
    np.testing.assert_array_equal(people, np.arange(30)[::-1])


def test_a_body_part_lies_between_its_landmarks():
    marks = np.array([[0.1, 0.28, 0.5, 0.78, 0.9]])
    # Middles of ten stripes: .05, .15, ... .95.
    found = measuring._parts(marks, 10)
    np.testing.assert_array_equal(found, [[-1, 0, 0, 1, 1, 2, 2, 2, 3, -1]])


@pytest.mark.parametrize(
    ("identity", "active", "hinge", "soft", "collapsed"),
    [
        (0.5, 0.2, 0.1, False, False),
        (2.28, 0.2, 0.1, False, True),  # chance is ln 10 = 2.30
        (0.5, 1.0, 0.31, False, True),  # all pay the margin of 0.3
        (0.5, 1.0, 0.42, False, False),  # all pay more: they learn
        (0.5, 1.0, 0.69, True, True),  # all pay log 2
        (0.5, 1.0, 0.75, True, False),
        (0.5, 1.0, 0.31, True, False),
    ],
)
def test_a_collapsed_training_says_so(identity, active, hinge, soft, collapsed):
    class Network:
        identity = torch.nn.Linear(2, 10)

    end = {"identity": identity, "active": active, "global": hinge}
    other = dict.fromkeys(end, 9.0)
    history = [{"step": k, "rate": 1.0, "loss": 1.0} for k in range(2)]
    trained = store.Trained([Network()], [history[0] | other, history[1] | end])
    loss = settings.load("smoke", soft_margin=soft).loss
    assert measuring.ended(trained, loss) == end | {"collapsed": collapsed}


# Claims.


def made_up(variant, seed, score):
    """A line with one score everywhere, and queries of two people with that AP."""
    kept = measuring._text(np.full((2, 4), round(255 * score / 100), np.uint8))
    kinds = dict.fromkeys(("global", "aligned"), {"mAP": score, "rank1": score})
    test = {"market": kinds, "queries": dict.fromkeys(kinds, kept)}
    people = measuring.packed_people(torch.tensor([1, 1, 2, 2]))
    students = [{"box0.4": test}, {"box0.4": test}]
    own = {"variant": variant, "seed": seed, "data_seed": seed % 2, "people": people}
    return own | {"students": students}


def claim(name, plus, minus, **rest):
    both = {"plus": plus, "minus": minus}
    return claims.Claim(name, 1, "says", "small", **both, **rest)


def test_declared_claims_name_cells_of_the_grid():
    declared = claims.declared()
    assert len(declared) > 20 and len({c.name for c in declared}) == len(declared)
    assert {c.question for c in declared} <= set(range(1, 10))


def test_findings_are_paired_by_seed_and_corrected_together(small, monkeypatch):
    a, b = [60.0, 63.0, 58.0], [50.0, 51.5, 49.0]
    lines = {
        (f"{row}-box0.4", seed): made_up(f"{row}-box0.4", seed, score)
        for row, each in (("global", a), ("pair", b))
        for seed, score in enumerate(each)
    }
    monkeypatch.setattr(records, "lines", lambda _: lines)
    up, down = ("global-box0.4:global@box0.4",), ("pair-box0.4:aligned@box0.4",)
    asked = [claim("up", up, down), claim("down", down, up), claim("nil", up, up)]
    monkeypatch.setattr(claims, "declared", lambda: asked)
    found = {f.claim.name: f for f in verdicts.findings()}
    np.testing.assert_allclose(found["up"].points, np.subtract(a, b))
    plain = statistics.paired(a, b)
    assert found["up"].difference == plain
    assert found["up"].p == pytest.approx(3 * plain.p)
    assert found["up"].verdict == "shown"
    low, high = plain.low, plain.high
    said = f"shown: +10.17 points of mAP ({low:+.2f} to {high:+.2f}, 3 seeds)"
    assert found["up"].sentence().startswith(said)
    assert "found" not in found["up"].sentence()
    assert "0.0 would have been found before" in found["nil"].sentence()
    assert found["down"].verdict == "opposite shown"
    assert found["nil"].verdict == "undecided" and found["nil"].p == 1
    assert found["up"].sets == pytest.approx((9.5, 11.5))
    # People of one set of pictures are all alike here: 9.5 of the first, 11.5 of the
    # second, where two seeds count as one.
    assert found["up"].people == pytest.approx((9.5, 11.5), abs=0.3)


def test_a_table_has_the_claims_with_seeds_and_counts_the_others(small, monkeypatch):
    each = {("global-box0.4", 0): 60.0, ("global-box0.4", 1): 63.0}
    each |= {("pair-box0.4", 0): 50.0, ("pair-box0.4", 1): 51.5}
    lines = {cell: made_up(*cell, score) for cell, score in each.items()}
    monkeypatch.setattr(records, "lines", lambda _: lines)
    up, down = ("global-box0.4:global@box0.4",), ("pair-box0.4:aligned@box0.4",)
    asked = [claim("up", up, down), claim("none", ("whole-box0.4:global@box0.4",), up)]
    monkeypatch.setattr(claims, "declared", lambda: asked)
    found = verdicts.findings()
    head, _, row, nothing, last = verdicts.table(found).split("\n")
    assert head.count("|") == row.count("|") == 5 and not nothing
    gap = statistics.paired([60.0, 63.0], [50.0, 51.5])
    cells = row.replace("\N{NO-BREAK SPACE}", " ").split(" | ")
    assert cells == [
        "says",
        "**waiting**",
        f"+10.8 mAP<br>{gap.low:+.1f} to {gap.high:+.1f}",
        "-",
        f"{gap.detectable:.1f}",
        "2 of 3",
    ]
    assert last == "Left out, with fewer than two seeds: 1 of 2 claims."
    assert verdicts.table(found[:1]).split("\n")[-1] == ""
    alone = verdicts.table(found[1:]).strip()
    assert alone == "Left out, with fewer than two seeds: 1 of 1 claims."


def test_what_only_the_correction_leaves_undecided_is_told():
    claim = claims.Claim("name", 1, "says", "drawn-main", ("a:b@box0",), ("c:b@box0",))
    near, far = (
        statistics.paired([60.0, 61.0, 62.5], [base, base + 1.5, base + 1.6])
        for base in (50.0, 60.0)
    )
    for gap, verdict, alone in (
        (near, "undecided", True),
        (far, "undecided", False),
        (near, "shown", False),
        (None, "waiting", False),
    ):
        one = verdicts.Finding(claim, 3, np.ones(3), difference=gap, verdict=verdict)
        assert one.decided_alone is alone


def test_the_weight_of_a_sum_is_chosen_on_the_other_half_of_the_people():
    # Three weights; rank-1 and mAP of the first half of the people, then the second.
    table = [[[50, 1], [20, 9]], [[40, 2], [60, 8]], [[30, 3], [10, 7]]]
    student = {"box0.4": {"sum": {"aligned": table}}}
    line = {"students": [student]}
    term = "x-box0.4:sum-aligned@box0.4"
    # By rank-1: the first half likes weight 0 (20 on the second), the second weight 1.
    assert claims.scores(line, term, "rank1") == (20 + 40) / 2
    assert claims.scores(line, term, "mAP") == (7 + 1) / 2


def test_a_claim_without_cells_or_with_one_seed_is_waiting(small, monkeypatch):
    line = made_up("global-box0.4", 0, 50.0)
    monkeypatch.setattr(records, "lines", lambda _: {("global-box0.4", 0): line})
    up = ("global-box0.4:global@box0.4",)
    asked = [claim("one", up, ()), claim("none", ("pair-box0.4:global@box0.4",), up)]
    monkeypatch.setattr(claims, "declared", lambda: asked)
    one, none = verdicts.findings()
    assert list(one.points) == [50.0] and len(none.points) == 0
    assert one.verdict == none.verdict == "waiting" and one.difference is None
    assert one.sentence() == "waiting: 1 of 3 seeds so far"


def test_no_verdict_before_every_planned_seed_is_there(small, monkeypatch):
    scores = {"global": (60.0, 62.0, 61.0), "pair": (50.0, 51.0, 52.0)}
    lines = {
        (f"{row}-box0.4", seed): made_up(f"{row}-box0.4", seed, score)
        for row, each in scores.items()
        for seed, score in enumerate(each)
    }
    sides = ("global-box0.4:global@box0.4",), ("pair-box0.4:global@box0.4",)
    asked = [claim("up", *sides)] + [claim(f"late-{k}", *sides) for k in range(9)]
    monkeypatch.setattr(claims, "declared", lambda: asked)
    monkeypatch.setattr(records, "lines", lambda _: dict(lines))
    everything = verdicts.findings()
    assert everything[0].complete and everything[0].verdict == "shown"
    assert everything[0].p == pytest.approx(10 * everything[0].difference.p)
    late = lines.pop(("pair-box0.4", 2))
    early = verdicts.findings()[0]
    assert not early.complete and early.p is None and early.verdict == "waiting"
    assert early.sentence().startswith("waiting: 2 of 3 seeds so far, +10.50 points of")
    # A claim whose seeds are not all there makes the others' p no smaller.
    lines[late["variant"], late["seed"]] = late
    other = claim("other", ("whole-box0.4:global@box0.4",), sides[1])
    monkeypatch.setattr(claims, "declared", lambda: [asked[0], other])
    first, second = verdicts.findings()
    assert first.p == pytest.approx(2 * first.difference.p) and second.p is None


def test_sets_of_people_are_units_of_their_own():
    claim = claims.Claim("name", 1, "says", "drawn-main", ("a:b@box0",), ("c:b@box0",))

    def one(sets, verdict):
        return verdicts.Finding(claim, 6, np.ones(6), sets=sets, verdict=verdict)

    sure, loose = (10.0, 10.01, 9.99), (10.0, 11.0, 9.0)  # p 3e-7 and 0.003
    swinging = (10.0, -4.0, 1.0)
    found = [one(sure, "shown"), one(loose, "opposite shown"), one(swinging, "shown")]
    assert verdicts.by_sets(found) == (2, 2)
    undecided = [one(swinging, "undecided")] * 20
    assert verdicts.by_sets(found + undecided) == (2, 1)
    assert verdicts.by_sets([*found, *undecided, one((1.0,), "waiting")]) == (2, 1)


@pytest.mark.parametrize(
    ("value", "said"),
    [(1.08, "+1.1"), (-0.03, "-0.03"), (0.0, "+0.00"), (-0.1, "-0.1"), (9.96, "+10.0")],
)
def test_small_differences_keep_a_digit_more(value, said):
    assert verdicts.points(value) == said


# Commands.


def test_the_study_is_listed_and_estimated(small, project, capsys):
    assert cli.main(["study", "list"]) == 0
    assert "6 cells" in capsys.readouterr().out
    assert cli.main(["study", "estimate"]) == 0
    # Three cells of one student and three of two, two steps each.
    hours = (3 + 6) * 2 * 0.3 / 3600
    assert f"{hours:6.1f} hours" in capsys.readouterr().out


def test_a_study_of_photographs_that_are_not_there_is_refused(capsys):
    study = next(s for s in grid.studies().values() if s.folder)
    words = ["study", "run", study.name, study.cells[0].name, "--data-root", ""]
    assert cli.main(words) == 1
    assert f"needs photographs in {study.folder}/" in capsys.readouterr().err


@pytest.mark.parametrize("profile", [[], ["--profile", "reprolib/study/slurm"]])
def test_the_workflow_plans_every_cell_that_no_record_has(tmp_path, profile):
    root, name = project_root(), next(iter(grid.studies()))
    words = [sys.executable, "-m", "snakemake", "--snakefile"]
    words += ["reprolib/study/study.smk", "--cores", "1", "--dry-run", *profile]
    words += ["--config", f"runs={tmp_path}", f"only={name}"]
    done = subprocess.run(words, cwd=root, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    todo = cells.missing(grid.find(name), Place(tmp_path))
    assert (done.stdout + done.stderr).count("rule cell:") == len(todo)
