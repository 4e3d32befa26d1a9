"""What is measured of the goods in an area, against one limit: least and most that it may be, and whether it holds.

A lot whose facts are not all known is counted in the most and not in the least. A limit is exceeded when the least is
above it, holds when the most is not, and cannot be checked in between.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum
from functools import cached_property

import numpy as np
import numpy.typing as npt

from voltloop.compliance.storage.book import Bound
from voltloop.compliance.storage.tables import Bits, Facts, Mask, bits_of

__all__ = ["SLACK", "Cell", "Members", "State", "measured", "measures"]

Numbers = npt.NDArray[np.float64]

SLACK = 1e-9
"""Sums of decimals may be off by this share without passing a limit that includes its figure."""


class State(IntEnum):
    """What is known about a limit, mildest first."""

    NONE = 0
    OK = 1
    UNCONFIRMED = 2
    UNKNOWN = 3
    EXCEEDED = 4


@dataclass(frozen=True)
class Members:
    """The lots that a rule is about, by the area or site (unit) that each counts in.

    Attributes
    ----------
    unit, count
        Unit of each lot and how many units there are.
    certain, possible
        Lots that the rule is about for certain, and those it may be about.
    """

    unit: npt.NDArray[np.int64]
    count: int
    certain: Mask
    possible: Mask

    @cached_property
    def _sorted(self) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
        rows = np.flatnonzero(self.possible)
        rows = rows[np.argsort(self.unit[rows], kind="stable")]
        return rows, np.searchsorted(self.unit[rows], np.arange(self.count + 1))

    def rows(self, unit: int) -> npt.NDArray[np.int64]:
        """Give the lots of a unit that the rule is or may be about."""
        rows, starts = self._sorted
        return rows[starts[unit] : starts[unit + 1]]

    def number(self, mask: Mask) -> npt.NDArray[np.int64]:
        """Count the lots of a mask in each unit."""
        return np.bincount(self.unit[mask], minlength=self.count)

    def total(self, mask: Mask, values: Numbers) -> Numbers:
        """Add up the values of a mask in each unit."""
        sums = np.bincount(self.unit[mask], weights=values[mask], minlength=self.count)
        return sums.astype(np.float64)  # without any lot NumPy counts in whole numbers


@dataclass(frozen=True)
class Cell:
    """One limit in every unit: least and most measured, the figure, and the state.

    ``low``, ``high`` and ``limit`` are NaN for limits that ask for a word. ``plain`` is the state of a fact of the area
    where the goods that need it are there for certain.
    """

    bound: Bound
    low: Numbers
    high: Numbers
    limit: Numbers
    state: npt.NDArray[np.int64]
    is_own: Mask
    plain: npt.NDArray[np.int64]


def measures(lots: Facts) -> dict[str, Numbers]:
    """Give what limits measure of each lot, all its units together; NaN where a fact is missing."""
    number = lots.numbers
    return {
        "energy_kwh": number["energy_wh"] * number["quantity"] / 1000.0,
        "unit_energy_kwh": number["energy_wh"] / 1000.0,
        "volume_m3": number["volume_m3"] * number["quantity"],
        "unit_volume_m3": number["volume_m3"],
        "mass_kg": number["mass_kg"] * number["quantity"],
        "unit_mass_kg": number["mass_kg"],
        "soc_pct": number["soc"] * 100.0,
        "stack_height_m": number["stack_height_m"],
    }


def measured(
    bound: Bound, members: Members, values: dict[str, Numbers], groups: npt.NDArray[np.int64], areas: Facts,
    site_of: npt.NDArray[np.int64] | None,
) -> Cell:  # fmt: skip
    """Measure one limit in every unit.

    Parameters
    ----------
    values
        :func:`measures` of the lots.
    groups
        Code of the group of each lot, -1 for none.
    site_of
        Site of each area where the units are sites; None where they are areas.
    """
    if bound.word.how == "area":
        return _of_area(bound, members, areas, site_of)
    low, high = _of_goods(bound, members, values, groups)
    limit = np.full(members.count, np.nan if bound.number is None else bound.number)
    is_own = np.zeros(members.count, np.bool_)
    if bound.own:
        own = areas.numbers[bound.own]
        is_own = ~np.isnan(own)
        limit = np.where(is_own, own, limit)
    state = _lifted(bound, _compare(bound.word.sense, low, high, limit), areas, site_of)
    return Cell(bound, low, high, limit, state, is_own, state)


def _compare(sense: str, low: Numbers, high: Numbers, limit: Numbers) -> Bits:
    """Give the state of a limit between the least and the most that was measured; NONE where there is no limit."""
    slack = SLACK * np.maximum(np.abs(limit), 1e-3)
    with np.errstate(invalid="ignore"):
        if sense == "below":
            exceeded, holds = low >= limit - slack, high < limit - slack
        elif sense == "max":
            exceeded, holds = low > limit + slack, high <= limit + slack
        else:
            exceeded, holds = high < limit - slack, low >= limit - slack
    state = np.where(exceeded, State.EXCEEDED, np.where(holds, State.OK, State.UNKNOWN))
    return np.where(np.isnan(limit), State.NONE, state)


def _of_goods(
    bound: Bound, members: Members, values: dict[str, Numbers], groups: npt.NDArray[np.int64]
) -> tuple[Numbers, Numbers]:
    one = values[bound.word.measure]
    known = ~np.isnan(one)
    if bound.word.how == "sum":
        low = members.total(members.certain & known, one)
        high = members.total(members.possible & known, one)
        high[members.number(members.possible & ~known) > 0] = np.inf
        return low, high
    low, high = np.zeros(members.count), np.zeros(members.count)
    if bound.word.how == "largest":
        _raise(low, members, members.certain & known, one)
        _raise(high, members, members.possible & known, one)
        high[members.number(members.possible & ~known) > 0] = np.inf
        return low, high
    return _of_groups(bound, members, values, groups)


def _raise(into: Numbers, members: Members, mask: Mask, values: Numbers) -> None:
    np.maximum.at(into, members.unit[mask], values[mask])


def _of_groups(
    bound: Bound, members: Members, values: dict[str, Numbers], groups: npt.NDArray[np.int64]
) -> tuple[Numbers, Numbers]:
    """Give the least and most that the largest group of each unit may hold.

    Units of a lot without a group may all stand in one group, or each in one of its own.
    """
    total, single = values[bound.word.measure], values[f"unit_{bound.word.measure}"]
    known, named = ~np.isnan(total), groups >= 0
    low, loose, high = np.zeros(members.count), np.zeros(members.count), np.zeros(members.count)
    keys, key = np.unique(members.unit * (groups.max(initial=0) + 2) + groups + 1, return_inverse=True)
    unit_of = np.zeros(len(keys), np.int64)
    unit_of[key] = members.unit
    for into, mask in ((low, members.certain & known & named), (high, members.possible & known & named)):
        sums = np.bincount(key[mask], weights=total[mask], minlength=len(keys))
        np.maximum.at(into, unit_of, sums)
    _raise(low, members, members.certain & known & ~named, single)
    loose = members.total(members.possible & known & ~named, total)
    high = high + loose
    high[members.number(members.possible & ~known) > 0] = np.inf
    return low, high


def _of_area(bound: Bound, members: Members, areas: Facts, site_of: npt.NDArray[np.int64] | None) -> Cell:
    nothing = np.full(members.count, np.nan)
    word = bound.word
    if word.sense == "is":
        fact = areas.facts[word.measure]
        bits = areas.words[word.measure] if site_of is None else _site_bits(areas, word.measure, site_of)
        asked = bits_of(fact, bound.values)
        state = np.where(
            (bits & ~asked) == 0, State.OK, np.where((bits & asked) == 0, State.EXCEEDED, State.UNKNOWN)
        )
        low = limit = nothing
        is_own = np.zeros(members.count, np.bool_)
    else:
        low = areas.numbers[word.measure]
        limit = np.full(members.count, np.nan if bound.number is None else bound.number)
        own = areas.numbers[bound.own] if bound.own else nothing
        is_own = ~np.isnan(own)
        limit = np.where(is_own, own, limit)
        state = np.where(
            np.isnan(low) & ~np.isnan(limit), State.UNKNOWN, _compare(word.sense, low, low, limit)
        )
    # What an area lacks is no fault while it is open whether the goods that need it are there.
    doubtful = members.number(members.certain) == 0
    doubt = np.where((state == State.EXCEEDED) & doubtful, State.UNKNOWN, state)
    return Cell(bound, low, low, limit, doubt, is_own, state)


def _lifted(bound: Bound, state: Bits, areas: Facts, site_of: npt.NDArray[np.int64] | None) -> Bits:
    """Let a fact of the area, such as a permit, lift a limit."""
    if not bound.word.unless:
        return state
    fact = areas.facts[bound.word.unless]
    bits = _site_bits(areas, fact.name, site_of) if site_of is not None else areas.words[fact.name]
    yes = bits_of(fact, ["yes"])
    lifted = np.where(state >= State.UNKNOWN, np.where(bits == yes, State.OK, state), state)
    is_open = (lifted == State.EXCEEDED) & ((bits & yes) != 0)
    return np.where(is_open, State.UNKNOWN, lifted)


def _site_bits(areas: Facts, name: str, site_of: npt.NDArray[np.int64]) -> Bits:
    """Give a yes or no of whole sites: yes when one area says so, no when all say no."""
    bits = areas.words[name]
    count = int(site_of.max(initial=-1)) + 1
    yes, no = (bits_of(areas.facts[name], [word]) for word in ("yes", "no"))
    any_yes = np.bincount(site_of[bits == yes], minlength=count) > 0
    any_open = np.bincount(site_of[bits == (yes | no)], minlength=count) > 0
    return np.where(any_yes, yes, np.where(any_open, yes | no, no))
