"""One look for every figure: style, palette, and the pictures that chapters share."""

import base64
import io
import math
from collections.abc import Sequence

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import seaborn as sns
import torch
from IPython.core.interactiveshell import InteractiveShell
from IPython.core.pylabtools import print_figure
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import ConnectionPatch, Rectangle
from matplotlib_inline.backend_inline import set_matplotlib_formats
from PIL import Image

# Okabe and Ito's palette, which readers with any colour vision can tell apart.
BLUE, ORANGE, GREEN, RED = "#0072B2", "#E69F00", "#009E73", "#D55E00"
PURPLE, SKY, YELLOW, GREY = "#CC79A7", "#56B4E9", "#F0E442", "#7A7A7A"
COLOURS = {
    "global": BLUE,
    "whole": SKY,
    "unaligned": ORANGE,
    "aligned": GREEN,
    "warped": PURPLE,
    "mutual": RED,
}
WIDTH = 7.2  # inches: a notebook page


def style() -> None:
    """Set the book's look for this notebook. Called by every chapter."""
    set_matplotlib_formats("png")
    shell = InteractiveShell.instance()
    shell.display_formatter.formatters["image/png"].for_type(Figure, _small_png)
    plt.rcParams.update(
        {
            "figure.dpi": 110,
            "figure.figsize": (WIDTH, 3.2),
            "figure.constrained_layout.use": True,
            "font.size": 10,
            "axes.titlesize": 10,
            "axes.labelsize": 10,
            "axes.spines.top": False,
            "axes.spines.right": False,
            "axes.prop_cycle": plt.cycler(
                color=[BLUE, ORANGE, GREEN, RED, PURPLE, SKY, GREY]
            ),
            "axes.grid": True,
            "grid.color": "#E3E3E3",
            "grid.linewidth": 0.7,
            "axes.axisbelow": True,
            "legend.frameon": False,
            "image.cmap": "cividis",
            "lines.linewidth": 1.8,
        }
    )


def _small_png(figure: Figure) -> str | None:
    """The figure as a base64 PNG of 256 colours, a quarter of the size of all."""
    data = print_figure(figure, "png")
    if data is None:
        return None
    image = Image.open(io.BytesIO(data)).convert("RGB")
    small = io.BytesIO()
    image.quantize(256, dither=Image.Dither.NONE).save(small, "png", optimize=True)
    return base64.b64encode(small.getvalue()).decode()


def as_image(picture: torch.Tensor | np.ndarray) -> np.ndarray:
    """`(3, H, W)` uint8 tensor, or an array already `(H, W, 3)`, ready for `imshow`."""
    if isinstance(picture, torch.Tensor):
        return picture.permute(1, 2, 0).numpy()
    return picture


def show(ax: Axes, picture: torch.Tensor | np.ndarray, title: str = "") -> None:
    """One picture without axes, its pixels kept square."""
    image = as_image(picture)
    ax.imshow(image, extent=(0, image.shape[1], image.shape[0], 0))
    ax.set(xticks=[], yticks=[])
    ax.grid(False)
    ax.set_title(title, fontsize=9)
    for spine in ax.spines.values():
        spine.set_visible(False)


def frame(ax: Axes, colour: str, width: float = 2.5) -> None:
    """A coloured frame around a picture: green for right, red for wrong."""
    for spine in ax.spines.values():
        spine.set(visible=True, color=colour, linewidth=width)


