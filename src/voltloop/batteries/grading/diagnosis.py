"""Tests, who may use them, and what it costs to grade a battery with and without access to its management system."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from functools import cache

from voltloop.batteries.grading.schemes import Scheme
from voltloop.catalogue import diagnostics
from voltloop.errors import InputError, nearest

__all__ = ["DiagnosticTest", "GradeCost", "Rights", "cost_of_grade", "holders", "rights_of"]


@dataclass(frozen=True, slots=True)
class DiagnosticTest:
    """A test as one holder may use it.

    Attributes
    ----------
    name, label
        Name in the catalogue and name for a person.
    access
        Access to the management system that it needs: ``open`` is none.
    cost_eur
        Cost of one test with the fee for the access [EUR].
    hours
        Time from begin to result [h].
    accuracy
        By measure: standard deviation on the scale of a number, or the share of bad choices that is read as the best.
    """

    name: str
    label: str
    access: str
    cost_eur: float
    hours: float
    accuracy: dict[str, float]


@dataclass(frozen=True, slots=True)
class Rights:
    """What one holder may use.

    Attributes
    ----------
    holder
        ``oem``, ``licensee``, ``third-party`` or ``none``.
    tests
        Tests that the holder may use, with their cost to it.
    refused
        Sentence by name of each test that it may not use.
    """

    holder: str
    tests: tuple[DiagnosticTest, ...]
    refused: dict[str, str]


@dataclass(frozen=True, slots=True)
class GradeCost:
    """The cheapest way to all measurements that a scheme asks for.

    Attributes
    ----------
    holder
        Whose rights were counted with.
    tests, parts
        Names of tests, and of parts that are replaced because nobody may read them.
    cost_eur
        Of tests, fees and parts for one battery [EUR].
    hours
        Of the longest test [h]; tests may run side by side.
    unmeasured
        Measures that no test of this holder gives.
    """

    holder: str
    tests: tuple[str, ...]
    parts: tuple[str, ...]
    cost_eur: float
    hours: float
    unmeasured: tuple[str, ...]


@cache
def holders() -> tuple[str, ...]:
    """Who may hold a battery that is to be graded, from full access to none."""
    return tuple(diagnostics.access_rights()["holder"].unique(maintain_order=True))


@cache
def rights_of(holder: str) -> Rights:
    """Say which tests a holder may use, and why not the others.

    Parameters
    ----------
    holder
        One of :func:`holders`: the maker, its licensee, a third party, or one to whom nobody grants access.

    Raises
    ------
    InputError
        ``unknown-holder``.

    Examples
    --------
    >>> "bms_diagnosis" in rights_of("third-party").refused
    True
    """
    if holder not in holders():
        raise InputError(
            f'"{holder}" is not a holder of diagnostics rights. Expected one of {", ".join(holders())}.'
            f"{nearest(holder, holders())} Name one of them.",
            code="unknown-holder",
        )
    rows = diagnostics.access_rights().filter(holder=holder).iter_rows(named=True)
    rights = {row["access"]: row for row in rows}
    accuracy: dict[str, dict[str, float]] = {}
    for row in diagnostics.accuracies().iter_rows(named=True):
        error = row["sd"] if row["sd"] is not None else row["miss_share"]
        accuracy.setdefault(row["test"], {})[row["measure"]] = float(error)
    tests, refused = [], {}
    for row in diagnostics.diagnostic_tests().iter_rows(named=True):
        right = rights[row["access"]]
        if right["permitted"] == "no":
            refused[row["test"]] = f"{row['name']} is not open to this holder: {right['say']}."
            continue
        cost = float(row["cost_eur"]) + float(right["fee_eur"])
        tests.append(
            DiagnosticTest(
                row["test"], row["name"], row["access"], cost, float(row["hours"]), accuracy[row["test"]]
            )
        )
    return Rights(holder, tuple(tests), refused)


def cost_of_grade(scheme: Scheme, holder: str, *, known: Collection[str] = ()) -> GradeCost:
    """Find the cheapest tests that give every measurement a scheme asks for.

    Parameters
    ----------
    scheme
        The scheme; measures that it only uses where they are stated are not counted.
    holder
        One of :func:`holders`.
    known
        Measures that are known already.

    Returns
    -------
    GradeCost
        All subsets of tests are compared: as few measures as possible stay unmeasured, then the cost is the least, then
        the time. Where the holder has no full access, replacing the part that nobody may read counts as a test.

    Raises
    ------
    InputError
        ``unknown-holder``.
    """
    rights = rights_of(holder)
    needed = [name for name in scheme.required_measures if name not in known]
    offers = [
        (one.name, "test", one.cost_eur, one.hours, _covers(one.accuracy, needed)) for one in rights.tests
    ]
    granted = {one.access for one in rights.tests}
    for row in diagnostics.replacement_parts().iter_rows(named=True):
        if row["instead_of_access"] not in granted:
            offers.append(
                (row["part"], "part", float(row["cost_eur"]), 0.0, _covers([row["measure"]], needed))
            )
    useful = [offer for offer in offers if offer[4]]
    best = min(
        (
            [offer for at, offer in enumerate(useful) if chosen >> at & 1]
            for chosen in range(1 << len(useful))
        ),
        key=lambda chosen: (
            len(needed) - _union(offer[4] for offer in chosen).bit_count(),
            sum(offer[2] for offer in chosen),
            max((offer[3] for offer in chosen), default=0.0),
        ),
    )
    reached = _union(offer[4] for offer in best)
    return GradeCost(
        holder=holder,
        tests=tuple(offer[0] for offer in best if offer[1] == "test"),
        parts=tuple(offer[0] for offer in best if offer[1] == "part"),
        cost_eur=sum(offer[2] for offer in best),
        hours=max((offer[3] for offer in best), default=0.0),
        unmeasured=tuple(name for at, name in enumerate(needed) if not reached >> at & 1),
    )


def _covers(measures: Iterable[str], needed: list[str]) -> int:
    """Give the needed measures among some as bits."""
    given = set(measures)
    return sum(1 << at for at, name in enumerate(needed) if name in given)


def _union(bits: Iterable[int]) -> int:
    union = 0
    for one in bits:
        union |= one
    return union
