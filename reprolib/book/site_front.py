"""What the site's front page says of the results, written from the records."""

from reprolib.book import reported
from reprolib.study import claims
from reprolib.study.claims import Finding

# The claims of which the verdict speaks, from the surest to what is left open.
ASKED = ("testing-bad", "testing", "training", "global-aligned", "mutual")
SAID = {
    "shown": "Shown on drawn people",
    "opposite shown": "The opposite is shown",
    "undecided": "Undecided",
}


def verdict() -> str:
    """The answer to "should you believe the paper?", a paragraph of Markdown."""
    found = claims.findings()
    named = {one.claim.name: one for one in found}
    parts = [_counted(found)]
    for word, said in SAID.items():
        some = [_short(named[n]) for n in ASKED if named[n].verdict == word]
        parts += [f"*{said}*: {'; '.join(some)}."] if some else []
    return " ".join([*parts, _level()])


def _counted(found: list[Finding]) -> str:
    """How many claims there are, and what became of them."""
    ready = [one.verdict for one in found if one.complete]
    kinds = {
        "shown": "are shown",
        "opposite shown": "are refuted",
        "undecided": "cannot be decided",
    }
    counts = [f"{ready.count(kind)} {word}" for kind, word in kinds.items()]
    waiting = len(found) - len(ready)
    return (
        f"Of {len(found)} claims that were written down before anything was computed, "
        f"{', '.join(counts)}; {waiting} still lack seeds."
    )


def _short(one: Finding) -> str:
    """A claim with its effect, and with its seeds where some are missing."""
    if one.difference is None:
        return one.claim.says
    more = f", {len(one.points)} of {one.planned} seeds" * (not one.complete)
    return f"{one.claim.says} ({one.difference.mean:+.1f} points of {one.score}{more})"


def _level() -> str:
    """What became of the paper's own numbers."""
    market = reported.load().query("dataset == 'Market1501'")
    papers = market.source.str.contains("paper")
    others = market[~papers & ~market.source.str.startswith("michuanhaohao")]
    paper, best = market[papers].rk_rank1.max(), others.rk_rank1.max()
    return (
        f"*Nobody has confirmed* the paper's rank-1 of {paper:g} % on Market1501: it "
        "comes from four joined data sets, one of which shows people of the test, and "
        f"the best independent run has {best:.1f} %. *Nobody can check* that it "
        "surpasses people: the study behind that was never published."
    )
