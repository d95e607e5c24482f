"""Records of measurements too long for the book, kept in the package."""

import json
import os
from datetime import UTC, datetime
from pathlib import Path

from reprolib.study import provenance as machine
from reprolib.book import run as records
from reprolib.errors import ReproError


def write(path: Path, found: dict) -> Path:
    """Write what was found, with date, commit, versions and hardware, and rename it."""
    record = {
        "date": datetime.now(UTC).date().isoformat(),
        **machine.git_state(records.project_root()),
        "versions": machine.versions(),
        "hardware": machine.hardware(),
        **found,
    }
    partial = path.with_suffix(".part")
    partial.write_text(json.dumps(record, indent=1) + "\n", encoding="utf-8")
    os.replace(partial, path)
    return path


def read(path: Path, what: str, command: str) -> dict:
    """The record in `path`; `ReproError` naming the `command` that makes it."""
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise ReproError(
            f"{path} cannot be read ({error}); expected the record of {what}: make it "
            f"with `{command}`."
        ) from error
