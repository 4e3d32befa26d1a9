"""Headers that no list has in full: told by a telling part of a word, the unit, and what the cells hold."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cache

from voltloop.batteries._text import words_of
from voltloop.batteries._units import Unit
from voltloop.catalogue.vocab import header_stems

__all__ = ["by_stems", "is_of_people"]

_MEASURED = {
    "energy": "energy",
    "capacity": "capacity",
    "voltage": "voltage",
    "mass": "mass",
    "soh": "share",
    "soc": "share",
}
_DATES = ("returned_on", "produced_on")
_LEAST = {"condition": 0.5, "reason": 0.3, "chemistry": 0.5, "country": 0.5}


@cache
def _stems() -> dict[str, tuple[str, ...]]:
    found: dict[str, list[str]] = {}
    for field, stems in header_stems().select("field", "stems").iter_rows():
        found.setdefault(field, []).extend(stems)
    return {field: tuple(dict.fromkeys(stems)) for field, stems in found.items()}


def _says(field: str, words: tuple[str, ...]) -> bool:
    """Say whether a word begins or ends with a stem of ``field``, or the words hold its phrase."""
    joined = f" {' '.join(words)} "
    for stem in _stems()[field]:
        if " " in stem:
            if f" {stem} " in joined:
                return True
        elif len(stem) <= 4:
            if stem in words:
                return True
        elif any(word.startswith(stem) or word.endswith(stem) for word in words):
            return True
    return False


def _is_other(words: tuple[str, ...]) -> bool:
    """Say whether a word, or the beginning or end of a compound, speaks of something that is not of the table."""
    never = _stems()["never"]
    long = tuple(stem for stem in never if len(stem) >= 5)
    return bool(set(words) & set(never)) or any(
        word.startswith(long) or word.endswith(long) for word in words
    )


def by_stems(
    text: str, unit: Unit | None, values: Sequence[str], fits: Callable[[str, Sequence[str]], float]
) -> tuple[str, ...]:
    """Give the kinds of column that a header may mean, none when it speaks of something else.

    Parameters
    ----------
    text
        The header without its unit.
    unit
        The unit of the header.
    values
        Cells of the column.
    fits
        Share of the cells that look like a kind of column.

    Notes
    -----
    A header that speaks of a price, of what remains, of the last inspection and the like is none of ours.
    """
    words = words_of(text)
    if not words or not values or _is_other(words):
        return ()
    found = [
        field
        for field, kind in _MEASURED.items()
        if (unit is None or unit.kind == kind) and _says(field, words) and fits(field, values) >= 0.5
    ]
    if unit is not None and unit.kind == "energy" and not found and _says("capacity", words):
        found = ["energy"]
    if unit is not None or found:
        return tuple(found)
    dated = set(words) & set(_stems()["date"]) or any(word.endswith(("datum", "date")) for word in words)
    if dated or not all(value.isdigit() for value in values):
        found = [field for field in _DATES if _says(field, words) and fits(field, values) >= 0.6]
    found += [
        field for field, least in _LEAST.items() if _says(field, words) and fits(field, values) >= least
    ]
    whole = sum(value.isdigit() for value in values) / len(values)
    if not found and whole >= 0.8 and _says("quantity", words):
        found = ["quantity"]
    return tuple(found)


def is_of_people(header: str) -> bool:
    """Say whether a column holds names and addresses, whose words ("Mr Brand") say nothing about a battery."""
    words = words_of(header)
    return bool(words) and _says("person", words) and not _says("remark", words)
