"""The drawn pedestrians: determined by their numbers, true to their landmarks."""

import hashlib
import math
import subprocess
import sys
from dataclasses import replace
from random import Random

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from reprolib.data import digest, drawn, registry
from reprolib.data.drawn import clothes, folder, pedestrian
from reprolib.data.drawn.brush import Brush
from reprolib.data.drawn.camera import CAMERAS, MARGIN
from reprolib.data.drawn.figure import Figure
from reprolib.data.sets import market1501
from reprolib.errors import ReproError
from reprolib.settings import load

SPEC = drawn.DrawnSpec(
    train_ids=6,
    train_shots=4,
    test_ids=5,
    test_shots=3,
    distractors=4,
    junk=3,
    box_error=0.7,
    height=112,
    width=56,
    seed=3,
)
MANY = replace(SPEC, train_ids=301, test_ids=200)
SHOTS = [(1, 1, 0), (4, 2, 1), (7, 3, 2), (9, 6, 5), (0, 4, 3), (-1, 5, 1)]


def pixels_digest(spec=SPEC):
    pictures = [drawn.draw(spec, *shot) for shot in SHOTS]
    text = b"".join(p.tobytes() + repr(y).encode() for p, y in pictures)
    return hashlib.sha256(text).hexdigest()


def test_picture_is_determined_in_any_process():
    code = "from test_drawn import pixels_digest; print(pixels_digest())"
    result = subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        text=True,
        env={"PYTHONHASHSEED": "77", "PYTHONPATH": ":".join(sys.path)},
        check=True,
    )
    assert result.stdout.strip() == pixels_digest()


@pytest.mark.parametrize("other", [(2, 1, 0), (1, 2, 0), (1, 1, 1)])
def test_every_number_counts(other):
    picture, _ = drawn.draw(SPEC, 1, 1, 0)
    assert picture.shape == (112, 56, 3)
    assert picture.dtype == np.uint8
    assert (picture != drawn.draw(SPEC, *other)[0]).any()


def test_seed_changes_people_and_boxes():
    other = replace(SPEC, seed=4)
    assert drawn.describe(SPEC, 1) != drawn.describe(other, 1)
    # The middle between crown and soles depends on the box alone.
    middles = [drawn.draw(s, 1, 1, 0)[1][::4] for s in (SPEC, other)]
    assert abs(sum(middles[0]) - sum(middles[1])) > 1e-6


@given(st.sampled_from(SHOTS[:4]), st.floats(0, 1))
@settings(max_examples=15, deadline=None)
def test_box_error_moves_landmarks_by_an_affine_map_linear_in_it(shot, strength):
    """The person stays the same: perfect and worst box tell every box in between."""
    perfect, worst, found = (
        np.array(drawn.draw(SPEC, *shot, box_error=e)[1]) for e in (0, 1, strength)
    )
    assert found == pytest.approx(perfect + strength * (worst - perfect), abs=1e-9)
    slope, intercept = np.polyfit(perfect, found, 1)
    assert found == pytest.approx(slope * perfect + intercept, abs=1e-9)
    assert 0.8 - 1e-9 <= slope <= 1.25 + 1e-9
    assert abs(intercept + slope / 2 - 0.5) <= 0.2 + 1e-9


def test_worst_boxes_lie_above_and_below_too_wide_and_too_narrow():
    shifts, scales = [], []
    for pid in range(1, 41):
        crown, *_, soles = drawn.draw(SPEC, pid, 1, 0, box_error=1)[1]
        scales.append((soles - crown) / (1 - 2 * MARGIN))
        shifts.append((soles + crown) / 2 - 0.5)
    assert min(shifts) < -0.12
    assert max(shifts) > 0.12
    assert min(scales) < 0.87
    assert max(scales) > 1.15


def test_perfect_box_has_fixed_margins():
    for shot in SHOTS[:4]:
        _, (crown, neck, waist, knees, soles) = drawn.draw(SPEC, *shot, box_error=0)
        assert (crown, soles) == pytest.approx((MARGIN, 1 - MARGIN))
        assert crown < neck < waist < knees < soles


def test_draw_uses_the_box_of_the_spec():
    picture, heights = drawn.draw(SPEC, *SHOTS[0])
    again, same = drawn.draw(SPEC, *SHOTS[0], box_error=SPEC.box_error)
    assert (picture == again).all()
    assert heights == same
    assert heights != drawn.draw(SPEC, *SHOTS[0], box_error=0)[1]


def test_explicit_box_shifts_and_scales_about_the_middle():
    perfect = np.array(drawn.draw_with_box(SPEC, 2, 1, 0)[1])
    moved = np.array(drawn.draw_with_box(SPEC, 2, 1, 0, shift=0.1, scale=0.9)[1])
    assert moved == pytest.approx(0.5 + 0.9 * (perfect - 0.5) + 0.1)
    assert perfect == pytest.approx(drawn.draw(SPEC, 2, 1, 0, box_error=0)[1])


