"""The settings of a run: a profile, changed by the data set, changed by the reader.

They lie in five groups, each for who needs it, and every name stands in one group only:
`settings.schedule.steps` is changed by `settings.changed(steps=50)`.
"""

import math
import tomllib
from dataclasses import asdict, dataclass, field, fields, replace
from pathlib import Path

from reprolib.errors import ReproError

TABLE = Path(__file__).with_name("profiles.toml")


def one_of(*choices):
    """A field whose value must be one of `choices`."""
    return field(metadata={"choices": choices})


def between(low, high=math.inf, *, open_low=False, open_high=False):
    """A number, or each of several, from `low` to `high`, ends excluded if open."""
    return field(metadata={"range": (low, high, open_low, open_high)})


@dataclass(frozen=True)
class Data:
    """Which pictures: `box_error` from 0 (perfect boxes) to 1 (a bad detector's)."""

    train_ids: int = between(1)
    train_shots: int = between(1)
    test_ids: int = between(1)
    test_shots: int = between(1)
    distractors: int = between(0)
    junk: int = between(0)
    box_error: float = between(0, 1)
    data_seed: int = between(0)
    extra_people: str = one_of("", "strangers", "tested")
    overlap: str = one_of("remove", "keep")
    height: int = between(1)
    width: int = between(1)


@dataclass(frozen=True)
class Network:
    """The backbone and its two branches; `weights` is "", "imagenet" or a path."""

    backbone: str = one_of("resnet18", "resnet50", "resnet50x")
    channels: int = between(1)
    stages: int = between(1, 4)
    last_stride: int = one_of(1, 2)
    first_stride: str = one_of("1x1", "3x3")
    weights: str
    local_channels: int = between(1)
    local_layout: str = one_of("conv", "conv-bn-relu", "bn-relu-conv")
    stripes: int = between(1)
    horizontal_pooling: str = one_of("max", "mean")
    global_pooling: str = one_of("mean", "max")
    normalise_stripes: bool
    normalise_global: bool
    batch_norm: str = one_of("none", "head", "features")
    head_start: str = one_of("wide", "torch")


@dataclass(frozen=True)
class Loss:
    """What is minimised: both hinges, how triplets are mined, and a weight a part."""

    margin: float = between(0)
    soft_margin: bool
    mining: str = one_of("global", "local")
    local: str = one_of("none", "aligned", "unaligned", "warped", "whole")
    identity_weight: float = between(0)
    global_weight: float = between(0)
    local_weight: float = between(0)
    metric_mutual_weight: float = between(0)
    class_mutual_weight: float = between(0)


@dataclass(frozen=True)
class Schedule:
    """How it is trained: `steps` batches; `decay_at` and `crop_padding` fractions."""

    students: int = between(1)
    ids_per_batch: int = between(2)
    shots_per_id: int = between(2)
    steps: int = between(1)
    learning_rate: float = between(0, open_low=True)
    warm_up: float = between(0, 1, open_high=True)
    identity_first: float = between(0, 1)
    second_stage: bool
    decay_at: tuple[float, ...] = between(0, 1, open_low=True, open_high=True)
    decay: float = between(0, 1, open_low=True)
    weight_decay: float = between(0)
    crop_padding: float = between(0, 1)
    precision: str = one_of("auto", "float32", "bfloat16")


@dataclass(frozen=True)
class Study:
    """What is asked of trained networks; nothing here changes their weights."""

    doses: tuple[float, ...] = between(0, 1)
    study_queries: int = between(1)
    study_candidates: int = between(2)


