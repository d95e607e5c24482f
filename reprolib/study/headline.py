"""The rows of the headline table, from the cells of a study."""

import numpy as np

from reprolib.settings import Settings
from reprolib.study import variants

# Name of a row: method, kind of distance, whether it is re-ranked.
ROWS = {
    "identity loss alone": ("identity", "global", False),
    "triplet loss alone": ("triplet", "global", False),
    "global (identity + triplet)": ("global", "global", False),
    "unaligned, local distance": ("unaligned", "unaligned", False),
    "aligned, global distance": ("aligned", "global", False),
    "aligned, local distance": ("aligned", "aligned", False),
    "aligned, both distances": ("aligned", "global+aligned", False),
    "mutual, global distance": ("mutual", "global", False),
    "mutual, both distances": ("mutual", "global+aligned", False),
    "aligned + re-ranking, global distance": ("aligned", "global", True),
    "aligned + re-ranking, both distances": ("aligned", "global+aligned", True),
    "mutual + re-ranking, global distance": ("mutual", "global", True),
    "mutual + re-ranking, both distances": ("mutual", "global+aligned", True),
}


def scores_of(scores: dict, kind: str, box: float, reranked: bool = False) -> dict:
    """Rank-k and mAP of the first student, in percent, at one box error of the test."""
    if reranked:
        return scores["reranked"][kind]
    return scores["students"][0][f"{box:g}"][kind]


def rows(cells: dict[tuple[str, int], dict], settings: Settings) -> list[dict]:
    """A row for each of `ROWS` that has a cell, with mean and spread over its seeds."""
    box, made = settings.data.box_error, []
    for name, (method, kind, reranked) in ROWS.items():
        variant = variants.name(method, box)
        seeds = [s for s in settings.study.seeds if (variant, s) in cells]
        if not seeds:
            continue
        every = [
            scores_of(cells[variant, seed]["scores"], kind, box, reranked)
            for seed in seeds
        ]
        row = {"name": name, "variant": variant, "kind": kind, "reranked": reranked}
        for score in ("rank1", "mAP"):
            row[score] = float(np.mean([one[score] for one in every]))
        row["note"] = f"{len(seeds)} seed{'s' * (len(seeds) > 1)}"
        if len(seeds) > 1:
            sd = [np.std([o[k] for o in every], ddof=1) for k in ("rank1", "mAP")]
            row["note"] += f", sd {sd[0]:.1f} / {sd[1]:.1f}"
        row["note"] += "; uses the whole gallery" * reranked
        made.append(row)
    return made
