"""Which tours of a plan are weak: dear against alike ones, empty, waiting, or better dissolved into others."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import polars as pl

from voltloop.collection.insertion import Usage, best_insertion
from voltloop.collection.loads import aboard
from voltloop.collection.model import Problem
from voltloop.collection.plan import Plan
from voltloop.collection.planned import planned_tours
from voltloop.collection.schedule import Tour, places, plan_tour

__all__ = ["MOVE_COLUMNS", "WEAK_COLUMNS", "Weakness", "weak_tours"]

WEAK_COLUMNS: Final[dict[str, pl.DataType]] = {
    "tour_id": pl.String(),
    "day": pl.Date(),
    "depot_id": pl.String(),
    "vehicle_type": pl.String(),
    "stop_count": pl.Int64(),
    "km": pl.Float64(),
    "mass_kg": pl.Float64(),
    "cost_eur": pl.Float64(),
    "cost_eur_per_kg": pl.Float64(),
    "cost_eur_per_stop": pl.Float64(),
    "alike_eur_per_kg": pl.Float64(),
    "fill": pl.Float64(),
    "empty_km_share": pl.Float64(),
    "waiting_h": pl.Float64(),
    "removal_saves_eur": pl.Float64(),
    "words": pl.String(),
    "suggestion": pl.String(),
}
"""One row per tour, weakest first.

