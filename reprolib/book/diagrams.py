"""Diagrams: the map of the book, two ways through a table, the network."""

from collections.abc import Sequence

import matplotlib.pyplot as plt
import numpy as np
import torch
from matplotlib.axes import Axes

from reprolib.book import figures
from reprolib.settings import Network

# Number, title, what it is about, where it stands on the map, and its colour.
MATERIAL, EXPERIMENTS, ANSWERS, OTHERS = "#DCEEF9", "#FBEBC8", "#D5EFE6", "#EEEEEE"
CHAPTERS = (
    (0, "Start here", "idea, map, results", (0, 2), OTHERS),
    (1, "Data", "people, cameras, protocol", (1, 2), MATERIAL),
    (2, "Alignment", "the shortest path", (2, 2), MATERIAL),
    (3, "Network, losses", "pixels to features", (3, 2), MATERIAL),
    (4, "Training", "alone and in pairs", (3, 1), EXPERIMENTS),
    (5, "Ablations", "what each part is worth", (2, 1), EXPERIMENTS),
    (6, "Benchmark", "re-ranking, protocols", (1, 1), EXPERIMENTS),
    (7, "Human vs model", "a quiz, with intervals", (0, 1), ANSWERS),
    (8, "Verdict", "claim by claim", (0, 0), ANSWERS),
    (9, "Cost", "time and memory", (1, 0), OTHERS),
    (10, "Open choices", "what we had to choose", (2, 0), OTHERS),
)
READ_NEXT = tuple((number, number + 1) for number, *_ in CHAPTERS[:-1])
FAR = (
    0.4  # at which chapter 2's tables are brightest; few stripes of colour differ more
)
MIDDLE = {"ha": "center", "va": "center"}


def book_map(minutes: dict[int, float]) -> Axes:
    """The chapters as boxes, and arrows in the order in which to read them. Chapter 0.

    `minutes` by number stand in the boxes of the chapters that have some.
    """
    _, ax = plt.subplots(figsize=(figures.WIDTH + 1.2, 3.1))
    for number, title, about, (x, y), colour in CHAPTERS:
        corner = (x - 0.42, y - 0.3)
        ax.add_patch(plt.Rectangle(corner, 0.84, 0.6, fc=colour, ec=figures.GREY))
        ax.text(x, y + 0.13, f"{number}  {title}", weight="bold", **MIDDLE)
        ax.text(x, y - 0.04, about, fontsize=8, **MIDDLE)
        if number in minutes:
            time = f"{minutes[number]:.1f} min"
            ax.text(x, y - 0.19, time, fontsize=7, color=figures.GREY, **MIDDLE)
    places = np.array([chapter[3] for chapter in CHAPTERS])
    for start, end in READ_NEXT:
        a, b = places[start], places[end]
        step = (b - a) * (0.43, 0.32)
        look = {"arrowstyle": "-|>", "color": figures.GREY, "lw": 1.4}
        ax.annotate("", b - step, a + step, arrowprops=look)
    ax.set(xlim=(-0.45, 3.45), ylim=(-0.36, 2.36))
    ax.axis("off")
    return ax


def two_ways(
    axes: Sequence[Axes],
    pair: tuple[torch.Tensor, torch.Tensor],
    d: torch.Tensor,
    ways: dict[str, Sequence[tuple[int, int]]],
    colours: dict[str, str],
) -> dict[str, float]:
    """A pair of pictures side by side, and ways through the table `d: (H, W)`.

    The pictures, `(3, height, width)` each, go to the first of `axes`, the table to the
    second. Returns what each way costs in all. Chapter 2.
    """
    gap = torch.full_like(pair[0][:, :, :6], 255)
    figures.show(axes[0], torch.cat([pair[0], gap, pair[1]], 2))
    figures.heat_map(axes[1], d, values=False, longest=FAR)
    for name, way in ways.items():
        rows, columns = np.array(way).T + 0.5
        axes[1].plot(columns, rows, color=colours[name], linewidth=2.5)
    cost = {name: float(sum(d[cell] for cell in way)) for name, way in ways.items()}
    axes[1].set_title("\n".join(f"{name} {total:.2f}" for name, total in cost.items()))
    axes[1].set(xlabel="", ylabel="", xticks=[], yticks=[])
    return cost