def test_shifted_picture_shows_the_same_shot(monkeypatch):
    """A shift of exactly 14 pixels moves every pixel by 14 rows, noise apart."""
    monkeypatch.setitem(CAMERAS, 1, CAMERAS[1]._replace(noise=0.0))
    still, moved = (
        drawn.draw_with_box(SPEC, 5, 1, 0, shift)[0].astype(int)
        for shift in (0.0, 0.125)
    )
    assert np.abs(still[:-14] - moved[14:]).max() <= 1


@given(st.integers(0, 10**6), st.floats(-math.pi, math.pi), st.floats(0, 6.3))
@settings(max_examples=60, deadline=None)
def test_landmarks_agree_with_the_pixels(seed, yaw, phase):
    """The figure alone on a plain ground: topmost and bottommost pixel."""
    rng = Random(seed)
    figure = Figure(pedestrian.stranger(rng), yaw, phase, rng.uniform(0.1, 0.46))
    size, k, top = 448, 400, 24
    canvas = Image.new("RGB", (size, size), (255, 0, 255))
    clothes.paint(Brush(canvas, k, size / 2, top), figure)
    rows = np.flatnonzero((np.asarray(canvas) != (255, 0, 255)).any(axis=(1, 2)))
    crown, *_, soles = figure.landmarks()
    # Four pixels here are one in a crop of 112.
    assert abs(rows[0] - (top + k * crown)) <= 3
    assert abs(rows[-1] - (top + k * soles)) <= 3


def test_landmarks_of_somebody_who_stands_still():
    person = pedestrian.stranger(Random(1))._replace(lower="shorts", upper="t-shirt")
    figure = Figure(person, yaw=0.0, phase=0.0, stride=0.0)
    assert figure.landmarks()[3] == pytest.approx(0.725)
    assert figure.landmarks()[4] == pytest.approx(1.0, abs=0.01)


def test_splits_share_no_identity_and_queries_have_matches_of_other_cameras():
    folders = {}
    for name, pid, camid, shot in drawn.shots(MANY):
        folders.setdefault(name, []).append((pid, camid, shot))
    train = {pid for pid, *_ in folders["bounding_box_train"]}
    test = {pid for pid, *_ in folders["query"]}
    gallery = folders["bounding_box_test"]
    assert train == set(range(1, 302))
    assert test == set(range(302, 502))
    assert {pid for pid, *_ in gallery} == test | {0, -1}
    for pid in test:
        cameras = [camid for p, camid, _ in folders["query"] if p == pid]
        assert len(set(cameras)) == len(cameras) == 2
        elsewhere = {camid for p, camid, _ in gallery if p == pid}
        assert all(elsewhere - {camid} for camid in cameras)


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    return drawn.make(SPEC, tmp_path_factory.mktemp("drawn"))


def test_made_folder_is_read_by_the_market_reader(made):
    dataset = market1501.read(made, name="drawn")
    table = dataset.statistics()
    assert table["pictures"].to_dict() == {"train": 24, "query": 10, "gallery": 12}
    assert table["identities"].to_dict() == {"train": 6, "query": 5, "gallery": 5}
    assert table.loc["gallery", ["distractors", "junk"]].tolist() == [4, 3]
    assert len(dataset.landmarks) == 46


def test_made_pictures_and_landmarks_are_those_of_draw(made):
    dataset = market1501.read(made)
    for picture in (*dataset.train[:3], *dataset.gallery[:3]):
        shot = int(picture.path.stem.split("_")[2])
        pixels, heights = drawn.draw(SPEC, picture.pid, picture.camid, shot)
        with Image.open(picture.path) as image:
            stored = np.asarray(image).astype(int)
        assert np.abs(stored - pixels).mean() < 5
        assert dataset.landmarks[picture.path.name] == pytest.approx(heights, abs=1e-5)


def extra(who):
    return replace(SPEC, extra_people=who, extra_ids=3)


def test_extra_people_are_strangers_or_tested_in_shots_the_test_has_not():
    usual = set(drawn.shots(SPEC))
    people = {}
    for who in ("strangers", "tested"):
        shots = list(drawn.shots(extra(who)))
        assert {folder for folder, *_ in shots} == {"bounding_box_train"}
        assert not {shot[1:] for shot in shots} & {shot[1:] for shot in usual}
        found = [pid for _, pid, *_ in shots]
        people[who] = sorted(set(found))
        assert all(found.count(pid) == SPEC.train_shots for pid in people[who])
    assert people["strangers"] == [12, 13, 14]
    assert people["tested"] == drawn.tested(extra("strangers"))
    assert set(people["tested"]) < set(range(7, 12)) and len(people["tested"]) == 3


