"""Values of a JSON file that somebody else wrote, each checked when it is taken."""

import json
import math
from dataclasses import dataclass
from json.decoder import JSONObject
from json.scanner import py_make_scanner
from pathlib import Path

from reprolib.errors import ReproError


def file_format(kind: str) -> str:
    """What a file of one kind says of itself: trials, truth or answers."""
    return f"reprolib human {kind} 1"


class Lined(dict):
    """An object of a JSON file that knows the line it begins in, from 1."""

    line = 0


class _Decoder(json.JSONDecoder):
    """Reads objects as `Lined`; refuses NaN and a name that stands twice."""

    def __init__(self):
        super().__init__(object_pairs_hook=_once, parse_constant=_refuse)

        def parse_object(start: tuple[str, int], *rest: object) -> tuple[Lined, int]:
            value, end = JSONObject(start, *rest)
            value.line = start[0].count("\n", 0, start[1]) + 1
            return value, end

        self.parse_object = parse_object
        # The scanner in C calls no parser but its own.
        self.scan_once = py_make_scanner(self)


@dataclass(frozen=True)
class Entry:
    """An object of a JSON file, and where it stands.

    Every method takes a value by its name and raises `ReproError`, with file, line and
    place, where it is missing or not of its kind.
    """

    path: Path
    where: str
    value: Lined

    def wrong(self, name: str, wanted: str) -> ReproError:
        """What is said of the value called `name`."""
        found = json.dumps(self.value[name]) if name in self.value else "nothing"
        found = found if len(found) <= 60 else f"{found[:57]}..."
        return ReproError(
            f"{self.path}, line {self.value.line}: {self.where}: {name} is {found}, "
            f"expected {wanted}. Use the file as it was written, of this study."
        )

    def _get(self, name: str, kind: type | tuple, wanted: str):
        value = self.value.get(name)
        if not isinstance(value, kind) or (
            isinstance(value, bool) and kind is not bool
        ):
            raise self.wrong(name, wanted)
        return value

    def text(self, name: str) -> str:
        return self._get(name, str, "a text")

    def flag(self, name: str) -> bool:
        return self._get(name, bool, "true or false")

    def number(self, name: str, low: float, high: float) -> float:
        wanted = f"a number from {low:g} to {high:g}"
        value = self._get(name, (int, float), wanted)
        if not low <= value <= high:
            raise self.wrong(name, wanted)
        return float(value)

    def whole(self, name: str, low: float = -math.inf, high: float = math.inf) -> int:
        wanted = "a whole number" + ("" if low == -math.inf else f" from {low}")
        wanted += "" if high == math.inf else f" to {high}"
        value = self._get(name, int, wanted)
        if not low <= value <= high:
            raise self.wrong(name, wanted)
        return value

    def object(self, name: str) -> "Entry":
        value = self._get(name, dict, "an object")
        return Entry(self.path, f"{self.where}, {name}", value)

    def entries(self, name: str) -> list["Entry"]:
        """The objects of a list, each known by its number from 1."""
        values = self._get(name, list, "a list")
        if not all(isinstance(value, dict) for value in values):
            raise self.wrong(name, "a list of objects")
        return [
            Entry(self.path, f"entry {number} of {name}", value)
            for number, value in enumerate(values, 1)
        ]

    def texts(self, name: str) -> tuple[str, ...]:
        values = self._get(name, list, "a list of texts")
        if not values or not all(isinstance(value, str) for value in values):
            raise self.wrong(name, "a list of texts")
        return tuple(values)

    def places(self, name: str, length: int, empty: bool = False) -> tuple[int, ...]:
        """Ascending places among `length` candidates, from 0."""
        wanted = f"ascending places from 0 to {length - 1}"
        values = self._get(name, list, wanted)
        good = all(type(v) is int and 0 <= v < length for v in values)
        if not good or values != sorted(set(values)) or not (values or empty):
            raise self.wrong(name, wanted)
        return tuple(values)


def open_object(path: str | Path, kind: str, key: str = "") -> Entry:
    """The object of a file of one kind, of the list with this key if one is given."""
    path = Path(path)
    try:
        value = _Decoder().decode(path.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError) as error:
        raise ReproError(
            f"{path}: no {kind} can be read from it ({error}); expected the JSON file "
            "as it was written. Ask for it again."
        ) from None
    if not isinstance(value, dict) or value.get("format") != file_format(kind):
        raise ReproError(
            f"{path}: this is no file of {kind}; expected an object with "
            f"format {file_format(kind)!r}. Check the order of the files: TRIALS TRUTH "
            "ANSWERS."
        )
    top = Entry(path, "at the top", value)
    if key and value.get("list") != key:
        raise top.wrong("list", f"{key}, the list that was given")
    return top


def _once(pairs: list[tuple[str, object]]) -> Lined:
    value = Lined(pairs)
    if len(value) < len(pairs):
        raise ValueError("a name stands twice in one object")
    return value


def _refuse(constant: str) -> None:
    raise ValueError(f"{constant} is no number of JSON")
