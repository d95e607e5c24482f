"""Chapter 5's leak over ten seeds: too long for the book, so it leaves a record."""

from pathlib import Path

from reprolib.study import records as measurements, store as experiments
from reprolib.book import run as records

RECORD = Path(__file__).with_name("leak.json")
SEEDS = range(10)
SCORES = ("rank1", "mAP")


def measure(run: records.Run) -> dict:
    """Train what is missing, with strangers and with leaked people, for every seed.

    Returns what `write` keeps: for each kind of query and score one value
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


def write(found: dict) -> Path:
    """Keep what `measure` found, with what it depends on."""
    return measurements.write(RECORD, found)


def read() -> dict:
    """The record of the last long run; chapter 5 prints it. Raises ReproError."""
    return measurements.read(RECORD, "the leak over ten seeds", "make leak")
