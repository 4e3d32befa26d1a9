"""Rows that are no batteries: chargers, cables, tyres, pallets, freight costs."""

from __future__ import annotations

import re
from functools import cache

import polars as pl

from voltloop.batteries._matched import Matched
from voltloop.batteries._text import key, words_of
from voltloop.batteries._words import value_keys
from voltloop.batteries._work import Work
from voltloop.catalogue.vocab import value_words

__all__ = ["not_batteries"]

_BATTERY = re.compile(
    r"batter|akku|accu\b|accus\b|accumul|bater|\bpack|\bcell|\bzelle|\bcellule|modul|\bzell|powerwall|kwh|\bwh\b",
    re.IGNORECASE,
)
_WITH = frozenset(
    words_of("with w mit m avec con met incl inkl including inklusive inclus and und et y e plus on")
)
_OF = frozenset(
    words_of("of for de du des da del della di der für fuer fur pour para per voor von van zu zur a au al")
)


def not_batteries(work: Work, energy_wh: pl.Series, models: Matched) -> pl.Series:
    """Note the rows that are no batteries, and give where they are.

    A row that names a chemistry or an energy is never thrown out for a word; it goes to review. A row of a
    catalogue model is a battery, whatever words its names hold.
    """
    found = pl.Series([False] * work.height, dtype=pl.Boolean)
    is_model = (models.frame["count"] > 0).fill_null(False)
    is_lot = (work.values["form"] == "scrap_lot").fill_null(False)
    speaks = work.values["chemistry"].is_not_null() | (energy_wh > 0).fill_null(False)
    for name in ("form", "description", "model", "chemistry", "manufacturer"):
        texts = work.text(name)
        # A maker may be called "Motor Company"; only a word alone in that column tells what the row is.
        judge = _alone if name == "manufacturer" else _kind
        judged = {text: judge(text) for text in texts.drop_nulls().unique()}
        kind = texts.replace_strict(judged, default=None, return_dtype=pl.String)
        if kind.null_count() == len(kind):
            continue
        free = ~is_lot & ~is_model
        clear = kind.is_in(["accessory", "device", "container"]).fill_null(False) & ~found & free
        work.mark(clear & ~speaks, "not-a-battery", name, texts, None)
        perhaps = (kind == "perhaps").fill_null(False) & ~speaks & free
        if name in ("form", "chemistry"):
            perhaps |= clear & speaks
        work.mark(perhaps, "perhaps-not-a-battery", name, texts, None, 0.5)
        found |= clear & ~speaks
    return found


def _alone(text: str) -> str | None:
    return value_keys("not_battery").get(key(text))


def _kind(text: str) -> str | None:
    """Say what a text names: ``accessory``, ``device``, ``container``, ``perhaps`` one of them; None for a battery.

    Examples
    --------
    >>> _kind("Charger for battery"), _kind("Battery with charger"), _kind("Forklift battery"), _kind("Winterreifen")
    ('accessory', None, None, 'accessory')
    """
    words = value_keys("not_battery")
    if key(text) in words:
        return words[key(text)]
    if key(text) in value_keys("form"):  # "vélo électrique" in a list of batteries is its battery
        return None
    parts = words_of(text)
    for size in (3, 2, 1):
        for start in range(len(parts) - size + 1):
            kind = words.get("".join(parts[start : start + size]))
            if kind == "container":
                return "container" if not _BATTERY.search(text) else "perhaps"
            if kind:
                return _weighed(kind, parts[:start], parts[start + size :])
    return _compound(text, parts)


def _weighed(kind: str, before: tuple[str, ...], after: tuple[str, ...]) -> str | None:
    """Weigh an accessory against the battery that is named before or after it."""
    if _BATTERY.search(" ".join(before)):
        is_part = bool(after) or bool(_WITH & set(before)) or before[-1] in _OF
        return None if is_part else kind  # "battery with cable", "batterie de moteur"; but "battery cable"
    if _BATTERY.search(" ".join(after)):
        if _WITH & set(after):
            return "perhaps"
        if not _OF & set(after) and _BATTERY.search(after[-1]):
            return None if kind == "device" else "perhaps"  # "forklift battery"; "charger battery" is open
    return kind


def _compound(text: str, parts: tuple[str, ...]) -> str | None:
    """Judge words that are put together: "Winterreifen", "Transportkosten", "Holzpalette", "Batteriekabel"."""
    for part in parts:
        for word, kind in _endings():
            if part.endswith(word) and len(part) > len(word):
                others = " ".join(other for other in parts if other != part)
                if not _BATTERY.search(others):
                    return kind if kind != "container" or not _BATTERY.search(text) else "perhaps"
    return None


@cache
def _endings() -> list[tuple[str, str]]:
    """Give the words that German and Dutch put at the end of a longer one."""
    rows = value_words().filter((pl.col("field") == "not_battery") & pl.col("language").is_in(["de", "nl"]))
    return [
        (key(word), value)
        for value, words in rows.select("value", "words").iter_rows()
        for word in words
        if len(key(word)) >= 5 and len(words_of(word)) == 1
    ]
