"""`python -m reprolib data`: check, prepare and download data sets of photographs."""

import argparse
import shlex
from pathlib import Path

from reprolib import settings
from reprolib.data import parts
from reprolib.data.acquire import checking, download, preparing
from reprolib.data.sets import owner
from reprolib.errors import ReproError


def register(commands) -> None:
    """Add `data check`, `data prepare` and `data download` to the command line."""
    data = commands.add_parser("data", help="check, prepare or download photographs")
    kinds = data.add_subparsers(required=True, metavar="COMMAND")

    def command(name, function, help, **paths):
        made = kinds.add_parser(name, help=help)
        made.set_defaults(command=function)
        made.add_argument("name", help="of the data set, such as market1501")
        for path, means in (paths | {"root": "the folder of the data set"}).items():
            made.add_argument(path, type=Path, help=means)
        return made.add_argument

    command("check", check_data, "compare a folder with its data set")
    told = "a zip or tar, which is kept; or ROOT itself, unpacked by hand"
    add = command("prepare", prepare_data, "unpack the owner's archive", archive=told)
    add("--sha256", default="", help="refuse any other archive")
    add = command("download", download_data, "fetch an archive, terms agreed")
    add("--yes-to-terms", action="store_true", help="accept the terms unasked")


def check_data(options: argparse.Namespace) -> None:
    """Print what ROOT holds; raise `ReproError` where the data set cannot be used."""
    names = parts(options.name)
    if names == ["drawn"]:
        raise ReproError("drawn people need no check; give a data set of photographs.")
    seed = settings.load("quick", options.name).data.data_seed
    reports = []
    for name in names:
        folder = owner(name).family if len(names) > 1 else ""
        reports.append(checking.check(name, options.root / folder, seed))
        print(*checking.lines(reports[-1]), sep="\n")
    problems = [problem for report in reports for problem in report.problems]
    numbered = [f"problem {k}: {problem}" for k, problem in enumerate(problems, 1)]
    for line in checking.between(reports) + numbered:
        print(line)
    if problems:
        raise ReproError(
            f"{options.root}: {len(problems)} problems with {options.name}, the first: "
            f"{problems[0].rstrip('.')}. Unpack the archive again, and delete "
            "unreadable files before."
        )


def prepare_data(options: argparse.Namespace) -> None:
    """Unpack an archive into ROOT, and make picture folders of what holds none."""
    name, root = options.name, options.root
    said = preparing.prepare(name, options.archive, root, options.sha256)
    print(*said, sep="\n")
    _say_next("check", preparing.next_to_check(name, root), root)


def download_data(options: argparse.Namespace) -> None:
    """Show the terms, ask, and fetch the archive into ROOT."""
    asked = owner(options.name)

    def agreed(terms: str) -> bool:
        print(terms)
        return options.yes_to_terms or agrees("Do you accept these terms? [yes/no] ")

    path = download.download(asked, options.root, agreed)
    print(f"{path}: {download.verdict(asked, path)}")
    _say_next("prepare", options.name, path, options.root)


def _say_next(*words: str | Path) -> None:
    print("next: python -m reprolib data", shlex.join(map(str, words)))


def agrees(question: str) -> bool:
    """Whether the reader typed yes; no where nobody is there to be asked."""
    try:
        return input(question).strip().lower() in ("y", "yes")
    except EOFError:
        return False
