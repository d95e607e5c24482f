"""The claims that the study tests, fixed beforehand in `claims.toml`.

A claim says that a sum of scores is positive: `plus` less `minus`, each a term such as
`aligned-box0.4:global@box1`: the variant, the kind of distance, the boxes of the test.
Every seed gives one such number. `verdicts` judges them.
"""

import re
import tomllib
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from reprolib.errors import ReproError
from reprolib.study import grid

TABLE = Path(__file__).with_name("claims.toml")
HALVES = ("rank1", "mAP")  # of each half, as `measuring.measure` keeps them
OURS = "warped", "-100-"  # in the variants that the paper does not have
TERM = re.compile(r"(?P<variant>[^:@/]+):(?P<kind>[^:@/]+)@(?P<boxes>[^:@/]+)")


@dataclass(frozen=True)
class Claim:
    """One claim: what it `says`, of which `question`, on which `score` of which test.

    `protocol` is "market" unless the study's data set has another.
    """

    name: str
    question: int
    says: str
    study: str
    plus: tuple[str, ...]
    minus: tuple[str, ...]
    score: str = "mAP"
    protocol: str = "market"

    @property
    def ours(self) -> bool:
        """Whether it is about a variant of our own and not about the paper's method.

        Ours are time warping and a hundred times the paper's weights.
        """
        return any(word in term for term in self.plus for word in OURS)

    @property
    def against(self) -> bool:
        """Whether it says that rigid stripes beat the method."""
        sides = {"unaligned": self.plus, "aligned": self.minus}
        return all(term.startswith(row) for row in sides for term in sides[row])


def declared() -> list[Claim]:
    """Every claim, in the order of the questions; `ReproError` for a broken one."""
    table = tomllib.loads(TABLE.read_text(encoding="utf-8"))
    claims = []
    for name, entry in table.items():
        sides = {side: tuple(entry.pop(side)) for side in ("plus", "minus")}
        claims.append(Claim(name, **sides, **entry))
        study = grid.find(claims[-1].study)
        variants = {cell.variant for cell in study.cells}
        for term in (*sides["plus"], *sides["minus"]):
            match = TERM.fullmatch(term)
            if not match or match["variant"] not in variants:
                raise ReproError(f"claim {name}: {term!r} is no cell of {study.name}.")
            if match["boxes"] not in study.tested_on:
                raise ReproError(
                    f"claim {name}: {study.name} is not tested on {match['boxes']}."
                )
    return claims


def scores(line: dict, term: str, score: str, protocol: str = "market") -> float:
    """A term's score in percent, the mean over the students.

    A kind such as `sum-aligned` is the global distance plus a weighted local one; the
    weight is chosen on half of the people and scored on the others, both ways.
    """
    where = TERM.fullmatch(term)
    if where["kind"].startswith("sum-"):
        local = where["kind"].removeprefix("sum-")
        tables = [
            np.array(student[where["boxes"]]["sum"][local])[:, :, HALVES.index(score)]
            for student in line["students"]
        ]
        return float(np.mean([on_other_half(table) for table in tables]))
    each = [
        student[where["boxes"]][protocol][where["kind"]][score]
        for student in line["students"]
    ]
    return float(np.mean(each))


def on_other_half(table: np.ndarray) -> float:
    """The mean score of each half at the weight that is best on the other.

    `table: (weights, 2)`. Chapter 10.
    """
    chosen = table.argmax(0)
    return float((table[chosen[0], 1] + table[chosen[1], 0]) / 2)
