"""The answer to "should you believe the paper?", made from the records. Chapter 8."""

from collections import Counter

from reprolib.book import reported
from reprolib.study import claims, headline
from reprolib.study.claims import Finding

# The claims of which the answer speaks, from the surest to what is left open.
ASKED = ("testing-bad", "testing", "training", "global-aligned", "mutual")
SAID = {
    "shown": "Shown on drawn people",
    "opposite shown": "The opposite is shown on drawn people",
    "undecided": "Undecided",
    "waiting": "Not all seeds are there",
}


def text() -> str:
    """The answer to "should you believe the paper?": a sentence and a list."""
    found = claims.findings()
    named = {one.claim.name: one for one in found}
    items = []
    for word, said in SAID.items():
        some = [_short(named[n]) for n in ASKED if named[n].verdict == word]
        items += [f"*{said}*: {'; '.join(some)}."] if some else []
    items += [_without_stripes(), *_level()]
    lines = [_central(named["global-aligned"]), _counted(found), ""]
    return "\n".join(lines + [f"- {item}" for item in items])


def _central(one: Finding) -> str:
    """What became of the claim that the paper stands on."""
    gap = one.difference
    return (
        "The paper's central claim, a better global feature by aligned stripes in "
        f"training, is **{one.verdict}** on drawn people: {gap.mean:+.1f} points of "
        f"{one.score} ({gap.low:+.1f} to {gap.high:+.1f})."
    )


def _counted(found: list[Finding]) -> str:
    """How many claims there are, and what became of them."""
    count = Counter(one.verdict for one in found)
    ours = sum(one.claim.ours for one in found if one.verdict == "opposite shown")
    return (
        f"Of {len(found)} claims that were written down before anything was computed, "
        f"{count['shown']} are shown, {count['undecided']} are undecided, "
        f"{count['opposite shown']} are refuted ({ours} of them about variants of our "
        f"own, not the paper's method), and {count['waiting']} wait for seeds."
    )


def _without_stripes() -> str:
    """How a network without stripes does beside the method's own stripes."""
    said = []
    for boxes, name in (("box0.4", "a real detector's boxes"), ("box1", "bad ones")):
        plain, stripes = (
            headline.scores(headline.Row("drawn-main", row, row), boxes)[:, 1].mean()
            for row in ("global", "aligned")
        )
        said.append(f"{plain:.1f} against {stripes:.1f} % mAP on {name}")
    return (
        "*Seen, though not asked beforehand*: one vector per picture, from a network "
        f"without stripes, against aligned stripes alone: {', '.join(said)}."
    )


def _short(one: Finding) -> str:
    """A claim with its effect, and with its seeds where some are missing."""
    if one.difference is None:
        return one.claim.says
    more = f", {len(one.points)} of {one.planned} seeds" * (not one.complete)
    return f"{one.claim.says} ({one.difference.mean:+.1f} points of {one.score}{more})"


def _level() -> tuple[str, str]:
    """What became of the paper's own numbers."""
    market = reported.load().query("dataset == 'Market1501'")
    papers = market.source.str.contains("paper")
    others = market[~papers & ~market.source.str.startswith("michuanhaohao")]
    paper, best = market[papers].rk_rank1.max(), others.rk_rank1.max()
    return (
        f"*Confirmed by nobody*: the paper's rank-1 of {paper:g} % on Market1501. It "
        "comes from four joined data sets, one of which shows people of the test; the "
        f"best independent run has {best:.1f} %.",
        "*Not to be checked here*: that it surpasses people. We could not read the "
        "paper itself, and no data of its study of people were found.",
    )
