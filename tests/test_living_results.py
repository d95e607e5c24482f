"""Living figures of results: what Chromium shows, against the records and Python."""

import json
import re

import numpy as np
import pytest
import torch
from test_living import numbers, said, visit  # noqa: F401

from reprolib import losses, training
from reprolib import settings as profiles
from reprolib.book import cli
from reprolib.book.living import cmc, dose, embedding, hardest, sheet, snapshots
from reprolib.data.pictures import Pixels
from reprolib.evaluation import evaluate
from reprolib.evaluation.features import embed
from reprolib.study import measuring, records

FLAT = profiles.load("smoke", steps=5)


def press(tab, name):
    tab.get_by_role("button", name=name).click()


def control(tab, name, role="slider"):
    """A control by its name; pictures have longer ones."""
    return tab.get_by_role(role, name=name, exact=True)


def slide(tab, name, value):
    """The value is set by script, since a range has more steps than a test has time."""
    control(tab, name).evaluate(
        "(range, value) => { range.value = value;"
        " range.dispatchEvent(new Event('input')); }",
        value,
    )


# The dose of box error.


def plain_means(trained, score):
    """Means by (row, kind, tested) over the record's own lines, as text."""
    found = {}
    for text in records.path("drawn-main").read_text(encoding="utf-8").splitlines():
        line = json.loads(text)
        row, _, boxes = line["variant"].rpartition("-")
        if boxes == trained:
            for tested, scores in line["students"][0].items():
                for kind, one in scores["market"].items():
                    found.setdefault((row, kind, tested), []).append(one[score])
    return {key: sum(values) / len(values) for key, values in found.items()}


@pytest.mark.parametrize("boxes", dose.TRAINED)
@pytest.mark.parametrize("score", dose.SCORES)
def test_the_dose_shows_the_means_of_the_record(visit, boxes, score):  # noqa: F811
    tab, means = visit("dose"), plain_means(boxes, score)
    control(tab, dose.TRAINED[boxes], "radio").check()
    control(tab, score.replace("rank1", "rank-1"), "radio").check()
    for k, tested in enumerate(
        ("box0", "box0.2", "box0.4", "box0.6", "box0.8", "box1")
    ):
        slide(tab, "Error of the test boxes", k)
        board = tab.locator("svg[role=img]").first
        shown = [t for t in board.locator("text").all_text_contents() if "." in t]
        own = [means[m, m, tested] for m in ("global", "unaligned", "aligned")]
        stripes = ("unaligned", "aligned")
        square = [means[row, kind, tested] for row in stripes for kind in stripes]
        assert [float(t) for t in shown] == pytest.approx(own + square, abs=0.051)
        best = ("global", "rigid", "aligned")[int(np.argmax(own))]
        assert f"{best} wins with {max(own):.1f}\xa0%" in said(tab)
        assert f"{sorted(own)[-1] - sorted(own)[-2]:.1f} ahead" in said(tab)


def test_the_dose_says_in_how_many_seeds_the_winner_leads(visit):  # noqa: F811
    tab, data = visit("dose"), dose.data()
    at = data["errors"].index(0.4)
    own = {m: data["values"]["box0.4"][f"{m} {m}"]["mAP"][at] for m in
           ("global", "unaligned", "aligned")}  # fmt: skip
    first, second, _ = sorted(own, key=lambda m: -np.mean(own[m]))
    ahead = sum(a > b for a, b in zip(own[first], own[second], strict=True))
    assert f"leads in {ahead} of {len(own[first])} seeds" in said(tab)


@pytest.mark.parametrize("boxes", dose.TRAINED)
def test_the_title_of_the_dose_holds(boxes):
    """The gain of sliding at the test grows with every dose."""
    means = plain_means(boxes, "mAP")
    gain = [
        means["unaligned", "aligned", f"box{error:g}"]
        - means["unaligned", "unaligned", f"box{error:g}"]
        for error in dose.data()["errors"]
    ]
    assert gain == sorted(gain)


# The CMC curve.


