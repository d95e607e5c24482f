"""Files of npm packages, for the site and its tests: fetched once, kept in `runs/npm`.

What a page needs lies beside it, so that no page asks anything of the net.
"""

import json
import shutil
import subprocess
import tarfile
import tempfile
from pathlib import Path

from reprolib.errors import ReproError
from reprolib.study.provenance import project_root

MATHJAX = "mathjax@3.2.2"
REVEAL = "reveal.js@5.1.0"  # slides
AXE = "axe-core@4.10.3"  # what tests of the pages look for barriers with


def package(name: str) -> Path:
    """The folder of an unpacked package such as "mathjax@3.2.2".

    Raises `ReproError` where npm is missing or cannot be reached.
    """
    kept = project_root() / "runs" / "npm" / name.replace("/", "-")
    if kept.exists():
        return kept
    kept.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=kept.parent) as folder:
        with tarfile.open(_packed(name, folder)) as tar:
            tar.extractall(folder, filter="data")
        shutil.move(Path(folder, "package"), kept)
    return kept


def _packed(name: str, folder: str) -> Path:
    """The archive of a package, as npm hands it out."""
    words = ["npm", "pack", name, "--json", "--silent"]
    try:
        done = subprocess.run(
            words, cwd=folder, capture_output=True, text=True, check=True
        )
    except (OSError, subprocess.CalledProcessError) as error:
        said = getattr(error, "stderr", "") or error
        raise ReproError(f"npm could not fetch {name}: {said}") from error
    return Path(folder, json.loads(done.stdout)[0]["filename"])
