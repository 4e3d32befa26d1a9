"""Where each field of a passport belongs: to which data points, and to which tier of readers.

A passport has elements under the names of the data points, elements of the vocabularies of GS1 and EN 18223
(``data/terms.csv``, tiers by the official matrix of access), and whole documents of other data models
(``data/fields.csv`` knows their fields, ``data/places.csv`` the tiers). A field that none of them knows belongs to
whoever keeps the passport, and to nobody else.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from functools import cache, lru_cache
from typing import Final

from voltloop.ledger.passport.points import by_name, rows_of

__all__ = [
    "DIALECTS",
    "INHERITED",
    "KEEPER",
    "OWN_ELEMENTS",
    "Place",
    "document_place",
    "local_name",
    "places_below",
    "term_place",
]

KEEPER: Final = "keeper"
"""Tier of what only the keeper of a passport sees."""
INHERITED: Final = "inherited"
"""Tier of a part that goes with what it is part of."""
DIALECTS: Final = ("batteryPass", "batteryPassReady", "catenaX")
"""Elements that hold documents of other data models, field for field."""

OWN_ELEMENTS: Final = (
    "capacityThroughput",
    "conditions",
    "diagnostics",
    "endedAt",
    "energyThroughput",
    "linkedPassports",
    "stateOfHealth",
    "transport",
)
"""Elements of ours beyond the data points."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where a field belongs.

    Attributes
    ----------
    tier
        Of the readers.
    points
        Numbers of the data points that it tells.
    covers
        Whether all of its parts belong to the same place, whatever their names.
    """

    tier: str
    points: frozenset[int] = frozenset()
    covers: bool = False


_UNKNOWN: Final = Place(KEEPER)


@lru_cache(maxsize=1 << 14)
def local_name(name: str) -> str:
    """Give the name of a term without its prefix or namespace.

    Examples
    --------
    >>> local_name("eubat:hasRatedCapacity"), local_name("https://ref.gs1.org/voc/netWeight"), local_name("@id")
    ('hasRatedCapacity', 'netWeight', '@id')
    """
    return re.split(r"[:/#]", name)[-1]


@cache
def _terms() -> Mapping[str, Place]:
    return {
        row["term"]: Place(
            row["tier"],
            frozenset({int(row["point"])}) if row["point"] else frozenset(),
            row["covers"] == "yes",
        )
        for row in rows_of("terms.csv")
    }


@cache
def _own(on: date) -> Mapping[str, Place]:
    return {name: Place(point.tier, frozenset({point.number}), True) for name, point in by_name(on).items()}


@lru_cache(maxsize=1 << 14)
def term_place(name: str, on: date, *, is_top: bool) -> Place:
    """Give the place of an element or of a part of one, by its name.

    Parameters
    ----------
    name
        With or without prefix.
    on
        Day whose data points count.
    is_top
        Whether it stands at the top of the passport: there is nothing then that it could inherit a tier from.
    """
    local = local_name(name)
    place = _own(on).get(name) if is_top else None
    place = place or _terms().get(local, _UNKNOWN)
    return _UNKNOWN if is_top and place.tier == INHERITED else place


@cache
def _known(dialect: str) -> frozenset[str]:
    return frozenset(
        row["path"].replace("[]", "") for row in rows_of("fields.csv") if row["dialect"] == dialect
    )


@cache
def _open(dialect: str) -> frozenset[str]:
    """Give the objects of a data model whose parts bear any name."""
    known = _known(dialect)
    parents = {path.rpartition(".")[0] for path in known}
    return frozenset(
        path
        for row in rows_of("fields.csv")
        if row["dialect"] == dialect
        and row["kind"] == "object"
        and (path := row["path"].replace("[]", "")) not in parents
    )


@cache
def _placed(dialect: str) -> Mapping[str, Place]:
    return {
        row["path"]: Place(row["tier"], frozenset(map(int, row["points"].split())))
        for row in rows_of("places.csv")
        if row["dialect"] == dialect
    }


@cache
def document_place(dialect: str, path: str) -> Place:
    """Give the place of a value in a document of another data model.

    Parameters
    ----------
    dialect
        One of :data:`DIALECTS`.
    path
        Names joined by dots, without indices.

    Examples
    --------
    >>> document_place("catenaX", "performance.dynamic.energy.soce.value").points
    frozenset({61})
    >>> document_place("catenaX", "performance.secret").tier
    'keeper'
    """
    if path not in _known(dialect) and not any(path.startswith(f"{one}.") for one in _open(dialect)):
        return _UNKNOWN
    placed = _placed(dialect)
    while path:
        if path in placed:
            return placed[path]
        path = path.rpartition(".")[0]
    return _UNKNOWN


@cache
def places_below(dialect: str, path: str) -> tuple[Place, ...]:
    """Give the places of a field of another data model and of everything within it."""
    inner = {one for one in _known(dialect) if one == path or one.startswith(f"{path}.")}
    return tuple({document_place(dialect, one) for one in inner or {path}})
