"""Settings: what a profile gives, what may be changed, and what is refused."""

import json
import tomllib
from dataclasses import FrozenInstanceError, fields

import pytest

from reprolib import settings
from reprolib.errors import ReproError


@pytest.mark.parametrize("name", settings.profiles())
@pytest.mark.parametrize("dataset", ["drawn", "viper", "market1501"])
def test_every_profile_is_whole(name, dataset):
    made = settings.load(name, dataset)
    assert made.schedule.ids_per_batch * made.schedule.shots_per_id > 1
    assert json.loads(json.dumps(made.as_dict())) == made.as_dict()
    # What JSON kept makes the same settings again.
    assert settings.load(name, dataset, **made.as_dict()) == made


def test_smoke_quick_and_paper_are_there():
    assert settings.profiles() == ("smoke", "quick", "paper")


def test_every_name_of_the_table_is_a_setting_in_its_own_group_and_none_is_missing():
    table = tomllib.loads(settings.TABLE.read_text(encoding="utf-8"))
    sets = table.pop("sets")
    for layer in (*table.values(), *sets.values()):
        for group, values in layer.items():
            assert {settings.GROUP_OF[name] for name in values} == {group}
    base = {name for values in table["base"].values() for name in values}
    assert base == set(settings.GROUP_OF)
    groups = fields(settings.Settings)
    assert len(settings.GROUP_OF) == sum(len(fields(g.type)) for g in groups)


def test_what_the_reader_says_wins_over_the_data_set_and_it_over_the_profile():
    made = settings.load("quick", "viper", steps="7", margin=1, doses=[0.4])
    assert (made.schedule.steps, made.loss.margin, made.study.doses) == (7, 1.0, (0.4,))
    assert type(made.loss.margin) is float
    assert made.schedule.shots_per_id == 2  # of VIPeR, where the others have 4
    assert settings.load("quick").schedule.shots_per_id == 4
    joined = settings.load("quick", "viper+market1501")
    assert joined == settings.load("quick", "viper")


@pytest.mark.parametrize("said", [False, "False", "false"])
def test_a_switch_is_turned_off_by_a_word_or_a_value(said):
    assert settings.load("quick").network.normalise_stripes is True
    off = settings.load("quick", normalise_stripes=said)
    assert off.network.normalise_stripes is False


def test_only_what_is_changed_differs_and_nothing_is_changed_in_place():
    usual = settings.load("quick")
    other = usual.changed(steps=30, doses=(0.5,))
    assert other.differing(usual) == {"steps": 30, "doses": [0.5]}
    assert usual.differing(usual) == {} and usual == settings.load("quick")
    assert usual.changed(steps=usual.schedule.steps) == usual
    with pytest.raises(FrozenInstanceError):
        usual.schedule.steps = 3


@pytest.mark.parametrize(
    ("given", "named"),
    [
        ({"steps": 1.5}, "steps"),
        ({"steps": "many"}, "steps"),
        ({"steps": True}, "steps"),
        ({"doses": "0"}, "doses"),
        ({"doses": 3}, "doses"),
        ({"backbone": "vgg"}, "resnet18"),
        ({"last_stride": 3}, "last_stride"),
        ({"local": "none "}, "aligned"),
        ({"normalise_stripes": "no"}, "normalise_stripes"),
        ({"normalise_stripes": 0}, "expected bool"),
        ({"stepz": 3}, "unknown setting 'stepz'.*steps"),
        ({"schedule": {}}, "unknown setting 'schedule'"),
    ],
)
def test_a_value_of_another_kind_is_named(given, named):
    with pytest.raises(ReproError, match=named):
        settings.load("quick", **given)


OUT_OF_RANGE = {
    "margin": (-1, -1e-9, float("nan"), float("inf")),
    "steps": (0, -5),
    "students": (0,),
    "ids_per_batch": (1,),
    "shots_per_id": (1,),
    "learning_rate": (0, -1e-3, float("inf")),
    "decay": (0, 1.5),
    "decay_at": ([0.0], [1.0], [0.5, 1.0], [-0.1], [2], [float("nan")]),
    "weight_decay": (-1e-4,),
    "crop_padding": (-0.1, 1.1),
    "precision": ("half", "bf16", ""),
    "identity_weight": (-1,),
    "global_weight": (-0.5,),
    "local_weight": (float("nan"),),
    "metric_mutual_weight": (-1e-3,),
    "class_mutual_weight": (-1,),
    "box_error": (-0.1, 1.1, float("nan")),
    "train_ids": (0,),
    "distractors": (-1,),
    "extra_people": ("everybody",),
    "overlap": ("maybe",),
    "height": (0,),
    "width": (-3,),
    "data_seed": (-1,),
    "channels": (0,),
    "stages": (0, 5),
    "first_stride": ("2x2",),
    "local_layout": ("conv-relu",),
    "horizontal_pooling": ("median",),
    "doses": ([1.5], [-0.25], [0.0, float("nan")]),
    "study_queries": (0,),
    "study_candidates": (1,),
}


@pytest.mark.parametrize(
    ("name", "value"), [(n, v) for n, values in OUT_OF_RANGE.items() for v in values]
)
def test_a_value_out_of_range_is_refused_by_name(name, value):
    with pytest.raises(ReproError, match=rf"^{name} = "):
        settings.load("quick", **{name: value})


@pytest.mark.parametrize(
    ("name", "value"),
    [("margin", 0), ("box_error", 1), ("decay", 1), ("decay_at", []), ("stages", 4)],
)
def test_the_ends_of_a_range_belong_to_it(name, value):
    made = settings.load("quick", **{name: value}).as_dict()
    assert made[name] == value


def test_an_unknown_profile_lists_the_known_ones():
    for name in ("fast", "base", "sets", ""):
        with pytest.raises(ReproError, match="expected one of smoke, quick, paper"):
            settings.load(name)