@dataclass(frozen=True)
class Settings:
    """Every number of a run; `profiles.toml` holds the values and explains them."""

    data: Data
    network: Network
    loss: Loss
    schedule: Schedule
    study: Study

    def __post_init__(self):
        for name, key in GROUP_OF.items():
            _check(name, getattr(getattr(self, key), name), FIELDS[name].metadata)

    def changed(self, **values: object) -> "Settings":
        """The same settings but for `values`, given by their names alone.

        Texts become what the setting is. Raises `ReproError` for an unknown name or a
        value of the wrong type or size. Used by every chapter.
        """
        groups: dict[str, dict] = {}
        for name, value in values.items():
            if name not in GROUP_OF:
                raise ReproError(
                    f"unknown setting {name!r}; expected one of {', '.join(GROUP_OF)}."
                )
            groups.setdefault(GROUP_OF[name], {})[name] = _coerce(name, value)
        made = {k: replace(getattr(self, k), **v) for k, v in groups.items()}
        return replace(self, **made)

    def as_dict(self) -> dict[str, object]:
        """All names and values in one dictionary, ready for JSON."""
        pairs = {k: v for group in asdict(self).values() for k, v in group.items()}
        return {k: list(v) if isinstance(v, tuple) else v for k, v in pairs.items()}

    def differing(self, other: "Settings") -> dict[str, object]:
        """The names and values in which these settings are not those of `other`."""
        usual = other.as_dict()
        return {k: v for k, v in self.as_dict().items() if usual[k] != v}


FIELDS = {f.name: f for group in fields(Settings) for f in fields(group.type)}
GROUP_OF = {
    f.name: group.name for group in fields(Settings) for f in fields(group.type)
}


def profiles() -> tuple[str, ...]:
    """The profiles that `profiles.toml` defines."""
    return tuple(k for k in _table() if k not in ("base", "sets"))


def load(profile: str, dataset: str = "drawn", **changed: object) -> Settings:
    """The settings of `profile` for `dataset`, but for what is `changed`.

    Joined data sets (`a+b`) have those of the first, on which they are tested. Raises
    `ReproError` for an unknown profile, and as `Settings.changed` does.
    """
    table = _table()
    if profile not in profiles():
        raise ReproError(
            f"unknown profile {profile!r}; expected one of {', '.join(profiles())}."
        )
    layers = [table["base"]]
    if dataset != "drawn":
        layers.append(table["sets"]["photographs"])
    layers += [table["sets"].get(dataset.partition("+")[0], {}), table[profile]]
    chosen: dict[str, object] = {}
    for layer in layers:
        for name, value in _flat(layer).items():
            chosen[name] = _coerce(name, value)
    groups = {
        group.name: group.type(**{f.name: chosen[f.name] for f in fields(group.type)})
        for group in fields(Settings)
    }
    return Settings(**groups).changed(**changed)


def _table() -> dict:
    return tomllib.loads(TABLE.read_text(encoding="utf-8"))


def _flat(layer: dict) -> dict[str, object]:
    return {name: value for group in layer.values() for name, value in group.items()}


def _coerce(name: str, value: object) -> object:
    """`value` as the type of the setting `name`, or a clear refusal."""
    kind = FIELDS[name].type
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
        items = getattr(kind, "__args__", ())
        wanted = f"a list of {items[0].__name__}" if items else kind.__name__
        raise ReproError(f"{name} = {value!r}: expected {wanted}.") from None


def _check(name: str, value: object, wanted: dict) -> None:
    choices = wanted.get("choices")
    if choices and value not in choices:
        allowed = ", ".join(map(repr, choices))
        raise ReproError(f"{name} = {value!r} is not one of {allowed}.")
    if "range" not in wanted:
        return
    low, high, open_low, open_high = wanted["range"]
    for number in value if isinstance(value, tuple) else (value,):
        good = low <= number <= high and math.isfinite(number)
        if not good or (open_low and number == low) or (open_high and number == high):
            above = f"{'more than' if open_low else 'at least'} {low}"
            below = f"{'less than' if open_high else 'at most'} {high}"
            below = "" if high == math.inf else f" and {below}"
            raise ReproError(f"{name} = {value!r}: expected {above}{below}.")
