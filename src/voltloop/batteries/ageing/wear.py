"""What a use does to a model's cell: the growth of each term, step by step and by state of health."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from voltloop.batteries.ageing.facts import parameters
from voltloop.batteries.ageing.models import rates_of
from voltloop.batteries.ageing.windows import cut, stress

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from voltloop.batteries.ageing.series import Series
    from voltloop.batteries.ageing.terms import Part, Term

    Floats = NDArray[np.float64]

__all__ = ["HEALTHS", "Wear", "wear"]

HEALTHS = np.linspace(0.4, 1.2, 17)
"""States of health at which wear is worked out, evenly spaced; below and above, the nearest counts."""

STEP_DAYS = 30.0


@dataclass(frozen=True, slots=True)
class Wear:
    """Growth of every term of one model under one use.

    Attributes
    ----------
    model
        Name of the model.
    parts
        What each term changes; the last one, ``throughput``, counts equivalent full cycles.
    days
        Length of each step of the use, shape (steps,) [days].
    growth
        Growth of z of each term in each step, shape (steps, healths, terms).
    healths
        States of health that the second axis stands for; one if the energy moved shrinks with the capacity.
    p, limit, start
        Exponent, limit (infinite for a power term) and first z of each term, shape (terms,).
    """

    model: str
    parts: tuple[Part | str, ...]
    days: Floats
    growth: Floats
    healths: Floats
    p: Floats
    limit: Floats
    start: Floats

    def by_year(self) -> Wear:
        """Give the same use as one step of 365 days."""
        factor = 365.0 / self.days.sum()
        growth = self.growth.sum(axis=0, keepdims=True) * factor
        return Wear(
            self.model, self.parts, np.array([365.0]), growth, self.healths, self.p, self.limit, self.start
        )


def wear(series: Series, model: str, *, keeps_energy: bool = True) -> Wear:
    """Work out the growth of every term of a model under a use.

    Parameters
    ----------
    series
        The use, of a new battery.
    model
        Name of an ageing model.
    keeps_energy
        Whether the energy moved stays the same as the battery fades, so that depth and C-rate grow by the
        inverse of its health; otherwise the swings of the state of charge stay.

    Returns
    -------
    Wear
        In steps of about a month; a shorter use is repeated to fill one.
    """
    windows = cut(series)
    rates, given = rates_of(model), parameters(model)
    healths = HEALTHS if keeps_energy else np.ones(1)
    by_health: list[Floats] = []
    whole: list[Term] = []
    for health in healths:
        at = stress(windows, float(health))
        terms = rates(at, given)
        clocks = [at.days if term.clock == "time" else at.efc for term in terms]
        grown = [term.rate * clock for term, clock in zip(terms, clocks, strict=True)]
        by_health.append(np.stack([*grown, at.efc], axis=-1))
        if np.isclose(health, 1.0):
            whole = terms
            efc = at.efc
    growth = np.stack(by_health, axis=1)
    weights = [windows.days if term.clock == "time" else efc for term in whole]
    p = [_average(term.p, weight) for term, weight in zip(whole, weights, strict=True)]
    limit = [
        np.inf if term.limit is None else _average(term.limit, weight)
        for term, weight in zip(whole, weights, strict=True)
    ]
    days, growth = _steps(windows.days * windows.repeats, growth * windows.repeats)
    return Wear(
        model,
        (*(term.part for term in whole), "throughput"),
        days,
        growth,
        healths,
        np.array([*p, 1.0]),
        np.array([*limit, np.inf]),
        np.array([*(term.start for term in whole), 0.0]),
    )


def _average(values: float | Floats, weight: Floats) -> float:
    """Give one exponent or limit for a whole use, so that its term stays a plain sum."""
    if isinstance(values, float):
        return values
    return float(np.average(values, weights=weight)) if weight.sum() > 0 else float(np.mean(values))


def _steps(days: Floats, growth: Floats) -> tuple[Floats, Floats]:
    """Gather windows into steps of about a month, or repeat a use that is shorter than one."""
    length = float(days.sum())
    if length < STEP_DAYS:
        times = max(1.0, np.floor(STEP_DAYS / length))
        return np.array([length * times]), growth.sum(axis=0, keepdims=True) * times
    steps = round(length / STEP_DAYS)
    step_of = np.minimum((np.cumsum(days) - days / 2) / length * steps, steps - 1).astype(np.int64)
    first = np.flatnonzero(np.diff(step_of, prepend=-1))
    return np.add.reduceat(days, first), np.add.reduceat(growth, first, axis=0)
