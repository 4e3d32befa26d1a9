"""The measures that batteries are graded by: what can be right, and what is expected before anyone has looked."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cache

from voltloop.catalogue import diagnostics

__all__ = ["Measure", "measures"]

_TINY = 1e-9
"""Least value on a log scale: a dead short still has a logarithm."""


@dataclass(frozen=True, slots=True)
class Measure:
    """One measure of the catalogue.

    Attributes
    ----------
    name, label, unit
        Column name, name for a person, and unit (empty for choices).
    low, high
        Bounds of what can be right, both included; of numbers only.
    choices
        Words that may stand, from best to worst; empty for numbers.
    is_log
        Whether errors are shares of the value rather than absolute.
    prior_centre, prior_sd
        What an unmeasured battery is expected to have, on the scale of the errors; of numbers only.
    prior_shares
        Share of each choice among unmeasured batteries; empty for numbers.
    """

    name: str
    label: str
    unit: str
    low: float
    high: float
    choices: tuple[str, ...]
    is_log: bool
    prior_centre: float
    prior_sd: float
    prior_shares: tuple[float, ...]

    def on_scale(self, value: float) -> float:
        """Bring a value or bound to the scale of the errors; bounds may be infinite."""
        if not self.is_log or math.isinf(value):
            return value
        return math.log(max(value, _TINY))


@cache
def measures() -> dict[str, Measure]:
    """All measures of the catalogue by name, in its order."""
    shares: dict[str, dict[str, float]] = {}
    for row in diagnostics.grading_priors().iter_rows(named=True):
        shares.setdefault(row["measure"], {})[row["value"]] = float(row["share"])
    found = {}
    for row in diagnostics.grading_measures().iter_rows(named=True):
        choices = tuple((row["values"] or "").split("|")) if row["kind"] == "choice" else ()
        is_log = row["scale"] == "log"
        centre = float(row["prior_centre"] or 0.0)
        found[row["measure"]] = Measure(
            name=row["measure"],
            label=row["label"],
            unit=row["unit"] or "",
            low=float(row["min"] or 0.0),
            high=float(row["max"] or 0.0),
            choices=choices,
            is_log=is_log,
            prior_centre=math.log(centre) if is_log else centre,
            prior_sd=float(row["prior_sd"] or 0.0),
            prior_shares=tuple(shares[row["measure"]][choice] for choice in choices),
        )
    return found
