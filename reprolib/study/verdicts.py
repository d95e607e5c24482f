"""What the committed records say of the claims: points, intervals and verdicts.

Chapters 0, 5, 6, 8 and 10 print them.
"""

from dataclasses import dataclass, replace

import numpy as np

from reprolib.evaluation import statistics
from reprolib.evaluation.statistics import Difference
from reprolib.study import claims, grid, measuring, records
from reprolib.study.claims import TERM, Claim

VERDICTS = "shown", "undecided", "opposite shown", "waiting"


@dataclass(frozen=True)
class Finding:
    """What the cells say of a claim: points a seed, its interval, and the verdict.

    The verdict is `waiting` until all `planned` seeds are there: who looks after every
    seed and stops when it pleases finds too much. `p` is corrected for all declared
    claims and is None before that. `people` is the interval of the mean had other
    people been tested; `sets` are the means of the seeds that share their people.
    `unpaired` is Welch's difference, for claims with one term on each side.
    `difference`, `unpaired` and `people` are None below two seeds.
    """

    claim: Claim
    planned: int
    points: np.ndarray
    sets: tuple[float, ...] = ()
    difference: Difference | None = None
    unpaired: Difference | None = None
    people: tuple[float, float] | None = None
    p: float | None = None
    verdict: str = "waiting"

    @property
    def complete(self) -> bool:
        """Whether every seed that was planned is there."""
        return len(self.points) == self.planned

    @property
    def decided_alone(self) -> bool:
        """Whether it is undecided only because all claims are judged together."""
        return self.verdict == "undecided" and self.difference.p < statistics.LEVEL

    @property
    def score(self) -> str:
        """Which score the points are of, in words."""
        return self.claim.score.replace("rank1", "rank-1")

    def sentence(self) -> str:
        """What came out, in one line."""
        count, gap = len(self.points), self.difference
        so_far = f"waiting: {count} of {self.planned} seeds so far"
        if gap is None:
            return so_far
        mean = f"{gap.mean:+.2f} points of {self.score}"
        interval = f"{gap.low:+.2f} to {gap.high:+.2f}"
        if not self.complete:
            return f"{so_far}, {mean} ({interval})"
        said = f"{self.verdict}: {mean} ({interval}, {count} seeds), "
        said += f"corrected p {_said(self.p)}"
        if self.verdict == "undecided":
            said += f"; {gap.detectable:.1f} would have been found before correction"
        return said


def findings() -> list[Finding]:
    """All claims with what the committed records say of them, corrected by Holm.

    Claims whose seeds are not all there count in the correction, as never shown.
    """
    found = [_finding(claim) for claim in claims.declared()]
    ready = [f.complete and f.difference is not None for f in found]
    each = [f.difference.p if r else 1.0 for f, r in zip(found, ready, strict=True)]
    corrected = statistics.holm(each)
    return [
        _judged(one, float(p)) if r else one
        for one, p, r in zip(found, corrected, ready, strict=True)
    ]


def table(found: list[Finding]) -> str:
    """Markdown: a row for each claim that has two seeds, and how many have not."""
    rows = [
        "claim | verdict | points, 95 % interval | corrected p | detectable | seeds"
    ]
    rows += [":---|:---|---:|---:|---:|---:"]
    for one in found:
        if gap := one.difference:
            mean = f"{points(gap.mean)}~{one.score}"
            cells = (
                one.claim.says,
                f"**{one.verdict}**",
                f"{mean}<br>{points(gap.low)}~to~{points(gap.high)}",
                "-" if one.p is None else _said(one.p).replace("below ", "<"),
                f"{gap.detectable:.1f}",
                f"{len(one.points)}~of~{one.planned}",
            )
            rows.append(" | ".join(cells).replace("~", "\N{NO-BREAK SPACE}"))
    waiting = len(found) - len(rows) + 2
    said = f"Left out, with fewer than two seeds: {waiting} of {len(found)} claims."
    return "\n".join([*(rows if len(rows) > 2 else ()), "", said if waiting else ""])


