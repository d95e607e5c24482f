"""The command line: chapters, trainings, the table, publishing, and data sets."""

import argparse
import sys
from pathlib import Path

from reprolib.book import data_commands, run as records
from reprolib import settings as profiles
from reprolib.errors import ReproError
from reprolib.progress import Watch, duration


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
    _add_runs(commands)
    for name, function, text in (
        ("publish", publish, "refresh the committed notebooks, figures and README.md"),
        ("readme", refresh_readme, "write the results of the runs into README.md"),
    ):
        written = commands.add_parser(name, help=text)
        written.add_argument("--runs", default="", help="where runs are kept")
        written.set_defaults(command=function)
    commands.add_parser(
        "sync", help="bring each notebook up to its .py, keeping outputs"
    ).set_defaults(command=sync)
    data_commands.register(commands)
    return parser


def _add_runs(commands) -> None:
    """The commands that run a chapter or a training, or read what these left."""

    def command(name, function, help):
        made = commands.add_parser(name, parents=[_where()], help=help)
        made.set_defaults(command=function)
        return made

    run = command("run", run_chapter, "execute one chapter")
    run.add_argument("chapter", help="such as 04_training, or 4")
    run.add_argument(
        "-p",
        nargs=2,
        action="append",
        default=[],
        metavar=("NAME", "VALUE"),
        help="another parameter of the chapter or the profile; may be repeated",
    )
    train = command("train", train_variant, "train one variant of the ablation")
    train.add_argument("variant", help="such as aligned-box1")
    train.add_argument("--seed", type=int, default=0, help="(0)")
    prepare = command("prepare", prepare_data, "draw the data, or open the photographs")
    prepare.add_argument("--box", type=float, help="error of the boxes, 0 to 1")
    command("leak", measure_leak, "train ten seeds of the leak, keep their record")
    command("table", print_table, "print the results and where they lie")
    command("check", check_runs, "check that every chapter ran whole")


def _where() -> argparse.ArgumentParser:
    """The options that say which run is meant."""
    where = argparse.ArgumentParser(add_help=False)
    add = where.add_argument
    add("--profile", default="quick", help=f"{', '.join(profiles.names())} (quick)")
    add("--dataset", default="drawn", help="the data set (drawn)")
    add("--data-root", default="", help="the folder of real photographs")
    add("--runs", default="", help="where runs are kept (runs/ of the project)")
    return where


def run_chapter(options: argparse.Namespace) -> None:
    """Execute one chapter and say where its notebook lies."""
    from reprolib.book import execute as notebooks

    path = notebooks.run(
        options.chapter,
        profile=options.profile,
        dataset=options.dataset,
        data_root=options.data_root,
        runs_root=options.runs,
        asked=dict(options.p),
    )
    print(path)


def train_variant(options: argparse.Namespace) -> None:
    """Train one variant with one seed, unless its results are there."""
    from reprolib.study import store as experiments

    settings = profiles.settings(options.profile, options.dataset)
    experiments.variant_settings(options.variant, settings)
    name = f"{options.variant}-s{options.seed}"
    run = _open_run(f"models/{name}", options, settings, options.seed)
    with Watch(f"model {name}"):
        experiments.Bench(run).obtain(options.variant, options.seed)
    print(run.folder / "results.json")


def prepare_data(options: argparse.Namespace) -> None:
    """Make sure that the data with one error of the boxes is there."""
    from reprolib.study import store as experiments

    settings = profiles.settings(options.profile, options.dataset)
    box = settings.box_error if options.box is None else options.box
    run = _open_run("data", options, settings)
    with Watch(f"data, box error {box:g}"):
        print(experiments.Bench(run).dataset(box).statistics())


