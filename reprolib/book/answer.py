"""The answer to "should you believe the paper?", made from the records. Chapter 8."""

from collections import Counter
from itertools import product

from reprolib.book import reported
from reprolib.study import claims, headline
from reprolib.study.claims import Finding

# The claims of which the answer speaks, beside the central one, in a few words each.
ASKED = {
    "testing": "to slide rigidly trained stripes along the path at the test",
    "testing-bad": "the same on bad boxes",
    "training": "to train them along the path as well",
    "method": "both together, against rigid stripes",
    "global-because-stripes": "the global feature beside aligned stripes, against a "
    "branch without stripes (which is worse than none)",
    "method-perfect": "on boxes that fit, rigid stripes against the aligned method",
    "mutual": "mutual learning at the paper's weights",
    "both": "to add the aligned distance to the global one at the test",
    "real-method": "the aligned method against rigid stripes, in detected boxes",
    "real-method-grows": "the gain of the method, from boxes by hand to detected ones",
    "real-global": "the global feature beside an aligned branch, in detected boxes",
}
CENTRAL = "global-aligned"
PLACES = {"drawn": "drawn people", "cuhk03": "photographs (CUHK03)"}  # by study
BOXES = {"box0.4": "boxes as wrong as a real detector's", "box1": "bad ones"}


def text() -> str:
    """The answer to "should you believe the paper?": sentences and a list."""
    found = {one.claim.name: one for one in claims.findings()}
    items = []
    for word, (study, place) in product(claims.VERDICTS, PLACES.items()):
        some = [
            _short(found[name])
            for name in ASKED
            if found[name].verdict == word and found[name].claim.study.startswith(study)
        ]
        items += [f"*{word.capitalize()} on {place}*: {'; '.join(some)}."] * bool(some)
    items += [_without_stripes(), *_level()]
    lines = [_central(found[CENTRAL]), _counted([*found.values()]), ""]
    return "\n".join([*lines, *(f"- {item}" for item in items)])


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
    against = sum(one.claim.against for one in found if one.verdict == "shown")
    return (
        f"Of {len(found)} claims that were written down before anything was computed, "
        f"{count['shown']} are shown ({against} of them against the method), "
        f"{count['undecided']} are undecided, {count['waiting']} wait for seeds, and "
        f"of {count['opposite shown']} the opposite is shown ({ours} of them about "
        "variants of our own)."
    )


def _without_stripes() -> str:
    """How a network without stripes does beside the method's own stripes."""
    said = []
    for boxes, name in BOXES.items():
        plain, stripes = (
            headline.scores(headline.Row("drawn-main", row, row), boxes)[:, 1].mean()
            for row in ("global", "aligned")
        )
        said.append(f"{plain:.1f} against {stripes:.1f} % mAP in {name}")
    return (
        "*Seen on drawn people, though not asked beforehand*: a network without "
        "stripes, compared by its one vector, against aligned stripes alone: "
        f"{', '.join(said)}."
    )


def _short(one: Finding) -> str:
    """A claim in a few words with its effect, and with its seeds where some miss."""
    said = ASKED[one.claim.name]
    points = f"{one.points.mean():+.1f} {one.score}, " if len(one.points) else ""
    seeds = f"{len(one.points)} of {one.planned} seeds"
    return f"{said} ({points[:-2] if one.complete else points + seeds})"


def _level() -> tuple[str, str]:
    """What became of the paper's own numbers."""
    paper = reported.best("Market1501").rk_rank1[reported.PAPER]
    rows = reported.load().query("source == @reported.INDEPENDENT")
    other = rows.loc[rows.rk_rank1.idxmax()]
    without = ", without the local branch" * ("local" not in other.method)
    return (
        f"*Reached by nobody*: the paper's rank-1 of {paper:g} % on Market1501, after "
        "re-ranking (A). It was trained on four data sets, one of which shows people "
        "of the test (whether they were taken out is not known). The best independent "
        f"run, trained on Market1501 alone{without}, has {other.rk_rank1:.1f} % (A).",
        "*Not to be checked here*: that it surpasses people (A). We could not read "
        "the paper itself, and no data of its study of people were found.",
    )
