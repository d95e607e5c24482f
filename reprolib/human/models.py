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
from reprolib.human.pool import PicturePool
from reprolib.human.scoring import compare, counted
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

    def reranked_alone(self, query: int, places: torch.Tensor) -> torch.Tensor:
        """The k distances of a list after re-ranking that sees the list alone.

        places: (k,) gallery indices -> (k,). k1 and k2 fit the list: see `fitting`.
        """
        shown = _rows(self.gallery, places)
        among = distance(self.kind, shown, shown)
        own = self.distance[query, places][None]
        k1, k2 = fitting(len(places))
        return k_reciprocal(own, own.new_zeros(1, 1), among, k1, k2)[0]


def _rows(features: Embedded, places: torch.Tensor) -> Embedded:
    return Embedded(*(part[places] for part in features))


def fitting(length: int) -> tuple[int, int]:
    """k1 and k2 of re-ranking for a list of `length` candidates.

    A third of the list, up to the gallery's 20: with k1 = 20 all of ten candidates
    are each other's neighbours and nothing is told. k2 keeps its share of k1 (6 in 20).
    """
    k1 = min(20, max(2, round(length / 3)))
    return k1, max(1, round(0.3 * k1))


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
    rows = {}
    for trial in trials.trials:
        if truth[trial.id].attention:
            continue
        query = pool.number("query", trial.query)
        places = torch.tensor([pool.number("gallery", h) for h in trial.candidates])
        right = torch.zeros(len(places), dtype=torch.bool)
        right[list(truth[trial.id].right)] = True
        whole = torch.from_numpy(pool.admissible(query))
        true = torch.from_numpy(pool.shows(query, whole.numpy()))
        near, again = model.distance[query], model.reranked[query]
        alone = model.reranked_alone(query, places)
        cases = (near[places], right), (alone, right), (again[places], right)
        cases += (near[whole], true), (again[whole], true)
        rows[trial.id] = [_first_is_right(*case) for case in cases]
    return pd.DataFrame(rows, index=list(FORMS)).T.rename_axis("trial")


def _first_is_right(distances: torch.Tensor, right: torch.Tensor) -> bool:
    """Whether the nearest is right; at equal distance wrong ones come first."""
    wrong = distances[~right]
    return not len(wrong) or bool(distances[right].min() < wrong.min())


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
