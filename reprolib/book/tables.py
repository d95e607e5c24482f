"""Tables for a terminal: trained networks, with their scores, and chapters' sizes."""

import numpy as np
import pandas as pd
from nbformat import NotebookNode

from reprolib.book.run import Run
from reprolib.study import claims, records, variants
from reprolib.study.headline import SCORES
from reprolib.study.models import Model


def trained(run: Run) -> str:
    """Rank-1 / mAP of the networks of seed 0 in the store, on the run's own boxes.

    Beside those of the drawn people at quick stand the scores of the same training in
    the record of the study.
    """
    box, rows = run.settings.data.box_error, {}
    same = run.dataset == "drawn" and run.profile == "quick" and not run.changed
    for method in variants.METHODS:
        name = variants.name(method, box)
        if not run.store.has(name, 0):
            continue
        students = [s[f"{box:g}"] for s in run.store.scores(name, 0)["students"]]
        study = "drawn-mutual" if method == "mutual" else "drawn-main"
        line = records.lines(study).get((name, 0)) if same else None
        for kind in students[0]:
            here = [np.mean([s[kind][score] for s in students]) for score in SCORES]
            term = f"{name}:{kind}@box{box:g}"
            there = [claims.scores(line, term, score) for score in SCORES if line]
            both = {"here": here, "in the record": there}
            rows[f"{method}, {kind}"] = {
                where: " / ".join(f"{score:.1f}" for score in scores)
                for where, scores in both.items()
            }
    return pd.DataFrame.from_dict(rows, orient="index").to_string() + "\n"


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


def sizes(notebooks: dict[str, NotebookNode]) -> str:
    """A line a chapter: words of prose, cells, and lines of code a cell."""
    rows = {}
    for name, notebook in notebooks.items():
        by_type = {"markdown": [], "code": []}
        for cell in notebook.cells:
            by_type[cell.cell_type].append(cell.source)
        lines = [source.count("\n") + 1 for source in by_type["code"]]
        rows[name] = {
            "words": sum(len(source.split()) for source in by_type["markdown"]),
            "cells": len(notebook.cells),
            "code cells": len(lines),
            "lines, median": f"{np.median(lines):g}",
            "lines, most": max(lines),
        }
    return pd.DataFrame.from_dict(rows, orient="index").to_string()