def network(
    picture: torch.Tensor, net: Network, maps: tuple[int, ...], short: int, people: int
) -> Axes:
    """The network from `picture: (3, H, W)` to stripes and logits. Chapter 3.

    `maps` are channels, rows and columns of the last feature map, `short` the numbers
    of a stripe, `people` the classes of the identity head.
    """
    how = "standardised, " if net.batch_norm == "features" else ""
    _, ax = plt.subplots(figsize=(figures.WIDTH, 3.6))
    ax.imshow(figures.as_image(picture), extent=(0, 1.3, 1.9, 4.5))
    edges = np.linspace(1.9, 4.5, net.stripes + 1)[1:-1]
    ax.hlines(edges, 0, 1.3, "white", linewidth=0.8)
    for x, y, wide, high, words, colour in (
        (1.9, 2.7, 1.25, 1.0, f"backbone\n{net.backbone}", figures.SKY),
        (6.1, 3.8, 1.75, 0.7, f"global feature\n{how}{maps[0]}", figures.BLUE),
        (8.6, 3.8, 1.4, 0.7, f"identity head\n{people} logits", figures.PURPLE),
        (
            1.9,
            0.1,
            8.1,
            0.7,
            "student 2: the same, other first weights",
            figures.ORANGE,
        ),
    ):
        _box(ax, (x, y), wide, high, colour)
        ax.text(x + wide / 2, y + high / 2, words, fontsize=8, **MIDDLE)
    for k in range(net.stripes):
        high = 2.6 / net.stripes
        _box(ax, (3.75, 1.9 + high * k), 0.7, high, figures.SKY)
        _box(ax, (6.1, 1.9 + 0.6 * high * k), 1.1, 0.6 * high, figures.GREEN)
    _arrows(ax, net)
    ax.text(5.27, 2.43, "1x1 convolution", fontsize=8, **MIDDLE)
    shape = " x ".join(map(str, maps))
    ax.text(4.1, 1.6, f"feature map\n{shape}", fontsize=8, **MIDDLE)
    ax.text(6.65, 1.6, f"{net.stripes} stripes,\n{how}{short}", fontsize=8, **MIDDLE)
    ax.set(xlim=(-0.05, 10.05), ylim=(0, 4.6), aspect="equal")
    ax.axis("off")
    return ax


def _box(ax: Axes, corner: tuple, wide: float, high: float, colour: str) -> None:
    look = {"facecolor": colour, "edgecolor": figures.GREY, "alpha": 0.4}
    ax.add_patch(plt.Rectangle(corner, wide, high, **look))


def _arrows(ax: Axes, net: Network) -> None:
    for start, end, words, place in (
        ((1.3, 3.2), (1.9, 3.2), "", (0, 0)),
        ((3.15, 3.2), (3.75, 3.2), "", (0, 0)),
        ((4.45, 4.15), (6.1, 4.15), f"{net.global_pooling} over grid", (5.27, 4.3)),
        ((4.45, 2.6), (6.1, 2.6), f"{net.horizontal_pooling} over width", (5.27, 2.75)),
        ((7.85, 4.15), (8.6, 4.15), "", (0, 0)),
        ((0.65, 1.9), (1.9, 0.45), "", (0, 0)),
        ((7.5, 3.8), (7.5, 0.8), "distances", (8.05, 2.3)),
        ((8.8, 3.8), (8.8, 0.8), "predictions", (9.4, 2.3)),
    ):
        style = "<|-|>" if start[0] == end[0] else "-|>"
        look = {"arrowstyle": style, "color": "#444444", "shrinkA": 0, "shrinkB": 0}
        ax.annotate("", end, start, arrowprops=look)
        ax.text(*place, words, fontsize=8, **MIDDLE)
