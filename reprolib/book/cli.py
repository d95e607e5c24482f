"""The command line: chapters, trainings, tables, publishing, studies, data sets."""

import argparse
import sys
from pathlib import Path

from reprolib import settings
from reprolib.book import (
    data_commands,
    human_commands,
    living_commands,
    study_commands,
)
from reprolib.book.run import Run, duration, read
from reprolib.errors import ReproError


def main(arguments: list[str] | None = None) -> int:
    """Run one subcommand; 0, or 1 after `error: ...` on stderr."""
    options = _parser().parse_args(arguments)
    try:
        options.command(options)
    except ReproError as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("error: interrupted; the same command goes on.", file=sys.stderr)
        return 130
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser("reprolib", description=__doc__)
    commands = parser.add_subparsers(required=True, metavar="COMMAND")

    def command(name, function, help, parents=()):
        made = commands.add_parser(name, parents=list(parents), help=help)
        made.set_defaults(command=function)
        return made

    where = [_where()]
    run = command("run", run_chapter, "execute one chapter", where)
    run.add_argument("chapter", help="such as 04_training, or 4")
    train = command("train", train_variant, "train one variant and score it", where)
    train.add_argument("variant", help="such as aligned-box1")
    train.add_argument("--seed", type=int, default=0, help="(0)")
    prepare = command("prepare", prepare_data, "draw or decode the pictures", where)
    prepare.add_argument("--box", type=float, help="error of the boxes, 0 to 1")
    ready = command("ready", check_ready, "say whether the book can be run", where)
    ready.add_argument("--cores", default="1", help="how many jobs at a time")
    command("table", print_table, "print the results and where they lie", where)
    command("check", check_runs, "check that every chapter ran whole", where)
    models = command("models", list_models, "list or prune trained networks", where)
    models.add_argument("action", nargs="?", choices=("list", "prune"), default="list")
    models.add_argument("--yes", action="store_true", help="remove without asking")
    model = command("model", export_model, "export the network of the site", where)
    model.add_argument("action", choices=("export",))
    compare = command("compare", compare_runs, "say how two runs or records differ")
    compare.add_argument(
        "a", metavar="A", type=Path, help="a run's folder, or a record"
    )
    compare.add_argument("b", metavar="B", type=Path, help="another one")
    command("publish", publish, "refresh the committed notebooks and figures", where)
    command("readme", refresh_readme, "write the committed results into README.md")
    command("exercises", write_exercises, "write the chapters without solutions")
    command("sizes", print_sizes, "count words, cells and lines of every chapter")
    command("site", gather_site, "lay out the site's source for Sphinx")
    command("screenshots", take_screenshots, "take the README's pictures of the site")
    command("slides", write_slides, "cut slides from the chapters, into the site")
    command("sync", sync, "bring each notebook up to its .py, keeping outputs")
    data_commands.register(commands)
    study_commands.register(commands)
    human_commands.register(commands, where)
    living_commands.register(commands)
    return parser


def _where() -> argparse.ArgumentParser:
    """The options that say which run is meant."""
    where = argparse.ArgumentParser(add_help=False)
    add = where.add_argument
    add("--profile", default="quick", help=f"{', '.join(settings.profiles())} (quick)")
    add("--dataset", default="drawn", help="the data set (drawn)")
    add("--data-root", default="", help="the folder of real photographs")
    add("--runs", default="", help="where runs are kept (runs/ of the project)")
    add(
        "-p",
        nargs=2,
        action="append",
        default=[],
        metavar=("NAME", "VALUE"),
        help="another setting, or parameter of the chapter; may be repeated",
    )
    return where


def _open(options: argparse.Namespace, name: str = "") -> Run:
    from reprolib.book.execute import opened

    return opened(options, name)


def run_chapter(options: argparse.Namespace) -> None:
    """Execute one chapter and say where its notebook lies."""
    from reprolib.book import execute

    path = execute.run_chapter(
        options.chapter,
        profile=options.profile,
        dataset=options.dataset,
        data_root=options.data_root,
        runs_root=options.runs,
        asked=dict(options.p),
    )
    print(path)


def train_variant(options: argparse.Namespace) -> None:
    """Train one variant with one seed and score it, unless that is done."""
    store = _open(options).store
    folder = store.folder(options.variant, options.seed)
    print(f"[{options.variant} seed {options.seed}] starts", file=sys.stderr)
    store.scores(options.variant, options.seed)
    seconds = store.model(options.variant, options.seed)["seconds"]
    said = f"[{options.variant} seed {options.seed}] done in {duration(seconds)}"
    print(said, file=sys.stderr)
    print(folder)


