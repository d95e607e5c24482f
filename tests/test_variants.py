"""What is compared: the grid of methods, and what a variant's name changes."""

import pytest

from reprolib import settings
from reprolib.errors import ReproError
from reprolib.study import variants

USUAL = settings.load("smoke")


def test_the_grid_has_every_method_here_and_three_at_the_other_boxes():
    grid = variants.grid(USUAL.changed(seeds=(4, 7), box_error=1.0))
    assert len(grid) == len(set(grid)) == 2 * (len(variants.METHODS) + 3)
    for seed in (4, 7):
        names = [variant for variant, s in grid if s == seed]
        assert {f"{m}-box1" for m in variants.METHODS} < set(names)
        assert sorted(n for n in names if n.endswith("box0")) == [
            "aligned-box0",
            "global-box0",
            "unaligned-box0",
        ]
    photographs = variants.grid(USUAL.changed(seeds=(4,), box_error=0.0))
    assert ("mutual-box0", 4) in photographs and ("mutual-box1", 4) not in photographs
    assert ("aligned-box1", 4) in photographs


def test_a_variant_changes_only_what_its_name_says():
    found = variants.settings_of("mutual-box0", USUAL)
    assert found == USUAL.changed(box_error=0.0, local="aligned", students=2)
    assert variants.settings_of("aligned-box1", USUAL) == USUAL


def test_a_leak_changes_who_the_extra_people_are_and_nothing_else():
    strangers, leaked = (
        variants.settings_of(f"{leak}-box1", USUAL) for leak in variants.LEAKS
    )
    assert strangers == USUAL.changed(local="aligned", extra_people="strangers")
    assert leaked == strangers.changed(extra_people="tested", overlap="keep")


@pytest.mark.parametrize("error", [0, 0.05, 0.25, 0.5, 1])
def test_any_error_of_the_boxes_keeps_its_name_and_its_value(error):
    """Half an error was once rounded away: `round(0.5)` is 0."""
    name = variants.name("aligned", error)
    assert name == f"aligned-box{error}"
    assert variants.settings_of(name, USUAL).data.box_error == error
    grid = variants.grid(USUAL.changed(box_error=error))
    assert (name, 0) in grid
    other = 0 if error else 1
    assert (f"aligned-box{other}", 0) in grid
    assert {v.split("-box")[1] for v, _ in grid} == {str(error), str(other)}


@pytest.mark.parametrize(
    "wrong", ["mutual", "mutual-box2", "mutual-box1.5", "miracle-box1", "mutual-box-1"]
)
def test_a_name_that_is_no_variant_is_refused(wrong):
    with pytest.raises(ReproError, match=f"{wrong}.*expected METHOD-boxERROR"):
        variants.settings_of(wrong, USUAL)
