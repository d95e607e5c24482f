"""What the book trains: what a variant's name changes."""

import pytest

from reprolib import settings
from reprolib.errors import ReproError
from reprolib.study import variants

USUAL = settings.load("smoke")


def test_a_variant_changes_only_what_its_name_says():
    found = variants.settings_of("mutual-box0", USUAL)
    assert found == USUAL.changed(box_error=0.0, local="aligned", students=2)
    assert variants.settings_of("aligned-box0.4", USUAL) == USUAL


@pytest.mark.parametrize("error", [0, 0.05, 0.25, 0.5, 1])
def test_any_error_of_the_boxes_keeps_its_name_and_its_value(error):
    """Half an error was once rounded away: `round(0.5)` is 0."""
    name = variants.name("aligned", error)
    assert name == f"aligned-box{error}"
    assert variants.settings_of(name, USUAL).data.box_error == error


@pytest.mark.parametrize(
    "wrong", ["mutual", "mutual-box2", "mutual-box1.5", "miracle-box1", "mutual-box-1"]
)
def test_a_name_that_is_no_variant_is_refused(wrong):
    with pytest.raises(ReproError, match=f"{wrong}.*expected METHOD-boxERROR"):
        variants.settings_of(wrong, USUAL)
