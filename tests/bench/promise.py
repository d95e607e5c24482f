"""Measure what `make reproduce` takes; `make promise` calls it."""

import resource
import subprocess
import time
from pathlib import Path

from reprolib.study import provenance, records


def gigabytes(folder: Path) -> float:
    """What a folder takes on the disk."""
    done = subprocess.run(["du", "-sk", folder], capture_output=True, check=True)
    return int(done.stdout.split()[0]) / 1e6


def main() -> None:
    """Run the book into the empty folder `runs`, and write the record."""
    root = provenance.project_root()
    runs = root / "runs"
    if runs.exists():
        raise SystemExit(
            f"error: {runs} exists; expected none. Run `make clean` first."
        )
    start = time.monotonic()
    subprocess.run(["make", "reproduce"], cwd=root, check=True)
    found = {
        "minutes": round((time.monotonic() - start) / 60, 1),
        "largest_process_gb": round(
            resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1e6, 2
        ),
        "runs_gb": round(gigabytes(runs), 2),
        "venv_gb": round(gigabytes(root / ".venv"), 2),
    }
    print(records.write("promise", found))


if __name__ == "__main__":
    main()
