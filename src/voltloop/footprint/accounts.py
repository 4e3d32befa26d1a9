"""What an activity burdens, and the two views of it that are never added together."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from typing import ClassVar, Self

from voltloop.errors import InputError

__all__ = ["Account", "AvoidedBurden", "CutOff", "Impacts", "Part"]

FACTOR_SET = "EverBatt 2023 / GREET 2022, GWP 100 of AR6"


@dataclass(frozen=True, slots=True)
class Impacts:
    """Burdens of one thing; negative where they are avoided.

    Attributes
    ----------
    co2e_kg
        Greenhouse gases [kg CO2e], 100 years.
    energy_mj
        Primary energy [MJ].
    water_l
        Water consumed [l].
    """

    co2e_kg: float = 0.0
    energy_mj: float = 0.0
    water_l: float = 0.0

    def __add__(self, other: Impacts) -> Impacts:
        """Add burden by burden."""
        if not isinstance(other, Impacts):
            return NotImplemented
        return Impacts(
            self.co2e_kg + other.co2e_kg, self.energy_mj + other.energy_mj, self.water_l + other.water_l
        )

    def __mul__(self, amount: float) -> Impacts:
        """Scale every burden by an amount."""
        return Impacts(self.co2e_kg * amount, self.energy_mj * amount, self.water_l * amount)

    __rmul__ = __mul__


@dataclass(frozen=True, slots=True)
class Part:
    """One line of an account.

    Attributes
    ----------
    name
        What causes or avoids the burden.
    impacts
        How much.
    drivers
        Uncertain inputs that the burden is proportional to, as named in ``uncertainties.csv``.
    """

    name: str
    impacts: Impacts
    drivers: tuple[str, ...] = ()


@dataclass(frozen=True)
class Account:
    """Burdens of one activity in one view, line by line.

    Attributes
    ----------
    unit
        The functional unit: ``pack``, ``kWh restored``, ``kWh delivered``, ``kg feed``, ``kWh new``.
    parts
        The lines; their sum is the account.
    factor_set
        Where the factors come from.
    """

    unit: str
    parts: tuple[Part, ...]
    factor_set: str = FACTOR_SET
    view: ClassVar[str] = ""
    boundary: ClassVar[str] = ""

    def __post_init__(self) -> None:
        if type(self) is Account:
            raise TypeError("An account has a view. Make a CutOff or an AvoidedBurden.")

    @cached_property
    def impacts(self) -> Impacts:
        """The sum of all lines."""
        return sum((part.impacts for part in self.parts), Impacts())

    @property
    def co2e_kg(self) -> float:
        """Greenhouse gases of the whole account [kg CO2e per functional unit]."""
        return self.impacts.co2e_kg

    @property
    def energy_mj(self) -> float:
        """Primary energy of the whole account [MJ per functional unit]."""
        return self.impacts.energy_mj

    @property
    def water_l(self) -> float:
        """Water consumed by the whole account [l per functional unit]."""
        return self.impacts.water_l

    def __add__(self, other: Self) -> Self:
        """Put two accounts of the same view and unit together.

        Raises
        ------
        TypeError
            The other is no account of the same view.
        InputError
            ``footprint-units-differ``: the functional units differ.
        """
        if type(other) is not type(self):
            raise TypeError(
                f"A {type(self).__name__} account and {type(other).__name__} cannot be added: a credit for recycling "
                "and the benefit of recycled content would count the same material twice. Add accounts of one view."
            )
        if other.unit != self.unit:
            raise InputError(
                f'An account per "{self.unit}" and one per "{other.unit}" cannot be added. Bring both to one '
                "functional unit with per() first.",
                code="footprint-units-differ",
            )
        return replace(self, parts=self.parts + other.parts)

    def per(self, amount: float, unit: str) -> Self:
        """Give the account per another functional unit, of which this one holds ``amount``.

        Raises
        ------
        InputError
            ``footprint-amount``: the amount is not above zero.
        """
        if not 0.0 < amount < float("inf"):
            raise InputError(
                f"{amount} {unit} in a {self.unit} cannot be. An amount above zero was expected.",
                code="footprint-amount",
            )
        parts = tuple(Part(part.name, part.impacts * (1.0 / amount), part.drivers) for part in self.parts)
        return replace(self, unit=unit, parts=parts)


@dataclass(frozen=True)
class CutOff(Account):
    """Recycled-content view: an activity bears what it causes; what is recovered leaves free of burden, without credit.

    Recycled material that goes in bears its recycling only.
    """

    view: ClassVar[str] = "cut_off"
    boundary: ClassVar[str] = "what the activity causes; nothing for what others then need not make"


@dataclass(frozen=True)
class AvoidedBurden(Account):
    """End-of-life view: an activity bears what it causes less what others then need not make.

    Recycled material that goes in bears the burden of new material, because whoever recycled it took the credit.
    """

    view: ClassVar[str] = "avoided_burden"
    boundary: ClassVar[str] = "what the activity causes less the making that it displaces"
