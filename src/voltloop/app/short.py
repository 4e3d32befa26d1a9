"""Fewer pieces of a lot than were planned or loaded, and what was loaded and is not there on delivery."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from voltloop.errors import InputError

__all__ = ["LOTS", "contents", "fewer", "missing_of", "pieces_of"]

LOTS = ("quantityList", "childQuantityList")
"""Fields of an event that name lots with quantities."""

_PIECES = re.compile(r"\s*(\d+(?:\.\d+)?)\s+of\s+(\S+)\s*")


def missing_of(told: Iterable[str]) -> tuple[frozenset[str], dict[str, float]]:
    """Give what is wholly missing, and of which lots how many pieces are.

    Parameters
    ----------
    told
        Identifiers, or for some pieces of a lot ``N of IDENTIFIER``.

    Raises
    ------
    InputError
        ``bad-pieces``: no piece of a lot is called missing.

    Examples
    --------
    >>> missing_of(["urn:x:pack", "2 of urn:x:lot"])
    (frozenset({'urn:x:pack'}), {'urn:x:lot': 2.0})
    """
    whole: set[str] = set()
    short: dict[str, float] = {}
    for text in told:
        pieces = _PIECES.fullmatch(text)
        if pieces is None:
            whole.add(text)
        else:
            short[pieces[2]] = short.get(pieces[2], 0.0) + float(pieces[1])
    for lot, count in short.items():
        if not count:
            raise InputError(
                f'"0 of {lot}" is said to be missing, which says nothing. Give how many pieces are not there.',
                code="bad-pieces",
            )
    return frozenset(whole), short


def pieces_of(events: Iterable[Mapping[str, Any]], lot: str) -> float:
    """Give how many pieces of a lot events name at their top, children aside."""
    return float(
        sum(
            entry["quantity"]
            for event in events
            for entry in event.get("quantityList", ())
            if entry["epcClass"] == lot
        )
    )


def contents(packings: Iterable[Mapping[str, Any]], lot: str) -> dict[str, float]:
    """Give how many pieces of a lot each package or load of packing and loading events holds, in their order."""
    found: dict[str, float] = {}
    for event in packings:
        for entry in event.get("childQuantityList", ()):
            if entry["epcClass"] == lot:
                found[event["parentID"]] = found.get(event["parentID"], 0.0) + entry["quantity"]
    return found


def fewer(events: Sequence[Mapping[str, Any]], short: Mapping[str, float]) -> list[dict[str, Any]]:
    """Give events with fewer pieces of some lots: from the last package on, and in all lists of goods.

    Raises
    ------
    InputError
        ``not-so-many``: as many pieces as there are, or more, are called missing.
    """
    found = [dict(event) for event in events]
    for lot, count in short.items():
        there = max(
            (
                entry["quantity"]
                for event in found
                for entry in event.get("quantityList", ())
                if entry["epcClass"] == lot
            ),
            default=0,
        )
        if count >= there:
            raise InputError(
                f"{count:g} pieces of {lot} are said to be missing, and this step has {there:g} of it. Give fewer, "
                "or name the lot alone where all of it is missing.",
                code="not-so-many",
            )
        left = count
        for rank in reversed(range(len(found))):
            found[rank], left = _less(found[rank], lot, count, left)
    return found


def _less(event: dict[str, Any], lot: str, count: float, left: float) -> tuple[dict[str, Any], float]:
    """Take pieces out of one event; give what is left to be taken out of the contents of others."""
    made = dict(event)
    for name in LOTS:
        if name not in made:
            continue
        entries = []
        for entry in made[name]:
            taken = 0.0
            if entry["epcClass"] == lot:
                taken = count if name == "quantityList" else min(left, entry["quantity"])
                left -= taken if name != "quantityList" else 0.0
            if taken < entry["quantity"]:
                entries.append(entry | {"quantity": _number(entry["quantity"] - taken)} if taken else entry)
        made[name] = entries
        if not entries:
            del made[name]
    return made, left


def _number(value: float) -> float | int:
    return int(value) if value == int(value) else value