def curve(tab):
    """The percentages of the curve's points, read from where they are drawn."""
    points = tab.locator("polyline").first.get_attribute("points")
    low, high = 322 - 48, 30
    heights = [float(point.split(",")[1]) for point in points.split()]
    return [100 * (low - height) / (low - high) for height in heights]


def test_the_last_query_completes_the_scores_of_the_record(visit):  # noqa: F811
    tab, kept = visit("cmc"), cmc.line()["market"][cmc.KIND]
    press(tab, "Last")
    *_, one, five, ten, whole = numbers(said(tab))
    for shown, name in zip((one, five, ten), ("rank1", "rank5", "rank10"), strict=True):
        assert shown == pytest.approx(kept[name], abs=0.051)
    assert whole == pytest.approx(kept["mAP"], abs=0.1)  # APs are kept in 255 steps


def test_the_curve_after_every_query_is_the_library_s(visit, monkeypatch):  # noqa: F811
    generator = torch.Generator().manual_seed(1)
    pids = torch.arange(9), torch.arange(9).repeat(5)
    camids = torch.zeros(9, dtype=int), torch.arange(1, 6).repeat_interleave(9)
    distance = torch.rand(9, 45, generator=generator)
    distance -= 0.3 * (pids[0][:, None] == pids[1])
    result = evaluate(distance, *pids, *camids)
    kept = {"queries": {cmc.KIND: measuring.packed(result)}}
    monkeypatch.setattr(cmc, "line", lambda: kept)
    tab = visit("cmc")
    for n in (1, 4, 9):
        slide(tab, "Queries asked", n)
        some = evaluate(distance[:n], pids[0][:n], pids[1], camids[0][:n], camids[1])
        found = 100 * some.cmc[:20].double()
        assert curve(tab) == pytest.approx(found.tolist(), abs=1e-3)
        assert numbers(said(tab))[-1] == pytest.approx(100 * float(some.mAP), abs=0.25)
        assert f"at rank {int(result.first_match[n - 1])}," in said(tab)


def test_queries_by_key_mouse_and_none(visit):  # noqa: F811
    tab = visit("cmc")
    control(tab, "Queries asked").press("ArrowRight")
    assert said(tab).startswith("Query 2 of 300")
    box = tab.locator("svg[role=img]").first.bounding_box()
    tab.mouse.click(box["x"] + 8, box["y"] + 24 + 17 + 8)  # first of the second row
    assert said(tab).startswith("Query 21 of 300")
    press(tab, "First")
    assert said(tab) == "No query has been asked yet."
    assert tab.locator("polyline").count() == 0


# A training that was watched.


@pytest.fixture(scope="module")
def watched():
    """A record of five batches, the network it ends with, and its training's log."""
    generator = torch.Generator().manual_seed(0)
    size = 96, 3, FLAT.data.height, FLAT.data.width
    images = torch.randint(0, 256, size, generator=generator, dtype=torch.uint8)
    pids = torch.arange(1, 25).repeat_interleave(4)
    pixels = Pixels(images, pids, torch.arange(4).repeat(24))
    results = []

    def train(*arguments):
        results.append(real(*arguments))
        return results[-1]

    real = training.train
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(training, "train", train)
        record = snapshots.watch(FLAT, pixels)
    return json.loads(json.dumps(record)), results[0], pixels


def test_a_training_learns_the_same_whether_watched_or_not(watched, tmp_path):
    record, trained, pixels = watched
    unseen = training.train(FLAT, pixels, snapshots.SEED, tmp_path)
    assert unseen.history == trained.history
    others = unseen.networks[0].state_dict()
    for name, tensor in trained.networks[0].state_dict().items():
        assert torch.equal(tensor, others[name])
    assert [s["step"] for s in record["snapshots"]] == [0, 1, 2, 3, 4, 5]


