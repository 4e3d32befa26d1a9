"""Countries for which something holds: codes, groups of countries, or the world."""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache
from typing import Final

from voltloop.catalogue import countries as catalogue_countries
from voltloop.compliance.credentials.rules import COUNTRY_GROUPS, WORLD
from voltloop.errors import InputError, nearest

__all__ = ["EVERYWHERE", "countries_of", "group_members", "read_jurisdiction", "recognised_in"]

EVERYWHERE: Final = frozenset({"*"})
"""All countries of the world."""

_ALSO: Final = {"adr": "adr_party", "basel": "basel_party", "usa": "US", "worldwide": WORLD, "all": WORLD}


@cache
def _members() -> dict[str, frozenset[str]]:
    frame = catalogue_countries()
    return {
        name: frozenset(frame.filter(frame[name].fill_null(value=False))["iso2"].to_list())
        for name in COUNTRY_GROUPS
    }


@cache
def _codes() -> frozenset[str]:
    return frozenset(catalogue_countries()["iso2"].to_list())


def group_members(name: str) -> frozenset[str]:
    """Give the countries of a group, or of a single country's code."""
    return _members().get(name, frozenset({name}))


def countries_of(codes: Iterable[str]) -> tuple[str, ...]:
    """Give country codes in capitals, each once, in their order.

    Raises
    ------
    InputError
        A code is not one of ISO 3166-1 alpha-2.
    """
    found: dict[str, None] = {}
    for text in codes:
        code = text.strip().upper()
        if code not in _codes():
            raise InputError(
                f'"{text}" is not a country code of ISO 3166-1 alpha-2, such as DE or US.{nearest(code, _codes())}',
                code="unknown-country",
            )
        found[code] = None
    return tuple(found)


def read_jurisdiction(text: str) -> tuple[frozenset[str], tuple[str, ...]]:
    """Give the countries that a cell names, and the words that are neither a country nor a group.

    Examples
    --------
    >>> sorted(read_jurisdiction("DE; FR")[0])
    ['DE', 'FR']
    >>> read_jurisdiction("Atlantis")[1]
    ('Atlantis',)
    """
    found: set[str] = set()
    unknown: list[str] = []
    for part in text.replace(",", ";").replace("|", ";").split(";"):
        word = part.strip()
        if not word:
            continue
        name = _ALSO.get(word.lower(), word)
        if name == WORLD or name.lower() == WORLD:
            found |= EVERYWHERE
        elif name.lower() in _members():
            found |= _members()[name.lower()]
        elif name.upper() in _codes() or name[:3].upper() == "US-":
            found.add(name.upper())
        else:
            unknown.append(word)
    return frozenset(found), tuple(unknown)


def recognised_in(stated: frozenset[str], recognised: str) -> frozenset[str]:
    """Give the countries in which a credential holds.

    Parameters
    ----------
    stated
        Countries that it names; empty when it names none.
    recognised
        Group of countries that recognise it when one of them issued it, ``world``, or empty for none. A credential that
        names no country holds in its whole group; without a group it holds nowhere until somebody says where.
    """
    if recognised == WORLD:
        return EVERYWHERE
    group = group_members(recognised) if recognised else frozenset()
    if not stated or stated & group or "*" in stated:
        return stated | group
    return stated
