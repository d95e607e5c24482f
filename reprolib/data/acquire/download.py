"""Downloading an archive, where its owner offers a plain address and terms are agreed.

The pages in notebooks/data_sets say where to ask for all others.
"""

import logging
import sys
from collections.abc import Callable
from pathlib import Path
from urllib.parse import unquote, urlsplit

import pooch
import requests

from reprolib.data.acquire.unpacking import checksum
from reprolib.data.sets import Owner
from reprolib.data.writing import writing
from reprolib.errors import ReproError

SECONDS = 30  # without a byte, until the server counts as out of reach


def download(owner: Owner, root: Path, agreed: Callable[[str], bool]) -> Path:
    """Fetch the owner's archive into `root`; an archive that is there is kept.

    `agreed` is shown the terms and says whether the reader accepts them. Raises
    `ReproError`, with nothing half-written, where there is no plain address, the terms
    are not accepted, the server fails or the checksum is another.
    """
    if not owner.address:
        raise ReproError(
            f"{owner.title} is offered at no plain address; ask at {owner.page}. "
            f"{owner.ask} Terms: {owner.terms} Cite: {owner.citation}"
        )
    if not agreed(f"{owner}\n  address:  {owner.address}"):
        raise ReproError(
            f"the terms of {owner.title} were not accepted; nothing was downloaded."
        )
    with writing(root):
        return _fetch(owner, root)


def _fetch(owner: Owner, root: Path) -> Path:
    pooch.get_logger().setLevel(logging.WARNING)
    name = unquote(Path(urlsplit(owner.address).path).name)
    bar = sys.stderr.isatty()
    fetch = pooch.HTTPDownloader(progressbar=bar, chunk_size=1 << 16, timeout=SECONDS)
    try:
        path = pooch.retrieve(
            owner.address, owner.checksum, fname=name, path=root, downloader=fetch
        )
    except requests.exceptions.RequestException as error:
        raise ReproError(
            f"{owner.address}: the download failed ({error}); expected the archive of "
            f"{owner.title}. Nothing was kept. Try again later, or ask at {owner.page}."
        ) from error
    except ValueError as error:
        raise ReproError(
            f"{owner.address}: what came has another checksum than "
            f"{owner.checksum}; nothing was kept. The file was changed or replaced by "
            f"another page; ask at {owner.page}."
        ) from error
    return Path(path)


def verdict(owner: Owner, path: Path) -> str:
    """The SHA-256 of the archive, and whether it could be compared."""
    compared = "the owner has published no checksum to compare it with"
    if owner.checksum:
        compared = f"the published {owner.checksum.partition(':')[0]} agrees"
    return f"SHA-256 {checksum(path)}; {compared}"
