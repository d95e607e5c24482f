"""What the site's page of the model loads beside itself: runtime, network, pictures.

The page is `site/model.md` with `site/_static/model.js`; `exported.py` makes its
network.
"""

import json
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import numpy as np
from PIL import Image

from reprolib import settings
from reprolib.book import npm
from reprolib.data import drawn, drawn_spec
from reprolib.data.drawn import DrawnSpec
from reprolib.study.store import write_json, write_text

RUNTIME = "onnxruntime-web@1.22.0"
# Some file servers do not know that .mjs is a script.
SCRIPTS = {
    "ort.wasm.min.mjs": "ort.js",
    "ort-wasm-simd-threaded.mjs": "ort-wasm.js",
    "ort-wasm-simd-threaded.wasm": "ort-wasm.wasm",
}
# The page forms distances by the script of the living figures, as a module.
PATHS = Path(__file__).parent / "living" / "paths.js"
EXPORTS = "cost, diagonal, norm, stripeDistances, totals, tracedBack"
# What the page calls the kinds of distance that the export scores.
NAMES = {"global": "global", "unaligned": "rigid", "aligned": "aligned"}
PEOPLE = 12
QUERY_SHOT = 0
# Shots of the gallery, and the error of their boxes.
GALLERY = {2: 0.4, 3: 0.4, 4: 1.0}
START = 4  # the number of the person shown first, with the last shot of the gallery


class Shot(NamedTuple):
    """One picture of the page: a shot of a person, by a camera, in a box."""

    pid: int
    camid: int
    shot: int
    box_error: float


def gather(source: Path) -> None:
    """Put what the page loads into `_static/model` of the site's source.

    `source/model` holds the exported network. Raises `ReproError` where npm cannot be
    reached.
    """
    target = source / "_static" / "model"
    shutil.move(source / "model", target)
    for name, here in SCRIPTS.items():
        shutil.copy(npm.package(RUNTIME) / "dist" / name, target / here)
    script = PATHS.read_text(encoding="utf-8")
    write_text(target / "paths.js", f"{script}\nexport {{ {EXPORTS} }};\n")
    exported = json.loads((target / "model.json").read_text(encoding="utf-8"))
    facts = draw_people(target) | {"stripes": exported["settings"]["stripes"]}
    loaded = {
        "runtime": SCRIPTS.values(),
        "network": ["aligned.onnx"],
        "people": ["people.png"],
    }
    facts["bytes"] = {
        what: sum((target / name).stat().st_size for name in names)
        for what, names in loaded.items()
    }
    write_json(target / "people.json", facts)
    write_text(source / "_parts" / "network.md", told(exported, facts))


def told(exported: dict, facts: dict) -> str:
    """What the page says of its network and its files, in Markdown."""
    people = exported["settings"]["test_ids"]
    size = {what: number / 1e6 for what, number in facts["bytes"].items()}
    lines = [
        f"It is the network `{exported['variant']}`, seed {exported['seed']}, of "
        f"profile `{exported['profile']}`, trained at commit "
        f"{exported['commit'][:9]}. On the book's whole test, {people} people whom it "
        "never saw in training, it scores, in percent:\n",
        "| distance | rank-1 | mAP |",
        "|---|---|---|",
    ]
    for kind, name in NAMES.items():
        scores = exported["scores"][kind]
        lines.append(f"| {name} | {scores['rank1']:.1f} | {scores['mAP']:.1f} |")
    lines.append(
        f"\nThe page loads {sum(size.values()):.1f} MB: the runtime "
        f"({size['runtime']:.1f} MB, ONNX Runtime Web), the network "
        f"({size['network']:.1f} MB) and the drawn people ({size['people']:.1f} MB)."
    )
    return "\n".join(lines) + "\n"


def spec() -> DrawnSpec:
    """The people whom the published network is tested on."""
    return drawn_spec(settings.load("quick", "drawn").data)


def draw_people(folder: Path) -> dict:
    """Draw all pictures side by side into `people.png`; who they are, and where.

    A row for the queries, then one for each shot of the gallery, a person a column.
    """
    every = spec()
    rows = list(shots(every))
    drawings = [[drawn.draw(every, *one)[0] for one in row] for row in rows]
    sheet = np.concatenate([np.concatenate(row, 1) for row in drawings])
    Image.fromarray(sheet).save(folder / "people.png", optimize=True)
    queries, *gallery = (
        [
            one._asdict()
            | {"place": [column * every.width, row * every.height]}
            | {"looks": looks(drawn.describe(every, one.pid))}
            for column, one in enumerate(line)
        ]
        for row, line in enumerate(rows)
    )
    return {
        "height": every.height,
        "width": every.width,
        "queries": queries,
        "gallery": [one for row in gallery for one in row],
        "start": {"query": START, "other": (len(gallery) - 1) * PEOPLE + START},
    }


def shots(every: DrawnSpec) -> Iterator[list[Shot]]:
    """The shots of the queries, then those of the gallery, row by row of `people.png`.

    The people are the first of the test, with their look-alikes among them.
    """
    pids = every.test[:PEOPLE]
    cameras = {(pid, shot): camid for _, pid, camid, shot in drawn.shots(every)}
    for shot, box_error in ({QUERY_SHOT: every.box_error} | GALLERY).items():
        yield [Shot(pid, cameras[pid, shot], shot, box_error) for pid in pids]


def looks(person: dict[str, str]) -> str:
    """A drawn person in words, such as "teal t-shirt, pink jeans, green backpack"."""
    upper = f"{person['upper_colour']} {person['upper']}"
    if person["pattern"] != "plain":
        upper += f" with {person['pattern_colour']} {person['pattern']}"
    worn = [upper, f"{person['lower_colour']} {person['lower']}"]
    for thing in ("hat", "bag"):
        if person[thing] != "none":
            worn.append(f"{person[thing + '_colour']} {person[thing]}")
    return ", ".join(worn)
