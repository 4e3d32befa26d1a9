"""What remarks give away: smoke, leaks, swelling and the like, in six languages, with negations respected."""

from __future__ import annotations

import csv
import re
from functools import cache, lru_cache
from importlib import resources
from typing import NamedTuple

import polars as pl

from voltloop.batteries._text import words_of

__all__ = ["LEVELS", "Hazard", "denies", "hazard_in", "hazards"]

LEVELS = ("ok", "unknown", "suspect", "damaged", "critical")
"""Conditions from the best to the worst; unknown is never better than ok."""

_REACH = 3
_CLAUSE = re.compile(
    r"[.;:!?,()\n|]+|\s+-+\s+|\s(?=(?:but|aber|mais|pero|maar|jedoch|however|sondern|ma|since|after|because|due|nach|seit"
    r"|wegen|weil|depuis|apr[eè]s|desde|despu[eé]s|dopo|sinds|vanwege)\b)",
    re.IGNORECASE,
)
_ANSWERED = re.compile(r"\s*[:=]\s*(?=\w+\s*(?:$|[.,;]))")
_OR = frozenset(words_of("or nor oder noch ou ni o of ne né"))
_DASHED = re.compile(r"\s+[-\u2013\u2014]+\s*(?P<answer>\w+(?: \w+)?)(?=\s*(?:$|[.,;]))")


class Hazard(NamedTuple):
    """The worst thing that a text says: its level and the words that say it."""

    level: str
    words: str


@cache
def _lists() -> tuple[
    list[tuple[tuple[str, ...], str]], frozenset[str], frozenset[str], frozenset[str], frozenset[str]
]:
    """Give hazard phrases (longest first), negations before and after, harmless phrases, words of doubt."""
    text = (resources.files("voltloop.batteries") / "words" / "hazards.csv").read_text(encoding="utf-8")
    phrases: dict[tuple[str, ...], str] = {}
    others: dict[str, set[str]] = {"not-before": set(), "not-after": set(), "harmless": set(), "doubt": set()}
    for row in csv.DictReader(text.splitlines()):
        for word in row["words"].split(";"):
            spelled = words_of(word)
            if row["level"] in others:
                others[row["level"]].add(" ".join(spelled))
            else:
                phrases.setdefault(spelled, row["level"])
    ordered = sorted(phrases.items(), key=lambda item: -len(item[0]))
    before, after, harmless, doubt = (
        frozenset(others[name]) for name in ("not-before", "not-after", "harmless", "doubt")
    )
    return ordered, before, after, harmless, doubt


@cache
def _by_first() -> dict[str, list[tuple[tuple[str, ...], str]]]:
    found: dict[str, list[tuple[tuple[str, ...], str]]] = {}
    for words, level in _lists()[0]:
        found.setdefault(words[0], []).append((words, level))
    return found


@cache
def _stems() -> dict[str, list[tuple[str, str]]]:
    """Give the stems of compound words by their first three letters, longest first."""
    found: dict[str, list[tuple[str, str]]] = {}
    for words, level in _lists()[0]:
        if len(words) == 1 and words[0].endswith("stem"):
            stem = words[0].removesuffix("stem")
            found.setdefault(stem[:3], []).append((stem, level))
    return {start: sorted(stems, key=lambda item: -len(item[0])) for start, stems in found.items()}


@lru_cache(maxsize=65536)
def hazard_in(text: str) -> Hazard | None:
    """Give the worst hazard that ``text`` speaks of, or None.

    Notes
    -----
    A negation covers the words after it up to the next sign of punctuation or "but", and words joined by "or".
    When it is open whether a word is negated, it counts.

    Examples
    --------
    >>> hazard_in("No smoke or leakage seen, housing cracked").words
    'cracked'
    >>> hazard_in("kein Rauch, keine Leckage") is None, hazard_in("Rauch beobachtet").level
    (True, 'critical')
    """
    worst: Hazard | None = None
    for clause in _CLAUSE.split(_answered(text).replace("/", " or ")):
        found = _in_clause(clause) if clause else None
        if found and (worst is None or LEVELS.index(found.level) > LEVELS.index(worst.level)):
            worst = found
    return worst


def denies(words: tuple[str, ...]) -> bool:
    """Say whether a text holds a word of negation."""
    before = _lists()[1]
    return any(
        " ".join(words[start : start + size]) in before for size in (1, 2) for start in range(len(words))
    )


def _answered(text: str) -> str:
    """Join what is asked with its answer: "smoke: none", "leak - no"."""
    after = _lists()[2]

    def joined(found: re.Match[str]) -> str:
        is_answer = " ".join(words_of(found["answer"])) in after
        return f" {found['answer']}" if is_answer else found[0]

    return _DASHED.sub(joined, _ANSWERED.sub(" ", text))


def _in_clause(clause: str) -> Hazard | None:
    before, after, harmless, doubt = _lists()[1:]
    joined = f" {' '.join(words_of(clause))} "
    for phrase in (*harmless, *doubt):
        if f" {phrase} " in joined:
            joined = joined.replace(f" {phrase} ", " ")
    words = tuple(joined.split())
    worst: Hazard | None = None
    negated_until, place = -1, 0
    while place < len(words):
        for length in (3, 2, 1):
            if " ".join(words[place : place + length]) in before:
                negated_until = place + length - 1 + _REACH
                break
        hit = _hit(words, place)
        if hit is None:
            place += 1
            continue
        level, length = hit
        end = place + length
        if place <= negated_until:
            negated_until = end + 2 if words[end : end + 1] and words[end] in _OR else -1
        elif not any(" ".join(words[end : end + reach]) in after for reach in (1, 2)) and (
            worst is None or LEVELS.index(level) > LEVELS.index(worst.level)
        ):
            worst = Hazard(level, " ".join(words[place:end]))
        place = end
    return worst


def _hit(words: tuple[str, ...], place: int) -> tuple[str, int] | None:
    for phrase, level in _by_first().get(words[place], ()):
        if words[place : place + len(phrase)] == phrase:
            return level, len(phrase)
    for stem, level in _stems().get(words[place][:3], ()):
        if words[place].startswith(stem):
            return level, 1
    return None


@cache
def _starts() -> list[str]:
    return sorted({words[0].removesuffix("stem")[:4] for words, _ in _lists()[0]})


def hazards(texts: pl.Series) -> dict[str, Hazard]:
    """Give the hazards of the distinct texts of a column that have any."""
    unique = texts.drop_nulls().unique()
    plain = (
        unique.str.to_lowercase()
        .str.replace_all("ß", "ss")
        .str.normalize("NFKD")
        .str.replace_all(r"\p{Mn}", "")
    )
    found = {}
    for text in unique.filter(plain.str.contains_any(_starts())):
        hazard = hazard_in(text)
        if hazard:
            found[text] = hazard
    return found
