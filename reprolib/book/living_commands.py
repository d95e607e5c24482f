"""The subcommand of `living`: the record that two living figures are made of."""

import argparse

from reprolib.book.run import runs_folder


def register(commands: argparse._SubParsersAction) -> None:
    """Add `living record`."""
    living = commands.add_parser("living", help="what living figures are made of")
    actions = living.add_subparsers(required=True, metavar="ACTION")
    made = actions.add_parser("record", help="watch one training; writes its record")
    made.add_argument("--runs", default="", help="where runs are kept")
    made.set_defaults(command=record)


def record(options: argparse.Namespace) -> None:
    """Train one network of profile quick and keep what becomes of a few pictures."""
    from reprolib.book.living import snapshots

    print(snapshots.write(runs_folder(options.runs)))
