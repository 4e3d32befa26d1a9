"""The load of one transport unit: points, single-category limits and what follows from them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Final

from voltloop.compliance.limits import Limit, active
from voltloop.compliance.rulebook import Rulebook

__all__ = ["Load", "LoadObligations", "LoadProfile", "load_obligations"]

_MG_PER_KG: Final = 1_000_000


@dataclass(frozen=True, slots=True)
class LoadProfile:
    """What a load must know of one kind of goods. Make it once per verdict with :meth:`Load.profile`.

    ``category`` is the place of the transport category in the load's account, -1 for goods that do not count, -2 for
    regulated goods whose category nobody knows; ``is_regulated`` says that the goods are not exempt; ``shares`` are
    the provisions whose limit per unit they use; ``tunnel`` is the tunnel code.
    """

    category: int
    is_regulated: bool
    shares: tuple[int, ...]
    is_sole: bool
    tunnel: str


class Load:
    """Account of one transport unit; adding and removing goods takes constant time.

    Masses are kept in whole milligrams, so that what is added and removed again leaves no trace.

    Parameters
    ----------
    rulebook
        Holds the limits.
    mode, on, edition
        As for :func:`voltloop.compliance.classify`.

    Examples
    --------
    >>> from voltloop.compliance import load_rulebook
    >>> load = Load(load_rulebook(), mode="road_eu", on=date(2026, 11, 24))
    >>> battery = load.profile(outcome="allowed", transport_category="2", tunnel_code="E")
    >>> load.add(battery, 333.0)
    >>> load.points, load.exceeds_1136
    (999.0, False)
    >>> load.add(battery, 1.0)
    >>> load.exceeds_1136, load.tunnel_restriction
    (True, 'E')
    """

    __slots__ = (
        "_categories", "_counts", "_has_points", "_limits", "_mg", "_multipliers", "_places", "_provisions",
        "_regulated", "_share_mg", "_sole", "_sole_keys", "_total", "_tunnels", "_unknown",
    )  # fmt: skip

    def __init__(self, rulebook: Rulebook, *, mode: str, on: date, edition: str | None = None) -> None:
        limits = active(rulebook.limits, rulebook.edition(rulebook.mode(mode).regime, on, edition))
        self._categories: tuple[Limit, ...] = tuple(limit for limit in limits if limit.kind == "category")
        self._provisions: tuple[Limit, ...] = tuple(limit for limit in limits if limit.kind == "provision")
        self._sole_keys = {key for limit in limits if limit.kind == "sole" for key in limit.keys}
        totals = [limit.limit for limit in limits if limit.kind == "total" and limit.limit is not None]
        self._has_points = bool(totals)
        self._total: float = min(totals, default=0.0)
        self._places = {key: at for at, limit in enumerate(self._categories) for key in limit.keys}
        self._multipliers = [limit.points_per_kg for limit in self._categories]
        self._limits = [limit.limit for limit in self._categories]
        self._mg = [0] * len(self._categories)
        self._counts = [0] * len(self._categories)
        self._share_mg = [0] * len(self._provisions)
        self._regulated = 0
        self._unknown = 0
        self._sole = 0
        self._tunnels: dict[str, int] = {}

    def profile(
        self,
        *,
        outcome: str,
        transport_category: str | None = None,
        tunnel_code: str | None = None,
        special_provisions: str | None = None,
    ) -> LoadProfile:
        """Give what the load must know of goods with these answers of their verdict."""
        is_regulated = outcome not in ("exempt_small", "exempt_other")
        provisions = set((special_provisions or "").split(";"))
        category = -1
        if self._has_points and is_regulated:
            category = self._places.get(transport_category or "", -2) if outcome == "allowed" else -2
        tunnel = tunnel_code if is_regulated and tunnel_code not in (None, "none", "n/a") else ""
        shares = tuple(at for at, limit in enumerate(self._provisions) if provisions & set(limit.keys))
        return LoadProfile(category, is_regulated, shares, bool(provisions & self._sole_keys), tunnel or "")

    def profile_of(self, verdict: Mapping[str, object]) -> LoadProfile:
        """Give the profile of a row of a verdict frame.

        Goods that are forbidden, undecided or wait for an approval make the relief unusable, so that no account of a
        load with them looks harmless; whether they may be aboard at all is for :func:`check_load` to say.
        """
        text = {
            name: verdict.get(name) for name in ("transport_category", "tunnel_code", "special_provisions")
        }
        return self.profile(
            outcome=str(verdict["outcome"]),
            **{name: None if value is None else str(value) for name, value in text.items()},
        )

    def add(self, goods: LoadProfile, net_mass_kg: float) -> None:
        """Add goods; ``net_mass_kg`` is the mass of the batteries without packaging and equipment [kg]."""
        self._book(goods, round(net_mass_kg * _MG_PER_KG), 1)

    def remove(self, goods: LoadProfile, net_mass_kg: float) -> None:
        """Take goods away again, with the same profile and mass as they were added."""
        self._book(goods, -round(net_mass_kg * _MG_PER_KG), -1)

    def _book(self, goods: LoadProfile, milligrams: int, count: int) -> None:
        if goods.category >= 0:
            self._mg[goods.category] += milligrams
            self._counts[goods.category] += count
        elif goods.category == -2:
            self._unknown += count
        if goods.is_regulated:
            self._regulated += count
        if goods.is_sole:
            self._sole += count
        for share in goods.shares:
            self._share_mg[share] += milligrams
        if goods.tunnel:
            self._tunnels[goods.tunnel] = self._tunnels.get(goods.tunnel, 0) + count

    @property
    def points(self) -> float:
        """Points of the small-load rule [1]; goods of category 0 and of unknown category have none."""
        return (
            sum(mg * (times or 0.0) for mg, times in zip(self._mg, self._multipliers, strict=True))
            / _MG_PER_KG
        )

    @property
    def has_category_0(self) -> bool:
        """Whether goods are aboard that make the small-load relief unusable, or whose category is unknown."""
        held = zip(self._counts, self._multipliers, strict=True)
        return self._unknown > 0 or any(count > 0 and times is None for count, times in held)

    @property
    def is_regulated(self) -> bool:
        """Whether any goods aboard are not exempt."""
        return self._regulated > 0

    @property
    def exceeds_1136(self) -> bool:
        """Whether the load is above the small-load relief: too many points, or too much of its only category."""
        if not self._has_points:
            return False
        if self.has_category_0:
            return True
        if self.points > self._total:
            return True
        held = [at for at, count in enumerate(self._counts) if count > 0 and self._multipliers[at]]
        if len(held) != 1:
            return False
        limit = self._limits[held[0]]
        return limit is not None and self._mg[held[0]] > limit * _MG_PER_KG

    @property
    def needs_plates(self) -> bool:
        """Whether orange plates are needed."""
        return self.exceeds_1136

    @property
    def needs_adr_driver(self) -> bool:
        """Whether the driver needs an ADR certificate."""
        return self.exceeds_1136

    @property
    def needs_instructions(self) -> bool:
        """Whether instructions in writing are needed."""
        return self.exceeds_1136

    @property
    def tunnel_restriction(self) -> str | None:
        """Strictest tunnel code that binds the unit, None where it may pass all tunnels."""
        held = [code for code, count in self._tunnels.items() if count > 0]
        return min(held) if held and self.exceeds_1136 else None

    @property
    def broken_limits(self) -> tuple[str, ...]:
        """Ids of limits that no vehicle can heal: shares of a provision, and goods that must go alone."""
        broken = [
            limit.id
            for limit, mg in zip(self._provisions, self._share_mg, strict=True)
            if limit.limit is not None and mg > limit.limit * _MG_PER_KG
        ]
        if self._sole > 0 and self._regulated > 0:
            broken.append("sole")
        return tuple(broken)


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


def load_obligations(
    points: float,
    has_tc0: bool,
    mode: str,
    rulebook: Rulebook,
    on: date,
    *,
    is_above_single_limit: bool = False,
    is_regulated: bool = True,
    has_waste: bool = False,
) -> LoadObligations:
    """Give the duties of a load.

    Parameters
    ----------
    points
        Points of the load [1], see :attr:`Load.points`.
    has_tc0
        Whether goods of transport category 0 are aboard, see :attr:`Load.has_category_0`.
    mode, rulebook, on
        As for :func:`voltloop.compliance.classify`.
    is_above_single_limit
        Whether the only category aboard is above its own limit, which points alone cannot show (333.2 kg of category 2
        are 999.6 points). :attr:`Load.exceeds_1136` knows.
    is_regulated
        Whether anything aboard is not exempt.
    has_waste
        Whether anything aboard is waste, exempt or not.

    Raises
    ------
    RulebookError
        The mode is unknown or no edition covers the day.
    """
    edition = rulebook.edition(rulebook.mode(mode).regime, on)
    limits = active(rulebook.limits, edition)
    total = min(
        (limit.limit for limit in limits if limit.kind == "total" and limit.limit is not None), default=None
    )
    above = total is not None and (has_tc0 or is_above_single_limit or points > total)
    true = {
        "regulated": is_regulated,
        "within_limit": is_regulated and total is not None and not above,
        "above_limit": above,
        "waste": has_waste,
    }
    duties = [duty for duty in active(rulebook.duties, edition) if true[duty.when]]
    return LoadObligations(
        above,
        {duty.duty: duty.text for duty in duties},
        tuple(duty.id for duty in duties),
        tuple(dict.fromkeys(cite for duty in duties for cite in duty.cite)),
        edition.name,
    )
