"""The store: what is trained, read again and scored again, and under which key."""

from pathlib import Path

import pytest
import torch
from PIL import Image

from reprolib import settings as profiles
from reprolib import training
from reprolib.errors import ReproError
from reprolib.evaluation import scoring
from reprolib.evaluation.features import KINDS, embed_split
from reprolib.study import store, variants
from reprolib.study.store import Store
from reprolib.training import loop

SETTINGS = profiles.load("smoke", steps=2, train_ids=10, box_error=1.0)


@pytest.fixture(scope="module")
def runs(tmp_path_factory):
    return tmp_path_factory.mktemp("runs")


def opened(runs, **changed):
    return Store(runs, "drawn", SETTINGS.changed(**changed), profile="smoke")


def contents(folder):
    return {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}


@pytest.fixture
def no_training(monkeypatch):
    """From its call on, a step of training is a failure."""

    def trained_again(*_):
        raise AssertionError("it was trained again")

    return lambda: monkeypatch.setattr(loop, "batch_loss", trained_again)


@pytest.fixture
def other_code(tmp_path, monkeypatch):
    """Pretends that the code of `LEARNING` or `SCORING` has changed."""

    def changed(name):
        file = tmp_path / "changed.py"
        file.write_text("changed = True\n")
        monkeypatch.setattr(store, name, (*getattr(store, name), file))

    return changed


# What is read again, and what is made anew.


def test_what_is_trained_is_read_again_and_scored_again_for_other_doses(
    runs, no_training
):
    here = opened(runs)
    trained, scores = here.trained("aligned-box1", 0), here.scores("aligned-box1", 0)
    no_training()
    assert trained.step == 2
    assert list(scores["students"][0]) == ["0", "1"]
    assert set(scores["students"][0]["1"]) == set(KINDS)
    before = contents(here.folder("aligned-box1", 0))
    assert opened(runs).scores("aligned-box1", 0) == scores
    assert opened(runs).trained("aligned-box1", 0).history == trained.history
    other = opened(runs, doses=(0.5,))
    assert list(other.scores("aligned-box1", 0)["students"][0]) == ["0.5", "1"]
    after = contents(here.folder("aligned-box1", 0))
    assert before.items() < after.items() and len(after) == len(before) + 1


def test_changed_scoring_code_scores_again_and_trains_nothing(
    runs, other_code, no_training, monkeypatch
):
    here = opened(runs)
    old, folder = here.scores("global-box1", 0), here.folder("global-box1", 0)
    before = contents(folder)
    no_training()
    other_code("SCORING")
    monkeypatch.setattr(scoring, "percent", lambda result: {"rank1": -1.0, "mAP": -2.0})
    new = here.scores("global-box1", 0)
    assert new["students"][0]["1"]["global"] == {"rank1": -1.0, "mAP": -2.0}
    assert old["students"][0]["1"]["global"]["rank1"] >= 0
    assert here.folder("global-box1", 0) == folder
    assert before.items() < contents(folder).items()


def test_changed_learning_code_trains_beside_what_is_there(
    runs, other_code, monkeypatch
):
    here = opened(runs)
    old, folder = here.trained("whole-box1", 0), here.folder("whole-box1", 0)
    scores, before = here.scores("whole-box1", 0), contents(folder)
    other_code("LEARNING")
    loss = training.batch_loss

    def other_loss(*arguments):
        total, parts = loss(*arguments)
        return 3 * total, parts

    monkeypatch.setattr(loop, "batch_loss", other_loss)
    assert not here.has("whole-box1", 0)
    new = here.trained("whole-box1", 0)
    assert new.history != old.history
    assert here.scores("whole-box1", 0) != scores
    assert here.folder("whole-box1", 0) != folder
    assert contents(folder) == before


WEIGHTS = {
    "class_mutual_weight": 1.0,
    "steps": 3,
    "margin": 0.5,
    "channels": 16,
    "learning_rate": 1e-3,
    "decay_at": (0.5,),
    "precision": "bfloat16",
    "data_seed": 1,
    "test_ids": 23,
    "box_error": 0.5,
}


@pytest.mark.parametrize(("name", "value"), WEIGHTS.items())
def test_settings_that_decide_the_weights_lead_to_another_folder(runs, name, value):
    # "global" trains on box 1 whatever the settings say.
    variant = "global-box0.5" if name == "box_error" else "global-box1"
    usual = opened(runs).folder("global-box1", 0)
    other = opened(runs, **{name: value}).folder(variant, 0)
    assert other != usual and other.parent == usual.parent == runs / "models"


def test_the_seed_leads_to_another_folder_and_what_is_asked_later_does_not(runs):
    here = opened(runs)
    usual = here.folder("global-box1", 0)
    assert usual.name.startswith("global-box1-s0-")
    assert here.folder("global-box1", 1).name.startswith("global-box1-s1-")
    key = usual.name.removeprefix("global-box1-s0-")
    assert key not in here.folder("global-box1", 1).name
    later = {"doses": (0.5,), "study_queries": 5}
    assert opened(runs, **later).folder("global-box1", 0) == usual
    # Nor does what a variant fixes in any case.
    assert opened(runs, local="none").folder("aligned-box1", 0) == here.folder(
        "aligned-box1", 0
    )


