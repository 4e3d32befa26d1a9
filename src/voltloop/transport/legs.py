"""Legs that an itinerary may be made of: which stops are worth a look, and what leads from one to another."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from functools import cache

import numpy as np
from numpy.typing import NDArray

from voltloop.catalogue import life_cycle
from voltloop.transport.geometry import great_circle_km
from voltloop.transport.great_circle import GreatCircle
from voltloop.transport.passages import Ship, passages, ships
from voltloop.transport.provider import DistanceProvider, Places
from voltloop.transport.rail import RailNetwork
from voltloop.transport.sea import SeaNetwork
from voltloop.transport.terminals import Mode, Stop, ferries, modes, terminals

__all__ = ["Leg", "Networks", "legs_between", "road_hours", "stops_between"]

_NEAREST = {"seaport": 9, "airport": 6, "rail_terminal": 7}
_REACH_KM = {"seaport": 2500.0, "airport": 2000.0, "rail_terminal": 1200.0}
_FERRY_REACH_KM, _FERRIES = 700.0, 10
_FERRY_CORRIDOR, _FERRY_CORRIDOR_KM, _CORRIDOR_FERRIES = 1.35, 4000.0, 16
_LONGEST_ROAD_KM, _DRAYAGE_KM, _SHORTEST_RAIL_KM = 6000.0, 120.0, 250.0
_SHORTEST_FLIGHT_KM, _SHORT_HAUL_KM, _AIR_DETOUR = 500.0, 3700.0, 1.05
_SEA_SURCHARGE = 1.15
_GAUGE_CHANGE_H, _GAUGE_CHANGE_EUR_PER_T = 36.0, 8.0


@dataclass(frozen=True)
class Leg:
    """One way by one mode between two stops, open to any goods until somebody says otherwise.

    Attributes
    ----------
    mode, vehicle
        ``road``, ``rail``, ``sea``, ``air`` or ``ferry``, and what carries the goods.
    start, stop
        Ids of the stops.
    km, hours
        Length, and time from departure to arrival with the usual rests, canals and changes of gauge.
    cost_eur_per_t, co2e_kg_per_t
        Freight without the surcharge for dangerous goods, and emissions, per tonne of goods.
    surcharge_eur_per_t
        What dangerous goods cost more.
    headway_h
        Usual time between two departures; 0 where the vehicle leaves when it is loaded.
    passages
        Straits and canals on the way.
    is_estimated
        True where the length is a straight line times a factor.
    is_tunnel
        True for a ferry that is a shuttle through a tunnel.
    """

    mode: str
    vehicle: str
    start: str
    stop: str
    km: float
    hours: float
    cost_eur_per_t: float
    co2e_kg_per_t: float
    surcharge_eur_per_t: float = 0.0
    headway_h: float = 0.0
    passages: tuple[str, ...] = ()
    is_estimated: bool = False
    is_tunnel: bool = False


@dataclass(frozen=True)
class Networks:
    """Sources of distances.

    Attributes
    ----------
    road
        Any provider of road distances.
    rail, sea
        The networks of the other two.
    """

    road: DistanceProvider
    rail: RailNetwork
    sea: SeaNetwork


def road_hours(driving_h: NDArray[np.float64]) -> NDArray[np.float64]:
    """Time on the road of one driver with breaks and daily rests [h].

    References
    ----------
    Regulation (EC) No 561/2006, Articles 6 to 8: 45 minutes after 4.5 hours, 11 hours after 9. Weekly rests and
    driving bans are left out.

    Examples
    --------
    >>> road_hours(np.array([4.0, 9.0, 10.0])).tolist()
    [4.0, 9.75, 21.75]
    """
    days = np.maximum(np.ceil(driving_h / 9.0) - 1.0, 0.0)
    breaks = days + np.where(driving_h - 9.0 * days > 4.5, 1.0, 0.0)
    return np.asarray(driving_h + 11.0 * days + 0.75 * breaks)


def stops_between(origin: Stop, destination: Stop, also: Collection[str] = ()) -> dict[str, Stop]:
    """Give origin, destination and the terminals that may lie between, by id.

    Parameters
    ----------
    origin, destination
        May be terminals themselves.
    also
        Ids of terminals to add, such as those of a calendar.

    Notes
    -----
    For either end: the nearest terminals of each kind, and ferries near it; for the way between: ferries that lie
    along it. Terminals far from both ends are no use, since the networks know no charge for a direct way.
    """
    known = terminals()
    ids = list(known)
    lat, lon = np.array([known[name].lat for name in ids]), np.array([known[name].lon for name in ids])
    kind = np.array([known[name].kind for name in ids])
    picked = {name: known[name] for name in also}
    whole_km = float(great_circle_km(origin.lat, origin.lon, destination.lat, destination.lon))
    detour_km = np.zeros(len(ids))
    for end in (origin, destination):
        away_km = great_circle_km(end.lat, end.lon, lat, lon)
        detour_km += away_km
        for what, most in _NEAREST.items():
            near = np.flatnonzero((kind == what) & (away_km <= _REACH_KM[what]))
            picked |= {
                ids[one]: known[ids[one]] for one in near[np.argsort(away_km[near], kind="stable")][:most]
            }
        near = np.flatnonzero((kind == "ferry_port") & (away_km <= _FERRY_REACH_KM))
        picked |= _crossings([ids[one] for one in near[np.argsort(away_km[near], kind="stable")][:_FERRIES]])
    if whole_km <= _FERRY_CORRIDOR_KM:
        on_way = np.flatnonzero((kind == "ferry_port") & (detour_km <= _FERRY_CORRIDOR * whole_km + 100.0))
        order = on_way[np.argsort(detour_km[on_way], kind="stable")][:_CORRIDOR_FERRIES]
        picked |= _crossings([ids[one] for one in order])
    return picked | {origin.id: origin, destination.id: destination}


def _crossings(ends: Sequence[str]) -> dict[str, Stop]:
    """Give the stops at both ends of the ferries that begin or end at some."""
    there = set(ends)
    both = {name for one in ferries() if {one.start, one.stop} & there for name in (one.start, one.stop)}
    return {name: terminals()[name] for name in sorted(both)}


def legs_between(
    origin: Stop, destination: Stop, stops: dict[str, Stop], networks: Networks, closed: Collection[str] = ()
) -> list[Leg]:
    """Give all legs between stops.

    Parameters
    ----------
    origin, destination, stops
        See :func:`stops_between`.
    networks
        Sources of distances.
    closed
        Passages that are closed at some time. The legs hold ways with and without them; which of them are
        open on its day is asked of each when the itinerary is made.
    """
    everywhere = list(stops.values())
    return [
        *_road_legs(origin, destination, everywhere, networks.road),
        *_rail_legs(everywhere, networks.rail),
        *_sea_legs(everywhere, networks.sea, frozenset(closed)),
        *_air_legs(everywhere),
        *_ferry_legs(stops),
    ]


def _places(stops: Sequence[Stop]) -> Places:
    return Places.of([one.lat for one in stops], [one.lon for one in stops], [one.id for one in stops])


@cache
def _kg_per_tkm(vehicle: str) -> float:
    rows = life_cycle.transport_legs().rows(named=True)
    return next(
        float(row["wtw_g_per_tkm"]) / 1000.0
        for row in rows
        if row["vehicle"] == vehicle and row["load"] == "average"
    )


def _leg(mode: Mode, start: Stop, stop: Stop, km: float, time_h: float, *, is_estimated: bool = False) -> Leg:
    by_way = mode.cost_eur_per_tkm * km
    return Leg(
        mode.mode,
        mode.vehicle,
        start.id,
        stop.id,
        km,
        time_h + mode.fixed_h,
        by_way + mode.cost_eur_per_t,
        _kg_per_tkm(mode.emission_vehicle) * km,
        by_way * (mode.dangerous_goods_factor - 1.0),
        mode.headway_h,
        (),
        is_estimated,
    )


def _road_legs(origin: Stop, destination: Stop, stops: Sequence[Stop], road: DistanceProvider) -> list[Leg]:
    """Roads from the origin, to the destination, to and from ferries, and between terminals of one town."""
    mode = modes()["road"]
    others = [one for one in stops if one.id not in {origin.id, destination.id}]
    at_ferry = [one for one in others if one.kind == "ferry_port"]
    ends = [one for one in stops if one.kind == "ferry_port" or one.id == destination.id]
    legs = []
    for starts, ways_to in (([origin], [*others, destination]), (others, [destination]), (at_ferry, ends)):
        legs += _roads(mode, starts, ways_to, road, _LONGEST_ROAD_KM)
    inland = [one for one in others if one.kind != "ferry_port"]
    legs += _roads(mode, inland, inland, GreatCircle(), _DRAYAGE_KM)
    # Containers that come by ship or train go on by ferry, and the other way round.
    for ferry in at_ferry:
        near = [one for one in inland if _apart_km(ferry, one) <= _FERRY_REACH_KM]
        legs += _roads(mode, [ferry], near, road, _LONGEST_ROAD_KM)
        legs += _roads(mode, near, [ferry], road, _LONGEST_ROAD_KM)
    unique = {(leg.start, leg.stop, leg.km): leg for leg in legs}
    return list(unique.values())


def _apart_km(one: Stop, other: Stop) -> float:
    return float(great_circle_km(one.lat, one.lon, other.lat, other.lon))


def _roads(
    mode: Mode, starts: Sequence[Stop], ends: Sequence[Stop], road: DistanceProvider, most_km: float
) -> list[Leg]:
    if not starts or not ends:
        return []
    here, there = _places(starts), _places(ends)
    found = road.distances(here, there, mode.vehicle)
    straight_km = great_circle_km(here.lat[:, None], here.lon[:, None], there.lat[None], there.lon[None])
    time_h = road_hours(np.where(np.isfinite(found.hours), found.hours, 0.0))
    good = found.reachable & (straight_km <= most_km)
    return [
        _leg(
            mode,
            starts[row],
            ends[column],
            float(found.km[row, column]),
            float(time_h[row, column]),
            is_estimated=bool(found.estimated[row, column]),
        )
        for row, column in zip(*np.nonzero(good), strict=True)
        if starts[row].id != ends[column].id
    ]


def _rail_legs(stops: Sequence[Stop], rail: RailNetwork) -> list[Leg]:
    mode = modes()["rail"]
    served = [one for one in stops if "rail" in one.modes]
    if not served:
        return []
    found, changes = rail.ways(_places(served), _places(served))
    legs = []
    for row, column in zip(*np.nonzero(found.reachable & (found.km >= _SHORTEST_RAIL_KM)), strict=True):
        leg = _leg(
            mode,
            served[row],
            served[column],
            float(found.km[row, column]),
            float(found.hours[row, column]) + _GAUGE_CHANGE_H * int(changes[row, column]),
            is_estimated=bool(found.estimated[row, column]),
        )
        extra = _GAUGE_CHANGE_EUR_PER_T * int(changes[row, column])
        legs.append(replace(leg, cost_eur_per_t=leg.cost_eur_per_t + extra))
    return legs


def _sea_legs(stops: Sequence[Stop], sea: SeaNetwork, closed: frozenset[str]) -> list[Leg]:
    """Ways of each class of ships between ports that it calls at, and those round each closed passage."""
    classes = list(ships())
    legs: dict[tuple[str, str, str, tuple[str, ...]], Leg] = {}
    for ship in ships().values():
        ports = [
            one
            for one in stops
            if one.kind == "seaport" and classes.index(one.largest_ship) <= classes.index(ship.ship)
        ]
        if len(ports) < 2:
            continue
        places, open_sets, seen = _places(ports), [frozenset[str]()], {frozenset[str]()}
        while open_sets:
            shut = open_sets.pop()
            km, time_h, ways = sea.ways(places, places, ship.ship, shut)
            for row, column in zip(*np.nonzero(np.isfinite(km)), strict=True):
                if row == column:
                    continue
                taken = ways[row][column]
                leg = _sea_leg(
                    ship, ports[row], ports[column], float(km[row, column]), float(time_h[row, column]), taken
                )
                legs.setdefault((ship.ship, leg.start, leg.stop, taken), leg)
                for name in closed.intersection(taken):
                    if shut | {name} not in seen:
                        seen.add(shut | {name})
                        open_sets.append(shut | {name})
    return list(legs.values())


def _sea_leg(ship: Ship, start: Stop, stop: Stop, km: float, time_h: float, taken: tuple[str, ...]) -> Leg:
    by_way = ship.cost_eur_per_tkm * km
    tolls = sum(passages()[name].extra_eur_per_t for name in taken)
    return Leg(
        "sea",
        ship.ship,
        start.id,
        stop.id,
        km,
        time_h,
        by_way + tolls,
        _kg_per_tkm(ship.emission_vehicle) * km,
        by_way * (_SEA_SURCHARGE - 1.0),
        ship.headway_h,
        taken,
    )


def _air_legs(stops: Sequence[Stop]) -> list[Leg]:
    mode = modes()["air"]
    airports = [one for one in stops if one.kind == "airport"]
    legs = []
    for start in airports:
        for stop in airports:
            km = _apart_km(start, stop) * _AIR_DETOUR
            if km < _SHORTEST_FLIGHT_KM:
                continue
            haul = "air_long_haul" if km >= _SHORT_HAUL_KM else "air_short_haul"
            leg = _leg(mode, start, stop, km, km / (mode.speed_kmh or 800.0))
            legs.append(replace(leg, co2e_kg_per_t=_kg_per_tkm(haul) * km))
    return legs


def _ferry_legs(stops: dict[str, Stop]) -> list[Leg]:
    mode = modes()["ferry"]
    legs = []
    for ferry in ferries():
        if ferry.start not in stops or ferry.stop not in stops:
            continue
        for start, stop in ((ferry.start, ferry.stop), (ferry.stop, ferry.start)):
            leg = _leg(mode, stops[start], stops[stop], ferry.km, ferry.km / (mode.speed_kmh or 37.0))
            legs.append(replace(leg, headway_h=ferry.headway_h, is_tunnel=ferry.is_tunnel))
    return legs
