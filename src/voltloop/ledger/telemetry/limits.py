"""The rules of goods: which conditions they bear, and for how long (``catalogue/traceability/conditions.csv``)."""

from __future__ import annotations

import csv
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import Any, Literal

from voltloop.epcis.quantities import convert
from voltloop.epcis.readings import measures
from voltloop.errors import InputError, nearest

__all__ = ["DEFAULT_GOODS", "Limit", "goods_kinds", "limits_of", "own_limits"]

DEFAULT_GOODS = "batteries"
_SEVERITIES = ("warning", "hold")


@dataclass(frozen=True, slots=True)
class Limit:
    """One limit of a kind of goods.

    Attributes
    ----------
    rule
        Its name within the kind.
    metric
        What is measured, of :func:`voltloop.epcis.readings.measures`.
    sense
        ``max``: values above it are outside; ``min``: values below.
    limit
        In the unit of the measure.
    clear_by
        How far inside a value has to lie to end an excursion (hysteresis), same unit, not negative.
    min_duration_s
        How long values have to lie outside before that is an excursion.
    budget_s
        How long values may lie outside over the whole watch, in all; None where only single excursions count.
    severity
        ``hold`` holds the goods until a person decides; ``warning`` only tells.
    """

    rule: str
    metric: str
    sense: Literal["max", "min"]
    limit: float
    clear_by: float = 0.0
    min_duration_s: float = 0.0
    budget_s: float | None = None
    severity: str = "warning"
    say: str = ""
    source: str = ""

    def is_outside(self, value: float) -> bool:
        """Whether a value lies beyond the limit; the limit itself is allowed."""
        return value > self.limit if self.sense == "max" else value < self.limit

    def is_clear(self, value: float) -> bool:
        """Whether a value lies inside by the hysteresis."""
        return (
            value <= self.limit - self.clear_by
            if self.sense == "max"
            else value >= self.limit + self.clear_by
        )

    def worse(self, one: float, other: float) -> float:
        """Give the one of two values that lies further out."""
        return max(one, other) if self.sense == "max" else min(one, other)


@cache
def _book() -> Mapping[str, tuple[Limit, ...]]:
    text = (resources.files("voltloop.catalogue") / "traceability" / "conditions.csv").read_text(
        encoding="utf-8"
    )
    found: dict[str, list[Limit]] = {}
    for row in csv.DictReader(text.splitlines()):
        made = Limit(
            row["rule"],
            row["metric"],
            "max" if row["sense"] == "max" else "min",
            float(row["limit"]),
            float(row["clear_by"]),
            float(row["min_duration_s"]),
            float(row["budget_s"]) if row["budget_s"] else None,
            row["severity"],
            row["say"],
            row["source"],
        )
        found.setdefault(row["goods"], []).append(made)
    return {goods: tuple(limits) for goods, limits in found.items()}


def goods_kinds() -> list[str]:
    """Give the kinds of goods that have limits."""
    return sorted(_book())


def limits_of(goods: str, own: Sequence[Limit] = ()) -> tuple[Limit, ...]:
    """Give the limits of a kind of goods; a load's own limit takes the place of the one of the same name.

    Raises
    ------
    InputError
        ``goods-unknown``.

    Examples
    --------
    >>> [limit.limit for limit in limits_of("cells_dry") if limit.metric == "dew_point"]
    [-40.0]
    """
    if goods not in _book():
        raise InputError(
            f'goods: "{goods}" is not a kind of goods with limits.{nearest(goods, _book())} '
            f"Known: {', '.join(goods_kinds())}.",
            code="goods-unknown",
        )
    replaced = {limit.rule for limit in own}
    return (*(limit for limit in _book()[goods] if limit.rule not in replaced), *own)


def own_limits(told: Sequence[Mapping[str, Any]]) -> tuple[Limit, ...]:
    """Read limits of a load's own.

    Parameters
    ----------
    told
        Each with ``rule``, ``metric``, ``limit`` and, where it differs, ``sense`` (``max``), ``uom`` (the measure's),
        ``clear_by``, ``min_duration_s``, ``budget_s``, ``severity`` (``warning`` or ``hold``), ``say``.

    Raises
    ------
    InputError
        ``limit-invalid``.
    """
    return tuple(_own(one, f"limits[{number}]") for number, one in enumerate(told))


def _own(one: Mapping[str, Any], where: str) -> Limit:
    def refuse(what: str) -> InputError:
        return InputError(f"{where}: {what}", code="limit-invalid")

    measure = measures().get(str(one.get("metric")))
    if measure is None:
        given, known = str(one.get("metric", "")), sorted({one.metric for one in measures().values()})
        raise refuse(
            f'metric: "{given}" is not a measure with a unit.{nearest(given, measures())} Known: {", ".join(known)}.'
        )
    numbers: dict[str, float] = {}
    for name in ("limit", "clear_by", "min_duration_s", "budget_s"):
        value = one.get(name, 0 if name in {"clear_by", "min_duration_s"} else None)
        if value is None and name == "budget_s":
            continue
        if not isinstance(value, int | float) or isinstance(value, bool) or (name != "limit" and value < 0):
            raise refuse(f"{name}: {value!r} is not a number that can be used.")
        numbers[name] = float(value)
    limit = convert(numbers["limit"], one.get("uom", measure.uom), measure.uom)
    if limit is None:
        raise refuse(f'uom: "{one.get("uom")}" does not measure {measure.metric}; {measure.uom} does.')
    sense, severity, rule = one.get("sense", "max"), one.get("severity", "warning"), one.get("rule")
    if sense not in {"max", "min"} or severity not in _SEVERITIES or not isinstance(rule, str) or not rule:
        raise refuse("rule is a name, sense max or min, severity warning or hold.")
    return Limit(
        rule,
        measure.metric,
        sense,
        limit,
        numbers["clear_by"],
        numbers["min_duration_s"],
        numbers.get("budget_s"),
        severity,
        str(one.get("say", "")),
        "a limit of the load's own",
    )
