"""What a transport unit must keep to in one edition, compiled so that a load asks it in constant time."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from voltloop.compliance.loads.limits import Duty, Limit, active, read_duties, read_limits
from voltloop.compliance.loads.mixing import HazardGroup, MixingRule, read_groups, read_mixing
from voltloop.compliance.loads.tunnels import TunnelCode, read_tunnels
from voltloop.compliance.vocabulary import Edition

if TYPE_CHECKING:
    from datetime import date

    from voltloop.compliance.rulebook import Rulebook

__all__ = ["LoadLaw", "LoadTables", "load_law", "read_load"]


@dataclass(frozen=True)
class LoadTables:
    """The ``load`` folder of a rulebook: limits, duties, hazard groups, mixed loading and tunnel codes."""

    limits: tuple[Limit, ...]
    duties: tuple[Duty, ...]
    groups: Mapping[str, HazardGroup]
    mixing: tuple[MixingRule, ...]
    tunnels: tuple[TunnelCode, ...]
    laws: dict[str, LoadLaw] = field(default_factory=dict, compare=False, repr=False)


def read_load(folder: Path, shown: str, editions: Mapping[str, tuple[Edition, ...]]) -> LoadTables:
    """Read the ``load`` folder of a rulebook.

    Raises
    ------
    RulebookError
        See :mod:`voltloop.compliance.loads.limits`, :mod:`voltloop.compliance.loads.mixing` and
        :mod:`voltloop.compliance.loads.tunnels`.
    """
    groups = read_groups(folder / "hazards.csv", f"{shown}/hazards.csv")
    return LoadTables(
        read_limits(folder / "limits.csv", f"{shown}/limits.csv", editions),
        read_duties(folder / "duties.csv", f"{shown}/duties.csv", editions, groups),
        groups,
        read_mixing(folder / "mixing.csv", f"{shown}/mixing.csv", editions, groups),
        read_tunnels(folder / "tunnels.csv", f"{shown}/tunnels.csv", editions),
    )


class LoadLaw:
    """Limits, duties, mixed loading and tunnels of one edition.

    Kinds of hazard are numbered as goods ask for them. ``clashes[kind]`` and ``apart[kind]`` hold one bit for each kind
    that may not share a unit with it, or only when kept apart. Kind 0 is goods that no rule on mixed loading names.
    """

    __slots__ = (
        "_kinds", "_members", "apart", "categories", "clashes", "duties", "edition", "groups", "has_points", "mixing",
        "places", "points", "provisions", "single_mg", "sole_keys", "total", "total_scaled", "tunnels",
    )  # fmt: skip

    def __init__(self, tables: LoadTables, edition: Edition) -> None:
        limits = active(tables.limits, edition)
        self.edition = edition
        self.groups = tables.groups
        self.duties = active(tables.duties, edition)
        self.mixing = active(tables.mixing, edition)
        self.tunnels = {one.code: one for one in active(tables.tunnels, edition)}
        self.categories = tuple(limit for limit in limits if limit.kind == "category")
        self.provisions = tuple(limit for limit in limits if limit.kind == "provision")
        self.sole_keys = frozenset(key for limit in limits if limit.kind == "sole" for key in limit.keys)
        totals = [limit.limit for limit in limits if limit.kind == "total" and limit.limit is not None]
        self.has_points = bool(totals)
        self.total = min(totals, default=0.0)
        # Milligrams times thousandths of a point per kilogram are whole numbers, so sums stay exact.
        self.total_scaled = round(self.total * 1_000_000_000)
        self.points = [
            None if one.points_per_kg is None else round(one.points_per_kg * 1000) for one in self.categories
        ]
        self.single_mg = [
            None if one.limit is None or not one.points_per_kg else round(one.limit * 1_000_000)
            for one in self.categories
        ]
        self.places = {key: at for at, limit in enumerate(self.categories) for key in limit.keys}
        self._kinds: dict[frozenset[str], int] = {frozenset(): 0}
        self._members: list[frozenset[str]] = [frozenset()]
        self.clashes = [0]
        self.apart = [0]

    def groups_of(self, labels: frozenset[str], un_number: str) -> frozenset[str]:
        """Give the names of all hazard groups that goods belong to."""
        return frozenset(name for name, group in self.groups.items() if group.has(labels, un_number))

    def kind(self, groups: frozenset[str]) -> int:
        """Give the number of goods of these hazard groups; the same groups always have the same number."""
        named = groups & {name for rule in self.mixing for name in (rule.one, rule.other)}
        if named not in self._kinds:
            new = len(self._members)
            self._kinds[named] = new
            self._members.append(named)
            self.clashes.append(0)
            self.apart.append(0)
            for old in range(new):
                for rule in self.rules_between(old, new):
                    masks = self.apart if rule.effect == "apart" else self.clashes
                    masks[old] |= 1 << new
                    masks[new] |= 1 << old
        return self._kinds[named]

    def rules_between(self, one: int, other: int) -> tuple[MixingRule, ...]:
        """Give the rules on mixed loading that two kinds of hazard meet."""
        here, there = self._members[one], self._members[other]
        return tuple(
            rule
            for rule in self.mixing
            if (rule.one in here and rule.other in there) or (rule.one in there and rule.other in here)
        )


def load_law(rulebook: Rulebook, mode: str, on: date, edition: str | None = None) -> LoadLaw:
    """Give the compiled law of a load in a mode on a day; the same edition gives the same object.

    Raises
    ------
    RulebookError
        The mode is unknown or no edition covers the day.
    """
    chosen = rulebook.edition(rulebook.mode(mode).regime, on, edition)
    laws = rulebook.load.laws
    if chosen.name not in laws:
        laws[chosen.name] = LoadLaw(rulebook.load, chosen)
    return laws[chosen.name]
