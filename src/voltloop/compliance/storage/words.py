"""The words of the storage rules: kinds of limit, codes, families and classes of power."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from voltloop.compliance.conditions import Condition, parse_condition
from voltloop.compliance.vocabulary import Fact, rows_of
from voltloop.errors import RulebookError, nearest

__all__ = [
    "Code",
    "LimitWord",
    "PowerClass",
    "cannot_be",
    "must_be",
    "read_families",
    "read_limit_words",
    "read_powers",
]

_HOWS: Final = ("sum", "group", "largest", "area")
_SENSES: Final = ("max", "below", "min", "is")
_MEASURES: Final = {
    "sum": ("energy_kwh", "volume_m3", "mass_kg"),
    "group": ("energy_kwh", "volume_m3", "mass_kg"),
    "largest": ("soc_pct", "stack_height_m"),
}


@dataclass(frozen=True, slots=True)
class LimitWord:
    """One kind of limit.

    Attributes
    ----------
    name, unit, meaning
        Column of the rule files, unit, and the words for it.
    how
        What is measured: the ``sum`` over the goods, the sum over each ``group``, the ``largest`` of any lot, or a
        fact of the ``area``.
    measure
        The measure of the goods, or the fact of the area.
    sense
        ``max`` and ``min`` include the limit, ``below`` excludes it, ``is`` asks for a value.
    unless
        Fact of the area that lifts the limit when yes; empty for none.
    """

    name: str
    how: str
    measure: str
    sense: str
    unless: str
    unit: str
    meaning: str


@dataclass(frozen=True, slots=True)
class Code:
    """A body of storage rules: where it applies (``any``, ``eu`` or a country) and by what force."""

    name: str
    where: str
    force: str
    title: str


@dataclass(frozen=True, slots=True)
class PowerClass:
    """One row of the classes of power of VdS 3103."""

    power: str
    when: Mapping[str, Condition]


def cannot_be(place: str, column: str, value: str, why: str, code: str) -> RulebookError:
    """Give the error for a cell that holds what it may not."""
    return RulebookError(
        f'{place}, column {column}: "{value}" cannot be. {why}. Mend the row.', code=f"rulebook-{code}"
    )


def must_be(value: str, choices: Iterable[str], place: str, column: str, code: str = "value") -> str:
    """Give a word that must be one of several.

    Raises
    ------
    RulebookError
        It is another one.
    """
    names = tuple(choices)
    if value not in names:
        raise RulebookError(
            f'{place}, column {column}: "{value}" is not known. Choices: {", ".join(names)}.{nearest(value, names)}',
            code=f"rulebook-{code}",
        )
    return value


def read_limit_words(path: Path, shown: str, area_facts: Mapping[str, Fact]) -> dict[str, LimitWord]:
    """Read ``limits.csv``."""
    found: dict[str, LimitWord] = {}
    columns = ("limit", "how", "measure", "sense", "unless", "unit", "meaning")
    for place, row in rows_of(path, shown, columns):
        if row["limit"] in found:
            raise cannot_be(place, "limit", row["limit"], "It stands twice", "twice")
        how = must_be(row["how"], _HOWS, place, "how")
        measures = tuple(area_facts) if how == "area" else _MEASURES[how]
        must_be(row["measure"], measures, place, "measure", "fact")
        sense = must_be(row["sense"], _SENSES, place, "sense")
        if row["unless"]:
            must_be(row["unless"], area_facts, place, "unless", "fact")
        is_number = how != "area" or area_facts[row["measure"]].kind == "decimal"
        if is_number == (sense == "is"):
            raise cannot_be(place, "sense", sense, f"It does not fit {row['measure']}", "value")
        found[row["limit"]] = LimitWord(*(row[name] for name in columns))
    return found


def read_families(path: Path, shown: str, family: Fact) -> dict[str, tuple[str, ...]]:
    """Read ``families.csv``: the families that each word for a chemistry may be."""
    found: dict[str, tuple[str, ...]] = {}
    for place, row in rows_of(path, shown, ("chemistry", "family")):
        if row["chemistry"] in found:
            raise cannot_be(place, "chemistry", row["chemistry"], "It stands twice", "twice")
        must_be(row["family"], (*family.values, *family.groups), place, "family")
        found[row["chemistry"]] = family.groups.get(row["family"], (row["family"],))
    return found


def read_powers(path: Path, shown: str, facts: Mapping[str, Fact]) -> tuple[PowerClass, ...]:
    """Read ``power.csv``."""
    asked = ("family", "energy_wh", "lithium_g", "mass_kg")
    columns = ("power", *(f"when.{name}" for name in asked), "say", "cite", "confidence")
    found = []
    for place, row in rows_of(path, shown, columns):
        must_be(row["power"], facts["power"].values, place, "power")
        when = {
            name: parse_condition(facts[name], row[f"when.{name}"], place)
            for name in asked
            if row[f"when.{name}"]
        }
        found.append(PowerClass(row["power"], when))
    return tuple(found)
