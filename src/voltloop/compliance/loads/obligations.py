"""What a load obliges to: plates, papers, people and equipment."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date

from voltloop.compliance.loads.law import LoadLaw, load_law
from voltloop.compliance.rulebook import Rulebook

__all__ = ["LoadObligations", "load_obligations", "obligations_of"]


@dataclass(frozen=True, slots=True)
class LoadObligations:
    """What a load obliges to.

    ``duties`` gives for each duty its sentence; ``rules`` and ``cite`` name where it stands.
    """

    exceeds_1136: bool
    duties: Mapping[str, str]
    rules: tuple[str, ...]
    cite: tuple[str, ...]
    edition: str

    @property
    def needs_plates(self) -> bool:
        """Whether orange plates are needed."""
        return "plates" in self.duties

    @property
    def needs_adr_driver(self) -> bool:
        """Whether the driver needs an ADR certificate."""
        return "adr_driver" in self.duties

    @property
    def needs_instructions(self) -> bool:
        """Whether instructions in writing are needed."""
        return "instructions" in self.duties


def load_obligations(  # noqa: PLR0913 - plain values of one load
    points: float,
    has_tc0: bool,
    mode: str,
    rulebook: Rulebook,
    on: date,
    *,
    is_above_single_limit: bool = False,
    is_regulated: bool = True,
    has_waste: bool = False,
    closed_tunnels: Collection[str] = ("E",),
    aboard: Collection[str] = (),
) -> LoadObligations:
    """Give the duties of a load.

    Parameters
    ----------
    points
        Points of the load [1], see :attr:`voltloop.compliance.Load.points`.
    has_tc0
        Whether goods of transport category 0 are aboard, see :attr:`voltloop.compliance.Load.has_category_0`.
    mode, rulebook, on
        As for :func:`voltloop.compliance.classify`.
    is_above_single_limit
        Whether a category aboard is above its own limit, which points alone cannot show (333.2 kg of category 2
        are 999.6 points). :attr:`voltloop.compliance.Load.exceeds_1136` knows.
    is_regulated
        Whether anything aboard is not exempt.
    has_waste
        Whether anything aboard is waste, exempt or not.
    closed_tunnels
        Tunnel categories closed to a load above the limit; batteries have the code E.
    aboard
        Hazard groups of ``load/hazards.csv`` that regulated goods aboard belong to.

    Raises
    ------
    RulebookError
        The mode is unknown or no edition covers the day.

    Notes
    -----
    :meth:`voltloop.compliance.Load.obligations` gives the same from a running account.
    """
    law = load_law(rulebook, mode, on)
    above = law.has_points and (has_tc0 or is_above_single_limit or points > law.total)
    return obligations_of(
        law,
        is_above=above,
        is_regulated=is_regulated,
        has_waste=has_waste,
        closed=closed_tunnels if above else (),
        aboard=aboard,
    )


def obligations_of(
    law: LoadLaw,
    *,
    is_above: bool,
    is_regulated: bool,
    has_waste: bool,
    closed: Collection[str],
    aboard: Collection[str],
) -> LoadObligations:
    """Give the duties of a load of which all that matters is known."""
    true = {f"tunnel_{category.lower()}" for category in closed} | {f"aboard:{group}" for group in aboard}
    if is_regulated:
        true.add("regulated")
    if law.has_points and (is_above or is_regulated):
        true.add("above_limit" if is_above else "within_limit")
    if has_waste:
        true.add("waste")
    duties = [duty for duty in law.duties if true.issuperset(duty.when.split())]
    return LoadObligations(
        is_above,
        {duty.duty: duty.text for duty in duties},
        tuple(duty.id for duty in duties),
        tuple(dict.fromkeys(cite for duty in duties for cite in duty.cite)),
        law.edition.name,
    )
