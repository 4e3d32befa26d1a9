"""The word lists as lookups by spelling-free key, built once."""

from __future__ import annotations

import csv
from collections import defaultdict
from functools import cache
from importlib import resources

from voltloop.batteries._text import key, keys
from voltloop.catalogue.vocab import chemistries, header_words, value_words

__all__ = [
    "chemistry_keys",
    "country_keys",
    "families",
    "header_keys",
    "is_missing",
    "languages_of",
    "value_keys",
]


@cache
def header_keys() -> dict[str, list[tuple[str, int]]]:
    """Fields by the key of a header word, each with the word's rank (0 is the most telling)."""
    found: dict[str, dict[str, int]] = defaultdict(dict)
    for field, words in header_words().select("field", "words").iter_rows():
        for rank, word in enumerate(words):
            for spelling in keys(word):
                found[spelling][field] = min(rank, found[spelling].get(field, rank))
    return {spelling: sorted(fields.items(), key=lambda item: item[1]) for spelling, fields in found.items()}


@cache
def languages_of() -> dict[str, frozenset[str]]:
    """Languages in which a header word is used, by its key."""
    found: dict[str, set[str]] = defaultdict(set)
    for language, words in header_words().select("language", "words").iter_rows():
        for word in words:
            for spelling in keys(word):
                found[spelling].add(language)
    return {spelling: frozenset(languages) for spelling, languages in found.items()}


@cache
def value_keys(field: str) -> dict[str, str]:
    """Values of ``field`` (condition, form, reason, missing, ...) by the key of a word."""
    found: dict[str, str] = {}
    for value, words in (
        value_words().filter(value_words()["field"] == field).select("value", "words").iter_rows()
    ):
        for word in [*words, value]:
            for spelling in keys(word):
                found.setdefault(spelling, value)
    return found


@cache
def chemistry_keys() -> dict[str, str]:
    """Chemistries by the key of a synonym."""
    found: dict[str, str] = {}
    for chemistry, synonyms in chemistries().select("chemistry", "synonyms").iter_rows():
        for word in [chemistry, *synonyms]:
            for spelling in keys(word):
                found.setdefault(spelling, chemistry)
    return found


@cache
def families() -> dict[str, str | None]:
    """Family in transport law by chemistry; None for unknown."""
    return dict(chemistries().select("chemistry", "family").iter_rows())


@cache
def country_keys() -> dict[str, str]:
    """ISO 3166-1 two-letter codes by the key of a code, name or alias."""
    text = (resources.files("voltloop.batteries") / "words" / "countries.csv").read_text(encoding="utf-8")
    rows = list(csv.DictReader(text.splitlines()))
    found = {key(row["iso2"]): row["iso2"] for row in rows}
    for row in rows:
        for word in row["words"].split(";"):
            for spelling in keys(word) if word else ():
                found.setdefault(spelling, row["iso2"])
    return found


@cache
def _missing() -> frozenset[str]:
    words = value_words().filter(value_words()["field"] == "missing")["words"].explode()
    return frozenset(word.casefold() for word in words)


def is_missing(text: str) -> bool:
    """Say whether ``text`` only states that there is no value ("n/a", "-", "unbekannt").

    Examples
    --------
    >>> is_missing("n/a"), is_missing("keine Angabe"), is_missing("0")
    (True, True, False)
    """
    bare = " ".join(text.casefold().split())
    return not bare or bare in _missing() or bare.strip(" .()[]<>") in _missing()
