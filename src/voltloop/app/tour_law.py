"""What the law asks of a tour, by the goods aboard: what may not ride together, tunnels, permits and training."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date
from itertools import combinations
from typing import Any

import polars as pl

from voltloop.collection import Driver, VehicleKind
from voltloop.compliance import Load, Rulebook, work_of
from voltloop.compliance.credentials.entitlement import requirements_of
from voltloop.compliance.loads.law import LoadLaw, load_law
from voltloop.compliance.loads.tunnels import closed_by

__all__ = ["TourLaw", "tour_law"]

_ASKED = (
    "outcome", "un_number", "transport_category", "tunnel_code", "special_provisions", "packing_instruction", "labels",
    "hazard_class", "is_waste", "waste_code", "point_country",
)  # fmt: skip
"""Columns of the battery table that decide what a tour must keep to."""

_OTHERS = "other hazardous materials"
_WHOLE_LOAD = {"above_limit": "no", "placarded": "no"}
"""What hangs on the whole load and not on single goods: plates and the driver's certificate, which the tours count."""


@dataclass(frozen=True)
class TourLaw:
    """What the law asks of the tours of one mode.

    Attributes
    ----------
    goods
        ``row, goods, permits, training`` (lists of names) and ``tunnel_code`` (first closed category, B to E, or
        empty) of each battery row.
    clashes
        Pairs of names in ``goods`` that may not share a vehicle.
    fleet, drivers
        As given, with the names of the requirements that their permits and trainings meet.
    """

    goods: pl.DataFrame
    clashes: frozenset[frozenset[str]]
    fleet: tuple[VehicleKind, ...]
    drivers: tuple[Driver, ...]


def tour_law(
    batteries: pl.DataFrame, rulebook: Rulebook, mode: str, on: date, fleet: Collection[VehicleKind],
    drivers: Collection[Driver], *, certificates: Mapping[str, Mapping[str, date]],
) -> TourLaw:  # fmt: skip
    """Ask the rulebook for every kind of goods once.

    Parameters
    ----------
    batteries
        Rows with the columns of a verdict, ``is_waste`` and ``point_country``.
    fleet, drivers
        Whose ``permits`` and ``trainings`` count.
    certificates
        Certificates of drivers that stand in columns of their own: by driver, then kind of credential.

    Notes
    -----
    A permit or training that the rulebook requires (``credentials/requirements.csv``) is asked for as soon as one
    vehicle, or one driver, names it. Where none does, the carrier holds it for all, which is for
    ``voltloop credentials`` to check.

    References
    ----------
    ADR 7.5.2 (mixed loading), 8.6.4 (tunnels; the column for packages), 1.3 and 8.2.3 (training); 49 CFR 177.848,
    173.159(e) (no other hazardous material aboard); Directive 2008/98/EC Article 26 (carriers of waste).
    """
    law = load_law(rulebook, mode, on)
    kinds = batteries.select(_ASKED).unique(maintain_order=True)
    rows = kinds.rows(named=True)
    load = Load(rulebook, mode=mode, on=on)
    classes = [_classes(row, load, law) for row in rows]
    clashes = _clashes({name: kind for named in classes for name, kind in named.items()}, law)
    names = _Names(rulebook)
    permits = [_asked(row, rulebook, mode, on, ("carrier", "vehicle")) for row in rows]
    training = [_asked(row, rulebook, mode, on, ("driver",)) for row in rows]
    held = [names.of(kind.permits) for kind in fleet]
    known = [
        names.dated([*driver.trainings, *certificates.get(driver.driver_id, {}).items()])
        for driver in drivers
    ]
    permits_in_use = _in_use(permits, frozenset().union(*held))
    training_in_use = _in_use(training, names.of(name for driver in drivers for name, _ in driver.trainings))
    table = kinds.with_columns(
        pl.Series(
            "goods", [sorted(_clashing(named, clashes)) for named in classes], dtype=pl.List(pl.String)
        ),
        pl.Series("permits", [sorted(asked & permits_in_use) for asked in permits], dtype=pl.List(pl.String)),
        pl.Series(
            "training", [sorted(asked & training_in_use) for asked in training], dtype=pl.List(pl.String)
        ),
        pl.Series("tour_tunnel", [_tunnel(row, load, law) for row in rows], dtype=pl.String),
    )
    goods = batteries.select("row", *_ASKED).join(
        table, on=_ASKED, how="left", nulls_equal=True, maintain_order="left"
    )
    return TourLaw(
        goods.select("row", "goods", "permits", "training", tunnel_code="tour_tunnel"),
        clashes,
        tuple(
            replace(kind, permits=kind.permits | {asked for asked in permits_in_use if mine & _kinds(asked)})
            for kind, mine in zip(fleet, held, strict=True)
        ),
        tuple(
            replace(driver, trainings=(*driver.trainings, *_met(training_in_use, mine)))
            for driver, mine in zip(drivers, known, strict=True)
        ),
    )