def test_tested_people_come_with_their_neighbours():
    chosen = set(drawn.tested(replace(MANY, extra_ids=80)))
    pairs = [{pid, pid + 1} & chosen for pid in range(302, 502, 2)]
    assert sorted(map(len, pairs)) == [0] * 60 + [2] * 40
    other = drawn.tested(replace(MANY, extra_ids=80, seed=4))
    assert chosen != set(other)


def test_extra_people_are_drawn_as_they_are_listed(tmp_path):
    root = drawn.make(extra("tested"), tmp_path)
    assert drawn.make(extra("tested"), tmp_path) == root
    assert drawn.make(extra("strangers"), tmp_path) != root
    wanted = [file for file, *_ in drawn.files(extra("tested"))]
    found = [path.relative_to(root) for path in root.rglob("*.jpg")]
    assert sorted(found) == sorted(wanted) and len(found) == 3 * SPEC.train_shots


def test_second_call_draws_nothing(made, monkeypatch):
    monkeypatch.setattr(folder, "draw", lambda *_: pytest.fail("drawn again"))
    assert drawn.make(SPEC, made.parent) == made


@pytest.mark.parametrize(
    ("field", "value"), [("seed", 9), ("height", 96), ("box_error", 0.701)]
)
def test_another_spec_lies_elsewhere(field, value):
    other = folder.place(replace(SPEC, **{field: value}), "runs")
    assert other != folder.place(SPEC, "runs") == folder.place(replace(SPEC), "runs")


def test_an_edited_drawing_gives_new_pictures(made, tmp_path, monkeypatch):
    """Another digest of the code that draws: the old pictures are not taken."""
    monkeypatch.setattr(digest, "code", lambda *paths: "edited")
    drawings = []
    monkeypatch.setattr(folder, "_draw_all", lambda *_: drawings.append(1))
    other = drawn.make(SPEC, made.parent)
    assert drawings and other != made and (made / "spec.json").is_file()


def test_the_key_is_of_all_that_draws(monkeypatch):
    asked = []
    monkeypatch.setattr(digest, "code", lambda *paths: asked.append(paths) or "")
    folder.place(SPEC, "runs")
    [(path,)] = asked
    modules = {module.name for module in path.glob("*.py")}
    assert {"shots.py", "clothes.py", "scenery.py", "camera.py"} < modules


def test_drawn_people_carry_their_box_error(tmp_path):
    small = load("smoke", train_ids=4, test_ids=4, distractors=1, junk=1).data
    for data in (small, replace(small, extra_people="strangers")):
        assert registry.open_dataset("drawn", data, "", tmp_path).boxes_drawn


def test_failure_in_the_middle_leaves_nothing(tmp_path, monkeypatch):
    draw, calls = drawn.draw, []

    def failing(*arguments):
        calls.append(arguments)
        if len(calls) == 9:
            raise KeyboardInterrupt
        return draw(*arguments)

    monkeypatch.setattr(folder, "draw", failing)
    with pytest.raises(KeyboardInterrupt):
        drawn.make(SPEC, tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_set_finished_meanwhile_by_another_process_is_taken(
    made, tmp_path, monkeypatch
):
    root = folder.place(SPEC, tmp_path)

    def other_is_faster(spec, work):
        root.mkdir()
        (root / "spec.json").write_text((made / "spec.json").read_text())
        (work / "half").touch()

    monkeypatch.setattr(folder, "_draw_all", other_is_faster)
    assert drawn.make(SPEC, tmp_path) == root
    assert list(tmp_path.iterdir()) == [root]
    assert [p.name for p in root.iterdir()] == ["spec.json"]


def test_foreign_folder_is_refused_and_kept(tmp_path):
    root = folder.place(SPEC, tmp_path)
    root.mkdir()
    (root / "letter.txt").write_text("mine")
    with pytest.raises(ReproError, match="cannot be written to .*clear the way"):
        drawn.make(SPEC, tmp_path)
    assert [p.name for p in root.iterdir()] == ["letter.txt"]


def test_too_few_shots_for_a_gallery_are_refused():
    with pytest.raises(ReproError, match="test_shots is 2; expected at least 3"):
        replace(SPEC, test_shots=2)


def test_unknown_camera_and_identity_are_refused():
    with pytest.raises(ReproError, match="no camera 7; expected 1 to 6"):
        drawn.draw(SPEC, 1, 7, 0)
    with pytest.raises(ReproError, match="no identity 12; expected 1 to 11"):
        drawn.describe(SPEC, 12)
