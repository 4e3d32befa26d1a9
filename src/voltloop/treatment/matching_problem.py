"""Units that may be matched, as plain arrays, and sets of them that are checked against the limits."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

__all__ = ["Floats", "Found", "Places", "Problem", "SetKind", "fits"]

Floats = npt.NDArray[np.float64]
Places = npt.NDArray[np.intp]


@dataclass(frozen=True, slots=True)
class SetKind:
    """A system or pack that is made of alike units.

    Attributes
    ----------
    name
        Name of the kind.
    units
        Units in one set, one or more.
    capacity_spread, resistance_spread
        How much the largest of a set may exceed the smallest, as a share, zero or more; None is no limit.
    min_capacity_ah, max_resistance_mohm
        What each unit must keep; None is no limit.
    max_sets
        Most sets that are wanted; None is no limit.
    value_eur
        What a complete set brings besides its units [EUR].
    """

    name: str
    units: int
    capacity_spread: float | None = 0.03
    resistance_spread: float | None = 0.10
    min_capacity_ah: float | None = None
    max_resistance_mohm: float | None = None
    max_sets: int | None = None
    value_eur: float = 0.0


Found = list[tuple[int, Places]]
"""Sets: place of the kind, and places of the units."""


@dataclass(frozen=True, slots=True)
class Problem:
    """Units of which any may stand together as far as the limits allow.

    Attributes
    ----------
    capacity, resistance
        Logarithms, shape (units,).
    value
        What each unit brings in a set [EUR], shape (units,).
    may
        Whether each unit may go into each kind, shape (units, kinds).
    kinds
        The kinds.
    widths
        By kind, how far apart the units of a set may lie on both scales; finite.
    """

    capacity: Floats
    resistance: Floats
    value: Floats
    may: npt.NDArray[np.bool_]
    kinds: tuple[SetKind, ...]
    widths: tuple[tuple[float, float], ...]

    @property
    def size(self) -> int:
        """Number of units."""
        return int(self.capacity.size)

    def part(self, places: Places) -> Problem:
        """Give the problem of some of the units."""
        return replace(
            self,
            capacity=self.capacity[places],
            resistance=self.resistance[places],
            value=self.value[places],
            may=self.may[places],
        )

    def worth(self, found: Found) -> tuple[int, float]:
        """Give the number of sets and their value [EUR], which compare in this order."""
        value = sum(self.kinds[kind].value_eur + float(self.value[units].sum()) for kind, units in found)
        return len(found), value


def fits(problem: Problem, kind: int, units: Places | Sequence[int]) -> bool:
    """Say whether some units make a set of a kind: number, limits of each unit, and both spreads."""
    places = np.asarray(units, dtype=np.intp)
    if places.size != problem.kinds[kind].units or not problem.may[places, kind].all():
        return False
    wide, high = problem.widths[kind]
    return bool(np.ptp(problem.capacity[places]) <= wide and np.ptp(problem.resistance[places]) <= high)
