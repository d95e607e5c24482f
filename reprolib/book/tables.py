"""Tables for a terminal: trained networks, with their scores, and chapters' sizes."""

import numpy as np
import pandas as pd
from nbformat import NotebookNode

from reprolib.book import publish
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
    """A line a chapter: words of prose, cells, and lines of the code that stays open.

    Exercises are all that follows the heading of the last section.
    """
    rows = {}
    for name, notebook in notebooks.items():
        cells, last = notebook.cells, 0
        for number, cell in enumerate(cells):
            if cell.cell_type == "markdown" and cell.source.startswith("## "):
                last = number
        code = [cell for cell in cells if cell.cell_type == "code"]
        open_ = [cell for cell in code if not publish.is_machinery(cell)]
        lines = [cell.source.count("\n") + 1 for cell in open_]
        prose = (cell.source for cell in cells if cell.cell_type == "markdown")
        rows[name] = {
            "words": sum(len(source.split()) for source in prose),
            "cells": len(cells),
            "of exercises": len(cells) - last,
            "code": len(code),
            "open": len(lines),
            "lines, median": f"{np.median(lines):g}",
            "lines, most": max(lines),
        }
    return pd.DataFrame.from_dict(rows, orient="index").to_string()
