"""Units of measure: what compares with what, and by how much.

Units are codes of UN/CEFACT Recommendation 20, as EPCIS has them in ``uom``. A unit belongs to one dimension,
named by the measurement type of the CBV it usually serves: concentrations and absolute humidity are ``Density``,
relative humidity and volume fractions ``Dimensionless``, altitude ``Length``. Pieces are a ``Count``, which is no
ratio. The table is ``catalogue/traceability/units.csv``; its factors and offsets lead to the SI unit.
"""

from __future__ import annotations

import csv
import math
from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from functools import cache, lru_cache
from importlib import resources

__all__ = ["Unit", "convert", "same_dimension", "to_base", "units"]


@dataclass(frozen=True, slots=True)
class Unit:
    """One unit of measure.

    Attributes
    ----------
    uom
        Common code of Recommendation 20, such as ``CEL``.
    name
        English name.
    dimension
        What it measures; units of one dimension compare with each other.
    factor, offset
        A value in this unit times ``factor`` plus ``offset`` is the value in the base unit of the dimension.
    """

    uom: str
    name: str
    dimension: str
    factor: Fraction
    offset: Fraction


@cache
def units() -> Mapping[str, Unit]:
    """Every known unit by its code.

    Examples
    --------
    >>> units()["KWH"].dimension
    'Energy'
    """
    file = resources.files("voltloop.catalogue") / "traceability" / "units.csv"
    rows = csv.DictReader(file.read_text(encoding="utf-8").splitlines())
    return {
        row["uom"]: Unit(
            row["uom"], row["name"], row["dimension"], Fraction(row["factor"]), Fraction(row["offset"])
        )
        for row in rows
    }


@lru_cache(maxsize=1 << 15)
def to_base(value: float, uom: str) -> tuple[str, float] | None:
    """Give a measured value in the base unit of its dimension.

    Parameters
    ----------
    value
        Any number, in the unit ``uom``.
    uom
        Code of Recommendation 20.

    Returns
    -------
    tuple or None
        Dimension and value in its base unit; None for an unknown unit. The conversion is exact on the decimal
        digits of ``value`` and rounded once, so that equal measures in different units are mostly equal numbers.

    Examples
    --------
    >>> to_base(78.8, "FAH") == to_base(26, "CEL") == to_base(299.15, "KEL") == ("Temperature", 299.15)
    True
    >>> to_base(1, "ZZZ") is None
    True
    """
    unit = units().get(uom)
    if unit is None:
        return None
    return unit.dimension, _exactly(value, unit.factor, unit.offset)


def convert(value: float, uom: str, wanted: str) -> float | None:
    """Give a measured value in another unit.

    Parameters
    ----------
    value
        Any number, in the unit ``uom``.
    uom, wanted
        Codes of Recommendation 20.

    Returns
    -------
    float or None
        None where a unit is unknown or the two measure different things.

    Examples
    --------
    >>> convert(-40, "CEL", "FAH")
    -40.0
    >>> convert(1, "KWH", "3B")
    3.6
    >>> convert(1, "KGM", "LTR") is None
    True
    """
    source, target = units().get(uom), units().get(wanted)
    if source is None or target is None or source.dimension != target.dimension:
        return None
    factor = source.factor / target.factor
    return _exactly(value, factor, (source.offset - target.offset) / target.factor)


def same_dimension(uom: str, other: str) -> bool:
    """Say whether two units measure the same thing; an unknown unit compares with itself only.

    Examples
    --------
    >>> same_dimension("BAR", "KPA"), same_dimension("NU", "JOU"), same_dimension("ZZZ", "ZZZ")
    (True, False, True)
    """
    one, two = units().get(uom), units().get(other)
    return uom == other if one is None or two is None else one.dimension == two.dimension


def _exactly(value: float, factor: Fraction, offset: Fraction) -> float:
    """Multiply and add on the decimal digits of a value, and round once."""
    if not math.isfinite(value) or (factor == 1 and not offset):
        return float(value)
    try:
        return float(Fraction(repr(value)) * factor + offset)
    except OverflowError:
        return math.copysign(math.inf, value)