def test_runs_with_other_settings_leave_older_files_as_they_were(runs):
    here = opened(runs)
    scores = here.scores("mutual-box1", 0)
    before = contents(runs / "models")
    other = opened(runs, class_mutual_weight=1.0)
    assert other.scores("mutual-box1", 0) != scores
    after = contents(runs / "models")
    assert before.items() < after.items()
    made = {path.parent for path in after.keys() - before.keys()}
    assert made == {other.folder("mutual-box1", 0)}
    assert here.scores("mutual-box1", 0) == scores


def test_first_weights_are_known_by_the_bytes_of_their_file(runs, tmp_path):
    path = tmp_path / "weights.pt"
    folders = []
    for content in (b"one", b"two", b"one"):
        path.write_bytes(content)
        here = opened(runs, weights=str(path))
        folders.append(here.folder("global-box1", 0))
    assert folders[0] == folders[2] != folders[1]


def test_other_photographs_lead_to_another_folder(tmp_path):
    for cam in "ab":
        (tmp_path / f"photos/cam_{cam}").mkdir(parents=True)
        for number in range(6):
            path = tmp_path / "photos" / f"cam_{cam}" / f"{number:03d}_0.bmp"
            Image.new("RGB", (4, 8)).save(path)
    usual = profiles.load("smoke", "viper")
    here = Store(tmp_path, "viper", usual, str(tmp_path / "photos"))
    before = here.folder("global-box0", 0)
    assert here.folder("global-box0", 0) == before
    drawn = Store(tmp_path, "drawn", usual)
    assert drawn.folder("global-box0", 0) != before
    for path in (tmp_path / "photos" / "cam_a").iterdir():
        Image.new("RGB", (5, 9), "red").save(path)
    assert here.folder("global-box0", 0) != before


def test_half_an_error_of_the_boxes_is_trained_and_kept_as_such(runs):
    here = opened(runs, box_error=0.5, doses=(0.5,))
    variant = variants.name("global", 0.5)
    scores = here.scores(variant, 0)
    folder, facts = here.folder(variant, 0), here.model(variant, 0)
    assert folder.name.startswith("global-box0.5-s0-")
    assert facts["variant"] == "global-box0.5"
    assert facts["settings"]["box_error"] == 0.5
    assert list(scores["students"][0]) == ["0.5"]
    dataset, pixels = here.training(variants.settings_of(variant, here.settings))
    assert "box050" in str(dataset.train[0].path.parent)
    for other in (0, 1):
        assert not torch.equal(pixels.images, here.pixels("train", other).images)


def test_the_facts_of_a_network_say_what_made_it(runs):
    facts = opened(runs).model("global-box1", 0)
    wanted = variants.settings_of("global-box1", SETTINGS).as_dict()
    assert facts["settings"] == wanted
    assert (facts["variant"], facts["seed"]) == ("global-box1", 0)
    assert (facts["dataset"], facts["profile"]) == ("drawn", "smoke")
    assert facts["code"] == store.code_of_learning() and len(facts["code"]) >= 12
    assert {"commit", "dirty", "versions", "hardware", "seconds"} < set(facts)


# What is trained on, and what the scores are.


def test_leaked_people_are_trained_on_and_tested_as_the_others(runs):
    here = opened(runs)
    usual, query = here.pixels("train", 1), here.pixels("query", 1)
    for leak, met in (("strangers", 0), ("tested", 10)):
        own = {"extra_people": leak, "overlap": "keep", "box_error": 1.0}
        dataset, pixels = opened(runs, **own).training(SETTINGS.changed(**own))
        assert len(pixels) == len(usual) + 10 * SETTINGS.data.train_shots
        assert torch.equal(pixels.images[: len(usual)], usual.images)
        assert pixels.sets is None
        both = set(pixels.pids.tolist()) & set(query.pids.tolist())
        files = {p.path.name for p in (*dataset.query, *dataset.gallery)}
        assert not files & {p.path.name for p in dataset.train}
        assert len(both) == dataset.overlap["people"] == met


def test_the_guard_leaves_nobody_of_the_test_in_training(runs):
    settings = SETTINGS.changed(extra_people="tested", overlap="remove")
    with pytest.raises(ReproError, match="all 60 training pictures show people of"):
        opened(runs).training(settings)


def test_scores_are_those_of_the_features_and_rise_with_the_rank(runs):
    here = opened(runs)
    trained, scores = here.trained("global-box1", 0), here.scores("global-box1", 0)
    query, gallery = here.pixels("query", 1), here.pixels("gallery", 1)
    q, g = (embed_split(trained.networks[0], x).global_ for x in (query, gallery))
    nearest_right = 0
    for i in range(len(query)):
        mine = gallery.pids == query.pids[i]
        kept = (gallery.pids != -1) & ~(mine & (gallery.camids == query.camids[i]))
        d = (g - q[i]).norm(dim=1).masked_fill(~kept, float("inf"))
        nearest_right += int(gallery.pids[d.argmin()] == query.pids[i])
    found = scores["students"][0]["1"]
    assert list(found) == ["global"]  # its local branch was never trained
    wanted = 100 * nearest_right / len(query)
    assert found["global"]["rank1"] == pytest.approx(wanted)
    assert found["global"]["rank1"] <= found["global"]["rank5"] <= 100


def test_pictures_are_decoded_once(runs):
    here = opened(runs)
    assert here.pixels("query", 1) is opened(runs).pixels("query", 1.0)
    assert not torch.equal(
        here.pixels("query", 0).images, here.pixels("query", 1).images
    )


def test_the_rooms_of_learning_and_scoring_are_there():
    for path in (*store.LEARNING, *store.SCORING):
        assert Path(path).exists(), path
