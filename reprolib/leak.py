"""Chapter 5's leak over ten seeds: too long for the book, so it leaves a record."""

import json
import os
from datetime import UTC, datetime
from pathlib import Path

from reprolib import experiments, machine, records
from reprolib.errors import ReproError

RECORD = Path(__file__).with_name("leak.json")
SEEDS = range(10)
SCORES = ("rank1", "mAP")


def measure(run: records.Run) -> dict:
    """Train what is missing, with strangers and with leaked people, for every seed.

    Returns the record that `write` keeps: for each kind of query and score one value
    a seed and training, by global distance. Needs the drawn data.
    """
    bench, box = experiments.Bench(run), round(run.settings.box_error)
    found = {
        name: [bench.obtain(f"{name}-box{box}", seed)[1]["scores"] for seed in SEEDS]
        for name in experiments.LEAKS
    }
    tests = {
        "all queries": lambda scores: scores["students"][0][str(box)],
        "of leaked people": lambda scores: scores["queries"]["leaked"],
        "of the others": lambda scores: scores["queries"]["others"],
    }
    return {
        "date": datetime.now(UTC).date().isoformat(),
        **machine.git_state(records.project_root()),
        "versions": machine.versions(),
        "hardware": machine.hardware(),
        "profile": run.profile,
        "seeds": list(SEEDS),
        "queries": {
            queries: {
                score: {
                    name: [test(scores)["global"][score] for scores in each]
                    for name, each in found.items()
                }
                for score in SCORES
            }
            for queries, test in tests.items()
        },
    }


def write(record: dict) -> Path:
    """Write the record aside and rename it."""
    partial = RECORD.with_suffix(".part")
    partial.write_text(json.dumps(record, indent=1) + "\n", encoding="utf-8")
    os.replace(partial, RECORD)
    return RECORD


def read() -> dict:
    """The record of the last long run; chapter 5 prints it. Raises ReproError."""
    try:
        return json.loads(RECORD.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise ReproError(
            f"{RECORD} cannot be read ({error}); expected the record of the leak over "
            "ten seeds: make it with `make leak`."
        ) from error
