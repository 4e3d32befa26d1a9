"""The assignment of groups of alike batteries to options, as arrays: values, carbon, limits and minimums."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import IntEnum, StrEnum

import numpy as np
import numpy.typing as npt

__all__ = ["Measure", "Program", "Rule", "Side"]

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
Bools = npt.NDArray[np.bool_]


class Measure(IntEnum):
    """What a side condition counts."""

    PACKS = 0
    KG = 1
    CARBON = 2


class Rule(StrEnum):
    """How a side condition binds."""

    MOST = "most"
    """Never more than the amount."""
    MUST = "must"
    """Never less than the amount."""
    OR_NOTHING = "or_nothing"
    """Either nothing at all or no less than the amount."""
    PAY = "pay"
    """What is missing from the amount is paid for."""


@dataclass(frozen=True)
class Side:
    """One side condition: what some options together take, measured and bounded.

    Attributes
    ----------
    name
        For people, as "room for remanufacture at Lyon".
    options
        Which options it counts, one flag per option.
    measure
        Packs, kilograms, or kilograms of CO2e.
    rule
        How it binds.
    amount
        The bound, in the measure; finite.
    shortfall_eur
        Price of what is missing per unit of the measure, for :attr:`Rule.PAY`.
    """

    name: str
    options: Bools
    measure: Measure
    rule: Rule
    amount: float
    shortfall_eur: float = 0.0

    def holds(self, load: float) -> bool:
        """Whether a load keeps the condition without cost, to rounding of sums."""
        slack = 1e-9 * max(1.0, abs(self.amount))
        if self.rule is Rule.MOST:
            return load <= self.amount + slack
        return load >= self.amount - slack or (self.rule is Rule.OR_NOTHING and load <= slack)


@dataclass(frozen=True)
class Program:
    """Place ``count[g]`` alike batteries of every group on options, the sum of values as great as can be.

    Attributes
    ----------
    count
        Batteries of each group, whole, 1 or more.
    mass_kg
        Of one battery of each group, above 0.
    value_eur
        Groups by options: worth of one battery there, ``-inf`` where it may not go.
    co2e_kg
        Groups by options: carbon of one battery there; only a carbon budget reads it.
    unplaced_eur
        Worth of leaving one battery without place, by group; always open.
    sides
        Limits, minimums and the carbon budget.
    """

    count: Ints
    mass_kg: Floats
    value_eur: Floats
    co2e_kg: Floats
    unplaced_eur: Floats
    sides: tuple[Side, ...] = field(default=())

    def with_unplaced(self) -> Floats:
        """Give the values with leaving a battery unplaced as the last option."""
        return np.concatenate([self.value_eur, self.unplaced_eur[:, None]], axis=1)

    def use(self, side: Side, group: Ints, option: Ints) -> Floats:
        """Give what one battery of each ``group`` on each ``option`` takes of a condition; unplaced takes nothing."""
        inside = option < side.options.size
        where = np.minimum(option, side.options.size - 1)
        if side.measure is Measure.CARBON:
            taken = self.co2e_kg[group, where]
        elif side.measure is Measure.KG:
            taken = self.mass_kg[group]
        else:
            taken = np.ones(group.size)
        return np.where(inside & side.options[where], taken, 0.0)

    def rent(self, prices: Floats) -> Floats:
        """Give what one battery of each group takes of scarce things on each option, at their prices [EUR]."""
        total = np.zeros(self.value_eur.shape)
        for side, price in zip(self.sides, prices, strict=True):
            if price > 0:
                sign = price if side.rule is Rule.MOST else -price
                size = {Measure.PACKS: 1.0, Measure.KG: self.mass_kg[:, None], Measure.CARBON: self.co2e_kg}[
                    side.measure
                ]
                total += np.where(side.options, size * sign, 0.0)
        return total

    def loads(self, group: Ints, option: Ints, number: Floats | Ints) -> Floats:
        """Give what a placing takes of every side condition."""
        return np.array([float((self.use(side, group, option) * number).sum()) for side in self.sides])
