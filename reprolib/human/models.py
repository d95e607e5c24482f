"""The models that are judged: on the raters' own lists, and on the whole gallery."""

import re
from dataclasses import dataclass
from functools import cached_property

import pandas as pd
import torch

from reprolib.errors import ReproError
from reprolib.evaluation import scoring as evaluated
from reprolib.evaluation.features import EVERY_KIND, Embedded, distance
from reprolib.evaluation.statistics import holm
from reprolib.human.places import Asked, asked, first_is_right
from reprolib.human.pool import PicturePool
from reprolib.human.scoring import above_chance, by_rater, compare, counted, score
from reprolib.human.trials import TrialList, Truth
from reprolib.reranking import k_reciprocal
from reprolib.study.store import Store

NAME = re.compile(r"(?P<variant>[^:]+?)(?:-s(?P<seed>\d+))?(?::(?P<kind>[\w+]+))?")
# What a model is given: the list, or the gallery besides; the first three answer from
# the same candidates as the raters.
LISTS = ("list", "list, re-ranked alone", "list, re-ranked in the gallery")
FORMS = (*LISTS, "gallery", "gallery, re-ranked")


@dataclass(frozen=True)
class Model:
    """A network's features of Q queries and G gallery pictures, and how it compares."""

    name: str
    kind: str
    query: Embedded
    gallery: Embedded

    @cached_property
    def distance(self) -> torch.Tensor:
        """The (Q, G) distances."""
        return distance(self.kind, self.query, self.gallery)

    @cached_property
    def reranked(self) -> torch.Tensor:
        """The (Q, G) distances re-ranked with all queries and the whole gallery."""
        return evaluated.reranked(self.kind, self.query, self.gallery)

    def reranked_alone(self, at: Asked, k1: int = 0) -> torch.Tensor:
        """The (T, G) distances of lists, each re-ranked as if there were nothing else.

        at: T trials, whose `shown` pictures are all that re-ranking sees; others are
        infinitely far. k1: neighbours; 0 for as many as `fitting` the list.
        """
        table = self.distance.new_full(at.shown.shape, torch.inf)
        for row, query in enumerate(at.query.tolist()):
            places = at.places(row)
            shown = Embedded(*(part[places] for part in self.gallery))
            among = distance(self.kind, shown, shown)
            own = self.distance[query, places][None]
            sizes = (k1, share_of(k1)) if k1 else fitting(len(places))
            table[row, places] = k_reciprocal(own, own.new_zeros(1, 1), among, *sizes)[
                0
            ]
        return table


def share_of(k1: int) -> int:
    """k2 in the proportion of the method's own code, 6 to a k1 of 20."""
    return max(1, round(0.3 * k1))


def fitting(length: int) -> tuple[int, int]:
    """k1 and k2 of re-ranking for a list of `length` candidates.

    A third of the list, up to the gallery's 20: with k1 = 20 all of ten candidates
    are each other's neighbours, and only the weights of the neighbours tell them apart.
    """
    k1 = min(20, max(2, round(length / 3)))
    return k1, share_of(k1)


def load_model(store: Store, name: str, box_error: float) -> Model:
    """The model called `VARIANT[-sSEED][:KIND]`, such as `aligned-box0.4-s1:global`.

    A network that is not there is trained first. The seed is 0 and the kind of distance
    global if they are left out. Raises `ReproError` for unknown ones.
    """
    match = NAME.fullmatch(name)
    kind = (match and match["kind"]) or "global"
    if not match or kind not in EVERY_KIND:
        raise ReproError(
            f"{name!r} names no model; expected VARIANT[-sSEED][:KIND] such as "
            f"aligned-box0.4-s1:global, KIND one of {', '.join(EVERY_KIND)}."
        )
    seed = int(match["seed"] or 0)
    network = store.trained(match["variant"], seed).networks[0]
    features = store.test(box_error).embed(network)
    return Model(f"{match['variant']}-s{seed}:{kind}", kind, *features)


def model_answers(
    model: Model, pool: PicturePool, trials: TrialList, truth: Truth
) -> pd.DataFrame:
    """Whether the model is right on each trial that counts, in each of `FORMS`.

    A row for each trial but those of attention, a bool column for each form. A model
    answers with its nearest picture; on the whole gallery these are all that the query
    may meet. Raises `ReproError` for pictures that the pool does not hold. Chapter 7.
    """
    at = asked(pool, trials, truth)
    near, again = model.distance[at.query], model.reranked[at.query]
    cases = (near, at.shown), (model.reranked_alone(at), at.shown), (again, at.shown)
    cases += (near, at.gallery), (again, at.gallery)
    columns = [first_is_right(judged, at.match, among) for judged, among in cases]
    table = dict(zip(FORMS, columns, strict=True))
    table = pd.DataFrame(table, index=list(at.ids)).rename_axis("trial")
    return table.loc[[trial.id for trial in trials.trials if trial.id in at.ids]]


def against(judged: pd.DataFrame, models: dict[str, pd.DataFrame]) -> pd.DataFrame:
    """McNemar's exact test of each rater against each model on the rater's trials.

    models: name -> `model_answers`. A row for each rater, model and form that answers
    from the list; `p_holm` is corrected for all rows. Chapter 7.
    """
    rows = []
    for rater, mine in counted(judged).groupby("rater"):
        for name, answers in models.items():
            for form in LISTS:
                result = compare(mine.right, answers[form].loc[mine.trial])
                both = result.only_first, result.only_second, result.p_value
                rows.append((rater, name, form, *both))
    columns = ["rater", "model", "form", "only_rater", "only_model", "p"]
    table = pd.DataFrame(rows, columns=columns)
    return table.assign(p_holm=holm(table.p))


def beside(judged: pd.DataFrame, answers: pd.DataFrame) -> pd.DataFrame:
    """A row for each rater and one for the model, from the same trials, to be read.

    answers: of `model_answers`. rank-1 with its interval and what is above chance in
    percent; then the trials that the rater alone and the model alone has right, and
    McNemar's exact p, which the model's own row lacks. Chapter 7.
    """
    chance = counted(judged).drop_duplicates("trial").chance.mean()
    own, raters = score(answers["list"]), by_rater(judged)
    raters.loc["model", ["rank1", "low", "high", "above_chance"]] = (
        *(own.rank1, own.low, own.high),
        above_chance(own.rank1, chance),
    )
    shares = 100 * raters[["rank1", "low", "high", "above_chance"]].astype(float)
    shares.columns = ["rank-1, %", "from", "to", "above chance, %"]
    tests = against(judged, {"model": answers}).query("form == 'list'")
    tests = tests.set_index("rater")[["only_rater", "only_model", "p"]]
    tests.columns = ["only the rater", "only the model", "p"]
    return shares.join(tests)