def prepare_data(options: argparse.Namespace) -> None:
    """Make sure that the pictures with one error of the boxes are there."""
    run = _open(options)
    box = run.settings.data.box_error if options.box is None else options.box
    for split in ("train", "query", "gallery"):
        run.store.pixels(split, box)
    print(run.store.dataset(box).statistics())


def check_ready(options: argparse.Namespace) -> None:
    """Refuse what would fail later: profile, data set, its folder, cores."""
    if not options.cores.isdecimal() or int(options.cores) < 1:
        raise ReproError(f"CORES = {options.cores}: expected a number from 1.")
    run = _open(options)
    if run.dataset != "drawn":
        run.store.dataset(run.settings.data.box_error)


def print_table(options: argparse.Namespace) -> None:
    """What was trained, the times of the chapters, and where everything lies."""
    from reprolib.book import tables

    run = _open(options)
    records = {p.parent.name: read(p) for p in sorted(run.base.glob("*/results.json"))}
    if not records:
        raise ReproError(
            f"{run.base}: no results yet; make them with `make reproduce "
            f"PROFILE={run.profile} DATASET={run.dataset}`."
        )
    print(f"\nResults: {run.dataset}, profile {run.profile}\n")
    print(tables.trained(run))
    for name, record in records.items():
        print(f"{name}: {duration(record['seconds'])}")
    print(
        f"\nExecuted notebooks  {run.base}/NN_name/NN_name.ipynb\n"
        f"Trained networks    {run.runs}/models/ (python -m reprolib models)"
    )


def check_runs(options: argparse.Namespace) -> None:
    """Count the code cells that ran, a line a chapter."""
    from reprolib.book import execute, publish

    base = _open(options).base
    for name in execute.chapters():
        cells = publish.check_executed(base / name / f"{name}.ipynb")
        read(base / name / "results.json")
        print(f"{name}: {cells} code cells ran in order, none failed")


def list_models(options: argparse.Namespace) -> None:
    """List the trained networks, or remove those that no setting asks for."""
    from reprolib.book import tables
    from reprolib.study import models

    every = models.find(_open(options).runs)
    if options.action == "list":
        print(tables.models(every))
        return
    unasked = [model for model in every if not model.asked]
    if not unasked:
        print(f"nothing to remove: all {len(every)} networks are asked for")
        return
    print(tables.models(unasked))
    if options.yes or data_commands.agrees("Remove these? [yes/no] "):
        models.remove(unasked)
        print(f"{len(unasked)} network(s) removed")


def export_model(options: argparse.Namespace) -> None:
    """Write the trained network that the site's page runs in the browser."""
    from reprolib.book import exported
    from reprolib.study.provenance import project_root

    print(exported.export(_open(options).store, project_root() / "site" / "model"))


def compare_runs(options: argparse.Namespace) -> None:
    """Tables of what differs between two runs, or two records of a study."""
    from reprolib.book import compare

    print(compare.report(options.a, options.b))


def publish(options: argparse.Namespace) -> None:
    """Refresh `notebooks/*.ipynb`, `figures/` and the results in README.md."""
    from reprolib.book import publish, readme

    count = publish.publish(options.runs)
    readme.refresh()
    print(f"notebooks/ and figures/ ({count} figures) are those of the last run")


def refresh_readme(options: argparse.Namespace) -> None:
    """Write the committed results of every data set into README.md."""
    from reprolib.book import readme

    print("README.md: results of", ", ".join(readme.refresh()) or "no record")


def write_exercises(options: argparse.Namespace) -> None:
    """Write the exercise version of every chapter that has one."""
    from reprolib.book import exercise_notebooks

    for path in exercise_notebooks.build():
        print(path)


def sync(options: argparse.Namespace) -> None:
    """Bring every `.ipynb` up to its `.py`."""
    from reprolib.book import execute, publish

    for name in execute.chapters():
        print(publish.sync(Path(execute.source(name))))


def print_sizes(options: argparse.Namespace) -> None:
    """Words, cells and lines of every chapter."""
    from reprolib.book import execute, tables

    names = execute.chapters()
    print(tables.sizes({n: execute.load(execute.source(n)) for n in names}))


def gather_site(options: argparse.Namespace) -> None:
    """Lay out what `make site` builds from."""
    from reprolib.book import site

    print(site.gather())


def take_screenshots(options: argparse.Namespace) -> None:
    """Take the README's pictures of the built site."""
    from reprolib.book import screenshots

    for path in screenshots.take():
        print(path)


def write_slides(options: argparse.Namespace) -> None:
    """Write the slides of every chapter into the built site."""
    from reprolib.book import slides

    for path in slides.build():
        print(path)
