"""Profiles: what a name gives, what may be changed, and what is refused."""

import json

import pytest

from reprolib import settings as profiles
from reprolib.errors import ReproError


@pytest.mark.parametrize("name", profiles.names())
@pytest.mark.parametrize("dataset", ["drawn", "viper", "market1501"])
def test_every_profile_is_whole(name, dataset):
    settings = profiles.settings(name, dataset)
    assert settings.ids_per_batch * settings.shots_per_id > 1
    assert json.loads(json.dumps(settings.as_dict())) == settings.as_dict()


def test_smoke_quick_and_paper_are_there():
    assert profiles.names() == ("smoke", "quick", "paper")


def test_what_the_reader_says_wins_and_other_names_are_ignored():
    given = {"steps": "7", "margin": 1, "seeds": [4], "unrelated": object()}
    settings = profiles.settings("quick", "viper", given)
    assert (settings.steps, settings.margin, settings.seeds) == (7, 1.0, (4,))
    assert settings.shots_per_id == profiles.settings("quick", "viper").shots_per_id


@pytest.mark.parametrize("said", [False, "False", "false"])
def test_a_switch_is_turned_off_by_a_word_or_a_value(said):
    assert profiles.settings("quick").normalise_stripes is True
    off = profiles.settings("quick", given={"normalise_stripes": said})
    assert off.normalise_stripes is False


@pytest.mark.parametrize(
    ("given", "named"),
    [
        ({"steps": 1.5}, "steps"),
        ({"steps": "many"}, "steps"),
        ({"steps": True}, "steps"),
        ({"seeds": "0"}, "seeds"),
        ({"seeds": 3}, "seeds"),
        ({"backbone": "vgg"}, "resnet18"),
        ({"last_stride": 3}, "last_stride"),
        ({"local": "none "}, "aligned"),
        ({"normalise_stripes": "no"}, "normalise_stripes"),
        ({"normalise_stripes": 0}, "expected bool"),
    ],
)
def test_a_wrong_value_is_named(given, named):
    with pytest.raises(ReproError, match=named):
        profiles.settings("quick", given=given)


def test_an_unknown_profile_lists_the_known_ones():
    with pytest.raises(ReproError, match="expected one of smoke, quick, paper"):
        profiles.settings("fast")
