"""The load of one transport unit: points, single-category limits, mixed loading and tunnels, kept up to date."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Final

from voltloop.compliance.loads.law import load_law
from voltloop.compliance.loads.mixing import label_words
from voltloop.compliance.loads.obligations import LoadObligations, obligations_of
from voltloop.compliance.loads.tunnels import UNKNOWN_CODE, closed_by, strictest
from voltloop.compliance.rulebook import Rulebook

__all__ = ["Load", "LoadProfile"]

_MG_PER_KG: Final = 1_000_000
_SCALE: Final = 1_000_000_000
"""Milligrams times thousandths of a point per kilogram that make one point."""


@dataclass(frozen=True, slots=True)
class LoadProfile:
    """What a load must know of one kind of goods. Make it once per verdict with :meth:`Load.profile`.

    A profile serves every load of the same mode and edition.

    Attributes
    ----------
    category
        Place of the transport category in the load's account, -1 for goods that do not count, -2 for regulated goods
        whose category nobody knows.
    is_regulated
        Whether the goods are not exempt.
    shares
        Provisions whose limit per unit they use.
    is_sole
        Whether they travel under a provision that wants the unit for itself.
    is_other
        Whether they are hazardous goods that such a provision shuts out: small batteries under their relief are.
    tunnel
        Tunnel code; ``unknown`` where nobody knows it, empty where the mode has none.
    kind
        Number of their hazard for mixed loading, 0 for none.
    groups
        Hazard groups of ``load/hazards.csv`` that they belong to.
    """

    category: int
    is_regulated: bool
    shares: tuple[int, ...]
    is_sole: bool
    is_other: bool
    tunnel: str
    kind: int = 0
    groups: frozenset[str] = frozenset()


class Load:
    """Account of one transport unit; adding and removing goods takes constant time.

    The unit is a road vehicle, a wagon, a cargo transport unit at sea, or an aircraft. Masses are
    kept in whole milligrams, so that what is added and removed again leaves no trace.

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
    >>> battery = load.profile(
    ...     outcome="allowed", transport_category="2", tunnel_code="E", labels="9A", un_number="3480"
    ... )
    >>> load.add(battery, 333.0)
    >>> load.points, load.exceeds_1136
    (999.0, False)
    >>> load.add(battery, 1.0)
    >>> load.exceeds_1136, load.tunnel_restriction, load.may_pass("D"), load.may_pass("E")
    (True, 'E', True, False)
    >>> explosive = load.profile(outcome="allowed", transport_category="1", labels="1.1D", un_number="0081")
    >>> load.fits(explosive)
    False
    """

    __slots__ = (
        "_apart", "_clashes", "_counts", "_groups", "_kinds", "_law", "_mg", "_others", "_over", "_present",
        "_regulated", "_scaled", "_share_mg", "_sole", "_tunnels", "_unusable",
    )  # fmt: skip

    def __init__(self, rulebook: Rulebook, *, mode: str, on: date, edition: str | None = None) -> None:
        self._law = law = load_law(rulebook, mode, on, edition)
        self._mg = [0] * len(law.categories)
        self._counts = [0] * len(law.categories)
        self._share_mg = [0] * len(law.provisions)
        self._scaled = 0
        self._over = 0
        self._unusable = 0
        self._regulated = 0
        self._sole = 0
        self._others = 0
        self._tunnels: dict[str, int] = {}
        self._kinds: dict[int, int] = {}
        self._present = 0
        self._clashes = 0
        self._apart = 0
        self._groups: dict[frozenset[str], int] = {}

    def profile(
        self,
        *,
        outcome: str,
        transport_category: str | None = None,
        tunnel_code: str | None = None,
        special_provisions: str | None = None,
        labels: str | None = None,
        hazard_class: str | None = None,
        un_number: str | None = None,
    ) -> LoadProfile:
        """Give what the load must know of goods with these answers of their verdict.

        ``labels`` and ``hazard_class`` are read for their numbers; without them and ``un_number`` the goods take no
        part in the rules on mixed loading. Goods of other kinds than batteries are described in the same words.
        """
        law = self._law
        is_regulated = outcome not in ("exempt_small", "exempt_other")
        provisions = set((special_provisions or "").split(";"))
        category = -1
        if law.has_points and is_regulated:
            category = law.places.get(transport_category or "", -2) if outcome == "allowed" else -2
        groups: frozenset[str] = frozenset()
        if is_regulated:
            groups = law.groups_of(label_words(labels, hazard_class), un_number or "")
        return LoadProfile(
            category,
            is_regulated,
            tuple(at for at, limit in enumerate(law.provisions) if provisions & set(limit.keys)),
            bool(provisions & law.sole_keys),
            outcome != "exempt_other",
            self._tunnel(tunnel_code) if is_regulated else "",
            law.kind(groups),
            groups,
        )

    def _tunnel(self, text: str | None) -> str:
        if not self._law.tunnels:
            return ""
        code = (text or "").strip().strip("()").replace("\N{EN DASH}", "-").upper()
        return "-" if code in ("NONE", "N/A") else (code if code in self._law.tunnels else UNKNOWN_CODE)

    def profile_of(self, verdict: Mapping[str, object]) -> LoadProfile:
        """Give the profile of a row of a verdict frame.

        Goods that are forbidden, undecided or wait for an approval make the relief unusable, so that no account of a
        load with them looks harmless; whether they may be aboard at all is for
        :func:`voltloop.compliance.check_load` to say.
        """
        text = {
            name: verdict.get(name)
            for name in (
                "transport_category", "tunnel_code", "special_provisions", "labels", "hazard_class", "un_number",
            )
        }  # fmt: skip
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
        category = goods.category
        if category >= 0:
            self._count(category, milligrams, count)
        elif category == -2:
            self._unusable += count
        if goods.is_regulated:
            self._regulated += count
            if goods.tunnel:
                self._tunnels[goods.tunnel] = self._tunnels.get(goods.tunnel, 0) + count
            if goods.groups:
                self._groups[goods.groups] = self._groups.get(goods.groups, 0) + count
            if goods.kind:
                self._mix(goods.kind, count)
        if goods.is_sole:
            self._sole += count
        elif goods.is_other:
            self._others += count
        for share in goods.shares:
            self._share_mg[share] += milligrams

    def _count(self, category: int, milligrams: int, count: int) -> None:
        law = self._law
        times = law.points[category]
        self._counts[category] += count
        if times is None:
            self._unusable += count
            self._mg[category] += milligrams
            return
        self._scaled += milligrams * times
        limit, old = law.single_mg[category], self._mg[category]
        self._mg[category] = new = old + milligrams
        if limit is not None and (old > limit) != (new > limit):
            self._over += 1 if new > limit else -1

    def _mix(self, kind: int, count: int) -> None:
        """Book a hazard; only its first and its last package on the unit change what clashes."""
        old = self._kinds.get(kind, 0)
        self._kinds[kind] = new = old + count
        if (old > 0) == (new > 0):
            return
        others, step = self._present & ~(1 << kind), 1 if new > 0 else -1
        self._present = others | (1 << kind) if new > 0 else others
        self._clashes += step * (self._law.clashes[kind] & others).bit_count()
        self._apart += step * (self._law.apart[kind] & others).bit_count()

    def fits(self, goods: LoadProfile) -> bool:
        """Whether the goods may share the unit with what is aboard, as far as mixed loading goes."""
        return not self._law.clashes[goods.kind] & self._present

    @property
    def points(self) -> float:
        """Points of the small-load rule [1]; goods of category 0 and of unknown category have none."""
        return self._scaled / _SCALE

    @property
    def has_category_0(self) -> bool:
        """Whether goods are aboard that make the small-load relief unusable, or whose category is unknown."""
        return self._unusable > 0

    @property
    def is_regulated(self) -> bool:
        """Whether any goods aboard are not exempt."""
        return self._regulated > 0

    @property
    def exceeds_1136(self) -> bool:
        """Whether the load is above the small-load relief: too many points, or too much of a category.

        The limit of a category (333 kg of category 2) is kept in mixed loads as well. The law gives 1000 points there,
        a third of a kilogram more; so a load above the limit never comes under it by taking up more.
        """
        return self._unusable > 0 or self._over > 0 or self._scaled > self._law.total_scaled

    @property
    def has_points_rule(self) -> bool:
        """Whether the mode has a small-load relief at all."""
        return self._law.has_points

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
    def _codes(self) -> list[str]:
        return [code for code, count in self._tunnels.items() if count > 0] if self.exceeds_1136 else []

    @property
    def tunnel_restriction(self) -> str | None:
        """Strictest tunnel code that binds the unit, None where it may pass all tunnels; ``unknown`` closes B to E."""
        return strictest(self._codes, self._law.tunnels)

    def closed_tunnels(
        self, carriage: str = "packages", net_explosive_kg: float | None = None
    ) -> tuple[str, ...]:
        """Give the tunnel categories that the unit may not pass, see :meth:`may_pass`."""
        return closed_by(self._codes, self._law.tunnels, carriage, net_explosive_kg)

    def may_pass(
        self, tunnel_category: str, carriage: str = "packages", net_explosive_kg: float | None = None
    ) -> bool:
        """Whether the unit may pass a tunnel.

        Parameters
        ----------
        tunnel_category
            ``A`` to ``E``. Anything else is no known category and gives no passage.
        carriage
            ``packages``, ``bulk`` or ``tank``.
        net_explosive_kg
            Net explosive mass on the unit [kg]; None, not known, counts as above the limit of a code that has one.

        References
        ----------
        ADR 8.6.3.2 (the most restrictive code binds the whole load), 8.6.3.3 (not under 1.1.3.6) and 8.6.4.
        """
        category = tunnel_category.strip().upper()
        closed = self.closed_tunnels(carriage, net_explosive_kg)
        return category in ("A", "B", "C", "D", "E") and category not in closed

    @property
    def conflicts(self) -> tuple[str, ...]:
        """Ids of the rules on mixed loading that the load breaks; empty in constant time when there is none."""
        return self._mixing_rules(("forbidden", "approval")) if self._clashes > 0 else ()

    @property
    def kept_apart(self) -> tuple[str, ...]:
        """Ids of the rules that let goods share the unit only when kept apart."""
        return self._mixing_rules(("apart",)) if self._apart > 0 else ()

    def _mixing_rules(self, effects: tuple[str, ...]) -> tuple[str, ...]:
        kinds = [kind for kind, count in self._kinds.items() if count > 0]
        pairs = ((one, other) for at, one in enumerate(kinds) for other in kinds[:at])
        met = {rule.id for one, other in pairs for rule in self._law.rules_between(one, other)}
        return tuple(rule.id for rule in self._law.mixing if rule.id in met and rule.effect in effects)

    @property
    def groups(self) -> frozenset[str]:
        """Hazard groups of the regulated goods aboard."""
        return frozenset(name for groups, count in self._groups.items() if count > 0 for name in groups)

    @property
    def broken_limits(self) -> tuple[str, ...]:
        """Ids of what no vehicle can heal: shares of a provision, goods that must go alone, mixed loading."""
        broken = [
            limit.id
            for limit, mg in zip(self._law.provisions, self._share_mg, strict=True)
            if limit.limit is not None and mg > limit.limit * _MG_PER_KG
        ]
        if self._sole > 0 and self._others > 0:
            broken.append("sole")
        return (*broken, *self.conflicts)

    def obligations(self, *, has_waste: bool = False) -> LoadObligations:
        """Give what the load obliges to; ``has_waste`` says that anything aboard is waste, exempt or not."""
        return obligations_of(
            self._law,
            is_above=self.exceeds_1136 and self._law.has_points,
            is_regulated=self.is_regulated,
            has_waste=has_waste,
            closed=self.closed_tunnels(),
            aboard=self.groups,
        )
