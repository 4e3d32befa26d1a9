"""Refuse a tour problem that cannot be meant, and name the stops and vehicles in it that cannot.

What concerns the problem as a whole is refused: the message says what, where and what to do. What concerns one
stop or one vehicle type becomes a finding, and the rest is planned.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import replace
from itertools import pairwise
from typing import TYPE_CHECKING, Final

import polars as pl

from voltloop.collection.roads import Roads
from voltloop.collection.stops import OPTIONAL_STOP_COLUMNS, STOP_COLUMNS, Stop
from voltloop.collection.vehicles import Driver, VehicleKind
from voltloop.errors import InputError, nearest
from voltloop.findings import Finding, make

if TYPE_CHECKING:
    from voltloop.collection.model import Problem

__all__ = [
    "check_fleet",
    "check_roads",
    "check_stops",
    "stop_fault",
    "unknown_drivers",
    "usable_fleet",
]

TUNNEL_CATEGORIES: Final = ("B", "C", "D", "E")
_WEEKDAYS: Final = 7
"""Tunnel categories that are closed to some goods (ADR 1.9.5.2.2)."""

_NULLABLE = ("due_day", "due_on")
_NOT_NEGATIVE = (
    "mass_kg", "floor_positions", "points", "prize_eur", "service_s", "service_by_hand_s", "boxes", "volume_m3",
    "drop_mass_kg", "drop_floor_positions", "drop_volume_m3", "release_s",
)  # fmt: skip


def check_stops(problem: Problem) -> None:
    """Check the table of stops: columns, blanks, ids, numbers."""
    table = problem.stops
    missing = [name for name in STOP_COLUMNS if name not in table.columns]
    if missing:
        raise InputError(
            f"The table of stops lacks the column(s) {', '.join(missing)}. It needs {', '.join(STOP_COLUMNS)}. "
            "Build it with make_pickups and stops_from_pickups.",
            code="tours-stop-column-missing",
        )
    for name in STOP_COLUMNS:
        if name not in _NULLABLE and table[name].null_count():
            row = int(table[name].is_null().arg_max() or 0)
            raise InputError(
                f'Stop "{table["pickup_id"][row]}": column {name} is blank. A value is needed for every stop.',
                code="tours-stop-blank",
            )
    if table["pickup_id"].n_unique() != table.height:
        twice = table.filter(table["pickup_id"].is_duplicated())["pickup_id"][0]
        raise InputError(
            f'The pick-up id "{twice}" stands twice in the table of stops. Each pick-up needs an id of its own.',
            code="tours-stop-twice",
        )
    for name in _NOT_NEGATIVE:
        if name not in table.columns:
            continue
        number = pl.col(name).cast(pl.Float64)
        bad = table.filter(~(number >= 0.0) | number.is_nan())
        if bad.height:
            raise InputError(
                f'Stop "{bad["pickup_id"][0]}": {name} is {bad[name][0]}. Expected a number of zero or more.',
                code="tours-stop-number",
            )
    for name, kind in OPTIONAL_STOP_COLUMNS.items():
        found = table.schema.get(name, kind)
        if found not in (kind, pl.Null) and found.is_numeric() != kind.is_numeric():
            raise InputError(
                f"The table of stops has {found} in column {name}. Expected {kind}. Cast the column.",
                code="tours-stop-column-type",
            )


def check_roads(problem: Problem) -> None:
    """Check driving rules, road matrices, the places that depots, hubs and stops name, and the tunnel profiles."""
    rules = problem.rules
    if rules.max_stretch_s <= 0 or min(rules.break_s, rules.max_driving_s, rules.max_duty_s) < 0:
        raise InputError(
            f'The driving rules "{rules.name}" allow {rules.max_stretch_s} s of driving at a stretch. Expected '
            "a stretch above zero and no negative figure. Use EU_DRIVING or US_DRIVING, or correct the figures.",
            code="tours-rules-number",
        )
    for name, roads in problem.roads.items():
        if isinstance(roads, Roads) and (
            roads.distance_km.ndim != 2
            or len(set(roads.distance_km.shape)) != 1
            or (roads.duration_h.shape != roads.distance_km.shape)
        ):
            raise InputError(
                f'Roads "{name}": distances are {roads.distance_km.shape} and durations {roads.duration_h.shape}. '
                "Expected two square arrays of the same size, one row and column per place.",
                code="tours-roads-shape",
            )
    count = min((roads.place_count for roads in problem.roads.values()), default=0)
    used = [
        *problem.depots.values(),
        *(hub.place for hub in problem.hubs.values()),
        *problem.stops["place"].to_list(),
    ]
    if used and not 0 <= min(used) <= max(used) < count:
        wrong = max(used) if max(used) >= count else min(used)
        raise InputError(
            f"A depot, hub or stop names place {wrong}, but the roads know {count} places (from 0). "
            "Give one row and column, or one pair of coordinates, per place.",
            code="tours-place-unknown",
        )
    both = sorted(set(problem.depots) & set(problem.hubs))
    if both:
        raise InputError(
            f'"{both[0]}" is both a depot and a hub. Every place to unload at needs an id of its own. '
            "Rename the hub, or leave it out: a vehicle may unload at any depot.",
            code="tours-hub-twice",
        )
    for category, profiles in problem.tunnel_profiles.items():
        if category not in TUNNEL_CATEGORIES:
            raise InputError(
                f'Tunnel profiles are given for "{category}". Expected {", ".join(TUNNEL_CATEGORIES)}.',
                code="tours-tunnel-unknown",
            )
        for profile in profiles.values():
            _known_profile(problem, f"Tunnel category {category}", profile)


def _known_profile(problem: Problem, what: str, profile: str) -> None:
    if profile not in problem.roads:
        known = ", ".join(sorted(problem.roads))
        raise InputError(
            f'{what}: no roads for profile "{profile}". Known: {known}.', code="tours-profile-unknown"
        )


def check_fleet(problem: Problem) -> None:
    """Check depots, profiles and figures of the vehicles."""
    seen: set[tuple[str, str, str]] = set()
    for kind in problem.fleet:
        what = _named(kind)
        if kind.depot_id not in problem.depots:
            raise InputError(
                f"{what}: the depot is unknown. Known depots: {', '.join(sorted(problem.depots)) or 'none'}.",
                code="tours-depot-unknown",
            )
        _known_profile(problem, what, kind.profile)
        if (kind.depot_id, kind.vehicle_type, kind.name) in seen:
            raise InputError(
                f"{what} is listed twice. Add the counts up in one row.", code="tours-vehicle-twice"
            )
        seen.add((kind.depot_id, kind.vehicle_type, kind.name))
        figures = (
            kind.count, kind.payload_kg, kind.floor_positions, kind.critical_boxes, kind.fixed_cost_eur,
            kind.cost_eur_per_km, kind.cost_eur_per_h, kind.co2e_kg_per_km, kind.max_driving_s, kind.max_duty_s,
            kind.volume_m3, kind.max_reloads, kind.co2e_kg_per_tkm,
        )  # fmt: skip
        if any(math.isnan(value) or value < 0 for value in figures):
            raise InputError(
                f"{what} has a negative or missing figure. Expected zero or more.",
                code="tours-vehicle-number",
            )


def _named(kind: VehicleKind) -> str:
    name = f' ("{kind.name}")' if kind.name else ""
    return f'Vehicle type "{kind.vehicle_type}"{name} at depot "{kind.depot_id}"'


def usable_fleet(problem: Problem) -> tuple[tuple[VehicleKind, ...], tuple[Finding, ...]]:
    """Give the fleet without what cannot be, and a finding for each vehicle type that cannot drive or only in part."""
    fleet, findings = [], []
    for given in problem.fleet:
        kind, where = given, _named(given)
        lost = [
            place for place in given.reload_at if place not in problem.hubs and place not in problem.depots
        ]
        for place in lost:
            hint = nearest(place, [*problem.hubs, *problem.depots])
            findings.append(make("tour-hub-unknown", where=where, raw=place, hint=hint))
        if lost:
            kind = replace(kind, reload_at=tuple(place for place in kind.reload_at if place not in lost))
        if kind.ends_at not in problem.depots:
            hint = nearest(kind.end_depot_id, problem.depots)
            findings.append(make("tour-end-unknown", where=where, raw=kind.end_depot_id, hint=hint))
            kind = replace(kind, count=0, end_depot_id="")
        elif kind.count > 0:
            findings.extend(_useless(problem, kind, where))
        fleet.append(kind)
    return tuple(fleet), tuple(findings)


def _useless(problem: Problem, kind: VehicleKind, where: str) -> Iterable[Finding]:
    """Say of a vehicle type that it can carry nothing, or has no time."""
    for column, room, what in (
        ("mass_kg", kind.payload_kg, "payload"),
        ("floor_positions", kind.floor_positions, "floor"),
        ("volume_m3", kind.volume_m3, "volume"),
    ):
        needed = problem.stops[column] if column in problem.stops.columns else None
        if room == 0 and needed is not None and len(needed) and (needed.fill_null(0.0) > 0).all():
            yield make("tour-vehicle-no-capacity", where=where, value=what)
    limits = (
        ("shift", kind.shift_end_s - kind.shift_start_s),
        ("duty", min(kind.max_duty_s, problem.rules.max_duty_s)),
        ("driving", min(kind.max_driving_s, problem.rules.max_driving_s)),
    )
    for what, length_s in limits:
        if length_s <= 0:
            yield make("tour-vehicle-no-time", where=where, value=what, limit=length_s)


def stop_fault(stop: Stop) -> Finding | None:
    """Name what a stop says of its windows or its tunnel code that cannot be, None when all can."""
    where = f"Pick-up {stop.pickup_id}"
    if stop.tunnel_category and stop.tunnel_category not in TUNNEL_CATEGORIES:
        return make("tour-tunnel-unknown", where=where, field="tunnel_code", raw=stop.tunnel_code)
    wrong = _windows_wrong(stop.windows, stop.open_s, stop.close_s)
    if wrong is not None:
        return make("tour-windows-wrong", where=where, field="windows", raw=_shown(stop.windows), value=wrong)
    return None


def _windows_wrong(windows: Sequence[tuple[int, int]], open_s: int, close_s: int) -> str | None:
    if any(closes < opens for opens, closes in windows):
        return "one closes before it opens"
    if any(after[0] < before[0] for before, after in pairwise(windows)):
        return "they are not in order"
    if any(after[0] < before[1] for before, after in pairwise(windows)):
        return "two overlap"
    if windows and (windows[0][0] < open_s or windows[-1][1] > close_s):
        return f"one is outside {_shown([(open_s, close_s)])}"
    return None


def _shown(windows: Sequence[tuple[int, int]]) -> str:
    from voltloop.collection.plan import clock

    return "; ".join(f"{clock(opens)}-{clock(closes)}" for opens, closes in windows)


def unknown_weekdays(stops: Sequence[Stop]) -> list[Finding]:
    """One finding per stop whose usual weekday does not exist."""
    return [
        make(
            "tour-usual-weekday-unknown", where=f"Pick-up {stop.pickup_id}", field="usual_weekday",
            raw=str(stop.usual_weekday),
        )
        for stop in stops
        if stop.usual_weekday is not None and not 1 <= stop.usual_weekday <= _WEEKDAYS
    ]  # fmt: skip


def unknown_drivers(stops: Sequence[Stop], drivers: Sequence[Driver]) -> list[Finding]:
    """One finding per stop whose usual driver does not exist."""
    known = {driver.driver_id for driver in drivers}
    return [
        make(
            "tour-usual-driver-unknown", where=f"Pick-up {stop.pickup_id}", field="usual_driver",
            raw=stop.usual_driver, hint=nearest(stop.usual_driver, known),
        )
        for stop in stops
        if stop.usual_driver is not None and stop.usual_driver not in known
    ]  # fmt: skip