def test_the_last_snapshot_is_of_the_trained_network(watched):
    record, trained, _ = watched
    network, last = trained.networks[0], record["snapshots"][-1]
    spec = snapshots.drawn_spec(FLAT.data)
    shots = snapshots.recorded(record["test"])
    assert [pid for pid, *_ in shots] == sorted([*range(25, 37)] * 4)
    features = embed(network, snapshots.pictures(spec, shots)).global_.double()
    table = torch.cdist(features, features)
    for k, near in enumerate(map(int, last["nearest"].split())):
        others = [float(d) if i != k else 9.0 for i, d in enumerate(table[k])]
        assert others[near] == pytest.approx(min(others), abs=1e-4)
    centred = (features - features.mean(0)).numpy()
    values = np.linalg.eigvalsh(centred.T @ centred)[::-1]
    assert record["shares"] == pytest.approx(values[:2] / values.sum(), abs=2e-3)
    spread = (snapshots.points(last) ** 2).sum(0)
    assert spread.tolist() == pytest.approx(values[:2].tolist(), rel=0.02)
    # Distances are those of training mode: a batch standardised by its own means.
    batch = snapshots.pictures(spec, snapshots.recorded(record["batch"]))
    with torch.no_grad():
        global_ = network.train()(network.prepare(batch)).global_
    wanted = torch.cdist(global_, global_).double().fill_diagonal_(0)
    torch.testing.assert_close(snapshots.distances(last), wanted, atol=2e-3, rtol=0)


def test_the_command_writes_the_record(monkeypatch, tmp_path, capsys):
    monkeypatch.setattr(snapshots, "write", lambda runs: runs / "living.json")
    assert cli.main(["living", "record", "--runs", str(tmp_path)]) == 0
    assert capsys.readouterr().out.strip() == str(tmp_path / "living.json")


def test_a_record_of_other_code_says_so(monkeypatch):
    record = snapshots.read()
    known = records.is_of_todays_code(record)
    for figure in (hardest, embedding):
        assert (sheet.OTHER_CODE.strip() in figure.html()) != known
    monkeypatch.setattr(records, "is_of_todays_code", lambda cell: False)
    for figure in (hardest, embedding):
        assert f"{sheet.OTHER_CODE.strip()}</p>".replace("'", "&#x27;") in figure.html()


# The record's two figures.


def own_table(text, count):
    """The symmetric table of the record's text, by plain loops."""
    values, table = iter(text.split()), [[0] * count for _ in range(count)]
    for i in range(count):
        for j in range(i + 1, count):
            table[i][j] = table[j][i] = int(next(values))
    assert next(values, None) is None
    return table


def marked(tab):
    """Which picture carries which mark."""
    return tab.evaluate(
        "Object.fromEntries([...document.querySelectorAll('[data-mark]')].map("
        "(one) => [one.dataset.mark, Number(one.dataset.picture)]))"
    )


def every_anchor_s_marks(tab):
    """What is marked for each anchor in turn."""
    return control(tab, "Anchor").evaluate(
        """(range) => [...Array(Number(range.max)).keys()].map((k) => {
          range.value = k + 1;
          range.dispatchEvent(new Event("input"));
          return Object.fromEntries([...document.querySelectorAll("[data-mark]")]
            .map((one) => [one.dataset.mark, Number(one.dataset.picture)]));
        })"""
    )


def test_the_marked_triplets_are_the_hardest_by_brute_force(visit):  # noqa: F811
    tab, record = visit("hardest-triplets"), snapshots.read()
    pids = [pid for pid, *_ in snapshots.recorded(record["batch"])]
    every, margin = range(len(pids)), record["settings"]["margin"]
    for at, snapshot in enumerate(record["snapshots"]):
        slide(tab, "Snapshot of the training", at)
        table = own_table(snapshot["distances"], len(pids))
        expected = []
        for anchor in every:
            own = [k for k in every if pids[k] == pids[anchor] and k != anchor]
            others = [k for k in every if pids[k] != pids[anchor]]
            far = max(own, key=table[anchor].__getitem__)
            near = min(others, key=table[anchor].__getitem__)
            expected.append((anchor, far, near))
        found = [tuple(marks.values()) for marks in every_anchor_s_marks(tab)]
        assert found == expected
        mined = losses.batch_hard(torch.tensor(table), torch.tensor(pids))
        assert [(far, near) for _, far, near in expected] == list(
            zip(*(side.tolist() for side in mined), strict=True)
        )
        gaps = [(table[a][far] - table[a][near]) / 1000 for a, far, near in expected]
        costs = [max(0, margin + gap) for gap in gaps]
        assert snapshot["losses"]["global"] == pytest.approx(np.mean(costs), abs=2e-3)
        # In words, of the last anchor.
        a, far, near = expected[-1]
        shown = [table[a][far] / 1000, table[a][near] / 1000, margin, costs[-1]]
        assert numbers(said(tab))[:4] == pytest.approx(shown, abs=0.0051)
        assert f"For {sum(gap > 0 for gap in gaps)} of 48 anchors" in said(tab)


