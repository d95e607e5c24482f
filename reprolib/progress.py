"""Progress of long steps: a bar for a reader, a small file for the runner.

Where the runner executes a chapter, the environment variable `REPROLIB_PROGRESS` names
a file: the state goes there and nothing into the notebook. Otherwise a terminal or a
notebook gets one bar, and a log gets a line every ten seconds.
"""

import json
import os
import sys
import tempfile
import threading
import time
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TypeVar

from tqdm import tqdm

T = TypeVar("T")
VARIABLE = "REPROLIB_PROGRESS"
FILE_SECONDS, LINE_SECONDS, POLL_SECONDS = 1.0, 10.0, 1.0


def track(
    items: Iterable[T], label: str, total: int | None = None, unit: str = "step"
) -> Iterator[T]:
    """The items of `items`, one by one, while the progress of `label` is shown.

    `total` is `len(items)` where not given. Used by drawing, training and evaluation.
    """
    if total is None:
        total = len(items) if hasattr(items, "__len__") else None
    if os.environ.get(VARIABLE):
        yield from _reported(items, label, total, unit, FILE_SECONDS, _to_file)
    elif sys.stderr.isatty() or _in_notebook():
        bar = tqdm(
            items, label, total, leave=False, file=sys.stderr, unit=unit, mininterval=1
        )
        yield from bar
    else:
        yield from _reported(items, label, total, unit, LINE_SECONDS, _to_log)


def _in_notebook() -> bool:
    shell = sys.modules.get("IPython")
    return shell is not None and shell.get_ipython() is not None


def _reported(items, label, total, unit, seconds, report) -> Iterator:
    """The items of `items`; `report` is called at most once in `seconds`."""
    start = last = time.monotonic()
    if report is _to_file:
        report({"label": label, "done": 0, "total": total, "unit": unit, "left": None})
    for done, item in enumerate(items, 1):
        yield item
        now = time.monotonic()
        if now - last >= seconds or done == total:
            if done == total and report is _to_log and last == start:
                continue  # short steps stay silent in a log
            left = (now - start) / done * (total - done) if total else None
            state = {"label": label, "done": done, "total": total, "unit": unit}
            report(state | {"left": left})
            last = now


def _to_file(state: dict) -> None:
    path = Path(os.environ[VARIABLE])
    partial = path.with_suffix(f".{os.getpid()}.part")
    partial.write_text(json.dumps(state), encoding="utf-8")
    os.replace(partial, path)


def _to_log(state: dict) -> None:
    line = describe(state)
    if state["left"]:
        line += f" · about {duration(state['left'])} left"
    print(line, file=sys.stderr, flush=True)


def read(path: Path) -> dict | None:
    """The state that a kernel last wrote to `path`; None before the first."""
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None


def describe(state: dict) -> str:
    """One step in words, such as `aligned: step 120/300`."""
    total = f"/{state['total']}" if state["total"] else ""
    return f"{state['label']}: {state['unit']} {state['done']}{total}"


def duration(seconds: float) -> str:
    """Seconds in words, such as `1 min 35 s`; under ten minutes in steps of 5 s."""
    seconds = int(seconds)
    if seconds < 60:
        return f"{seconds} s"
    if seconds < 600:
        seconds -= seconds % 5
        return f"{seconds // 60} min {seconds % 60} s"
    if seconds < 3600:
        return f"{seconds // 60} min"
    return f"{seconds // 3600} h {seconds % 3600 // 60} min"


class Watch:
    """Prints a line to stderr when the work inside has moved, every ten seconds.

    `title` stands in front; `where` may be set to the part that runs now, such as
    `cell 9/22`; `expected` is what the whole took last time, in seconds. `track`
    reports to it, also from the kernel of a chapter.
    """

    def __init__(self, title: str, expected: float | None = None):
        self.title, self.expected, self.where = title, expected, ""
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._watch, daemon=True)

    def __enter__(self) -> "Watch":
        self._folder = tempfile.TemporaryDirectory(prefix="reprolib-")
        self._file = Path(self._folder.name, "progress.json")
        os.environ[VARIABLE] = str(self._file)
        self._start = time.monotonic()
        took = f" · about {duration(self.expected)}" if self.expected else ""
        self.say(f"starts{took}")
        self._thread.start()
        return self

    def __exit__(self, kind, error, trace) -> None:
        self._over.set()
        self._thread.join()
        os.environ.pop(VARIABLE, None)
        self._folder.cleanup()
        how = "done in" if kind is None else "failed after"
        self.say(f"{how} {duration(self.elapsed)}")

    @property
    def elapsed(self) -> float:
        """Seconds since the start."""
        return time.monotonic() - self._start

    def part(self, where: str) -> None:
        """Say which part runs now; what the part before reported is forgotten."""
        self._file.unlink(missing_ok=True)
        self.where = where

    def say(self, text: str) -> None:
        """One line to stderr, with the title in front."""
        print(f"[{self.title}] {text}", file=sys.stderr, flush=True)

    def line(self) -> str:
        """Where the work stands, and how long it still takes as far as is known."""
        state = read(self._file)
        words = [self.where, describe(state) if state else ""]
        left = self.expected - self.elapsed if self.expected else 0
        if left <= 0 and state and state["left"]:
            left = state["left"]
        if left > 0:
            words.append(f"about {duration(left)} left")
        return " · ".join(w for w in words if w)

    def _watch(self) -> None:
        printed, last = "", self._start
        while not self._over.wait(POLL_SECONDS):
            line = self.line()
            if time.monotonic() - last >= LINE_SECONDS and line != printed:
                self.say(line)
                printed, last = line, time.monotonic()
