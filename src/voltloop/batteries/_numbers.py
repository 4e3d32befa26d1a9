"""Numbers as people write them: decimal commas, thousands separators, units in the cell.

Whether ``1.234`` is one and a bit or twelve hundred cannot be told from the cell. It is told from the column:
``62,5`` proves a decimal comma, ``1.234.567`` a thousands point. Only if nothing in the column proves
anything are the other columns of the file asked, and then what is physically possible.
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from functools import lru_cache

import polars as pl

from voltloop.batteries._units import Unit, unit_of

__all__ = ["Number", "NumberColumn", "read_number", "read_numbers"]

_SPACE = "\\s\u00a0\u2007\u2009\u202f'\u2019\u02bc`\u00b4"
_NUMBER = re.compile(
    rf"""^\s*(?P<about>(?:ca|circa|approx|approximately|about|around|etwa|ungef\u00e4hr|env|environ|aprox|rund|~|\u2248|\u00b1|c)\.?\s*)?
    (?P<lead>[A-Za-z%]{{1,4}}\s*)??
    (?P<open>\()?(?P<sign>[-+\u2212\u2013])?\s*
    (?P<digits>(?:\d[\d.,{_SPACE}]*\d|\d|[.,]\d+|\d+[.,])(?:[eE][-+]?\d{{1,3}})?)
    (?P<close>\))?(?P<after>-)?\s*(?P<unit>[A-Za-z\u00b5%][A-Za-z\u00c0-\u024f\u00b5%.\s-]*)?\s*$""",
    re.VERBOSE,
)
_LONGEST = 60
_GROUPED = re.compile(rf"^\d{{1,3}}(?:[{_SPACE}]\d{{3}})+(?:[.,]\d+)?$")


@dataclass(frozen=True, slots=True)
class Number:
    """One number as written.

    Attributes
    ----------
    value
        What it is if that is certain, or if the point is the decimal sign.
    other
        What it is if the other sign is the decimal one; None when there is only one reading.
    proves
        The decimal sign that the cell proves, "." or ",", or "" when it proves none.
    unit
        Unit in the cell.
    is_about
        The cell says that the number is not exact.
    """

    value: float
    other: float | None = None
    proves: str = ""
    unit: Unit | None = None
    is_about: bool = False


@lru_cache(maxsize=262144)
def read_number(text: str) -> Number | None:
    """Give the number that a cell holds, or None when it holds none.

    Examples
    --------
    >>> read_number("1.234,5 kg").value, read_number("1 234").value, read_number("62,5 kWh").unit.name
    (1234.5, 1234.0, 'kWh')
    >>> read_number("1.234").value, read_number("1.234").other
    (1.234, 1234.0)
    """
    if len(text) > _LONGEST:
        return None
    match = _NUMBER.match(text)
    if match is None or bool(match["open"]) != bool(match["close"]) or (match["unit"] and match["lead"]):
        return None  # "Leaf 40 kWh" is a name
    name = (match["unit"] or match["lead"] or "").strip()
    unit = unit_of(name) if name else None
    if name and unit is None:
        return None
    parsed = _digits(match["digits"])
    if parsed is None:
        return None
    value, other, proves = parsed
    if not math.isfinite(value):
        return None
    if match["open"] or match["after"] or (match["sign"] or "+") not in "+":
        value, other = -value, None if other is None else -other
    return Number(value, other, proves, unit, bool(match["about"]))


def _digits(text: str) -> tuple[float, float | None, str] | None:  # noqa: C901, PLR0911 - one way of writing each
    """Give the value, the other reading if any, and the decimal sign that the digits prove."""
    mantissa = text
    if "e" in text.casefold():
        mantissa = re.split("[eE]", text)[0]
        if re.fullmatch(r"\d*[.,]?\d*", mantissa):
            return float(text.replace(",", ".")), None, ""
        return None
    bare = re.sub(f"[{_SPACE}]", "", text)
    if bare != text:
        if not _GROUPED.match(text):
            return None
        sign = "," if "," in bare else "." if "." in bare else ""
        return float(bare.replace(",", ".")), None, sign
    points, commas = bare.count("."), bare.count(",")
    if not points and not commas:
        return float(bare), None, ""
    if points and commas:
        decimal = "." if bare.rfind(".") > bare.rfind(",") else ","
        thousands = "," if decimal == "." else "."
        whole, _, rest = bare.rpartition(decimal)
        if decimal in whole or not re.fullmatch(rf"\d{{1,3}}(?:\{thousands}\d{{3}})+", whole):
            return None
        return float(whole.replace(thousands, "") + "." + (rest or "0")), None, decimal
    sign = "." if points else ","
    if points + commas > 1:
        if not re.fullmatch(rf"\d{{1,3}}(?:\{sign}\d{{3}})+", bare):
            return None
        return float(bare.replace(sign, "")), None, "," if sign == "." else "."
    whole, _, rest = bare.partition(sign)
    value = float(f"{whole or '0'}.{rest or '0'}")
    if len(rest) == 3 and 1 <= len(whole) <= 3 and not whole.startswith("0"):
        thousands_value = float(whole + rest)
        return (value, thousands_value, "") if sign == "." else (thousands_value, value, "")
    return value, None, sign


@dataclass(slots=True)
class NumberColumn:
    """The numbers of one column.

    Attributes
    ----------
    frame
        One row per record: ``value``; ``other`` (a second reading where the file proves none); ``unit`` and
        ``factor``, ``kind`` of the unit in the cell; ``is_sure_unit``; ``is_about``; ``unread`` (the cell holds text
        that is no number); ``borrowed`` (read by what the file's other columns prove).
    proof
        The decimal sign that the column proves: ".", ",", "" for none, "both" for a contradiction.
    """

    frame: pl.DataFrame
    proof: str


def column_proof(texts: pl.Series, typed: pl.Series | None) -> str:
    """Give the decimal sign that the text cells of a column prove: ".", ",", "both" or ""."""
    text_only = texts if typed is None else texts.filter(~typed)
    found = {number.proves for text in text_only.drop_nulls().unique() if (number := read_number(text))} - {
        ""
    }
    return "both" if len(found) == 2 else next(iter(found), "")


def read_numbers(texts: pl.Series, typed: pl.Series | None, file_proof: str) -> NumberColumn:
    """Read a column of numbers.

    Parameters
    ----------
    texts
        Cells; null is missing.
    typed
        Which cells the file holds as numbers: their point is a decimal point, whatever else is in the column.
    file_proof
        The decimal sign that the file's other columns prove, asked when this column proves none.
    """
    proof = column_proof(texts, typed)
    unique = texts.drop_nulls().unique()
    rows = [_reading(text, proof, file_proof) for text in unique]
    names = ("value", "other", "kind", "factor", "unit", "is_sure_unit", "is_about", "unread", "borrowed")
    lookup = pl.DataFrame(
        {"text": unique, **{name: [row[place] for row in rows] for place, name in enumerate(names)}},
        schema={
            "text": pl.String,
            "value": pl.Float64,
            "other": pl.Float64,
            "kind": pl.String,
            "factor": pl.Float64,
            "unit": pl.String,
            "is_sure_unit": pl.Boolean,
            "is_about": pl.Boolean,
            "unread": pl.Boolean,
            "borrowed": pl.Boolean,
        },
    )
    frame = pl.DataFrame({"text": texts}).join(lookup, on="text", how="left", maintain_order="left")
    flags = ("is_about", "unread", "borrowed")
    frame = frame.with_columns(pl.col(flag).fill_null(False) for flag in flags)
    if typed is not None and typed.any():
        exact = pl.DataFrame({"exact": typed & frame["text"].is_not_null()})
        point = texts.cast(pl.Float64, strict=False)
        frame = frame.with_columns(exact["exact"], point.alias("point")).with_columns(
            pl.when("exact").then("point").otherwise("value").alias("value"),
            pl.when(~pl.col("exact")).then("other").alias("other"),
            (pl.col("borrowed") & ~pl.col("exact")).alias("borrowed"),
        )
    return NumberColumn(frame.drop("text", "exact", "point", strict=False), proof)


def _reading(text: str, proof: str, file_proof: str) -> tuple[object, ...]:
    number = read_number(text)
    if number is None:
        return None, None, None, None, None, None, False, True, False
    value, other, borrowed = number.value, number.other, False
    if other is not None:
        decimal = proof if proof in (".", ",") else file_proof
        if decimal in (".", ",") and proof != "both":
            # ``value`` is the reading with a decimal point, ``other`` the one with a decimal comma.
            value, other, borrowed = (value if decimal == "." else other), None, proof == ""
    unit = number.unit
    return (
        value,
        other,
        unit.kind if unit else None,
        unit.factor if unit else None,
        unit.name if unit else None,
        unit.sure if unit else None,
        number.is_about,
        False,
        borrowed,
    )
