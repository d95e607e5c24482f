"""The subcommands of `study`: what it has, what is done, how long the rest takes."""

import argparse
import sys
from pathlib import Path

import pandas as pd

from reprolib.book.run import runs_folder
from reprolib.errors import ReproError
from reprolib.study import cells, grid, records, registration, verdicts
from reprolib.study.grid import Study

GUESS = 0.3  # seconds a step and student, where nothing was measured yet


def register(commands: argparse._SubParsersAction) -> None:
    """Add `study` and its actions."""
    where = argparse.ArgumentParser(add_help=False)
    where.add_argument("--runs", default="", help="where runs are kept")
    where.add_argument(
        "--data-root", default="", help="the folder of all data sets of photographs"
    )
    study = commands.add_parser("study", help="the grid of trainings and its record")
    actions = study.add_subparsers(required=True, metavar="ACTION")

    def action(name, function, help):
        made = actions.add_parser(name, parents=[where], help=help)
        made.set_defaults(command=function)
        return made

    action("list", list_studies, "the questions, and the cells that answer them")
    action("status", status, "how many cells are done, and by which code")
    action("estimate", estimate, "how long the rest takes")
    run = action("run", run_cell, "train and measure one cell")
    run.add_argument("study")
    run.add_argument("cell", help="such as aligned-box0.4-s3")
    action("claims", print_claims, "what was asked beforehand, and the verdicts")
    action("boxes", measure_boxes, "how wrong CUHK03's detector is; writes its record")
    made = action("record", write_records, "bring the committed records up to date")
    made.add_argument("only", nargs="*", help="studies (all)")


def _place(options: argparse.Namespace) -> cells.Place:
    return cells.Place(runs_folder(options.runs), options.data_root)


def _with_pictures(options: argparse.Namespace, name: str):
    """A study and its place; `ReproError` where its photographs are not at hand."""
    study, place = grid.find(name), _place(options)
    if not place.has_pictures(study):
        raise ReproError(
            f"{study.name} needs photographs in {study.folder}/ of --data-root"
            f"{study.weights and ', and there ' + study.weights}; --data-root is "
            f"{options.data_root!r}. See notebooks/data_sets/index.md."
        )
    return study, place


def list_studies(options: argparse.Namespace) -> None:
    """A paragraph for each study."""
    for study in grid.studies().values():
        print(f"{study.name}: {study.question}")
        print(f"    {len(study.rows)} rows: {', '.join(study.rows)}")
        print(f"    trained on {', '.join(study.boxes)} of {study.dataset}; ", end="")
        print(f"tested on {', '.join(study.tested_on)}")
        print(f"    {study.seeds} seeds, {study.data_seeds} sets of pictures: ", end="")
        print(f"{len(study.cells)} cells")


def status(options: argparse.Namespace) -> None:
    """A line for each study: cells, done, by other code, failed, collapsed."""
    place = _place(options)
    rows = {study.name: _status(study, place) for study in grid.studies().values()}
    table = pd.DataFrame(list(rows.values()), index=list(rows))
    print(table.to_string())
    left = table["to do"].sum()
    print("all done" if not left else f"{left} cells to do: make study")
    for study in grid.studies().values():
        for cell in study.cells:
            failed = place.file(cell).with_suffix(cells.FAILED)
            if failed.exists():
                reason = failed.read_text(encoding="utf-8").strip().splitlines()[-1]
                print(f"failed: {study.name} {cell.name}: {reason}", file=sys.stderr)


def _status(study: Study, place: cells.Place) -> dict[str, int]:
    lines = records.lines(study.name)
    done = [lines[k] for c in study.cells if (k := (c.variant, c.seed)) in lines]
    todo = cells.missing(study, place)
    return {
        "cells": len(study.cells),
        "in the record": len(done),
        "computed since": len(study.cells) - len(todo) - len(done),
        "to do": len(todo),
        "by other code": sum(not records.is_of_todays_code(line) for line in done),
        "collapsed": sum(line["ended"]["collapsed"] for line in done),
        "hours": round(sum(line["seconds"] for line in done) / 3600, 1),
    }


def estimate(options: argparse.Namespace) -> None:
    """The hours of one core that each study still asks for."""
    place, total = _place(options), 0.0
    for study in grid.studies().values():
        pace = _pace(study)
        work = [_work(study.settings_of(c)) for c in cells.missing(study, place)]
        hours = pace * sum(work) / 3600
        total += hours
        print(f"{study.name:20} {len(work):4} cells  {hours:6.1f} hours of one core")
    print(f"{'together':20} {'':10}  {total:6.1f} hours of one core")


def _work(settings) -> int:
    return settings.schedule.steps * settings.schedule.students


def _pace(study: Study) -> float:
    """Seconds a step and student, from the cells of the record."""
    lines, seconds, work = records.lines(study.name), 0.0, 0
    for cell in study.cells:
        if line := lines.get((cell.variant, cell.seed)):
            seconds += line["seconds"]
            work += _work(study.settings_of(cell))
    return seconds / work if work else GUESS


def run_cell(options: argparse.Namespace) -> None:
    """Train and measure one cell."""
    study, place = _with_pictures(options, options.study)
    cell = grid.find_cell(study, options.cell)
    print(f"[{study.name} {cell.name}] starts", file=sys.stderr)
    cells.run(study, cell, place)
    print(f"[{study.name} {cell.name}] done", file=sys.stderr)


def write_records(options: argparse.Namespace) -> None:
    """Add the cells that were computed to the committed records."""
    place = _place(options)
    for name in options.only or grid.studies():
        study = grid.find(name)
        if any(place.file(cell).exists() for cell in study.cells):
            file = cells.record(study, place)
            print(f"{file}: {len(records.lines(name))} of {len(study.cells)} cells")


def print_claims(options: argparse.Namespace) -> None:
    """A line for each claim: points, interval, corrected p, verdict."""
    for found in verdicts.findings():
        claim = found.claim
        print(f"{claim.question}. {claim.says} [{claim.name}]")
        print(f"     {found.sentence()}")
        if found.unpaired:
            one = found.unpaired
            print(f"     unpaired {one.low:+.2f} to {one.high:+.2f}", end="")
            print(f"; r {found.difference.correlation or 0:.2f}")
        if len(found.sets) > 1:
            each = ", ".join(f"{mean:+.2f}" for mean in found.sets)
            print(f"     by set of people: {each}")
        if found.people:
            print("     other people: {:+.2f} to {:+.2f}".format(*found.people))


def measure_boxes(options: argparse.Namespace) -> None:
    """Register CUHK03's detected boxes against its labelled ones."""
    study, place = _with_pictures(options, "cuhk03-boxes")
    root = str(Path(place.photographs) / study.folder)
    pair = [registration.frames(place.runs, root, boxes) for boxes in study.boxes]
    print(records.write("boxes", registration.measure(*pair)))
