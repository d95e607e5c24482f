"""The answer on one screen: a few sentences, and a table of the paper's claims.

Chapter 8 and the site's front page.
"""

from typing import NamedTuple

import numpy as np

from reprolib.book import reported
from reprolib.study import headline, verdicts
from reprolib.study.verdicts import Finding, points


class Bet(NamedTuple):
    """A claim of the paper: the study's claims on it, and published pairs of rows."""

    drawn: str
    photographs: str = ""
    published: str = ""


BETS = {
    "stripes matched along the path beat rigid ones": Bet("method", "real-method"),
    "the global feature is better beside an aligned branch": Bet(
        "global-aligned", "real-global", "global-aligned"
    ),
    "two networks teach each other": Bet("mutual", "real-mutual", "mutual"),
    "a second stage at a lower rate helps": Bet("mutual-second-stage"),
    "both distances together beat the global one": Bet("both", "", "both"),
}
SOURCES = {
    reported.INDEPENDENT: "independent",
    reported.COAUTHOR: "a co-author",
    reported.LATER: "a co-author, later code",
}
HELPS = {
    "shown": "Aligning helps stripes where boxes slip",
    "opposite shown": "Aligning does stripes harm where boxes slip",
    "undecided": "Whether aligning helps stripes where boxes slip is undecided",
    "waiting": "Whether aligning helps stripes where boxes slip is not known yet",
}


def text() -> str:
    """The sentences, then the table."""
    found = {one.claim.name: one for one in verdicts.findings()}
    said = (_stripes(found), _photographs(found), _rest(found), _famous())
    return "\n".join([*(f"- {sentence}" for sentence in said), "", table(found)])


def table(found: dict[str, Finding]) -> str:
    """Markdown: a row for each of `BETS`, with what came out and what others report."""
    rows = ["the paper's claim | drawn people | CUHK03, detected boxes | others report"]
    rows += [":---|:---|:---|:---"]
    for claim, bet in BETS.items():
        ours = [
            _cell(found[name]) if name else "not asked"
            for name in (bet.drawn, bet.photographs)
        ]
        theirs = _published(bet.published) if bet.published else "-"
        if bet.drawn == "method":
            theirs = f"{points(reported.sliding())} mAP for the test alone, "
            theirs += "a co-author, later code (A)"
        rows.append(" | ".join((claim, *ours, theirs)))
    return "\n".join(rows)


def _cell(one: Finding) -> str:
    if one.difference is None:
        return f"**{one.verdict}**"
    low, high = points(one.difference.low), points(one.difference.high)
    mean = f"{points(one.difference.mean)} {one.score}"
    return f"**{one.verdict}**<br>{mean}<br>({low} to {high})".replace(" ", "\u00a0")


def _published(name: str) -> str:
    """What the part adds in published tables, by the score that the claim has."""
    gains = reported.gains(name)
    score, word = ("rank1", "rank-1") if name == "both" else ("mAP", "mAP")
    each = [f"{points(row[score])} {word}, {SOURCES[s]}" for s, row in gains.iterrows()]
    if name in reported.STATED:
        low, high = reported.STATED[name]
        each.append(f"+{low} to +{high} {word}, the paper (B)")
    return "<br>".join(e if e.endswith("(B)") else f"{e} (A)" for e in each)


def _stripes(found: dict[str, Finding]) -> str:
    """What aligning does to stripes of drawn people, and what no stripes do."""
    drawn, fit = found["method"], found["method-perfect"]
    pairs = ("global", "global"), ("aligned", "aligned"), ("unaligned", "unaligned")
    rows = (headline.Row("drawn-main", *pair) for pair in pairs)
    means = (headline.scores(row, "box0.4")[:, 1].mean() for row in rows)
    return (
        f"**{HELPS[drawn.verdict]}**: {_gain(drawn, 'on drawn people')}. Where boxes "
        f"fit, the method loses {abs(fit.points.mean()):.1f} (*{fit.verdict}*). "
        "A network without stripes has {:.1f}, aligned stripes {:.1f}, rigid ones "
        "{:.1f}.".format(*means)
    )


def _photographs(found: dict[str, Finding]) -> str:
    """What it does on photographs."""
    one = found["real-method"]
    if not len(one.points):
        return "**Photographs**: not known yet."
    behind, many = int(np.sum(one.points < 0)), len(one.points)
    word = "behind rigid stripes" if one.points.mean() < 0 else "not behind"
    where = _gain(one, "in the boxes of CUHK03's detector")
    said = f"**On photographs it is {word}**: {where}, behind with {behind} of {many}"
    return f"{said} seeds{_corrected(one, len(found))}."


def _corrected(one: Finding, many: int) -> str:
    """Why a claim is undecided that would be decided if it were asked alone."""
    if not one.decided_alone:
        return ""
    alone, all_ = one.difference.p, one.p
    return f"; p is {alone:.3f} alone and {all_:.3f} corrected for {many} claims"


def _rest(found: dict[str, Finding]) -> str:
    """What else of the method is shown, and what is not."""
    asked = {
        claim: found[bet.drawn] for claim, bet in BETS.items() if bet.drawn != "method"
    }
    shown = [claim for claim, one in asked.items() if one.verdict == "shown"]
    each = [f"that {c} ({_gain(o)})" for c, o in asked.items() if c not in shown]
    said = f"**Shown of the rest of the method: {'; '.join(shown) or 'nothing'}.**"
    return f"{said} Not shown: {'; '.join(each)}." if each else said


def _gain(one: Finding, where: str = "") -> str:
    mean = f"{points(one.points.mean())} {one.score}" if len(one.points) else ""
    return f"{mean} {where} (*{one.verdict}*)" if where else f"{mean}, {one.verdict}"


def _famous() -> str:
    paper = reported.best("Market1501").rk_rank1[reported.PAPER]
    return (
        f"**The famous numbers stay out of reach**: nobody whose run we found has the "
        f"paper's {paper:g} % on Market1501, and whether the method surpasses people "
        "cannot be checked here."
    )
