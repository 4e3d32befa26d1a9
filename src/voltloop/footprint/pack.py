"""One pack, its use in a second life, and what a treatment of it burdens."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from voltloop.catalogue import life_cycle
from voltloop.errors import InputError
from voltloop.footprint.accounts import AvoidedBurden, CutOff
from voltloop.footprint.checks import at_least_zero, share
from voltloop.footprint.factors import Design, design

__all__ = ["Footprint", "Pack", "StorageUse"]


@dataclass(frozen=True)
class Pack:
    """One battery pack.

    Attributes
    ----------
    chemistry
        A design, such as ``NMC622``.
    energy_kwh
        Energy when new [kWh], above 0.
    soh
        State of health, above 0 and up to 1.2; None where it is not known.
    mass_kg
        Mass [kg], above 0; None takes that of the design.
    """

    chemistry: str
    energy_kwh: float
    soh: float | None = None
    mass_kg: float | None = None

    def checked(self) -> tuple[Design, float, float]:
        """Give design, energy [kWh] and mass [kg].

        Raises
        ------
        InputError
            ``footprint-chemistry-unknown``, ``footprint-number``, ``footprint-soh``.
        """
        made = design(self.chemistry)
        energy = at_least_zero(self.energy_kwh, "energy_kwh", above=True)
        if self.soh is not None and not 0.0 < at_least_zero(self.soh, "soh") <= 1.2:
            raise InputError(
                f"The state of health is {self.soh}. A share above 0 and up to 1.2 was expected. Have it measured "
                "again, or write per cent as a share.",
                code="footprint-soh",
            )
        mass = made.pack_kg_per_kwh * energy if self.mass_kg is None else self.mass_kg
        return made, energy, at_least_zero(mass, "mass_kg", above=True)


@dataclass(frozen=True)
class Footprint:
    """Burdens of one pack in one treatment.

    Attributes
    ----------
    treatment
        ``new``, ``remanufactured``, ``second_life``, ``recycled_pyro``, ``recycled_hydro``, ``recycled_direct``.
    cut_off, avoided_burden
        Both views, per ``pack``. They are never added.
    amount, unit
        How much of the treatment's own functional unit one pack gives: ``kWh new``, ``kWh restored``,
        ``kWh delivered``, ``kg feed``.
    kept_kg
        Elements kept from extraction per pack [kg]; negative where the treatment extracts.
    """

    treatment: str
    cut_off: CutOff
    avoided_burden: AvoidedBurden
    amount: float
    unit: str
    kept_kg: Mapping[str, float]

    @property
    def cut_off_per_unit(self) -> CutOff | None:
        """The cut-off view per functional unit; None where the pack gives none of it."""
        return self.cut_off.per(self.amount, self.unit) if self.amount > 0 else None

    @property
    def avoided_burden_per_unit(self) -> AvoidedBurden | None:
        """The avoided-burden view per functional unit; None where the pack gives none of it."""
        return self.avoided_burden.per(self.amount, self.unit) if self.amount > 0 else None


@dataclass(frozen=True)
class StorageUse:
    """How a pack is used in its second life.

    Attributes
    ----------
    end_soh
        State of health at which it ends, 0 to 1.
    years
        Longest length [years], above 0.
    cycles_per_year, depth_of_discharge
        Full cycles a year and share of the capacity used in each, above 0.
    fade_per_year
        State of health lost a year, 0 or more; None spreads the loss down to ``end_soh`` over ``years``.
    round_trip_efficiency
        Energy out over energy in, above 0 to 1.
    displaced_share
        New storage not made per storage that delivers the same energy, 0 to 1.
    """

    end_soh: float
    years: float
    cycles_per_year: float
    depth_of_discharge: float
    fade_per_year: float | None
    round_trip_efficiency: float
    displaced_share: float

    @classmethod
    def usual(cls) -> StorageUse:
        """Give the values of ``restoring.csv``."""
        given = life_cycle.restoring()
        return cls(
            end_soh=given["second_life_end_soh"],
            years=given["second_life_years"],
            cycles_per_year=given["second_life_cycles_per_year"],
            depth_of_discharge=given["second_life_depth_of_discharge"],
            fade_per_year=None,
            round_trip_efficiency=given["second_life_round_trip_efficiency"],
            displaced_share=given["second_life_displaced_share"],
        )

    def delivered_kwh(self, energy_kwh: float, soh: float) -> float:
        """Energy delivered until the end [kWh]: energy x depth x cycles x integral of the falling state of health.

        Raises
        ------
        InputError
            ``footprint-number``, ``footprint-share``: a value of the use cannot be.
        """
        end = share(self.end_soh, "end_soh")
        asked = at_least_zero(self.years, "years", above=True)
        cycles = at_least_zero(self.cycles_per_year, "cycles_per_year", above=True)
        depth = share(self.depth_of_discharge, "depth_of_discharge", above=True)
        drop = max(soh - end, 0.0)
        given = self.fade_per_year
        fade = drop / asked if given is None else at_least_zero(given, "fade_per_year")
        length = asked if drop > 0.0 else 0.0
        if fade > 0.0:
            length = min(length, drop / fade)
        return energy_kwh * depth * cycles * length * (soh - fade * length / 2.0)
