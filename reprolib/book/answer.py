"""The answer to "should you believe the paper?", made from the records. Chapter 8."""

from collections import Counter

from reprolib.book import reported
from reprolib.study import headline, verdicts
from reprolib.study.verdicts import Finding

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
        "real-method-grows": "for this difference against that in boxes drawn by hand",
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
WITH_WEIGHTS = ("cuhk03-imagenet", "detected"), ("viper-imagenet", "labelled")
KINDS = (  # of photographs: study and boxes
    *(("cuhk03-boxes", boxes) for boxes in ("labelled", "detected")),
    *WITH_WEIGHTS,
)
BOXES = {"box0.4": "boxes as wrong as a real detector's", "box1": "bad ones"}


def text() -> str:
    """The answer to "should you believe the paper?": sentences and a list."""
    found = {one.claim.name: one for one in verdicts.findings()}
    items = [f"**{q}** {_answer(asked, found)}" for q, asked in QUESTIONS.items()]
    items += [_without_stripes(), _longer(), *_level()]
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
        verdict += f": {gap.low:+.1f} to {gap.high:+.1f} would decide if it were alone"
    points = f"{sign * one.points.mean():+z.1f} {one.score} " if len(one.points) else ""
    return f"{points}{words} ({verdict})"


def _other_photographs() -> str:
    """How the method stands on every kind of photographs, ours and others'."""
    gaps = [
        _mean(study, "aligned", "aligned", boxes)
        - _mean(study, "unaligned", "unaligned", boxes)
        for study, boxes in KINDS
    ]
    theirs = reported.load().query("source == @reported.LATER")
    theirs = theirs[theirs.dataset == "Market1501"].set_index("method").mAP
    gain = theirs["local aligned (DMLI)"] - theirs["local unaligned"]
    behind = sum(gap < 0 for gap in gaps)
    return (
        f" On {behind} of {len(gaps)} kinds of photographs, VIPeR among them, it is "
        "behind rigid stripes by the mean of the seeds so far (chapter 5). A "
        f"co-author's later code reports {gain:+.1f} mAP on Market1501 for aligning "
        "at the test alone (A)."
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
    photographs = [
        f"{_mean(study, 'global', 'global', boxes):.1f} against "
        f"{_mean(study, 'unaligned', 'unaligned', boxes):.1f}"
        for study, boxes in WITH_WEIGHTS
    ]
    return (
        "**Are stripes needed at all?** Seen, not asked beforehand: one vector of a "
        "network without stripes, aligned stripes alone, and an aligned network's both "
        f"distances have {'; '.join(said)}. On photographs, with ImageNet's weights, "
        f"one vector against rigid stripes: {' and '.join(photographs)} (CUHK03 and "
        "VIPeR)."
    )


def _longer() -> str:
    """What more training gives, beside which all effects have to be seen."""
    longer, usual = (
        _mean("drawn-mutual", row, "global", "box0.4")
        for row in ("twice-as-long", "apart")
    )
    return (
        "**Had the networks learnt enough?** To train one twice as long changes its "
        f"global feature by {longer - usual:+.1f} mAP. That is the scale on which the "
        "effects above have to be seen."
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
        "whose run of this method we found. It is after re-ranking (A) and was trained "
        "on four data sets, one of which shows people of the test; whether they were "
        "taken out is not known. The best independent one after re-ranking, trained on "
        f"Market1501 alone{without}, has {other.rk_rank1:.1f} % (A); its author writes "
        "that to join three data sets did not help on Market1501 (A).",
        "**Does the method surpass people?** That cannot be checked here: we could "
        "not read the paper itself, and found no data of its study of people.",
    )
