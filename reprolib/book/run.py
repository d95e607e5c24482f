"""What a run leaves: its folder, and a `results.json` checked against a schema."""

import json
import math
import os
import shlex
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from reprolib import __version__
from reprolib.study import provenance as machine
from reprolib.errors import ReproError
from reprolib.settings import Settings
from reprolib.progress import duration

SCHEMA_VERSION = 1
_TEXT = {"type": "string"}
SCHEMA = {
    "type": "object",
    "properties": {
        "schema": {"const": SCHEMA_VERSION},
        "name": _TEXT,
        "profile": _TEXT,
        "dataset": {"type": "string", "minLength": 1},
        "parameters": {"type": "object", "minProperties": 1},
        "seed": {"type": "integer"},
        "commit": _TEXT,
        "dirty": {"type": "boolean"},
        "versions": {
            "type": "object",
            "required": ["reprolib", "python", "torch", "torchvision", "numpy"],
            "additionalProperties": _TEXT,
        },
        "hardware": {
            "type": "object",
            "properties": {
                "cpu": _TEXT,
                "cores": {"type": "integer", "minimum": 1},
                "memory_gb": {"type": "number", "minimum": 0},
                "device": _TEXT,
            },
            "required": ["cpu", "cores", "memory_gb", "device"],
        },
        "started": {"type": "string", "pattern": r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$"},
        "seconds": {"type": "number", "minimum": 0},
        "scores": {"type": "object"},
    },
    "additionalProperties": False,
}
SCHEMA["required"] = list(SCHEMA["properties"])


def project_root() -> Path:
    """The folder of `pyproject.toml`, looked for above the current folder first."""
    here, package = Path.cwd(), Path(__file__).resolve().parent
    for folder in (here, *here.parents, *package.parents):
        if (folder / "pyproject.toml").exists() and (folder / "notebooks").is_dir():
            return folder
    raise ReproError(
        f"no project around {here}: expected a folder with pyproject.toml and "
        "notebooks/ above it. Start from the repository."
    )


def whole(path: str | Path) -> str:
    """A path that holds from any folder; empty stays empty."""
    return str(Path(path).expanduser().resolve()) if path else ""


def tag_folder(runs_root: str | Path, dataset: str, profile: str) -> Path:
    """Where every run of one data set and profile lies: `runs/drawn-quick`."""
    root = Path(runs_root).expanduser() if runs_root else project_root() / "runs"
    return root / f"{dataset}-{profile}"


@dataclass(frozen=True)
class Run:
    """One execution of a chapter or of a training; made by `open_run`."""

    name: str
    profile: str
    dataset: str
    data_root: str
    seed: int
    settings: Settings
    base: Path
    started: datetime
    clock: float = field(default_factory=time.perf_counter)

    @property
    def folder(self) -> Path:
        """Where this run puts its files."""
        return self.base / self.name

    @property
    def models(self) -> Path:
        """Where the trained networks of this data set and profile lie."""
        return self.base / "models"

    def find(self, name: str) -> dict | None:
        """The record of another run, such as `04_training`, or None if there is none.

        Raises `ReproError` for a record that cannot be read.
        """
        path = self.base / name / "results.json"
        return read(path) if path.exists() else None

    def need(self, name: str) -> dict:
        """The record of another run; without one, `ReproError` says what makes it."""
        record = self.find(name)
        if record is None:
            raise ReproError(
                f"{self.base / name / 'results.json'} is missing: {self.name} reads "
                f"the results of {name}. Make all of them with `make reproduce`, or "
                f"only these with `{self.command(name)}`."
            )
        return record

    def command(self, name: str) -> str:
        """The command that makes the record of `name`, for messages to a reader."""
        words = ["python", "-m", "reprolib"]
        if name.startswith("models/"):
            variant, seed = name.removeprefix("models/").rsplit("-s", 1)
            words += ["train", variant, "--seed", seed]
        else:
            words += ["run", name]
        words += ["--profile", self.profile, "--dataset", self.dataset]
        if self.data_root:
            words += ["--data-root", self.data_root]
        if self.base.parent != project_root() / "runs":
            words += ["--runs", str(self.base.parent)]
        return shlex.join(words)

    def write(self, scores: dict) -> Path:
        """Write `results.json` with `scores`: nested numbers, texts, lists.

        Arrays and tensors become lists. Raises `ReproError` for anything else and for
        numbers that are not finite; an older record then stays as it was.
        """
        record = {
            "schema": SCHEMA_VERSION,
            "name": self.name,
            "profile": self.profile,
            "dataset": self.dataset,
            "parameters": self.settings.as_dict(),
            "seed": self.seed,
            **machine.git_state(project_root()),
            "versions": machine.versions(),
            "hardware": machine.hardware(),
            "started": self.started.strftime("%Y-%m-%dT%H:%M:%SZ"),
            "seconds": round(time.perf_counter() - self.clock, 2),
            "scores": scores,
        }
        path = self.folder / "results.json"
        try:
            record = json.loads(json.dumps(record, default=_plain))
        except (TypeError, ValueError) as error:
            raise ReproError(f"{path}: cannot write the scores: {error}.") from None
        for key in _not_finite(record["scores"]):
            raise ReproError(f"{path}: scores{key} is no finite number; expected one.")
        check(record, path)
        partial = path.with_suffix(".part")
        partial.write_text(json.dumps(record, indent=1) + "\n", encoding="utf-8")
        os.replace(partial, path)
        return path

    def provenance(self) -> str:
        """One line for a chapter's end: version, profile, seed, hardware, time."""
        state, host = machine.git_state(project_root()), machine.hardware()
        torch = machine.versions()["torch"]
        commit = state["commit"][:9] + (" + changes" if state["dirty"] else "")
        return (
            f"reprolib {__version__} ({commit}) · profile {self.profile} · "
            f"data {self.dataset} · seed {self.seed} · torch {torch} · "
            f"{host['device']}, {host['cpu']}, {host['cores']} cores, "
            f"{host['memory_gb']:.0f} GB · {self.started:%Y-%m-%d} · "
            f"{duration(time.perf_counter() - self.clock)}"
        )


def open_run(
    name: str,
    *,
    profile: str,
    settings: Settings,
    dataset: str = "drawn",
    data_root: str = "",
    runs_root: str | Path = "",
    seed: int = 0,
) -> Run:
    """Start the clock of `04_training` or `models/aligned-s0` and make its folder."""
    base = tag_folder(runs_root, dataset, profile)
    now = datetime.now(UTC)
    run = Run(name, profile, dataset, data_root, seed, settings, base, now)
    run.folder.mkdir(parents=True, exist_ok=True)
    return run


def read(path: Path) -> dict:
    """The record at `path`, checked; `ReproError` where it is missing or damaged."""
    try:
        record = json.loads(Path(path).read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise ReproError(f"{path}: cannot read this record: {error}.") from None
    check(record, path)
    return record


def check(record: object, path: Path) -> None:
    """Raise `ReproError` that names the key of `record` which breaks the schema."""
    import jsonschema  # a second to import, and most commands read no record

    error = jsonschema.exceptions.best_match(
        jsonschema.Draft202012Validator(SCHEMA).iter_errors(record)
    )
    if error is not None:
        where = "/".join(map(str, error.absolute_path)) or "the record"
        raise ReproError(f"{path}: {where}: {error.message}. Run it again.")


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