def by_sets(found: list[Finding]) -> tuple[int, int]:
    """How many decided claims stay so with sets of people as units, not seeds.

    The first counts intervals without zero, the second verdicts after the correction
    for all claims. Chapters 5 and 8.
    """
    several = [one if len(one.sets) > 1 else None for one in found]
    each = [o and statistics.paired(o.sets, np.zeros(len(o.sets))) for o in several]
    corrected = statistics.holm([gap.p if gap else 1.0 for gap in each])
    decided = [
        (gap, p)
        for one, gap, p in zip(found, each, corrected, strict=True)
        if "shown" in one.verdict and gap
    ]
    alone = sum(gap.p < statistics.LEVEL for gap, _ in decided)
    return alone, sum(p < statistics.LEVEL for _, p in decided)


def points(value: float) -> str:
    """A difference in points, as `+1.1`, or as `-0.03` where it is below a tenth."""
    return f"{value:+z.{2 if abs(value) < 0.1 else 1}f}"


def _said(p: float) -> str:
    return f"{p:.3f}" if p >= 0.001 else "below 0.001"


def _judged(one: Finding, p: float) -> Finding:
    return replace(one, p=p, verdict=statistics.verdict(one.difference.mean, p))


def _finding(claim: Claim) -> Finding:
    lines = records.lines(claim.study)
    terms = [(1, t) for t in claim.plus] + [(-1, t) for t in claim.minus]
    cells = {(cell.variant, cell.seed) for cell in grid.find(claim.study).cells}
    planned = [
        seed
        for seed in range(grid.find(claim.study).seeds)
        if all((_variant(term), seed) in cells for _, term in terms)
    ]
    seeds = [s for s in planned if all((_variant(t), s) in lines for _, t in terms)]
    table = np.array(
        [
            [
                claims.scores(
                    lines[_variant(term), seed], term, claim.score, claim.protocol
                )
                for _, term in terms
            ]
            for seed in seeds
        ]
    ).reshape(len(seeds), len(terms))
    signs = np.array([sign for sign, _ in terms])
    points = table @ signs
    drawn = np.array([lines[_variant(terms[0][1]), s]["data_seed"] for s in seeds])
    sets = tuple(float(points[drawn == one].mean()) for one in np.unique(drawn))
    if len(points) < 2:
        return Finding(claim, len(planned), points, sets)
    sides = table[:, signs > 0].sum(1), table[:, signs < 0].sum(1)
    return Finding(
        claim,
        len(planned),
        points,
        sets,
        statistics.paired(*sides),
        statistics.welch(*sides) if len(terms) == 2 else None,
        _people(claim, lines, terms, seeds),
    )


def _people(claim: Claim, lines: dict, terms: list, seeds: list[int]):
    """The interval over people: seeds of one set of pictures average query by query.

    None where no single queries are kept.
    """
    if claim.protocol != "market":
        return None
    column = {"rank1": 0, "mAP": 1}.get(claim.score)
    by_pictures: dict[int, list[np.ndarray]] = {}
    who = {}
    for seed in seeds:
        total = 0.0
        for sign, term in terms:
            where, line = TERM.fullmatch(term), lines[_variant(term), seed]
            for student in line["students"]:
                kept = student[where["boxes"]].get("queries")
                if column is None or kept is None or where["kind"] not in kept:
                    return None
                found = measuring.unpacked(kept[where["kind"]])[column]
                value = found == 1 if column == 0 else found
                total = total + sign * 100 * value / len(line["students"])
        by_pictures.setdefault(line["data_seed"], []).append(total)
        who[line["data_seed"]] = measuring.unpacked_people(line["people"])
    values, people, shift = [], [], 0
    for number, each in by_pictures.items():
        values.append(np.mean(each, 0))
        people.append(who[number] + shift)
        shift += who[number].max() + 1
    return statistics.bootstrap_people(np.concatenate(values), np.concatenate(people))


def _variant(term: str) -> str:
    return TERM.fullmatch(term)["variant"]
