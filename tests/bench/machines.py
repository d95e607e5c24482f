"""Measure how far two processors differ; `make machines` calls it.

The same trainings, from the same seeds, with the instructions that this processor has
and with fewer: floating point adds in another order, and that is all that differs.
"""

import os
import subprocess
import sys
import tempfile
from pathlib import Path

from reprolib import settings
from reprolib.study import records
from reprolib.study.store import Store

VARIANT, SEEDS = "aligned-box0.4", (0, 1, 2)
# What oneDNN and torch are told, for a processor of each kind.
KINDS = {
    "as it is": {},
    "AVX2": {"ONEDNN_MAX_CPU_ISA": "AVX2", "ATEN_CPU_CAPABILITY": "avx2"},
}


def train(runs: str) -> None:
    """Train and score every seed into `runs`; called in a process of its own."""
    for seed in SEEDS:
        _store(runs).scores(VARIANT, seed)


def _store(runs: str) -> Store:
    return Store(Path(runs), "drawn", settings.load("quick"), profile="quick")


def main() -> None:
    """Train on each kind of processor, and write the record."""
    with tempfile.TemporaryDirectory() as folder:
        jobs = []
        for name, variables in KINDS.items():
            words = [sys.executable, "-m", "bench.machines", f"{folder}/{name}"]
            jobs.append(subprocess.Popen(words, env=os.environ | variables))
        if any([job.wait() for job in jobs]):
            raise SystemExit("error: a training failed; see above.")
        found = {
            name: [
                _store(f"{folder}/{name}").scores(VARIANT, seed)["students"][0]["0.4"]
                for seed in SEEDS
            ]
            for name in KINDS
        }
    print(records.write("machines", {"variant": VARIANT, "scores": found}))


if __name__ == "__main__":
    train(sys.argv[1]) if len(sys.argv) > 1 else main()
