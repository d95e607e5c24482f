"""The raters' page: one HTML file that holds a trial list and its pictures.

It works from a file, without a network: its policy allows no address but the pictures
inside, and no script but its own. What it holds tells nothing of the truth.
"""

import base64
import hashlib
import io
import json
from pathlib import Path

from PIL import Image

from reprolib.data.dataset import Picture
from reprolib.data.pictures import decode
from reprolib.human.files import CODE, CONFIDENCE
from reprolib.human.pool import PicturePool
from reprolib.human.trials import Trial, TrialList

HERE = Path(__file__).parent
KINDS = {".jpg": "jpeg", ".jpeg": "jpeg", ".png": "png"}  # that every browser shows


def page(trials: TrialList, pool: PicturePool) -> str:
    """The page as text. Used by `python -m reprolib human page`.

    Raises `ReproError` for a picture that the pool does not hold or that is broken.
    """
    hashes = sorted(trials.pictures)
    numbers = {key: number for number, key in enumerate(hashes)}
    study = {
        "list": trials.key,
        "code": f"^{CODE.pattern}$",
        "confidence": CONFIDENCE,
        "practice": [_shown(trial, numbers) for trial in trials.practice],
        "trials": [_shown(trial, numbers) for trial in trials.trials],
        "pictures": [_address(pool.picture(key)) for key in hashes],
    }
    # A "<" in the data could end the script that holds them.
    data = json.dumps(study, separators=(",", ":")).replace("<", "\\u003c")
    style, text = _read("page.css"), _read("page.html")
    script = _read("session.js") + _read("page.js")
    for name, part in (
        ("policy", _policy(style, script)),
        ("style", style),
        ("script", script),
        ("study", data),
    ):
        text = text.replace(f"[[{name}]]", part)
    return text


def _read(name: str) -> str:
    return (HERE / name).read_text(encoding="utf-8")


def _shown(trial: Trial, numbers: dict[str, int]) -> dict:
    """A trial as the page knows it: pictures by number, the truth of practice alone."""
    shown = {
        "id": trial.id,
        "query": numbers[trial.query],
        "candidates": [numbers[key] for key in trial.candidates],
    }
    return shown | ({"right": list(trial.right)} if trial.right else {})


def _address(picture: Picture) -> str:
    """The picture as a data URI: its own bytes, or a PNG of what no browser reads."""
    image = Image.fromarray(decode(picture).permute(1, 2, 0).numpy())
    kind = KINDS.get(picture.path.suffix.lower())
    content = picture.path.read_bytes() if kind else _png(image)
    return f"data:image/{kind or 'png'};base64,{base64.b64encode(content).decode()}"


def _png(image: Image.Image) -> bytes:
    file = io.BytesIO()
    image.save(file, "PNG")
    return file.getvalue()


def _policy(style: str, script: str) -> str:
    """What the browser lets the page do: show its pictures, run its own script."""
    hashes = (hashlib.sha256(part.encode()).digest() for part in (style, script))
    style, script = (f"'sha256-{base64.b64encode(h).decode()}'" for h in hashes)
    return (
        f"default-src 'none'; img-src data:; style-src {style}; script-src {script}; "
        "base-uri 'none'; form-action 'none'"
    )
