"""Straits and canals of the sea, the ships that fit through them, and when they are closed."""

from __future__ import annotations

import csv
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from functools import cache
from importlib import resources

from voltloop.errors import InputError, nearest

__all__ = ["Closure", "Passage", "Ship", "closures_of", "passages", "rows_of", "ship_of", "ships"]


@dataclass(frozen=True)
class Passage:
    """A strait or canal.

    Attributes
    ----------
    passage, name
        Its name in data and on a page.
    tag
        What the network of the sea calls it.
    is_usually_open
        False for ways through ice, which ships take only when asked to.
    largest_m
        Length, beam and draught of the largest ship; infinite where nothing binds.
    extra_h, extra_eur_per_t
        Waiting and slow passage [h], toll [EUR per tonne of goods].
    """

    passage: str
    name: str
    tag: str
    is_usually_open: bool
    largest_m: tuple[float, float, float]
    extra_h: float
    extra_eur_per_t: float


@dataclass(frozen=True)
class Ship:
    """A class of ships.

    Attributes
    ----------
    ship, name
        Its name in data and on a page.
    size_m
        Length, beam and draught.
    speed_kn
        Service speed [knots].
    emission_vehicle
        Row of the emission factors.
    cost_eur_per_tkm
        Freight [EUR per tonne and km].
    headway_h
        Usual time between two sailings [h].
    """

    ship: str
    name: str
    size_m: tuple[float, float, float]
    speed_kn: float
    emission_vehicle: str
    cost_eur_per_tkm: float
    headway_h: float

    def fits(self, passage: Passage) -> bool:
        """Whether such a ship can go through."""
        return all(own <= most for own, most in zip(self.size_m, passage.largest_m, strict=True))

    def shut_tags(self) -> frozenset[str]:
        """Tags of the passages that it does not fit through, or that ships do not usually take."""
        return frozenset(
            one.tag for one in passages().values() if not one.is_usually_open or not self.fits(one)
        )


@dataclass(frozen=True)
class Closure:
    """What cannot be used: a passage or a terminal, for ever or from one day to another, both included.

    Attributes
    ----------
    name
        Name of a passage, or id of a terminal.
    first_on, last_on
        None leaves that end open.
    """

    name: str
    first_on: date | None = None
    last_on: date | None = None

    def touches(self, start_on: date, end_on: date) -> bool:
        """Whether it is closed on any day from one to another."""
        return (self.first_on is None or self.first_on <= end_on) and (
            self.last_on is None or start_on <= self.last_on
        )


def rows_of(table: str) -> list[dict[str, str]]:
    """Rows of a file of ``catalogue/transport``."""
    text = (resources.files("voltloop.catalogue") / "transport" / f"{table}.csv").read_text(encoding="utf-8")
    return list(csv.DictReader(text.splitlines()))


@cache
def passages() -> dict[str, Passage]:
    """Straits and canals by name.

    Examples
    --------
    >>> passages()["panama"].largest_m
    (370.33, 51.25, 15.24)
    """
    found = {}
    for row in rows_of("passages"):
        most = tuple(float(row[f"largest_{what}_m"] or "inf") for what in ("length", "beam", "draught"))
        found[row["passage"]] = Passage(
            row["passage"],
            row["name"],
            row["tag"],
            row["usually_open"] == "yes",
            (most[0], most[1], most[2]),
            float(row["extra_h"]),
            float(row["extra_eur_per_t"]),
        )
    return found


@cache
def ships() -> dict[str, Ship]:
    """Classes of ships by name, the largest first.

    Examples
    --------
    >>> ships()["container_large"].fits(passages()["panama"])
    False
    """
    return {
        row["ship"]: Ship(
            row["ship"],
            row["name"],
            (float(row["length_m"]), float(row["beam_m"]), float(row["draught_m"])),
            float(row["speed_kn"]),
            row["emission_vehicle"],
            float(row["cost_eur_per_tkm"]),
            float(row["headway_h"]),
        )
        for row in rows_of("ships")
    }


def ship_of(name: str) -> Ship:
    """Give a class of ships.

    Raises
    ------
    InputError
        ``unknown-ship``: there is no such class.
    """
    found = ships().get(name)
    if found is None:
        raise InputError(
            f'"{name}" is not a class of ships.{nearest(name, ships())} Known: {", ".join(ships())}. '
            "Use one of them.",
            code="unknown-ship",
        )
    return found


def closures_of(words: Iterable[str], terminals: Iterable[str] = ()) -> tuple[Closure, ...]:
    """Read what is closed, such as ``suez`` or ``suez:2026-12-01:2027-02-28``.

    Parameters
    ----------
    words
        Name of a passage, with any of its usual names, or id of a terminal; then, if it is not for ever, first and
        last day with colons between. An empty day leaves that end open.
    terminals
        Ids that may be closed beside the passages.

    Raises
    ------
    InputError
        ``unknown-passage`` or ``closure-dates``.

    Examples
    --------
    >>> closures_of(["Suez Canal", "ormuz:2027-01-01:"])[1]
    Closure(name='hormuz', first_on=datetime.date(2027, 1, 1), last_on=None)
    """
    names = _names()
    places = {terminal.casefold(): terminal for terminal in terminals}
    found = []
    for word in words:
        name, *days = (part.strip() for part in word.split(":"))
        key = names.get(name.casefold()) or places.get(name.casefold())
        if key is None:
            raise InputError(
                f'"{name}" is neither a passage nor a terminal.{nearest(name.casefold(), [*names, *places])} '
                f"Passages: {', '.join(passages())}. A terminal is named by its id, such as NLRTM.",
                code="unknown-passage",
            )
        found.append(Closure(key, *_days(word, days)))
    return tuple(found)


@cache
def _names() -> dict[str, str]:
    names = {}
    for row in rows_of("passages"):
        for name in (row["passage"], row["name"], row["tag"], *row["other_names"].split("|")):
            names[name.casefold()] = row["passage"]
    return names


def _days(word: str, days: list[str]) -> tuple[date | None, date | None]:
    try:
        first, last = (
            date.fromisoformat(day) if day else None for day in [*days, "", ""][: max(2, len(days))]
        )
    except ValueError as problem:
        raise _wrong_days(word) from problem
    if first and last and last < first:
        raise _wrong_days(word)
    return first, last


def _wrong_days(word: str) -> InputError:
    return InputError(
        f'"{word}" does not say from when to when. Expected NAME, or NAME:FIRST:LAST with days such as 2026-12-01, '
        "the first not after the last; one of them may be empty. Correct the days.",
        code="closure-dates",
    )