class _Names:
    """Kinds of credentials by any of their names."""

    def __init__(self, rulebook: Rulebook) -> None:
        self._kinds = {
            name: kind.name
            for kind in rulebook.credentials.kinds.values()
            for name in (kind.name, *kind.also)
        }

    def of(self, names: Iterable[str]) -> frozenset[str]:
        return frozenset(self._kinds.get(name, name) for name in names)

    def dated(self, held: Iterable[tuple[str, date]]) -> dict[str, date]:
        """Kinds with their last days, the latest where one is held twice."""
        found: dict[str, date] = {}
        for name, last in held:
            kind = self._kinds.get(name, name)
            found[kind] = max(last, found.get(kind, last))
        return found


def _kinds(asked: str) -> set[str]:
    return set(asked.split("|"))


def _in_use(asked: Iterable[frozenset[str]], named: frozenset[str]) -> frozenset[str]:
    return frozenset(one for ones in asked for one in ones if _kinds(one) & named)


def _met(asked: Iterable[str], held: Mapping[str, date]) -> list[tuple[str, date]]:
    """Give the requirements that a driver meets, each until the last of its credentials ends."""
    return [
        (one, max(held[kind] for kind in _kinds(one) if kind in held))
        for one in sorted(asked)
        if _kinds(one) & held.keys()
    ]


def _asked(
    row: Mapping[str, Any], rulebook: Rulebook, mode: str, on: date, roles: Collection[str]
) -> frozenset[str]:
    """Name what the rulebook requires of a role that carries such goods, alternatives joined by bars."""
    goods = pl.DataFrame([{**row, "net_mass_kg": 0.0, "quantity": 1}], infer_schema_length=None)
    work = work_of(goods, rulebook, mode=mode, on=on, countries=[row["point_country"]], stated=_WHOLE_LOAD)
    return frozenset(
        "|".join(one.needs)
        for one, _, is_asked, _ in requirements_of(work, rulebook, on)
        if is_asked and one.role in roles and one.effect == "require"
    )


def _classes(row: Mapping[str, Any], load: Load, law: LoadLaw) -> dict[str, int]:
    """Name the classes of goods that rules on sharing a vehicle speak of, with their number in the law."""
    profile = load.profile_of(row)
    found = {"+".join(sorted(profile.groups)): profile.kind} if profile.kind else {}
    if profile.is_sole:
        found |= {_alone(law): -1}
    elif law.sole_keys and profile.is_other:
        found |= {_OTHERS: -1}
    return found


def _alone(law: LoadLaw) -> str:
    return f"goods under {' or '.join(sorted(law.sole_keys))}"


def _clashes(kinds: Mapping[str, int], law: LoadLaw) -> frozenset[frozenset[str]]:
    pairs = {
        frozenset((one, other))
        for (one, a), (other, b) in combinations(kinds.items(), 2)
        if a > 0 and b > 0 and law.clashes[a] >> b & 1
    }
    if _alone(law) in kinds and _OTHERS in kinds:
        pairs.add(frozenset((_alone(law), _OTHERS)))
    return frozenset(pairs)


def _clashing(names: Iterable[str], clashes: Collection[frozenset[str]]) -> set[str]:
    return {name for name in names if any(name in pair for pair in clashes)}


def _tunnel(row: Mapping[str, Any], load: Load, law: LoadLaw) -> str:
    """First tunnel category that the goods close in packages, empty for none."""
    code = load.profile_of(row).tunnel
    closed = closed_by([code], law.tunnels, "packages", None) if code else ()
    return closed[0] if closed else ""