def measure_leak(options: argparse.Namespace) -> None:
    """Train ten seeds of chapter 5's leak and keep their record in the package."""
    from reprolib.study import leak

    if options.dataset != "drawn":
        raise ReproError(
            f"dataset = {options.dataset!r}: a leak can be made at will among drawn "
            "people only; leave --dataset out."
        )
    settings = profiles.settings(options.profile, options.dataset)
    with Watch("leak, ten seeds"):
        print(leak.write(leak.measure(_open_run("data", options, settings))))


def print_table(options: argparse.Namespace) -> None:
    """The headline rows and times of all chapters, and where everything lies."""
    base = _base(options)
    paths = sorted(base.glob("*/results.json"))
    found = {path.parent.name: records.read(path) for path in paths}
    if not found:
        raise ReproError(
            f"{base}: no results yet; make them with `make reproduce "
            f"PROFILE={options.profile} DATASET={options.dataset}`."
        )
    print(f"\nResults: {options.dataset}, profile {options.profile}\n")
    _print_headline([row for r in found.values() for row in _headline(r)])
    usual = profiles.settings(options.profile, options.dataset).as_dict()
    for name, record in found.items():
        other = {k: v for k, v in record["parameters"].items() if usual.get(k) != v}
        changed = f", with other settings: {other}" if other else ""
        print(f"{name}: {duration(record['seconds'])}{changed}")
    print(
        f"\nExecuted notebooks  {base}/NN_name/NN_name.ipynb\n"
        f"Records             {base}/NN_name/results.json\n"
        f"Trained networks    {base}/models/\n"
        f"Published figures   {records.project_root()}/figures/ (by `make publish`)"
    )


def _headline(record: dict) -> list[dict]:
    return record["scores"].get("headline", [])


def _print_headline(rows: list[dict]) -> None:
    if rows:
        width = max(len(row["name"]) for row in rows)
        print(f"{'':{width}}  rank-1    mAP")
        for row in rows:
            numbers = f"{row['rank1']:6.1f} {row['mAP']:6.1f}"
            note = row.get("note", "")
            print(f"{row['name']:{width}}  {numbers}  {note}".rstrip())
        print()


def check_runs(options: argparse.Namespace) -> None:
    """Count the code cells that ran, a line a chapter."""
    from reprolib.book import execute as notebooks, publish as publishing

    for name in notebooks.chapters():
        folder = _base(options) / name
        cells = publishing.check_executed(folder / f"{name}.ipynb")
        records.read(folder / "results.json")
        print(f"{name}: {cells} code cells ran in order, none failed")


def publish(options: argparse.Namespace) -> None:
    """Refresh `notebooks/*.ipynb`, `figures/` and the results in README.md."""
    from reprolib.book import publish as publishing, readme

    count = publishing.publish(options.runs)
    readme.refresh(options.runs)
    print(f"notebooks/ and figures/ ({count} figures) are those of the last run")


def refresh_readme(options: argparse.Namespace) -> None:
    """Write the results of every data set in `runs/` into README.md."""
    from reprolib.book import readme

    print("README.md: results of", ", ".join(readme.refresh(options.runs)) or "no run")


def sync(options: argparse.Namespace) -> None:
    """Bring every `.ipynb` up to its `.py`."""
    from reprolib.book import execute as notebooks, publish as publishing

    for name in notebooks.chapters():
        print(publishing.sync(notebooks.source(name)))


def _open_run(name, options, settings, seed=0) -> records.Run:
    """The run, once the data set is known to exist, with folders that hold anywhere.

    Decoded pictures are kept by their path, so that it has to be that of a chapter.
    """
    from reprolib.data import parts

    parts(options.dataset)
    return records.open_run(
        name,
        profile=options.profile,
        settings=settings,
        dataset=options.dataset,
        data_root=records.whole(options.data_root),
        runs_root=records.whole(options.runs),
        seed=seed,
    )


def _base(options: argparse.Namespace) -> Path:
    profiles.settings(options.profile, options.dataset)
    return records.tag_folder(options.runs, options.dataset, options.profile)
