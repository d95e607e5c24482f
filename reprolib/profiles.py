"""The settings of a run: a profile, changed by the data set, changed by the reader."""

import tomllib
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from pathlib import Path

from reprolib.errors import ReproError

TABLE = Path(__file__).with_name("profiles.toml")
CHOICES = {
    "backbone": ("resnet18", "resnet50", "resnet50x"),
    "first_stride": ("1x1", "3x3"),
    "last_stride": (1, 2),
    "local": ("none", "aligned", "unaligned"),
    "local_layout": ("conv", "conv-bn-relu", "bn-relu-conv"),
    "horizontal_pooling": ("max", "mean"),
    "global_pooling": ("mean", "max"),
    "precision": ("auto", "float32", "bfloat16"),
    "extra_people": ("", "strangers", "tested"),
    "overlap": ("remove", "keep"),
}


@dataclass(frozen=True)
class Settings:
    """Every number of a run; `profiles.toml` holds their values and says what they are.

    `steps` counts batches, `decay_at` fractions of `steps`, `crop_padding` a fraction
    of the picture, `box_error` runs from 0 (perfect boxes) to 1 (a bad detector).
    """

    train_ids: int
    train_shots: int
    test_ids: int
    test_shots: int
    distractors: int
    junk: int
    box_error: float
    data_seed: int
    extra_people: str
    overlap: str
    height: int
    width: int
    backbone: str
    channels: int
    stages: int
    last_stride: int
    first_stride: str
    weights: str
    local_channels: int
    local_layout: str
    horizontal_pooling: str
    global_pooling: str
    normalise_stripes: bool
    normalise_global: bool
    margin: float
    local: str
    students: int
    identity_weight: float
    global_weight: float
    local_weight: float
    metric_mutual_weight: float
    class_mutual_weight: float
    ids_per_batch: int
    shots_per_id: int
    steps: int
    learning_rate: float
    decay_at: tuple[float, ...]
    decay: float
    weight_decay: float
    crop_padding: float
    precision: str
    seeds: tuple[int, ...]
    doses: tuple[float, ...]
    study_queries: int
    study_candidates: int

    def __post_init__(self):
        for key, allowed in CHOICES.items():
            if getattr(self, key) not in allowed:
                raise ReproError(
                    f"{key} = {getattr(self, key)!r} is not one of "
                    f"{', '.join(map(repr, allowed))}."
                )

    def as_dict(self) -> dict:
        """A plain dictionary, ready for JSON (tuples become lists)."""
        return {
            k: list(v) if isinstance(v, tuple) else v for k, v in asdict(self).items()
        }


KEYS = tuple(f.name for f in fields(Settings))


def _coerce(key: str, value: object) -> object:
    """`value` as the type that `Settings` declares for `key`, or a clear refusal."""
    kind = Settings.__annotations__[key]
    try:
        if kind is bool:
            return {"true": True, "false": False}[str(value).lower()]
        if kind in (int, float, str):
            if isinstance(value, bool) or (kind is int and int(value) != float(value)):
                raise ValueError
            return kind(value)
        item = kind.__args__[0]
        if isinstance(value, str):
            raise ValueError
        return tuple(item(v) for v in value)
    except (KeyError, TypeError, ValueError):
        wanted = getattr(kind, "__name__", str(kind))
        wanted = str(kind) if wanted == "tuple" else wanted
        raise ReproError(f"{key} = {value!r}: expected {wanted}.") from None


def names() -> tuple[str, ...]:
    """The profiles that `profiles.toml` defines."""
    table = tomllib.loads(TABLE.read_text(encoding="utf-8"))
    return tuple(k for k in table if k != "base")


def settings(
    profile: str, dataset: str = "drawn", given: Mapping[str, object] | None = None
) -> Settings:
    """The settings of `profile` for `dataset`, with what `given` says otherwise.

    Joined data sets (`a+b`) have those of the first, on which they are tested.

    `given` may hold other names too (a chapter passes `globals()`, so that papermill's
    `-p steps 50` takes effect); only keys of `Settings` are read. Raises `ReproError`
    for an unknown profile or a value of the wrong type. Used by every chapter.
    """
    table = tomllib.loads(TABLE.read_text(encoding="utf-8"))
    if profile not in names():
        raise ReproError(
            f"unknown profile {profile!r}; expected one of {', '.join(names())}."
        )
    base = table["base"]
    chosen = {k: v for k, v in base.items() if not isinstance(v, dict)}
    if dataset != "drawn":
        chosen.update(base["photographs"])
    chosen.update(base.get(dataset.partition("+")[0], {}))
    chosen.update(table[profile])
    given = given or {}
    chosen.update({k: given[k] for k in KEYS if given.get(k) is not None})
    return Settings(**{k: _coerce(k, v) for k, v in chosen.items()})
