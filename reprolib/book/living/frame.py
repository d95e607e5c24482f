"""The common frame of the living figures: one piece of HTML that needs nothing else.

A figure is its own module, with a function `html()` that returns `frame(...)`, and a
script beside it. The scripts of a figure run in one closed function, so that several
figures on a page do not meet, and the same one may stand there twice. They must define

    function draw(stage, data, figure) { ... }

which fills `stage`; `data` is what Python gave. `frame.js` says what else they may
call: elements, players, sliders, choices, colours, and `figure.say`, which tells the
state to those who see it and to those who hear it.
"""

import html
import json
from collections.abc import Sequence
from pathlib import Path

import matplotlib
import numpy as np
from matplotlib.colors import to_hex

from reprolib.book import figures

HERE = Path(__file__).parent
NAMED = ("BLUE", "ORANGE", "GREEN", "RED", "PURPLE", "SKY", "YELLOW", "GREY")


def frame(
    name: str,
    title: str,
    lead: str,
    describe: str,
    scripts: Sequence[str],
    data: object,
) -> str:
    """The HTML of a living figure, for a page of the site or Jupyter's `_repr_html_`.

    `title` says its result, `lead` what the reader can do, `describe` what there is to
    see, for those who do not see it. `scripts` are files of this folder, `data` is
    anything that JSON can say.
    """
    given = _json({"name": name, "describe": describe, "data": data})
    code = [_colours(), *(_read(script) for script in ("frame.js", *scripts))]
    return "\n".join(
        [
            f'<figure class="living" data-living="{name}">',
            f"<style>\n{_read('frame.css')}</style>",
            f'<p class="living-title">{html.escape(title)}</p>',
            f'<p class="living-lead">{html.escape(lead)}</p>',
            '<div class="living-stage"></div>',
            '<div class="living-controls"></div>',
            '<p class="living-said" role="status"></p>',
            "<noscript><p>This figure moves only with JavaScript.</p></noscript>",
            "</figure>",
            '<script>\n(() => {\n"use strict";',
            *code,
            f"start(draw, {given});\n}})();\n</script>",
        ]
    )


def _read(name: str) -> str:
    return (HERE / name).read_text(encoding="utf-8")


def _json(value: object) -> str:
    """JSON that may stand in a script: no `<` in it can end the script."""
    text = json.dumps(value, separators=(",", ":"), allow_nan=False)
    return text.replace("<", "\\u003c")


def _colours() -> str:
    """The book's colours for the scripts: by name, by method, and the heat map's."""
    named = {name.lower(): getattr(figures, name) for name in NAMED}
    heat = matplotlib.colormaps["cividis"](np.linspace(0, 1, 17))
    return (
        f"const COLOURS = {_json(named | figures.COLOURS)};\n"
        f"const HEAT = {_json([to_hex(colour) for colour in heat])};"
    )
