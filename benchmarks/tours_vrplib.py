"""Read a VRPLIB file into fields and sections, without believing it: each mistake is one clear line.

The dialect is that of the PyVRP project ("supported VRPLIB fields"): numbers of locations and vehicles count from 1,
depots come first, and what holds for every vehicle or location may stand in one line instead of a section.
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from voltloop.errors import InputError

__all__ = ["Solution", "VrplibFile", "read_solution", "read_vrplib"]

_WORDS = ("NAME", "COMMENT", "TYPE", "EDGE_WEIGHT_TYPE")
_IGNORED = ("NODE_COORD_TYPE", "DISPLAY_DATA_TYPE")
_COUNTS = ("DIMENSION", "VEHICLES")
# One number for all, or a section with one row per location (L) or vehicle (V).
_EITHER = {
    "CAPACITY": "V",
    "SERVICE_TIME": "L",
    "RELEASE_TIME": "L",
    "VEHICLES_MAX_DURATION": "V",
    "VEHICLES_MAX_DISTANCE": "V",
    "VEHICLES_MAX_RELOADS": "V",
    "VEHICLES_FIXED_COST": "V",
    "VEHICLES_UNIT_DISTANCE_COST": "V",
}
_SECTIONS = {
    "NODE_COORD": "L",
    "DEMAND": "L",
    "TIME_WINDOW": "L",
    "PRIZE": "L",
    "VEHICLES_DEPOT": "V",
    "VEHICLES_RELOAD_DEPOT": "V",
    "VEHICLES_ALLOWED_CLIENTS": "V",
    **_EITHER,
}
_WIDTHS = {"NODE_COORD": 2, "TIME_WINDOW": 2, "VEHICLES_RELOAD_DEPOT": None, "VEHICLES_ALLOWED_CLIENTS": None}
_LINE = re.compile(r"([A-Za-z_]+)\s*:\s*(.*)$")


@dataclass(frozen=True)
class VrplibFile:
    """What a file says.

    Attributes
    ----------
    words
        Fields with text, by name.
    counts
        ``DIMENSION`` (locations, depots included) and ``VEHICLES`` where given.
    numbers
        Fields with one number for all locations or vehicles.
    sections
        Rows without their leading number, one per location or vehicle in order.
    depots
        Positions of the depots among the locations, from 0.
    """

    path: Path
    words: dict[str, str]
    counts: dict[str, int]
    numbers: dict[str, float]
    sections: dict[str, list[list[float]]]
    depots: tuple[int, ...]

    @property
    def locations(self) -> int:
        """Number of locations, depots included."""
        return self.counts["DIMENSION"]

    @property
    def vehicles(self) -> int:
        """Number of vehicles; where the file names none, one for every client."""
        return self.counts.get("VEHICLES", self.locations - len(self.depots))

    def has(self, name: str) -> bool:
        """Whether a value is given, in a line or in a section."""
        return name in self.sections or name in self.numbers

    def column(self, name: str, default: float) -> NDArray[np.float64]:
        """One number per location or vehicle."""
        size = self.vehicles if _SECTIONS[name] == "V" else self.locations
        if name in self.sections:
            return np.array([row[0] for row in self.sections[name]])
        return np.full(size, self.numbers.get(name, default))


def read_vrplib(path: Path) -> VrplibFile:
    """Read a VRPLIB file.

    Raises
    ------
    InputError
        The file cannot be read, has a field or section that is not known, lacks one that its problem cannot do
        without, or holds something that is not a number where one is expected.
    """
    lines = _lines(path)
    words: dict[str, str] = {}
    numbers: dict[str, float] = {}
    raw: dict[str, list[tuple[int, list[float]]]] = {}
    section: str | None = None
    for number, line in lines:
        if line == "EOF":
            break
        if line.upper().rstrip(" :").endswith("_SECTION"):
            section = line.upper().rstrip(" :").removesuffix("_SECTION")
            _check_new(path, number, section, section in raw or section in numbers)
            raw[section] = []
        elif match := _LINE.match(line):
            section, name, text = None, match[1].upper(), match[2].strip().strip('"')
            if name in _WORDS + _IGNORED:
                words[name] = text
            else:
                _check_new(path, number, name, name in numbers or name in raw, is_line=True)
                numbers[name] = _number(path, number, name, text)
        elif section is None:
            raise _wrong(path, number, f'"{line[:40]}" is neither a field, a section nor a row of one')
        else:
            raw[section].append((number, [_number(path, number, section, part) for part in line.split()]))
    counts = {name: _count(path, name, numbers.pop(name)) for name in _COUNTS if name in numbers}
    return _checked(path, words, counts, numbers, raw)


def _lines(path: Path) -> list[tuple[int, str]]:
    if not path.is_file():
        raise InputError(
            f"{path} is not a file. Expected a routing instance in VRPLIB format (.vrp).",
            code="vrplib-no-file",
        )
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(
            f"{path} cannot be read as text ({error.__class__.__name__}). Expected a VRPLIB file (.vrp).",
            code="vrplib-no-text",
        ) from None
    lines = [(number, line.strip()) for number, line in enumerate(text.splitlines(), start=1)]
    return [(number, line) for number, line in lines if line]


def _check_new(path: Path, number: int, name: str, is_twice: bool, *, is_line: bool = False) -> None:
    known = [*_COUNTS, *_EITHER] if is_line else [*_SECTIONS, "DEPOT"]
    if name not in known:
        what = "field" if is_line else "section"
        raise _wrong(
            path, number, f'the {what} "{name}" is not known', f"Known {what}s: {', '.join(sorted(known))}."
        )
    if is_twice:
        raise _wrong(path, number, f"{name} is given twice")


def _number(path: Path, line: int, name: str, text: str) -> float:
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if not math.isfinite(value):
        raise _wrong(path, line, f'{name} has "{text[:40]}" where a number is expected')
    return value


def _count(path: Path, name: str, value: float) -> int:
    if value != int(value) or value < 1:
        raise InputError(f"{path}: {name} is {value:g}. Expected a whole number from 1.", code="vrplib-wrong")
    return int(value)


def _wrong(
    path: Path, line: int, what: str, expected: str = "Correct the line or leave it out."
) -> InputError:
    return InputError(f"{path}, line {line}: {what}. {expected}", code="vrplib-wrong")


def _checked(
    path: Path,
    words: dict[str, str],
    counts: dict[str, int],
    numbers: dict[str, float],
    raw: dict[str, list[tuple[int, list[float]]]],
) -> VrplibFile:
    for name in ("DIMENSION", "NODE_COORD", "DEMAND", "CAPACITY"):
        if name not in counts and name not in raw and name not in numbers:
            end = "" if name == "DIMENSION" else "_SECTION"
            raise InputError(
                f"{path}: {name}{end} is missing. Expected a complete VRPLIB file.", code="vrplib-missing"
            )
    if words.get("EDGE_WEIGHT_TYPE") != "EUC_2D":
        raise InputError(
            f"{path}: EDGE_WEIGHT_TYPE is {words.get('EDGE_WEIGHT_TYPE', 'missing')}. Expected EUC_2D, straight "
            "lines between coordinates.",
            code="vrplib-wrong",
        )
    depots = _depots(path, counts["DIMENSION"], raw.pop("DEPOT", None))
    vehicles = counts.get("VEHICLES", counts["DIMENSION"] - len(depots))
    sections = {}
    for name, rows in raw.items():
        size = vehicles if _SECTIONS[name] == "V" else counts["DIMENSION"]
        sections[name] = _rows(path, name, rows, size)
    for name, value in numbers.items():
        if value < 0:
            raise InputError(f"{path}: {name} is {value:g}. Expected zero or more.", code="vrplib-wrong")
    return VrplibFile(path, words, counts, numbers, sections, depots)


def _depots(path: Path, locations: int, rows: list[tuple[int, list[float]]] | None) -> tuple[int, ...]:
    given = [int(value) for _, row in rows or [(0, [1.0])] for value in row if value != -1]
    if not given or given != list(range(1, len(given) + 1)) or len(given) >= locations:
        raise InputError(
            f"{path}: DEPOT_SECTION names {', '.join(map(str, given)) or 'no location'}. Expected the first "
            f"locations from 1 on, fewer than all {locations}.",
            code="vrplib-wrong",
        )
    return tuple(range(len(given)))


def _rows(path: Path, name: str, rows: list[tuple[int, list[float]]], size: int) -> list[list[float]]:
    width = _WIDTHS.get(name, 1)
    for position, (line, row) in enumerate(rows, start=1):
        if position > size or row[0] != position:
            expected = f"row {position}" if position <= size else f"no more than {size} rows"
            raise _wrong(path, line, f"{name}_SECTION has a row {row[0]:g} where {expected} is expected")
        if len(row) < 2 or (width is not None and len(row) != width + 1):
            raise _wrong(
                path, line, f"{name}_SECTION has {len(row) - 1} values in row {position}, not {width or 1}"
            )
        if name != "NODE_COORD" and min(row) < 0:
            raise _wrong(path, line, f"{name}_SECTION has a negative number in row {position}")
    if len(rows) != size:
        raise InputError(
            f"{path}: {name}_SECTION has {len(rows)} rows. Expected {size}, as many as there are "
            f"{'vehicles' if _SECTIONS[name] == 'V' else 'locations'}.",
            code="vrplib-wrong",
        )
    return [row[1:] for _, row in rows]


@dataclass(frozen=True, slots=True)
class Solution:
    """Routes by vehicle in the file's order, location numbers from 0 (a depot: a visit on the way), and the cost."""

    routes: tuple[tuple[int, ...], ...]
    cost: float


def read_solution(path: Path) -> Solution:
    """Read a VRPLIB solution (``Route #1: ...`` and ``Cost ...``); empty routes stay, they name unused vehicles."""
    routes, cost = [], math.nan
    for _, line in _lines(path):
        name, _, rest = line.partition(":")
        if name.lower().startswith("route"):
            routes.append(tuple(int(part) for part in rest.split()))
        elif line.lower().startswith("cost"):
            cost = float(line[4:].strip(" :\t"))
    return Solution(tuple(routes), cost)