``alike_eur_per_kg`` is the median of the tours of the same vehicle type from the same depot, itself included.
``fill`` is the largest share of mass, floor or volume in use at a time, 0 to 1; ``empty_km_share`` the share
of kilometres with nothing aboard. ``removal_saves_eur`` is what the objective gains when the tour is given
up: its stops join other tours, and those that need not be served are left out where that costs less; null
where it was not looked at, or where a stop that must be served fits nowhere else.
"""

MOVE_COLUMNS: Final[dict[str, pl.DataType]] = {
    "tour_id": pl.String(),
    "pickup_id": pl.String(),
    "to_tour_id": pl.String(),
    "added_eur": pl.Float64(),
}
"""Where the stops of a tour could go: which tour takes each, and what that adds to the objective. Null ``to_tour_id``:
none can, or leaving it out is cheaper (``added_eur`` is then what that weighs)."""


@dataclass(frozen=True)
class Weakness:
    """What weak tours there are.

    ``tours`` has :data:`WEAK_COLUMNS`, weakest first; ``moves`` has :data:`MOVE_COLUMNS` for those looked at.
    """

    tours: pl.DataFrame
    moves: pl.DataFrame


def weak_tours(problem: Problem, plan: Plan, *, look_at: int = 40) -> Weakness:
    """Rank the tours of a plan from weak to strong and say what could be done.

    Parameters
    ----------
    look_at
        For so many tours, those dearest per kilogram against alike ones and emptiest first, the stops are put
        into other tours one by one to see what giving the tour up would save.

    Notes
    -----
    Tours that the problem does not allow (a plan of another problem) are left out. The stops of a tour are
    moved in order of mass, each to the place that is cheapest then; so the saving is one that can be had, not
    the most there is.
    """
    entries = [(entry, entry.tour) for entry in planned_tours(problem, plan) if entry.tour is not None]
    names = [entry.tour_id for entry, _ in entries]
    usage = Usage(problem, [(tour, entry.day) for entry, tour in entries])
    rows = [_figures(problem, entry.tour_id, tour, entry.day) for entry, tour in entries]
    table = pl.DataFrame(rows, schema=WEAK_COLUMNS).with_columns(
        pl.col("cost_eur_per_kg").median().over("depot_id", "vehicle_type").alias("alike_eur_per_kg")
    )
    rows = table.to_dicts()
    order = sorted(range(len(rows)), key=lambda index: (-_weakness(rows[index]), index))
    moves: list[dict[str, Any]] = []
    for index in order[:look_at]:
        _look(usage, names, index, rows[index], moves)
    for row in rows:
        row["words"] = _words(row)
        row["suggestion"] = row["suggestion"] or "Nothing was found that would be cheaper."
    found = pl.DataFrame(rows, schema=WEAK_COLUMNS).with_columns(
        pl.Series("weak", [_weakness(row) for row in rows], pl.Float64)
    )
    found = found.sort(
        "removal_saves_eur", "weak", "tour_id", descending=[True, True, False], nulls_last=True
    )
    return Weakness(found.drop("weak"), pl.DataFrame(moves, schema=MOVE_COLUMNS))


def _figures(problem: Problem, tour_id: str, tour: Tour, day: int) -> dict[str, Any]:
    kind, table = problem.fleet[tour.kind], tour.timetable
    legs = aboard(problem, tour.visits)
    route = np.array(places(problem, kind, tour.visits))
    km = problem.roads[tour.road_profile].km_of(route[:-1], route[1:])
    mass = sum(problem.stop_list[stop].mass_kg for stop in tour.stops)
    worked = sum(after - before for before, after in zip(table.begins_s, table.departs_s, strict=True))
    rested = sum(rest.break_s for rest in table.breaks)
    shares = [
        amount / most
        for load in legs
        for amount, most in (
            (load.mass_kg, kind.payload_kg),
            (load.floor_positions, kind.floor_positions),
            (load.volume_m3, kind.volume_m3),
        )
        if most > 0
    ]
    empty = [load.mass_kg <= 0 for load in legs]
    return {
        "tour_id": tour_id,
        "day": problem.days[day - 1],
        "depot_id": kind.depot_id,
        "vehicle_type": kind.vehicle_type,
        "stop_count": len(tour.stops),
        "km": tour.km,
        "mass_kg": mass,
        "cost_eur": tour.cost_eur,
        "cost_eur_per_kg": tour.cost_eur / mass if mass > 0 else None,
        "cost_eur_per_stop": tour.cost_eur / len(tour.stops),
        "fill": max(shares, default=0.0),
        "empty_km_share": float(km[empty].sum() / tour.km) if tour.km > 0 else 0.0,
        "waiting_h": (table.duty_s - table.driving_s - worked - rested) / 3600.0,
    }


def _weakness(row: dict[str, Any]) -> float:
    """How dear a tour is against alike ones, emptier ones before fuller ones."""
    dear = (row["cost_eur_per_kg"] or 0.0) / (row["alike_eur_per_kg"] or 1.0)
    return float(dear + (1.0 - row["fill"]))


def _look(
    usage: Usage, names: Sequence[str], index: int, row: dict[str, Any], moves: list[dict[str, Any]]
) -> None:
    """See what giving up a tour, or driving it with another vehicle, would save."""
    problem, (tour, day) = usage.problem, usage.planned[index]
    legs = usage.legs
    near = {int(one) for stop in tour.stops for one in legs.tour[legs.near(stop)]} - {index}
    keep = sorted(near)
    rest = usage.without(index, keep)
    saved, lost = tour.objective_eur, []
    found: list[tuple[str, str, float]] = []
    for stop in sorted(tour.stops, key=lambda one: (-problem.stop_list[one].mass_kg, one)):
        entry, worth = problem.stop_list[stop], problem.unserved_eur(stop)
        option = best_insertion(rest, stop, alone=False)
        is_taken = option is not None and (problem.is_required(stop) or option.added_eur < worth)
        if option is not None and is_taken and option.index is not None:
            rest.take(option)
            found.append((entry.pickup_id, names[keep[option.index]], option.added_eur))
        elif problem.is_required(stop):
            lost.append(entry.pickup_id)
        saved -= option.added_eur if option is not None and is_taken else worth
        if not is_taken:
            moves.append(
                {
                    "tour_id": names[index],
                    "pickup_id": entry.pickup_id,
                    "to_tour_id": None,
                    "added_eur": worth,
                }
            )
    for pickup_id, name, added in found:
        moves.append(
            {"tour_id": names[index], "pickup_id": pickup_id, "to_tour_id": name, "added_eur": added}
        )
    row["removal_saves_eur"] = None if lost else saved
    row["suggestion"] = _moves_words(row, found, lost) or _other_vehicle(usage, tour, day)


def _moves_words(row: dict[str, Any], found: Sequence[tuple[str, str, float]], lost: Sequence[str]) -> str:
    saved = row["removal_saves_eur"]
    to: dict[str, float] = {}
    for _, name, added in found:
        to[name] = to.get(name, 0.0) + added
    takers = ", ".join(f"{name} (EUR {added:.2f} more)" for name, added in to.items())
    if saved is not None and saved > 0.005:
        out = row["stop_count"] - len(found)
        left = f"; {out} {'is' if out == 1 else 'are'} left for later" if out else ""
        where = (
            f"{len(found)} of its {row['stop_count']} stops fit on {takers}{left}"
            if found
            else f"leave its stops for later ({out})"
        )
        return f"Give it up: {where}. That saves EUR {saved:.2f}."
    if lost and found:
        return (
            f"{len(found)} of its {row['stop_count']} stops fit on {takers}; {', '.join(lost[:3])} on none."
        )
    return ""


def _other_vehicle(usage: Usage, tour: Tour, day: int) -> str:
    """Name a free vehicle of the same depot that would drive the tour for less."""
    problem, kind = usage.problem, usage.problem.fleet[tour.kind]
    best, words = tour.objective_eur - 0.005, ""
    for index, other in enumerate(problem.fleet):
        is_free = usage.vehicles[index, day] < other.count
        if (
            index == tour.kind
            or other.depot_id != kind.depot_id
            or not is_free
            or other.reload_at != kind.reload_at
        ):
            continue
        found = plan_tour(problem, index, tour.visits)
        if (
            found is not None
            and found.objective_eur < best
            and (found.needs_adr, found.training) == (tour.needs_adr, tour.training)
        ):
            best = found.objective_eur
            words = f"A {other.vehicle_type} would do: that saves EUR {tour.objective_eur - best:.2f}."
    return words


def _words(row: dict[str, Any]) -> str:
    per_kg = "no mass is fetched"
    if row["cost_eur_per_kg"] is not None:
        per_kg = f"EUR {row['cost_eur_per_kg']:.3f} per kg (alike ones {row['alike_eur_per_kg']:.3f})"
    return (
        f"{row['tour_id']}, {row['vehicle_type']} of {row['depot_id']} on {row['day']}: {per_kg}, EUR "
        f"{row['cost_eur_per_stop']:.2f} per stop, {row['fill']:.0%} full at most, {row['empty_km_share']:.0%} of "
        f"{row['km']:.0f} km empty, {row['waiting_h']:.1f} h of waiting."
    )