def gallery(
    pictures: Sequence,
    columns: int,
    titles: Sequence[str] | None = None,
    size: float = 0.85,
) -> tuple[Figure, np.ndarray]:
    """A sheet of pictures, `columns` in a row, `size` inches wide each."""
    rows = -(-len(pictures) // columns)
    height, width = as_image(pictures[0]).shape[:2]
    titles = titles or [""] * len(pictures)
    titled = sum(any(titles[r * columns :][:columns]) for r in range(rows))
    tall = rows * (size * height / width + 0.05) + 0.22 * titled
    fig, axes = plt.subplots(
        rows, columns, figsize=(columns * size, tall), squeeze=False
    )
    for i, ax in enumerate(axes.flat):
        if i < len(pictures):
            show(ax, pictures[i], titles[i])
        else:
            ax.axis("off")
    return fig, axes


def heat_map(
    ax: Axes,
    d: torch.Tensor,
    path: Sequence[tuple[int, int]] = (),
    values: bool = True,
    longest: float = math.tanh(1),
    colour: str = RED,
) -> None:
    """A distance matrix `d: (H, W)` of stripes, with the path drawn on its cells.

    Colours run from 0 to `longest`, by default the longest distance that unit stripes
    can have, so that two maps can be compared. Beside numbers the path is a frame
    around each of its cells, so that they stay readable; otherwise it is a line.
    """
    d = np.asarray(d)
    sns.heatmap(
        d,
        vmin=0,
        vmax=longest,
        annot=np.array([[f"{v:.2f}".removeprefix("0") for v in row] for row in d])
        if values
        else None,
        fmt="",
        annot_kws={"fontsize": 8},
        cmap="cividis",
        cbar=False,
        square=True,
        xticklabels=range(1, d.shape[1] + 1),
        yticklabels=range(1, d.shape[0] + 1),
        ax=ax,
    )
    ax.grid(False)
    ax.tick_params(labelrotation=0)
    ax.set(xlabel="stripe of the right picture", ylabel="stripe of the left picture")
    if len(path) and not values:
        rows, columns = np.array(path).T + 0.5
        ax.plot(columns, rows, color=colour, linewidth=2.5, alpha=0.9, zorder=2)
    for i, j in path if values else ():
        corner = (j + 0.05, i + 0.05)
        ax.add_patch(Rectangle(corner, 0.9, 0.9, fill=False, ec=colour, lw=1.8))


def links(
    left: Axes,
    right: Axes,
    pair: tuple[torch.Tensor, torch.Tensor],
    path: Sequence[tuple[int, int]],
    stripes: tuple[int, int],
    colour: str = RED,
    weights: Sequence[float] | None = None,
    numbers: bool = False,
) -> None:
    """Two pictures cut into stripes, and a line for each cell of the path.

    A line is the stronger the greater its weight, from 0 (faint) to 1; without
    `weights` all are alike. With `numbers` each stripe carries its own.
    """
    tops = []
    for ax, picture, count in zip((left, right), pair, stripes, strict=True):
        show(ax, picture)
        height, width = as_image(picture).shape[:2]
        edges = np.linspace(0, height, count + 1)
        ax.hlines(edges[1:-1], 0, width, color="white", linewidth=0.8, alpha=0.8)
        tops.append(((edges[:-1] + edges[1:]) / 2, width))
        for number, middle in enumerate(tops[-1][0] if numbers else (), 1):
            look = {"color": "white", "va": "center", "weight": "bold"}
            ax.text(0.03 * width, middle, number, **look)
    strengths = [0.5] * len(path) if weights is None else weights
    for (i, j), strength in zip(path, strengths, strict=True):
        left.figure.add_artist(
            ConnectionPatch(
                (tops[0][1], tops[0][0][i]),
                (0, tops[1][0][j]),
                left.transData,
                right.transData,
                color=colour,
                linewidth=0.9 + 1.8 * strength,
                alpha=1 if weights is None else 0.5 + 0.5 * strength,
            )
        )


def curves(
    ax: Axes, table: pd.DataFrame, half: pd.DataFrame, colours: dict[str, str]
) -> None:
    """A line for each column of `table` over its index, in a band of `half` around it.

    `half` are half widths, such as of an interval, by the same rows and columns.
    """
    for name in table:
        low, high = table[name] - half[name], table[name] + half[name]
        ax.plot(table[name], "o-", ms=4, color=colours[name], label=name)
        ax.fill_between(table.index, low, high, color=colours[name], alpha=0.15, lw=0)
    ax.legend(ncols=len(table.columns))


def matches(
    pair: tuple[torch.Tensor, torch.Tensor],
    d: torch.Tensor,
    walks: dict[str, Sequence[tuple[int, int]]],
    colours: dict[str, str],
) -> tuple[Figure, np.ndarray]:
    """A pair of pictures for each of `walks`, with the stripes that it matches.

    d: (H, W). The nearer two stripes are, the stronger is their line. Returns the axes
    of the left pictures' middles, to be given titles.
    """
    ratios = (2, 1, 2, 0.4) * len(walks)
    rows, columns = as_image(pair[0]).shape[:2]
    tall = 2 * WIDTH / sum(ratios) * rows / columns + 0.3
    shape = {"figsize": (WIDTH, tall), "width_ratios": ratios[:-1]}
    fig, axes = plt.subplots(1, len(ratios) - 1, **shape)
    near = ((d.max() - d) / (d.max() - d.min())) ** 2
    for k, (name, walk) in enumerate(walks.items()):
        weights = [float(near[cell]) for cell in walk]
        left, middle, right = axes[4 * k : 4 * k + 3]
        links(left, right, pair, walk, tuple(d.shape), colours[name], weights)
        middle.set_title(name)
    for ax in axes[1::2]:
        ax.axis("off")
    return fig, axes[1::4]


def ranked_list(
    axes: Sequence[Axes],
    query: torch.Tensor,
    found: Sequence[torch.Tensor],
    right: Sequence[bool],
) -> None:
    """A query, then its nearest gallery pictures, framed green where they are right."""
    show(axes[0], query, "query")
    for rank, (ax, picture, good) in enumerate(
        zip(axes[1:], found, right, strict=True), 1
    ):
        show(ax, picture, f"{rank} {'✓' if good else '✗'}")
        frame(ax, GREEN if good else RED)
