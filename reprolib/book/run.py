"""One run of a chapter: its settings, its folder, its record, and where it reads."""

import ast
import json
import math
import shlex
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from reprolib import __version__, settings
from reprolib.data import digest, parts
from reprolib.errors import ReproError
from reprolib.settings import Settings
from reprolib.study import provenance
from reprolib.study.store import Store, write_json

KEYS = (
    *("name", "profile", "dataset", "parameters", "seed", "commit", "dirty"),
    *("versions", "hardware", "started", "seconds", "scores"),
)
LONGEST = 60  # letters of a folder's name that say which settings differ


def whole(path: str | Path) -> str:
    """A path that holds from any folder; empty stays empty."""
    return str(Path(path).expanduser().resolve()) if path else ""


def runs_folder(runs_root: str | Path = "") -> Path:
    """Where all runs are kept: `runs/` of the project if nothing else is said."""
    return Path(whole(runs_root) or provenance.project_root() / "runs")


@dataclass(frozen=True)
class Run:
    """One execution of a chapter, or the reading of what others left.

    `changed` are the settings in which it differs from its profile: runs with other
    settings lie in other folders.
    """

    name: str
    profile: str
    dataset: str
    data_root: str
    runs: Path
    seed: int
    changed: dict[str, object]
    started: datetime = field(default_factory=lambda: datetime.now(UTC))
    clock: float = field(default_factory=time.perf_counter)

    @property
    def settings(self) -> Settings:
        """The settings of the profile for this data set, with what was changed."""
        return settings.load(self.profile, self.dataset, **self.changed)

    @property
    def base(self) -> Path:
        """The folder of all chapters of one data set, profile and settings."""
        usual = settings.load(self.profile, self.dataset)
        other = self.settings.differing(usual).items()
        words = ",".join(f"{k}={v}".replace("/", "_") for k, v in sorted(other))
        if len(words) > LONGEST:
            words = f"{words[:LONGEST]}-{digest.of(words)[:6]}"
        return self.runs / "-".join(filter(None, (self.dataset, self.profile, words)))

    @property
    def folder(self) -> Path:
        """Where this run puts its files."""
        return self.base / self.name

    @property
    def store(self) -> Store:
        """The trained networks and the pictures of this data set and these settings."""
        return Store(
            self.runs, self.dataset, self.settings, self.data_root, self.profile
        )

    def find(self, name: str) -> dict | None:
        """The record of another chapter, such as `04_training`, or None.

        Raises `ReproError` for a record that cannot be read.
        """
        path = self.base / name / "results.json"
        return read(path) if path.exists() else None

    def need(self, name: str) -> dict:
        """The record of another chapter; `ReproError` says what makes a missing one."""
        record = self.find(name)
        if record is None:
            raise ReproError(
                f"{self.base / name / 'results.json'} is missing: {self.name} reads "
                f"the results of {name}. Make them with `{self.command(name)}`."
            )
        return record

    def command(self, name: str) -> str:
        """The command that runs chapter `name` with these settings, for a reader."""
        words = ["python", "-m", "reprolib", "run", name, "--profile", self.profile]
        words += ["--dataset", self.dataset]
        if self.data_root:
            words += ["--data-root", self.data_root]
        if self.runs != runs_folder():
            words += ["--runs", str(self.runs)]
        for key, value in self.changed.items():
            words += ["-p", key, str(value)]
        return shlex.join(words)

    def write(self, scores: dict) -> Path:
        """Write `results.json` with `scores`: nested numbers, texts, lists.

        Arrays and tensors become lists. Raises `ReproError` for anything else and for
        numbers that are not finite; an older record then stays as it was.
        """
        path = self.folder / "results.json"
        try:
            scores = json.loads(json.dumps(scores, default=_plain))
        except (TypeError, ValueError) as error:
            raise ReproError(f"{path}: cannot write the scores: {error}.") from None
        for key in _not_finite(scores):
            raise ReproError(f"{path}: scores{key} is no finite number; expected one.")
        record = {
            "name": self.name,
            "profile": self.profile,
            "dataset": self.dataset,
            "parameters": self.settings.as_dict(),
            "seed": self.seed,
            **provenance.facts(),
            "started": self.started.strftime("%Y-%m-%dT%H:%M:%SZ"),
            "seconds": round(time.perf_counter() - self.clock, 2),
            "scores": scores,
        }
        write_json(path, record)
        return path

    def provenance(self) -> str:
        """One line for a chapter's end: version, profile, seed, hardware, time."""
        made = provenance.facts()
        host, commit = made["hardware"], made["commit"][:9]
        return (
            f"reprolib {__version__} ({commit}{' + changes' * made['dirty']}) · "
            f"profile {self.profile} · data {self.dataset} · seed {self.seed} · "
            f"torch {made['versions']['torch']} · {host['device']}, {host['cpu']}, "
            f"{host['cores']} cores, {host['memory_gb']:.0f} GB · "
            f"{self.started:%Y-%m-%d} · {duration(time.perf_counter() - self.clock)}"
        )


def open_run(
    chapter: str,
    profile: str,
    dataset: str = "drawn",
    data_root: str = "",
    runs_root: str | Path = "",
    seed: int = 0,
    **changed: object,
) -> Run:
    """Open a chapter, such as `04_training`; its clock starts now.

    Settings may be `changed` by name, here or through papermill (`-p steps 50`). Raises
    `ReproError` for an unknown profile, data set or setting. Called by every chapter.
    """
    changed = {**_injected(), **changed}
    parts(dataset)  # refuses an unknown one
    usual = settings.load(profile, dataset)
    differing = usual.changed(**changed).differing(usual)
    root = runs_folder(runs_root)
    return Run(chapter, profile, dataset, whole(data_root), root, seed, differing)


def _injected() -> dict[str, object]:
    """The settings in the cell that papermill puts below a chapter's parameters."""
    shell = sys.modules.get("IPython")
    shell = shell.get_ipython() if shell else None
    changed = {}
    for cell in shell.user_ns.get("In", ()) if shell else ():
        if cell.startswith("# Parameters\n"):
            for line in ast.parse(cell).body:
                name = line.targets[0].id if isinstance(line, ast.Assign) else ""
                if name in settings.GROUP_OF:
                    changed[name] = ast.literal_eval(line.value)
    return changed


def read(path: Path) -> dict:
    """The record at `path`; `ReproError` where it is missing or not whole."""
    try:
        record = json.loads(Path(path).read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise ReproError(f"{path}: cannot read this record: {error}.") from None
    lacking = [k for k in KEYS if not isinstance(record, dict) or k not in record]
    if lacking:
        raise ReproError(
            f"{path}: no record of a run, it lacks {', '.join(lacking)}; run the "
            "chapter again."
        )
    return record


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


def _plain(value: object) -> object:
    if hasattr(value, "tolist"):
        return value.tolist()
    raise TypeError(f"{type(value).__name__} {value!r} is no number, text or list")


def _not_finite(value: object, key: str = "") -> Iterator[str]:
    """Where `value` holds NaN or infinity, such as `[mAP][3]`."""
    if isinstance(value, float) and not math.isfinite(value):
        yield key
    elif isinstance(value, dict | list):
        pairs = value.items() if isinstance(value, dict) else enumerate(value)
        for name, item in pairs:
            yield from _not_finite(item, f"{key}[{name}]")
