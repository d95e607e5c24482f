"""The evidence behind the answer, by a reader's questions. Chapter 8."""

from collections import Counter

from reprolib.book import reported
from reprolib.study import headline, verdicts
from reprolib.study.verdicts import Finding, points

# What a reader asks, and the claims that answer it; the first one gives the word.
QUESTIONS = {
    "Does it help to align stripes where boxes slip?": {
        "testing": "when rigidly trained stripes slide along the path at the test",
        "testing-bad": "the same in bad boxes",
        "training": "when they are trained along the path as well",
        "method": "for both together",
        "method-perfect": "for both together where boxes fit",
    },
    "Does it help on photographs (CUHK03)?": {
        "real-method": "for the method against rigid stripes, in a detector's boxes",
        "real-method-grows": "from boxes drawn by hand to a detector's",
    },
    "Is the global feature better for it, as the paper says?": {
        "global-aligned": "for a network with an aligned branch against one without",
        "global-because-aligned": "against one with a rigid branch",
        "global-because-stripes": "against one whose branch has no stripes, "
        "which is worse than no branch",
        "real-global": "against one without, on photographs",
    },
    "Do two networks teach each other anything?": {
        "mutual": "at the paper's weights",
        "mutual-second-stage": "in the paper's second stage, at a lower rate",
        "mutual-cost": "at a hundred times these, against one network trained twice "
        "as long",
        "real-mutual": "at the paper's weights, against one network, on photographs",
    },
    "Is the sum of both distances better than the global one?": {
        "both": "with its weight chosen on other people",
    },
    "Would diagonal steps, a variant of our own, be better than the paper's?": {
        "warped": "in training and test",
    },
}
WORDS = {
    "shown": "Yes",
    "opposite shown": "No",
    "undecided": "Undecided",
    "waiting": "Not known yet",
}
WHERE = (
    "Where no photographs are named, the answers are for drawn people. They rest on {} "
    "of the claims."
)
BOTH = "global+aligned"
KINDS = {  # of photographs, by study and boxes
    ("cuhk03-boxes", "labelled"): "CUHK03, boxes by hand",
    ("cuhk03-boxes", "detected"): "CUHK03, a detector's",
    ("cuhk03-imagenet", "detected"): "ImageNet's weights, CUHK03's new protocol",
    ("viper-imagenet", "labelled"): "ImageNet's weights, VIPeR",
}
BOXES = {"box0.4": "boxes that slip as a detector's", "box1": "bad ones"}


def text() -> str:
    """How many claims came out how, and a list of questions with their answers."""
    found = {one.claim.name: one for one in verdicts.findings()}
    items = [f"**{q}** {_answer(asked, found)}" for q, asked in QUESTIONS.items()]
    items += [_without_stripes(), _longer(found), *_level()]
    lines = [_counted([*found.values()]), WHERE.format(len(spoken())), ""]
    return "\n".join([*lines, *(f"- {item}" for item in items)])


def spoken() -> list[str]:
    """The names of the claims on which the answer rests."""
    return [name for asked in QUESTIONS.values() for name in asked]


def _counted(found: list[Finding]) -> str:
    """How many claims there are, and what became of them."""
    count = Counter(one.verdict for one in found)
    ours = sum(one.claim.ours for one in found if one.verdict == "opposite shown")
    against = sum(one.claim.against for one in found if one.verdict == "shown")
    return (
        f"Of {len(found)} claims that were written down before the trainings that "
        f"judge them, {count['shown']} are shown ({against} of them against the "
        f"method), {count['undecided']} are undecided, {count['waiting'] or 'none'} "
        f"wait for seeds, and of {count['opposite shown']} the opposite is shown "
        f"({ours} of them about variants of our own)."
    )


def _answer(asked: dict[str, str], found: dict[str, Finding]) -> str:
    """A word, and the claims behind it."""
    word = WORDS[found[next(iter(asked))].verdict]
    each = (_short(found[name], words) for name, words in asked.items())
    beside = "".join(say() for name, say in BESIDE.items() if name in asked)
    return f"{word}: {'; '.join(each)}.{beside}"


def _short(one: Finding, words: str) -> str:
    """The method's gain by a claim, in a few words where it is, and the verdict.

    A claim against the method is told by what the method loses.
    """
    gap, verdict, sign = one.difference, f"*{one.verdict}*", 1
    if one.claim.against:
        verdict, sign = f"the method's loss is *{one.verdict}*", -1
    if not one.complete:
        verdict += f", {len(one.points)} of {one.planned} seeds"
    elif one.decided_alone:
        verdict += f"; p is {gap.p:.3f} alone and {one.p:.3f} corrected"
    mean = f"{points(sign * one.points.mean())} {one.score} " if len(one.points) else ""
    return f"{mean}{words} ({verdict})"


