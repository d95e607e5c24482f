"""Tables for a terminal: the headline results, and the trained networks."""

import pandas as pd

from reprolib.book.run import Run
from reprolib.study import headline as study
from reprolib.study import records, variants
from reprolib.study.models import Model


def headline(run: Run) -> str:
    """The headline rows, beside them what the first seed gives here, if it is there."""
    cells, source = run.recorded, records.path(f"{run.dataset}-{run.profile}").name
    store, beside_record = run.store, bool(cells)
    if not cells:
        there = [key for key in variants.grid(run.settings) if store.has(*key)]
        cells, source = run.trained(there), "trained here"
    seed, box = run.settings.study.seeds[0], run.settings.data.box_error
    table = {}
    for row in study.rows(cells, run.settings):
        numbers = {"rank-1": row["rank1"], "mAP": row["mAP"], "": row["note"]}
        key = row["variant"], seed
        if beside_record and store.has(*key):
            where = row["kind"], box, row["reranked"]
            for name, scores in (
                ("record", cells[key]["scores"]),
                ("here", store.scores(*key)),
            ):
                one = study.scores_of(scores, *where)
                numbers[f"seed {seed}, {name}"] = (
                    f"{one['rank1']:.1f} / {one['mAP']:.1f}"
                )
        table[row["name"]] = numbers
    text = pd.DataFrame(table).T.fillna("").to_string(float_format="{:.1f}".format)
    return f"{text}\n\nSource: {source}\n"


def models(every: list[Model]) -> str:
    """A line for each network."""
    if not every:
        return "no trained networks"
    rows = [
        {
            "data set": m.dataset,
            "profile": m.profile,
            "variant": m.variant,
            "seed": m.seed,
            "settings that differ": ", ".join(f"{k}={v}" for k, v in m.changed.items()),
            "steps": m.steps,
            "rank-1 / mAP": f"{m.scores[0]:.1f} / {m.scores[1]:.1f}"
            if m.scores
            else "-",
            "MB": f"{m.megabytes:.1f}",
            "asked for": "yes" if m.asked else "no",
        }
        for m in every
    ]
    return pd.DataFrame(rows).to_string(index=False)
