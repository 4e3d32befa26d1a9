"""Which catalogue model a row means: sure when the names agree but for spelling, else with a finding."""

from __future__ import annotations

import re
from functools import cache, lru_cache
from typing import NamedTuple

from voltloop.batteries._text import key, words_of
from voltloop.catalogue.vocab import pack_models

__all__ = ["Match", "Model", "match_model", "models", "named_model", "narrowed"]

_NOISE = frozenset(words_of("kwh wh ah v kw battery batterie akku pack hv batteriepack typ type model"))


class Model(NamedTuple):
    """The facts of one catalogue model that a row is held against."""

    name: str
    manufacturer: str
    chemistry: str
    form: str
    energy_wh: float
    mass_kg: float
    voltage_v: float | None
    year_from: int
    tokens: frozenset[str]


class Match(NamedTuple):
    """Models that a row may mean (places in :func:`models`) and whether the name is theirs but for spelling."""

    places: tuple[int, ...]
    is_sure: bool


_NONE = Match((), False)


@cache
def models() -> tuple[Model, ...]:
    """All catalogue models, in the order of the catalogue."""
    return tuple(
        Model(
            row["model"],
            row["manufacturer"],
            row["chemistry"],
            row["form"],
            row["energy_wh"],
            row["mass_kg"],
            row["voltage_v"],
            row["year_from"],
            frozenset(_tokens(row["model"])),
        )
        for row in pack_models().iter_rows(named=True)
    )


@cache
def _names() -> tuple[
    dict[str, list[int]], dict[str, list[int]], dict[str, set[int]], list[tuple[tuple[str, ...], int]]
]:
    """Places by key of the model name, by key of an alias, by key of the maker; and families as words."""
    exact: dict[str, list[int]] = {}
    alias: dict[str, list[int]] = {}
    makers: dict[str, set[int]] = {}
    families: list[tuple[tuple[str, ...], int]] = []
    for place, row in enumerate(pack_models().iter_rows(named=True)):
        exact.setdefault(key(row["model"]), []).append(place)
        for spelling in {key(name) for name in row["model_aliases"]}:
            alias.setdefault(spelling, []).append(place)
        for maker in (row["manufacturer"], *row["manufacturer_aliases"]):
            makers.setdefault(key(maker), set()).add(place)
        families.extend((words_of(family), place) for family in row["families"])
    return exact, alias, makers, families


def _tokens(text: str) -> tuple[str, ...]:
    """Give the words of a model name with decimals kept and letters parted from numbers before units.

    Examples
    --------
    >>> _tokens("Ioniq 5 77.4kWh")
    ('ioniq', '5', '77.4')
    """
    spaced = re.sub(r"(\d)\s*(?=kwh|wh|ah)", r"\1 ", text.casefold())
    spaced = re.sub(r"(?<=\d)[.,](?=\d)", "\x00", spaced)
    words = re.split(r"[^\w\x00+]+", spaced)
    return tuple(
        word.replace("\x00", ".")
        for word in words
        if word and word.replace("\x00", ".") not in _NOISE - {"model"}
    )


@lru_cache(maxsize=65536)
def match_model(manufacturer: str | None, model: str | None) -> Match:
    """Give the catalogue models that a manufacturer and a model text may mean.

    Examples
    --------
    >>> [models()[place].name for place in match_model("NISSAN", "leaf 40kWh").places]
    ['Leaf 40 kWh']
    >>> match_model("Nissan", "leaf 40kWh").is_sure, match_model("Nissan", "Leaf").is_sure
    (True, False)
    """
    allowed = _allowed(manufacturer)
    if not model or allowed == frozenset():
        return _NONE
    named = _by_name(model, allowed)
    if named.places:
        return named
    words = words_of(re.sub(r"(?<=\d)(?=kwh|wh|ah)", " ", model.casefold()))
    in_family = [
        place
        for family, place in _names()[3]
        if (allowed is None or place in allowed) and family and _contains(words, family)
    ]
    return Match(_best_tokens(tuple(dict.fromkeys(in_family)), model), False) if in_family else _NONE


@lru_cache(maxsize=65536)
def named_model(manufacturer: str | None, model: str | None) -> int | None:
    """Give the one catalogue model whose name or alias a text is but for spelling, None when none or several are.

    Examples
    --------
    >>> models()[named_model("vw", "ID3 58 kWh")].name, named_model("VW", "ID.3")
    ('ID.3 58 kWh', None)
    """
    allowed = _allowed(manufacturer)
    if not model or allowed == frozenset():
        return None
    places = _by_name(model, allowed).places
    return places[0] if len(places) == 1 else None


def _allowed(manufacturer: str | None) -> frozenset[int] | None:
    """Give the models of a maker; None without a maker, nothing for one that the catalogue does not know."""
    makers = _names()[2]
    maker = key(manufacturer) if manufacturer else ""
    if not maker:
        return None
    found = makers.get(maker)
    if found is None:
        found = next(
            (places for name, places in makers.items() if len(name) > 2 and maker.startswith(name)), set()
        )
    return frozenset(found)


def _by_name(model: str, allowed: frozenset[int] | None) -> Match:
    """Match the name, or an alias, of a catalogue model."""
    exact, alias, makers, _ = _names()
    spellings = _spellings(model, makers)
    for lookup, is_sure in ((exact, True), (alias, False)):
        for spelling, own in spellings:
            found = [
                place
                for place in lookup.get(spelling, ())
                if (allowed is None or place in allowed) and (own is None or place in own)
            ]
            if found:
                return Match(tuple(found), is_sure and len(found) == 1)
    return _NONE


def _spellings(model: str, makers: dict[str, set[int]]) -> list[tuple[str, set[int] | None]]:
    """Give the key of the model text, and without a maker's name in front."""
    words = words_of(model)
    found: list[tuple[str, set[int] | None]] = [(key(model), None)]
    for length in (1, 2, 3):
        own = makers.get("".join(words[:length]))
        if own and len(words) > length:
            found.append(("".join(words[length:]), own))
    return found


def _contains(words: tuple[str, ...], family: tuple[str, ...]) -> bool:
    size = len(family)
    return any(words[start : start + size] == family for start in range(len(words) - size + 1))


def _best_tokens(places: tuple[int, ...], model: str) -> tuple[int, ...]:
    """Keep the models that share most words with the text; a number that is no model's keeps all."""
    tokens = set(_tokens(model))
    scores = {place: len(tokens & models()[place].tokens) for place in places}
    best = max(scores.values())
    return tuple(place for place in places if scores[place] == best)


def narrowed(places: tuple[int, ...], chemistry: str | None, energy_wh: float | None) -> tuple[int, ...]:
    """Narrow several models down by the listed energy (within 12 %) and chemistry; keep all if none fits."""
    if len(places) < 2:
        return places
    if energy_wh:
        near = tuple(place for place in places if abs(energy_wh / models()[place].energy_wh - 1) <= 0.12)
        places = near or places
    if chemistry and len(places) > 1:
        same = tuple(place for place in places if models()[place].chemistry == chemistry)
        places = same or places
    return places
