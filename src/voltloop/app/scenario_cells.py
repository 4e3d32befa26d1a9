"""Cells of a scenario file: numbers, words and flags, and what is said of those that cannot be read."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Final

import polars as pl

from voltloop.app.row_findings import RowFindings
from voltloop.compliance import Rulebook
from voltloop.compliance.conditions import make_axis, parse_condition
from voltloop.compliance.vocabulary import Fact, split
from voltloop.errors import nearest

__all__ = ["SILENT", "flags_of", "numbers_of", "words_of"]

SILENT: Final = ("", "unknown", "n/a", "none", "null", "na", "-", "?")
"""Cells that say nothing."""

_YES: Final = ("yes", "true", "1", "y")
_NO: Final = ("no", "false", "0", "n")


def numbers_of(series: pl.Series, fact: Fact, scale: float, expected: str, found: RowFindings) -> pl.Series:
    """Read a column of numbers into the unit of a fact; what cannot be is null and told."""
    shown = series.cast(pl.String).str.strip_chars()
    silent = shown.str.to_lowercase().is_in([*SILENT, "nan"]).fill_null(value=True)
    values = (series if series.dtype.is_numeric() else shown).cast(pl.Float64, strict=False)
    if scale != 1.0:
        # Dividing keeps 30 % the number 0.3, where a product would miss it by a hair.
        values = values / round(1.0 / scale)
    unread = ~silent & (values.is_null() | values.is_nan().fill_null(value=False))
    wrong = ~silent & ~unread & ~(_possible(values, fact) & values.is_finite())
    unit = f" {fact.unit}" if fact.unit and scale == 1.0 else ""
    if scale != 1.0:
        tiny = ~silent & ((values > 0) & (values < scale)).fill_null(value=False)
        found.add("classify-percent-below-one", _at(tiny, shown), field=series.name, fact=fact.name)
    found.add("classify-number-unread", _at(unread, shown), field=series.name, fact=fact.name)
    found.add(
        "classify-number-impossible",
        _at(wrong, shown),
        field=series.name,
        fact=fact.name,
        words={"value": expected or _range_words(fact.range, unit)},
    )
    return values.set(silent | unread | wrong, None).alias(fact.name)


def _possible(values: pl.Series, fact: Fact) -> pl.Series:
    met = pl.Series([True]).new_from_index(0, len(values))
    if fact.range:
        for sign, limit in parse_condition(fact, fact.range, "facts.csv").bounds:
            met &= {
                "<=": values <= limit,
                "<": values < limit,
                ">=": values >= limit,
                ">": values > limit,
            }[sign].fill_null(value=False)
    return met


def _range_words(text: str, unit: str) -> str:
    """Say a range in words.

    Examples
    --------
    >>> _range_words(">0", " Wh")
    'a number above 0 Wh'
    >>> _range_words(">=0 <=1", "")
    'a number of at least 0 and at most 1'
    """
    words = {">=": "of at least ", "<=": "at most ", ">": "above ", "<": "below "}
    parts = []
    for part in text.split():
        sign = part[:2] if part[:2] in words else part[:1]
        parts.append(f"{words[sign]}{part[len(sign) :]}{unit}")
    return "a number " + " and ".join(parts) if parts else "a finite number"


def words_of(series: pl.Series, fact: Fact, found: RowFindings, *, also: Sequence[str] = ()) -> pl.Series:
    """Read a column of words of a fact (yes and no of a boolean); what is not known is null and told.

    ``also`` are further words that are taken as they are.
    """
    known = {word: word for word in (*make_axis(fact, ()).codes, *also)}
    if fact.kind == "boolean":
        known |= dict.fromkeys(_YES, "yes") | dict.fromkeys(_NO, "no")
    text = series.cast(pl.String)
    distinct = text.unique().drop_nulls().to_list()
    plain = {word: _clean(word) for word in distinct}
    meant = {word: known.get(plain[word]) for word in distinct}
    wrong = [word for word in distinct if meant[word] is None and plain[word] not in SILENT]
    if wrong:
        choices = (*fact.values, *fact.groups, *fact.also, *also)
        found.add(
            "classify-word-unknown",
            _at(text.is_in(wrong).fill_null(value=False), text.str.strip_chars()),
            field=series.name,
            fact=fact.name,
            words=lambda raw: {
                "value": nearest(_clean(raw or ""), choices)
                or f" Known: {', '.join((*fact.values, *fact.groups))}."
            },
        )
    if not distinct:
        return text.alias(fact.name)
    values = pl.Series([meant[word] for word in distinct], dtype=pl.String)
    return text.replace_strict(distinct, values, default=None, return_dtype=pl.String).alias(fact.name)


def flags_of(series: pl.Series, rulebook: Rulebook, found: RowFindings) -> pl.Series:
    """Read a column of flags; unknown ones and those that exclude each other are left out and told."""
    joined = series.cast(pl.List(pl.String)).list.join(";") if isinstance(series.dtype, pl.List) else series
    text = joined.cast(pl.String)
    kept: dict[str, str | None] = {}
    for combination in text.unique().drop_nulls().to_list():
        if _clean(combination) in SILENT:
            kept[combination] = None
            continue
        rows = _at((text == combination).fill_null(value=False), text)
        flags = [_clean(flag) for flag in split(combination, ";")]
        kept[combination] = ";".join(_sound_flags(flags, series.name, rows, rulebook, found)) or None
    if not kept:
        return text.alias("flags")
    values = pl.Series(list(kept.values()), dtype=pl.String)
    return text.replace_strict(list(kept), values, default=None, return_dtype=pl.String).alias("flags")


def _sound_flags(
    flags: Sequence[str], name: str, rows: pl.DataFrame, rulebook: Rulebook, found: RowFindings
) -> list[str]:
    """Give the flags that can be used."""
    stated: dict[str, tuple[str, str]] = {}
    clash: set[str] = set()
    for flag in flags:
        if flag not in rulebook.flags:
            hint = nearest(flag, rulebook.flags)
            told = rows.with_columns(pl.lit(flag).alias("raw"))
            found.add(
                "classify-flag-unknown",
                told,
                field=name,
                fact="flags",
                words={"value": hint},
            )
            clash.add(flag)
            continue
        fact, value = rulebook.flags[flag]
        if fact and fact in stated and stated[fact][0] != value:
            other = stated[fact][1]
            told = rows.with_columns(pl.lit(f"{other};{flag}").alias("raw"))
            found.add("classify-flags-contradict", told, field=name, fact=fact)
            clash |= {other, flag}
        if fact:
            stated[fact] = (value, flag)
    for one, other in _excluding(stated, rulebook):
        told = rows.with_columns(pl.lit(f"{one};{other}").alias("raw"))
        found.add("classify-flags-contradict", told, field=name, fact=rulebook.flags[one][0])
        clash |= {one, other}
    return [flag for flag in flags if flag not in clash]


def _excluding(stated: Mapping[str, tuple[str, str]], rulebook: Rulebook) -> Iterator[tuple[str, str]]:
    """Give pairs of flags whose facts exclude each other, whether the mode asks for them or not."""
    for implied in rulebook.implied:
        given, fact = stated.get(implied.given), stated.get(implied.fact)
        if given and fact and given[0] in implied.condition.values and fact[0] == implied.contradicts:
            yield fact[1], given[1]


def _at(mask: pl.Series, raw: pl.Series) -> pl.DataFrame:
    at = mask.arg_true()
    return pl.DataFrame({"at": at, "raw": raw.gather(at)})


def _clean(word: str) -> str:
    return word.strip().lower().replace("-", "_").replace(" ", "_")
