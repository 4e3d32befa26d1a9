"""What rides on a tour: load by leg, and the rules other than time that a load must keep.

Visits of a tour are a sequence of integers: 0 and above is a stop's position in the table, -1 - j is a visit to the
hub ``reload_at[j]`` of the vehicle kind. A *trip* runs from the depot where the tour starts, or from a hub, to the
next hub or to the depot where the tour ends.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from voltloop.collection.model import Problem, VehicleKind
from voltloop.collection.stops import Stop

__all__ = ["Load", "aboard", "clashing_goods", "first_fault", "needs_adr", "road_profile", "trips"]

_TINY = 1e-6


class Load(NamedTuple):
    """What is aboard: gross mass [kg], floor positions, volume [m3], load points, certified boxes in use."""

    mass_kg: float
    floor_positions: float
    volume_m3: float
    points: float
    boxes: int


def trips(visits: Sequence[int]) -> list[tuple[int, ...]]:
    """List the stops of each trip of a tour, in order; a trip may be empty.

    Examples
    --------
    >>> trips([4, 2, -1, 7])
    [(4, 2), (7,)]
    """
    found: list[list[int]] = [[]]
    for visit in visits:
        if visit < 0:
            found.append([])
        else:
            found[-1].append(visit)
    return [tuple(trip) for trip in found]


def aboard(problem: Problem, visits: Sequence[int]) -> list[Load]:
    """Give the load on each leg of a tour; one leg more than visits.

    Notes
    -----
    What is delivered on a trip is aboard from its beginning, what is loaded stays aboard to its end. Load points and
    boxes count what is loaded: empty packaging has none.
    """
    legs: list[Load] = []
    for trip in trips(visits):
        entries = [problem.stop_list[stop] for stop in trip]
        mass = floor = volume = points = 0.0
        boxes = 0
        for entry in entries:
            mass += entry.drop_mass_kg
            floor += entry.drop_floor_positions
            volume += entry.drop_volume_m3
        legs.append(Load(mass, floor, volume, points, boxes))
        for entry in entries:
            mass += entry.mass_kg - entry.drop_mass_kg
            floor += entry.floor_positions - entry.drop_floor_positions
            volume += entry.volume_m3 - entry.drop_volume_m3
            points += entry.points
            boxes += entry.boxes
            legs.append(Load(mass, floor, volume, points, boxes))
    return legs


def needs_adr(problem: Problem, visits: Sequence[int], legs: Sequence[Load]) -> bool:
    """Whether any trip of a tour is above the small-load relief; ``legs`` are those of :func:`aboard`."""
    most = max(load.points for load in legs)
    return most > problem.relief_points + _TINY or any(
        problem.stop_list[visit].needs_adr for visit in visits if visit >= 0
    )


def road_profile(problem: Problem, kind: VehicleKind, visits: Sequence[int], *, needs_adr: bool) -> str:
    """Key of the roads that a tour takes: the vehicle's own, or the detour that the goods' tunnel code asks for.

    The most restrictive code of all stops of the tour counts, on the whole way (ADR 8.6.3.2), above the small-load
    relief only (ADR 1.1.3.6.2 frees smaller loads from chapter 8.6).
    """
    if not (needs_adr and problem.tunnel_profiles):
        return kind.profile
    found = (problem.stop_list[visit].tunnel_category for visit in visits if visit >= 0)
    category = min((entry for entry in found if entry), default="")
    return problem.tunnel_profiles.get(category, {}).get(kind.profile, kind.profile)


def first_fault(
    problem: Problem, kind: VehicleKind, visits: Sequence[int], legs: Sequence[Load] | None = None
) -> str | None:
    """Code of the first rule other than time that stops this load from riding in this vehicle, None when none does.

    Codes, in the order of the tests: ``depot-not-allowed`` (where a trip ends), ``wrong-vehicle-type``,
    ``no-permit``, ``too-heavy``, ``too-much-floor``, ``too-much-volume``, ``too-many-boxes``, ``goods-clash``,
    ``too-many-reloads``, ``days-apart`` (no day suits all stops), ``needs-lift``, ``needs-adr-vehicle``,
    ``closed-to-adr``.

    Parameters
    ----------
    visits
        Stops and hubs in order of visit, see :mod:`voltloop.collection.loads`.
    legs
        What :func:`aboard` gives for them, where the caller knows it.
    """
    entries = [problem.stop_list[visit] for visit in visits if visit >= 0]
    legs = aboard(problem, visits) if legs is None else legs
    return (
        _where_to(problem, kind, visits)
        or _who_may(kind, entries)
        or _fits(kind, legs)
        or _together(problem, kind, visits, entries)
        or (_marked(kind, entries) if needs_adr(problem, visits, legs) else None)
    )


def _where_to(problem: Problem, kind: VehicleKind, visits: Sequence[int]) -> str | None:
    end = kind.ends_at
    for visit in reversed(visits):
        if visit < 0:
            end = kind.reload_at[-1 - visit]
        elif end not in problem.stop_list[visit].depots:
            return "depot-not-allowed"
    return None


def _who_may(kind: VehicleKind, entries: Iterable[Stop]) -> str | None:
    for entry in entries:
        if entry.vehicle_types and kind.vehicle_type not in entry.vehicle_types:
            return "wrong-vehicle-type"
        if not kind.permits.issuperset(entry.permits):
            return "no-permit"
    return None


def _fits(kind: VehicleKind, legs: Sequence[Load]) -> str | None:
    mass, floor, volume, _, boxes = (max(figures) for figures in zip(*legs, strict=True))
    if mass > kind.payload_kg + _TINY:
        return "too-heavy"
    if floor > kind.floor_positions + _TINY:
        return "too-much-floor"
    if volume > kind.volume_m3 + _TINY:
        return "too-much-volume"
    return "too-many-boxes" if boxes > kind.critical_boxes else None


def _together(
    problem: Problem, kind: VehicleKind, visits: Sequence[int], entries: Sequence[Stop]
) -> str | None:
    if problem.clashes and any(_clash(problem, trip) for trip in trips(visits)):
        return "goods-clash"
    if len(visits) - len(entries) > kind.max_reloads:
        return "too-many-reloads"
    last = min(problem.last_day(visit) for visit in visits if visit >= 0)
    if max(entry.first_day for entry in entries) > last:
        return "days-apart"
    return "needs-lift" if not kind.has_tail_lift and any(entry.needs_lift for entry in entries) else None


def _marked(kind: VehicleKind, entries: Sequence[Stop]) -> str | None:
    if not kind.is_adr_equipped:
        return "needs-adr-vehicle"
    return "closed-to-adr" if any(entry.is_closed_to_adr for entry in entries) else None


def clashing_goods(problem: Problem, goods: Sequence[str]) -> list[str]:
    """Name the classes among the goods of one stop that may not ride with another class of the same stop."""
    return [
        name
        for name in goods
        if any(other in problem.clashing.get(name, ()) for other in goods if other != name)
    ]


def _clash(problem: Problem, trip: Sequence[int]) -> bool:
    carried: set[str] = set()
    for stop in trip:
        goods = problem.stop_list[stop].goods
        if any(not carried.isdisjoint(problem.clashing.get(name, ())) for name in goods):
            return True
        if clashing_goods(problem, goods):
            return True
        carried.update(goods)
    return False
