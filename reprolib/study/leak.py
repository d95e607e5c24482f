"""Chapter 5's leak over ten seeds: too long for the book, so it leaves a record."""

from pathlib import Path

from reprolib.errors import ReproError
from reprolib.study import records, variants
from reprolib.study.store import Store

SEEDS = range(10)
SCORES = ("rank1", "mAP")


def measure(store: Store) -> dict:
    """Train what is missing, with strangers and with leaked people, for every seed.

    Returns, for each kind of query and score, one value a seed and training, by global
    distance. Raises ReproError for photographs, among whom nobody can be made to leak.
    """
    if store.name != "drawn":
        raise ReproError(
            f"dataset = {store.name!r}: a leak can be made at will among drawn people "
            "only; leave --dataset out."
        )
    box = store.settings.data.box_error
    found = {
        leak: [store.scores(variants.name(leak, box), seed) for seed in SEEDS]
        for leak in variants.LEAKS
    }
    tests = {
        "all queries": lambda scores: scores["students"][0][f"{box:g}"],
        "of leaked people": lambda scores: scores["queries"]["leaked"],
        "of the others": lambda scores: scores["queries"]["others"],
    }
    return {
        "profile": store.profile,
        "seeds": list(SEEDS),
        "overlap": found["leaked"][0]["overlap"],
        "queries": {
            queries: {
                score: {
                    leak: [test(scores)["global"][score] for scores in each]
                    for leak, each in found.items()
                }
                for score in SCORES
            }
            for queries, test in tests.items()
        },
    }


def write(found: dict) -> Path:
    """Keep what `measure` found, with what it depends on."""
    return records.write("leak", found)


def read() -> dict:
    """The record of the last long run; chapter 5 prints it. Raises ReproError."""
    return records.read("leak", "the leak over ten seeds", "make leak")