def test_an_anchor_is_chosen_by_mouse_and_keys(visit):  # noqa: F811
    tab = visit("hardest-triplets")
    box = tab.locator("svg[role=img]").first.bounding_box()
    tab.mouse.click(box["x"] + box["width"] * 4.5 / 12, box["y"] + 20)
    assert marked(tab)["anchor"] == 16
    control(tab, "Anchor").press("ArrowLeft")
    assert marked(tab)["anchor"] == 15
    press(tab, "Next")
    assert said(tab).startswith("After 1 batch, anchor 16 (person 4)")


def test_the_title_of_the_triplets_holds():
    """In the mean over the batch, first and last."""
    record = snapshots.read()
    pids = torch.tensor([pid for pid, *_ in snapshots.recorded(record["batch"])])
    gap = []
    for snapshot in (record["snapshots"][0], record["snapshots"][-1]):
        table = snapshots.distances(snapshot)
        far, near = (table.gather(1, side[:, None]).mean()
                     for side in losses.batch_hard(table, pids))  # fmt: skip
        gap.append((float(far), float(near)))
    (far, near), (last_far, last_near) = gap
    assert far > near and last_far < last_near


def test_the_embedding_counts_what_the_record_holds(visit):  # noqa: F811
    tab, record = visit("embedding"), snapshots.read()
    pids = [pid for pid, *_ in snapshots.recorded(record["test"])]
    assert f"After {record['snapshots'][-1]['step']} batches" in said(tab)  # at first
    rights = []
    for at, snapshot in enumerate(record["snapshots"]):
        slide(tab, "Snapshot of the training", at)
        nearest = [int(k) for k in snapshot["nearest"].split()]
        rights.append(sum(pids[k] == pids[near] for k, near in enumerate(nearest)))
        assert f"Of 48 pictures, {rights[-1]} have" in said(tab)
        for k in (0, 11, 40):
            slide(tab, "Picture", k + 1)
            right = pids[k] == pids[nearest[k]]
            assert ("which is right" in said(tab)) == right
            who = nearest[k] // 4 + 1
            assert f"a picture of person {who}," in said(tab)
    assert rights[-1] > rights[0]  # the title


def places(tab):
    """Where the marks lie in their picture, (N, 2)."""
    styles = tab.evaluate(
        "[...document.querySelectorAll('[data-picture]')]"
        ".map((one) => one.style.cssText)"
    )
    assert not any("transition" in style for style in styles)
    found = [re.findall(r"(-?[\d.]+)px", style) for style in styles]
    return np.array(found).astype(float)


def test_marks_lie_where_the_record_puts_them_and_can_be_pointed_at(visit):  # noqa: F811
    tab = visit("embedding", reduced_motion="reduce")
    every = snapshots.read()["snapshots"]
    wanted = np.concatenate([snapshots.points(one).numpy() for one in every])
    found = []
    for at in range(len(every)):
        slide(tab, "Snapshot of the training", at)
        found.append(places(tab))
    found = np.concatenate(found)
    # One scale and one middle for all snapshots; the marks fill the picture.
    scale = np.ptp(found[:, 0]) / np.ptp(wanted[:, 0])
    moved = found - found.mean(0) - scale * (wanted - wanted.mean(0))
    assert np.abs(moved).max() < 0.01
    assert found.min(0) + found.max(0) == pytest.approx([340, 340])
    assert np.ptp(found, axis=0).max() == pytest.approx(312)
    tab.locator("[data-picture='30']").dispatch_event("pointerenter")
    assert "picture 31, of person 8," in said(tab)
    assert control(tab, "Picture").input_value() == "31"
