"""Diagrams: the map shows the chapters that exist, the others what they were given."""

import matplotlib.pyplot as plt
import numpy as np
import pytest
import torch
from matplotlib.colors import to_rgba

from reprolib import settings
from reprolib.book import diagrams, execute, figures


@pytest.fixture(autouse=True)
def closed():
    yield
    plt.close("all")


def words(ax):
    return [text.get_text() for text in ax.texts]


def test_the_map_has_every_chapter_once_and_arrows_between_neighbours():
    numbers = [number for number, *_ in diagrams.CHAPTERS]
    assert numbers == [int(name[:2]) for name in execute.chapters()]
    places = np.array([place for *_, place, _ in diagrams.CHAPTERS])
    assert len({*map(tuple, places)}) == len(numbers)
    for start, end in diagrams.READ_NEXT:  # a longer arrow would cross a box
        assert np.abs(places[start] - places[end]).sum() == 1
    assert [end for _, end in diagrams.READ_NEXT] == numbers[1:]
    assert tuple(places[0]) == (places[:, 0].min(), places[:, 1].max())  # top left


def test_the_map_shows_the_minutes_that_are_known():
    shown = words(diagrams.book_map({2: 0.54, 4: 12.0}))
    assert [text for text in shown if text.endswith(" min")] == ["0.5 min", "12.0 min"]
    assert "4  Training" in shown


def test_two_ways_are_drawn_and_paid_cell_by_cell():
    d = torch.tensor([[0.1, 0.2, 0.9], [0.8, 0.3, 0.4]])
    ways = {"one": [(0, 0), (0, 1), (0, 2), (1, 2)], "two": [(0, 0), (1, 1), (1, 2)]}
    pair = [torch.full((3, 8, 4), shade, dtype=torch.uint8) for shade in (10, 200)]
    _, axes = plt.subplots(1, 2)
    cost = diagrams.two_ways(axes, pair, d, ways, {"one": "red", "two": "blue"})
    assert cost == pytest.approx({"one": 1.6, "two": 0.8})
    one, two = axes[1].lines
    assert np.array_equal(two.get_xydata() - 0.5, [(0, 0), (1, 1), (2, 1)])
    assert (one.get_color(), two.get_color()) == ("red", "blue")
    assert axes[1].get_title() == "one 1.60\ntwo 0.80"
    shown = axes[0].images[0].get_array()
    assert np.array_equal(shown[:, :4, 0], np.full((8, 4), 10))
    assert np.array_equal(shown[:, -4:, 0], np.full((8, 4), 200))


@pytest.mark.parametrize("stripes", [4, 7])
def test_the_network_has_a_bar_for_each_stripe_and_says_its_shapes(stripes):
    net = settings.load("quick", stripes=stripes).network
    picture = torch.zeros(3, 14, 7, dtype=torch.uint8)
    ax = diagrams.network(picture, net, (128, 7, 4), 64, 200)
    bars = [p for p in ax.patches if p.get_facecolor() == to_rgba(figures.GREEN, 0.4)]
    assert len(bars) == stripes
    text = "\n".join(words(ax))
    for part in ("128 x 7 x 4", f"{stripes} stripes", "200 logits", net.backbone):
        assert part in text