def _other_photographs() -> str:
    """How the method stands on every kind of photographs, ours and others'."""
    means = [_stripes(*kind) for kind in KINDS]
    behind = sum(aligned < rigid for _, rigid, aligned, _ in means)
    single = sum(seeds == 1 for *_, seeds in means)
    here = [
        _mean(study, "aligned", "aligned", boxes)
        - _mean(study, "aligned", "unaligned", boxes)
        for study, boxes in (("drawn-main", "box0.4"), ("cuhk03-boxes", "detected"))
    ]
    return (
        f" By the means, it is behind rigid stripes on {behind} of {len(means)} kinds "
        f"of photographs, CUHK03's in three ways and VIPeR ({single} of them from one "
        "seed). A co-author's later code, trained along the path, gains "
        f"{reported.sliding():+.1f} mAP on Market1501 when it is tested along it and "
        f"not rigidly (A); here that is {here[0]:+.1f} on drawn people and "
        f"{here[1]:+.1f} in CUHK03's detected boxes."
    )


def _others_mutual() -> str:
    """What a co-author and an independent author found."""
    gain = reported.gains("mutual").mAP
    return (
        f" A co-author's first code reports {gain[reported.COAUTHOR]:+.1f} mAP on "
        f"Market1501 (A); an independent one {gain[reported.INDEPENDENT]:+.1f} (A), "
        "from distances exchanged at a weight of 1, a thousand times the paper's, and "
        "no identity loss."
    )


# What else is known of a claim, said after the answer that it belongs to.
BESIDE = {"real-method": _other_photographs, "mutual": _others_mutual}


def _without_stripes() -> str:
    """How a network without stripes does beside the method's own stripes."""
    methods = ("global", "global"), ("aligned", "aligned"), ("aligned", BOTH)
    said = []
    for boxes, name in BOXES.items():
        each = (f"{_mean('drawn-main', *m, boxes):.1f}" for m in methods)
        said.append("{}, {} and {} % mAP in ".format(*each) + name)
    photographs = "; ".join(
        "{:.1f}, {:.1f} and {:.1f}".format(*means) + f" ({name}, {_seeds(seeds)})"
        for name, (*means, seeds) in zip(
            KINDS.values(), (_stripes(*kind) for kind in KINDS), strict=True
        )
    )
    return (
        "**Are stripes needed at all?** Seen, not asked beforehand: one vector of a "
        "network without stripes, aligned stripes alone, and an aligned network's both "
        f"distances have {'; '.join(said)}. On photographs, one vector, rigid stripes "
        f"and aligned ones: {photographs}."
    )


def _seeds(count: int) -> str:
    return f"{count} seed" + "s" * (count > 1)


def _stripes(study: str, boxes: str) -> tuple[float, float, float, int]:
    """mAP of one vector, of rigid and of aligned stripes; the fewest seeds of them."""
    every = [
        headline.scores(headline.Row(study, method, method), boxes)[:, 1]
        for method in ("global", "unaligned", "aligned")
    ]
    return *(float(each.mean()) for each in every), min(map(len, every))


def _longer(found: dict[str, Finding]) -> str:
    """What more training gives, beside which all effects have to be seen."""
    longer, usual = (
        _mean("drawn-mutual", row, "global", "box0.4")
        for row in ("twice-as-long", "apart")
    )
    gain, effects = longer - usual, [abs(found[n].points.mean()) for n in spoken()]
    smaller = sum(effect < gain for effect in effects)
    word = "No" if 2 * smaller > len(effects) else "Nearly"
    return (
        f"**Had the networks learnt enough?** {word}: to train one twice as long "
        f"changes its global feature by {gain:+.1f} mAP, more than {smaller} of the "
        f"{len(effects)} effects asked about above."
    )


def _mean(study: str, method: str, kind: str, boxes: str) -> float:
    """The mean mAP over seeds."""
    return headline.scores(headline.Row(study, method, kind), boxes)[:, 1].mean()


def _level() -> tuple[str, str]:
    """What became of the paper's own numbers."""
    paper = reported.best("Market1501").rk_rank1[reported.PAPER]
    rows = reported.load().query("source == @reported.INDEPENDENT")
    other = rows.loc[rows.rk_rank1.idxmax()]
    without = ", without the local branch" * ("local" not in other.method)
    return (
        f"**Has anybody reached the paper's {paper:g} % rank-1 on Market1501?** Nobody "
        "whose run of this method we found. The abstract (A) does not say that it is "
        "after re-ranking; others do (B). The network was trained on four data sets, "
        "one of which shows people of the test (B); whether they were taken out is not "
        "known. The best independent one after re-ranking, trained on "
        f"Market1501 alone{without}, has {other.rk_rank1:.1f} % (A, {other.method}); "
        "its author writes that to join three data sets did not help on Market1501 "
        "(A). Other methods have passed that number since (chapter 6).",
        "**Does the method surpass people?** That cannot be checked here: we could "
        "not read the paper itself, and found no data of its study of people.",
    )
