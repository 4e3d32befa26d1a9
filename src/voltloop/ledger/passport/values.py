"""What a passport says under each data point, in whatever form its sender gave it."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cache
from typing import Any, Final

from voltloop.ledger.passport.places import DIALECTS, local_name, term_place
from voltloop.ledger.passport.points import DataPoint, by_name, data_points, rows_of
from voltloop.ledger.passport.representation import FULL_FORM

__all__ = ["Told", "in_unit", "told", "values_of"]

_FACTORS: Final[Mapping[str, Mapping[str, float]]] = {
    "kg": {"kg": 1, "KGM": 1, "kilogram": 1, "g": 1e-3, "GRM": 1e-3, "gram": 1e-3, "tonneMetricTon": 1e3, "TNE": 1e3,
           "pound": 0.45359237, "LBR": 0.45359237, "ounceAvoirdupois": 0.028349523125,
           "tonUsOrShortTonUkorus": 907.18474},
    "Ah": {"Ah": 1, "AMH": 1, "mAh": 1e-3, "E09": 1e-3},
    "V": {"V": 1, "VLT": 1, "mV": 1e-3, "2Z": 1e-3, "kV": 1e3, "KVT": 1e3},
    "W": {"W": 1, "WTT": 1, "kW": 1e3, "KWT": 1e3, "MW": 1e6, "MAW": 1e6},
    "Ohm": {"Ohm": 1, "Ω": 1, "OHM": 1, "mOhm": 1e-3, "mΩ": 1e-3, "E45": 1e-3},
    "%": {"%": 1, "P1": 1, "percent": 1, "C62": 100, "1": 100},
    "%/month": {"%/month": 1},
    "°C": {"°C": 1, "CEL": 1, "degreeCelsius": 1},
}  # fmt: skip
"""By unit of a data point, the units that are read for it and their size: UN/CEFACT Recommendation 20, and words."""

_TOP_ONLY: Final = frozenset({6, 67})
_TIMES: Final = ("at", "lastUpdate", "time", "rPCLastUpdated")


@dataclass(frozen=True, slots=True)
class Told:
    """One statement of a data point.

    Attributes
    ----------
    where
        Where in the passport it stands.
    node
        The statement as it was given.
    """

    where: str
    node: Any

    @property
    def numbers(self) -> list[tuple[float, str]]:
        """Its numbers with the units beside them; the unit is empty where none is told."""
        return list(_numbers(self.node))

    @property
    def at(self) -> str | None:
        """The time of the statement, as it was given."""
        node = self.node[0] if isinstance(self.node, list) and self.node else self.node
        if not isinstance(node, Mapping):
            return None
        return next((str(node[name]) for name in _TIMES if name in node), None)


def in_unit(number: float, unit: str, wanted: str) -> float | None:
    """Give a number in the unit of a data point; None where the unit is of another kind.

    Examples
    --------
    >>> in_unit(450_000, "unit:gram", "kg"), in_unit(7.5, "KWT", "W"), in_unit(3, "kg", "V")
    (450.0, 7500.0, None)
    """
    if not unit or not wanted:
        return number
    factor = _FACTORS.get(wanted, {wanted: 1}).get(unit.removeprefix("unit:"))
    return None if factor is None else number * factor


def _numbers(node: Any) -> Iterator[tuple[float, str]]:
    if isinstance(node, bool):
        return
    if isinstance(node, int | float):
        yield _plain(node), ""
    elif isinstance(node, str):
        if re.fullmatch(r"[+-]?\d+(\.\d+)?([eE][+-]?\d+)?", node):
            yield float(node), ""
    elif isinstance(node, list):
        for one in node:
            yield from _numbers(one)
    elif isinstance(node, Mapping):
        yield from _measured(node)


def _plain(number: float) -> float:
    """Give a number as one that can be reckoned with: JSON has whole numbers beyond all bounds."""
    try:
        return float(number) if abs(number) >= 2**53 else number
    except OverflowError:
        return math.inf


def _measured(node: Mapping[str, Any]) -> Iterator[tuple[float, str]]:
    """Give the numbers of a group of a value, its unit, and further circumstances."""
    unit = next((str(node[name]) for name in ("unit", "unitCode") if isinstance(node.get(name), str)), "")
    for name, part in node.items():
        local = local_name(name)
        if local == "unitCode" and isinstance(part, str):
            unit = part
    if not unit:
        # The data model of the validator names a unit's field after the unit, and the value's field with "Value".
        words = [part for name, part in node.items() if isinstance(part, str) and not _is_condition(name)]
        if any("Value" in name for name in node) and len(words) == 1:
            unit = words[0]
    for name, part in node.items():
        local = local_name(name)
        if _is_condition(local) or isinstance(part, bool):
            continue
        if isinstance(part, int | float) or (local == "value" and isinstance(part, str)):
            for number, _ in _numbers(part):
                yield number, unit
        elif isinstance(part, Mapping | list) and local not in {"type"}:
            yield from _numbers(part)


def _is_condition(name: str) -> bool:
    """Tell whether a field says under which circumstances a value holds, or when, and not the value."""
    return name in {
        "atSoC",
        "stateOfChargeLevel",
        "depthOfDischarge",
        "temperature",
        *_TIMES,
    } or name.startswith("temperatureRange")


@cache
def _paths() -> Mapping[str, tuple[tuple[str, tuple[int, ...]], ...]]:
    return {
        dialect: tuple(
            (row["path"], tuple(map(int, row["points"].split())))
            for row in rows_of("places.csv")
            if row["dialect"] == dialect and row["points"]
        )
        for dialect in DIALECTS
    }


def values_of(record: Mapping[str, Any], on: date) -> dict[int, list[Told]]:
    """Give all that a passport says under each data point, by number; points of which it says nothing are left out.

    What stands under a data point's own name counts alone; other data models are read where it is missing.
    """
    own = by_name(on)
    found: dict[int, list[Told]] = {}
    for name, node in record.items():
        if name in own and node is not None:
            found[own[name].number] = [Told(name, node)]
    others: dict[int, list[Told]] = {}
    _of_terms(record, on, (), others)
    for dialect in DIALECTS:
        if isinstance(record.get(dialect), Mapping):
            _of_document(dialect, record[dialect], others)
    _of_envelope(record, others)
    for number, statements in others.items():
        found.setdefault(number, statements)
    return {number: statements for number, statements in found.items() if number in data_points(on)}


def _of_envelope(record: Mapping[str, Any], found: dict[int, list[Told]]) -> None:
    for number, name in (
        (1, "digitalProductPassportId"),
        (2, "economicOperatorId"),
        (7, "uniqueProductIdentifier"),
    ):
        if record.get(name):
            found.setdefault(number, []).append(Told(name, record[name]))


def _of_terms(
    record: Mapping[str, Any], on: date, above: tuple[str, ...], found: dict[int, list[Told]]
) -> None:
    for name, node in record.items():
        if name in {*DIALECTS, FULL_FORM} or node is None or (not above and name in by_name(on)):
            continue
        path = (*above, name)
        for number in term_place(name, on, is_top=not above).points:
            if above and number in _TOP_ONLY:
                continue  # parts have categories and statuses of their own
            found.setdefault(number, []).append(Told(".".join(path), node))
        for one in node if isinstance(node, list) else [node]:
            if isinstance(one, Mapping):
                _of_terms(one, on, path, found)
        if local_name(name) == "manufacturer" and isinstance(node, Mapping):
            _of_manufacturer(node, ".".join(path), found)


def _of_manufacturer(node: Mapping[str, Any], where: str, found: dict[int, list[Told]]) -> None:
    numbers = {"organizationName": 3, "address": 4, "contactPoint": 5}
    for key, part in node.items():
        number = numbers.get(local_name(key))
        if number is not None and part is not None:
            found.setdefault(number, []).append(Told(f"{where}.{key}", part))


def _of_document(dialect: str, document: Mapping[str, Any], found: dict[int, list[Told]]) -> None:
    for path, numbers in _paths()[dialect]:
        for node in _nodes(document, path.split(".")):
            if len(numbers) > 1:
                _recovered(f"{dialect}.{path}", node, found)
            else:
                found.setdefault(numbers[0], []).append(Told(f"{dialect}.{path}", node))


def _nodes(node: Any, names: Sequence[str]) -> list[Any]:
    if isinstance(node, list):
        return [found for one in node for found in _nodes(one, names)] if names else [node]
    if not names:
        return [node]
    if isinstance(node, Mapping) and names[0] in node:
        return _nodes(node[names[0]], names[1:])
    return []


def _recovered(where: str, shares: Any, found: dict[int, list[Told]]) -> None:
    """Sort the shares of recovered material, which stand in one list, to their data points."""
    metals = {"Cobalt": 20, "Lithium": 21, "Nickel": 22, "Lead": 23}
    for share in shares if isinstance(shares, list) else [shares]:
        if isinstance(share, Mapping) and share.get("recycledMaterial") in metals:
            node = [part for name, part in share.items() if name.endswith("ConsumerShare")]
            found.setdefault(metals[share["recycledMaterial"]], []).append(Told(where, node))


def told(point: DataPoint, statements: Sequence[Told]) -> Any:
    """Give one value of a data point: a number in its unit where it has one, else the statement itself.

    Shares of recovered material before and after use are told apart by some, and added.
    """
    if point.kind in {"quantity", "number"}:
        numbers = [
            one
            for statement in statements
            for number, unit in statement.numbers
            if (one := in_unit(number, unit, point.unit)) is not None
        ]
        if numbers:
            return sum(numbers) if point.number in {20, 21, 22, 23} else numbers[0]
    return statements[0].node if len(statements) == 1 else [statement.node for statement in statements]
