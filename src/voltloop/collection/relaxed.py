"""The same tour problem with one rule dropped, or one more vehicle or driver."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import date
from typing import Any, Final

import polars as pl

from voltloop.collection.model import Consistency, Problem
from voltloop.collection.vehicles import Driver, VehicleKind
from voltloop.errors import InputError, nearest

__all__ = ["relaxations", "relaxed"]

_DAY_S: Final = 86_400
_MANY: Final = 1_000_000

_Relax = Callable[[Problem], Problem]


def relaxations(problem: Problem) -> dict[str, str]:
    """Name the rules that can be dropped from a problem, each with what it is.

    Returns
    -------
    dict
        Title by name. Only what the problem has: no ``windows`` where every site is open all day.
        ``vehicle:TYPE@DEPOT``, ``driver@DEPOT`` stand for one more of these.
    """
    return {name: title for name, (title, _) in _table(problem).items()}


def relaxed(problem: Problem, constraint: str) -> Problem:
    """Drop a rule from a problem.

    Parameters
    ----------
    constraint
        A name of :func:`relaxations`.

    Returns
    -------
    Problem
        Every plan of the given problem is one of this. Leaving out a stop weighs the same in both.

    Raises
    ------
    InputError
        The problem has no such rule.
    """
    table = _table(problem)
    if constraint not in table:
        raise InputError(
            f'"{constraint}" is not a rule of these tours that can be dropped.{nearest(constraint, table)} Known are: '
            f"{', '.join(table)}.",
            code="tours-rule-unknown",
        )
    fixed = replace(problem, missed_penalty_eur=problem.penalty_eur)
    return table[constraint][1](fixed)


def _table(problem: Problem) -> dict[str, tuple[str, _Relax]]:
    """Rules of a problem by name: title, and what drops it."""
    table = {name: (title, relax) for name, title, has, relax in _RULES if has(problem)}
    for index, kind in enumerate(problem.fleet):
        name = " ".join(part for part in (kind.vehicle_type, kind.name) if part)
        table[f"vehicle:{name}@{kind.depot_id}"] = (
            f"one more {name} at {kind.depot_id}",
            _one_more_vehicle(index),
        )
    for depot in problem.depots:
        table[f"driver@{depot}"] = (
            f"one more driver with every certificate at {depot}",
            _one_more_driver(depot),
        )
    return table


def _stops(*columns: pl.Expr) -> _Relax:
    return lambda problem: replace(problem, stops=problem.stops.with_columns(*columns))


def _fleet(change: Callable[[VehicleKind], Mapping[str, Any]]) -> _Relax:
    return lambda problem: replace(
        problem, fleet=tuple(replace(kind, **change(kind)) for kind in problem.fleet)
    )


def _of_stops(holds: Callable[[Any], bool]) -> Callable[[Problem], bool]:
    return lambda problem: any(holds(stop) for stop in problem.stop_list)


def _no_limit(column: str) -> _Relax:
    """Empty a column of lists of words."""
    return _stops(pl.lit([], pl.List(pl.String)).alias(column))


def _open_always(problem: Problem) -> Problem:
    stops = problem.stops.with_columns(
        pl.lit(0, pl.Int64).alias("open_s"), pl.max_horizontal("close_s", pl.lit(_DAY_S)).alias("close_s")
    )
    return replace(problem, stops=stops.drop("windows", strict=False))


def _any_day(problem: Problem) -> Problem:
    in_time = pl.col("due_day") < problem.horizon
    stops = problem.stops.with_columns(
        pl.when(in_time).then(pl.lit(problem.horizon, pl.Int64)).otherwise("due_day").alias("due_day")
    )
    return replace(problem, stops=stops.drop("first_day", strict=False))


def _any_depot(problem: Problem) -> Problem:
    every = sorted({*problem.depots, *problem.hubs})
    return replace(problem, stops=problem.stops.with_columns(pl.lit(every).alias("depots")))


def _certify_all(problem: Problem) -> Problem:
    return replace(
        problem, drivers=tuple(replace(driver, certified_to=date.max) for driver in problem.drivers)
    )


def _no_driving_law(problem: Problem) -> Problem:
    rules = replace(problem.rules, max_stretch_s=_DAY_S, max_driving_s=_DAY_S)
    return _fleet(lambda _: {"max_driving_s": _DAY_S})(replace(problem, rules=rules))


def _long_shifts(problem: Problem) -> Problem:
    longer = replace(problem, rules=replace(problem.rules, max_duty_s=_DAY_S))
    return _fleet(lambda _: {"shift_start_s": 0, "shift_end_s": _DAY_S, "max_duty_s": _DAY_S})(longer)


def _one_more_unloading(kind: VehicleKind) -> Mapping[str, Any]:
    home = () if kind.ends_at in kind.reload_at else (kind.ends_at,)
    return {"max_reloads": kind.max_reloads + 1, "reload_at": (*kind.reload_at, *home)}


def _one_more_vehicle(index: int) -> _Relax:
    def relax(problem: Problem) -> Problem:
        fleet = list(problem.fleet)
        fleet[index] = replace(fleet[index], count=fleet[index].count + 1)
        return replace(problem, fleet=tuple(fleet))

    return relax


def _one_more_driver(depot: str) -> _Relax:
    def relax(problem: Problem) -> Problem:
        taken = {driver.driver_id for driver in problem.drivers}
        name = next(
            name for name in (f"one more {number}" for number in range(len(taken) + 1)) if name not in taken
        )
        names = sorted({training for stop in problem.stop_list for training in stop.training})
        more = Driver(name, depot, date.max, tuple((training, date.max) for training in names))
        return replace(problem, drivers=(*problem.drivers, more))

    return relax


_RULES: Final[tuple[tuple[str, str, Callable[[Problem], bool], _Relax], ...]] = (
    (
        "windows", "opening hours of the sites",
        _of_stops(lambda stop: stop.openings[0][0] > 0 or stop.openings[-1][1] < _DAY_S or len(stop.openings) > 1),
        _open_always,
    ),
    ("deadlines", "days from and to which stops may be served",
     lambda problem: any(stop.first_day > 1 or problem.last_day(index) < problem.horizon
                         for index, stop in enumerate(problem.stop_list)), _any_day),
    ("release", "times before which deliveries are not ready", _of_stops(lambda stop: stop.release_s > 0),
     _stops(pl.lit(0, pl.Int64).alias("release_s"))),
    ("relief", "plates, equipment and certificates above the small-load limit",
     lambda problem: any(stop.points > 0 or stop.needs_adr for stop in problem.stop_list)
     and math.isfinite(problem.relief_points),
     lambda problem: _stops(pl.lit(value=False).alias("needs_adr"))(replace(problem, relief_points=math.inf))),
    ("certificates", "dangerous-goods certificates of the drivers",
     lambda problem: any(not driver.is_certified(problem.days[-1]) for driver in problem.drivers), _certify_all),
    ("training", "further trainings of the drivers", _of_stops(lambda stop: bool(stop.training)),
     _no_limit("training")),
    ("equipment", "vehicles with plates and equipment",
     lambda problem: any(not kind.is_adr_equipped for kind in problem.fleet),
     _fleet(lambda _: {"is_adr_equipped": True})),
    ("clashes", "goods that may not ride together", lambda problem: bool(problem.clashes),
     lambda problem: replace(problem, clashes=frozenset())),
    ("zones", "zones closed to dangerous goods", _of_stops(lambda stop: stop.is_closed_to_adr),
     _stops(pl.lit(value=False).alias("is_closed_to_adr"))),
    ("tunnels", "detours round tunnels", lambda problem: bool(problem.tunnel_profiles),
     lambda problem: replace(problem, tunnel_profiles={})),
    ("permits", "permits of the vehicles", _of_stops(lambda stop: bool(stop.permits)), _no_limit("permits")),
    ("reach", "sites that only some vehicle types reach", _of_stops(lambda stop: bool(stop.vehicle_types)),
     _no_limit("vehicle_types")),
    ("tail-lift", "tail lifts for heavy packages", _of_stops(lambda stop: stop.needs_lift),
     _stops(pl.lit(value=False).alias("needs_lift"))),
    ("boxes", "certified boxes for critical batteries", _of_stops(lambda stop: stop.boxes > 0),
     _fleet(lambda _: {"critical_boxes": _MANY})),
    ("depots", "depots that may take the goods",
     lambda problem: any({*problem.depots, *problem.hubs}.difference(stop.depots) for stop in problem.stop_list),
     _any_depot),
    ("driving-law", "driving time and breaks", lambda _: True, _no_driving_law),
    ("shifts", "length and hours of the shifts", lambda _: True, _long_shifts),
    ("unloading", "one more unloading on the way per tour, at a hub of the vehicle or where it ends", lambda _: True,
     _fleet(_one_more_unloading)),
    ("consistency", "usual weekdays and drivers", lambda problem: problem.consistency != Consistency(),
     lambda problem: replace(problem, consistency=Consistency())),
)  # fmt: skip
"""Name, title, whether a problem has it, and what drops it."""
