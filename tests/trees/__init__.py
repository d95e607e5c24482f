"""Small trees in the true layout of each data set of photographs, of drawn people."""

import importlib
from pathlib import Path

from reprolib.data.acquire import preparing
from reprolib.data.sets import sources

FAMILIES = tuple(dict.fromkeys(source.owner.family for source in sources().values()))


def write_all(folder: Path) -> Path:
    """Every family's tree in `folder`, one folder each, prepared for its reader."""
    for family in FAMILIES:
        tree = importlib.import_module(f"trees.{family.replace('-', '_')}")
        root = tree.write(Path(folder, family))
        preparing.prepare(family, root, root)
    return Path(folder)
