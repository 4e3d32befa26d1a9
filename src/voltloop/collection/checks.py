"""Refuse a tour problem that cannot be meant: each message says what, where and what to do."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import polars as pl

from voltloop.errors import InputError

if TYPE_CHECKING:
    from voltloop.collection.model import Problem

__all__ = ["check_fleet", "check_stops"]

_NULLABLE = ("due_day", "due_on")


def check_stops(problem: Problem) -> None:
    """Check the table of stops: columns, blanks, ids, numbers."""
    table = problem.stops
    from voltloop.collection.model import STOP_COLUMNS

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
    for name in (
        "mass_kg",
        "floor_positions",
        "points",
        "prize_eur",
        "service_s",
        "service_by_hand_s",
        "boxes",
    ):
        bad = table.filter(~(pl.col(name).cast(pl.Float64) >= 0.0) | pl.col(name).cast(pl.Float64).is_nan())
        if bad.height:
            raise InputError(
                f'Stop "{bad["pickup_id"][0]}": {name} is {bad[name][0]}. Expected a number of zero or more.',
                code="tours-stop-number",
            )


def check_fleet(problem: Problem) -> None:
    """Check driving rules, matrices, depots and vehicles."""
    rules = problem.rules
    if rules.max_stretch_s <= 0 or min(rules.break_s, rules.max_driving_s, rules.max_duty_s) < 0:
        raise InputError(
            f'The driving rules "{rules.name}" allow {rules.max_stretch_s} s of driving at a stretch. Expected '
            "a stretch above zero and no negative figure. Use EU_DRIVING or US_DRIVING, or correct the figures.",
            code="tours-rules-number",
        )
    sizes = {name: roads.distance_km.shape for name, roads in problem.roads.items()}
    for name, roads in problem.roads.items():
        if (
            roads.distance_km.ndim != 2
            or len(set(roads.distance_km.shape)) != 1
            or (roads.duration_h.shape != roads.distance_km.shape)
        ):
            raise InputError(
                f'Roads "{name}": distances are {roads.distance_km.shape} and durations {roads.duration_h.shape}. '
                "Expected two square arrays of the same size, one row and column per place.",
                code="tours-roads-shape",
            )
    places = min((shape[0] for shape in sizes.values()), default=0)
    used = [*problem.depots.values(), *problem.stops["place"].to_list()]
    if used and not 0 <= min(used) <= max(used) < places:
        raise InputError(
            f"A depot or stop names place {max(used)}, but the road matrices have {places} places (from 0). "
            "Give one row and column per place.",
            code="tours-place-unknown",
        )
    seen: set[tuple[str, str, str]] = set()
    for kind in problem.fleet:
        what = f'Vehicle type "{kind.vehicle_type}" at depot "{kind.depot_id}"'
        if kind.depot_id not in problem.depots:
            raise InputError(
                f"{what}: the depot is unknown. Known depots: {', '.join(sorted(problem.depots)) or 'none'}.",
                code="tours-depot-unknown",
            )
        if kind.profile not in problem.roads:
            raise InputError(
                f'{what}: no road matrices for profile "{kind.profile}". Known: {", ".join(sorted(sizes))}.',
                code="tours-profile-unknown",
            )
        if (kind.depot_id, kind.vehicle_type, kind.name) in seen:
            raise InputError(
                f"{what} is listed twice. Add the counts up in one row.", code="tours-vehicle-twice"
            )
        seen.add((kind.depot_id, kind.vehicle_type, kind.name))
        figures = (
            kind.count, kind.payload_kg, kind.floor_positions, kind.critical_boxes, kind.fixed_cost_eur,
            kind.cost_eur_per_km, kind.cost_eur_per_h, kind.co2e_kg_per_km, kind.max_driving_s, kind.max_duty_s,
        )  # fmt: skip
        if any(math.isnan(value) or value < 0 for value in figures):
            raise InputError(
                f"{what} has a negative or missing figure. Expected zero or more.",
                code="tours-vehicle-number",
            )
