"""The independent checker: replays the timetable of a finished plan and lists every broken rule.

It takes the printed plan at its word (departure, arrivals, breaks, unloading on the way) and asks whether a driver
could drive it and whether the law allows it. It shares no calculation with the solver or with the making of
timetables: it reads the tables, the roads and the vehicles, and nothing else.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import polars as pl

from voltloop.collection.model import Problem, Stop, VehicleKind
from voltloop.collection.replay import Replay, Violation

__all__ = ["Evaluation", "Violation", "evaluate"]

_TOTALS = (
    "tours", "served", "km", "driving_h", "duty_h", "mass_kg", "cost_eur", "co2e_kg", "tour_objective_eur",
    "consistency_eur",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Evaluation:
    """What the checker found.

    ``totals`` holds its own sums: ``tours``, ``served``, ``km``, ``driving_h``, ``duty_h``, ``mass_kg``,
    ``cost_eur``, ``co2e_kg``, ``tour_objective_eur``, and ``consistency_eur``: what visits on another weekday or by
    another driver than the usual one weigh, which is in no other sum.
    """

    violations: tuple[Violation, ...]
    totals: dict[str, float]

    @property
    def is_feasible(self) -> bool:
        """Whether no rule is broken."""
        return not self.violations


def evaluate(
    problem: Problem,
    tours: pl.DataFrame,
    stops: pl.DataFrame,
    breaks: pl.DataFrame,
    *,
    reloads: pl.DataFrame | None = None,
    unserved: pl.DataFrame | None = None,
    check_counts: bool = True,
) -> Evaluation:
    """Check a plan against its problem.

    Parameters
    ----------
    tours, stops, breaks, reloads
        Tables of a :class:`~voltloop.collection.plan.Plan`; without ``reloads`` no tour unloads on the way.
    unserved
        With it, every stop of the problem must be either in a tour or here.
    check_counts
        Whether vehicles and drivers per day are counted (not for baselines).
    """
    check = _Checker(problem)
    visits = _by_tour(stops, reloads)
    rests: dict[str, list[dict[str, Any]]] = defaultdict(list)
    for row in breaks.sort("tour_id", "leg", "after_s").iter_rows(named=True):
        rests[row["tour_id"]].append(row)
    for tour in tours.iter_rows(named=True):
        check.tour(tour, visits.pop(tour["tour_id"], []), rests.pop(tour["tour_id"], []))
    for tour_id in visits:
        check.report("visit-without-tour", tour_id, "Visits name a tour that does not exist.")
    check.coverage(stops, unserved)
    if check_counts:
        check.counts(tours)
        check.crew(tours, stops)
    return Evaluation(tuple(check.violations), check.totals)


def _by_tour(stops: pl.DataFrame, reloads: pl.DataFrame | None) -> dict[str, list[dict[str, Any]]]:
    """Visits of each tour in order; those to hubs have a ``hub_id``."""
    rows = list(stops.iter_rows(named=True))
    rows += [] if reloads is None else list(reloads.iter_rows(named=True))
    visits: dict[str, list[dict[str, Any]]] = defaultdict(list)
    for row in sorted(rows, key=lambda entry: (entry["tour_id"], entry["seq"])):
        visits[row["tour_id"]].append(row)
    return visits


class _Checker:
    def __init__(self, problem: Problem) -> None:
        self.problem = problem
        self.violations: list[Violation] = []
        self.totals: dict[str, float] = dict.fromkeys(_TOTALS, 0.0)
        self._stops = {stop.pickup_id: stop for stop in problem.stop_list}
        self._kinds = {(kind.depot_id, kind.vehicle_type, kind.name): kind for kind in problem.fleet}

    def report(self, code: str, tour_id: str, words: str) -> None:
        self.violations.append(Violation(code, tour_id, words))

    def tour(self, tour: dict[str, Any], visits: list[dict[str, Any]], rests: list[dict[str, Any]]) -> None:
        tour_id = tour["tour_id"]
        kind = self._kinds.get((tour["depot_id"], tour["vehicle_type"], tour["vehicle_name"]))
        if kind is None:
            self.report("unknown-vehicle", tour_id, f"No such vehicle type at depot {tour['depot_id']}.")
            return
        named = [visit["pickup_id"] for visit in visits if "pickup_id" in visit]
        unknown = [name for name in named if name not in self._stops]
        if unknown or not named:
            self.report("unknown-stop", tour_id, f"The tour has no stops or unknown ones: {unknown}.")
            return
        hubs = [visit["hub_id"] for visit in visits if "hub_id" in visit]
        strange = [name for name in hubs if name not in kind.reload_at]
        if strange:
            self.report("unknown-hub", tour_id, f"The vehicle may not unload at {strange[0]}.")
            return
        if len(hubs) > kind.max_reloads:
            self.report(
                "too-many-reloads", tour_id, f"Unloads {len(hubs)} times, {kind.max_reloads} are allowed."
            )
        entries = [self._stops[name] for name in named]
        self._vehicle(tour, kind, entries)
        self._days(tour, entries)
        self._habits(tour, entries)
        replay = Replay(self.problem, tour, kind, visits, rests, self._stops)
        self.violations.extend(replay.violations)
        for name, value in replay.figures.items():
            self.totals[name] += value

    def _vehicle(self, tour: dict[str, Any], kind: VehicleKind, entries: Sequence[Stop]) -> None:
        tour_id = tour["tour_id"]
        if (kind.end_depot_id or kind.depot_id) != tour["end_depot_id"]:
            self.report("wrong-end", tour_id, f"The vehicle does not end at {tour['end_depot_id']}.")
        for entry in entries:
            if entry.needs_lift and not kind.has_tail_lift:
                self.report("no-tail-lift", tour_id, f"{entry.pickup_id} needs a tail lift.")
            if entry.vehicle_types and kind.vehicle_type not in entry.vehicle_types:
                self.report(
                    "site-not-reached", tour_id, f"A {kind.vehicle_type} does not reach {entry.pickup_id}."
                )
            for permit in entry.permits:
                if permit not in kind.permits:
                    self.report(
                        "no-permit", tour_id, f"{entry.pickup_id} needs a vehicle with permit {permit}."
                    )

    def _days(self, tour: dict[str, Any], entries: Sequence[Stop]) -> None:
        problem = self.problem
        day = tour["day_no"]
        if not 1 <= day <= len(problem.days) or problem.days[day - 1] != tour["day"]:
            self.report("unknown-day", tour["tour_id"], f"{tour['day']} is not planning day {day}.")
        for entry in entries:
            due = entry.due_day
            if due is not None and due <= len(problem.days) and day > max(due, 1):
                self.report("too-late", tour["tour_id"], f"{entry.pickup_id} was due on day {due}.")
            if day < entry.first_day:
                self.report(
                    "too-early", tour["tour_id"], f"{entry.pickup_id} opens on day {entry.first_day}."
                )

    def _habits(self, tour: dict[str, Any], entries: Sequence[Stop]) -> None:
        worth = self.problem.consistency
        for entry in entries:
            if entry.usual_weekday is not None and tour["day"].isoweekday() != entry.usual_weekday:
                self.totals["consistency_eur"] += worth.weekday_eur
            if entry.usual_driver is not None and tour["driver_id"] != entry.usual_driver:
                self.totals["consistency_eur"] += worth.driver_eur

    def coverage(self, stops: pl.DataFrame, unserved: pl.DataFrame | None) -> None:
        seen = Counter(stops["pickup_id"])
        if unserved is not None:
            seen.update(unserved["pickup_id"])
            for pickup_id in self._stops:
                if not seen[pickup_id]:
                    self.report(
                        "stop-lost", "", f"{pickup_id} is neither in a tour nor listed as not served."
                    )
        for pickup_id, times in seen.items():
            if times > 1:
                self.report("served-twice", "", f"{pickup_id} is listed {times} times.")

    def counts(self, tours: pl.DataFrame) -> None:
        vehicles: Counter[tuple[Any, ...]] = Counter()
        for tour in tours.iter_rows(named=True):
            key = (tour["depot_id"], tour["vehicle_type"], tour["vehicle_name"])
            vehicles[key, tour["day"]] += 1
            if key in self._kinds and vehicles[key, tour["day"]] > self._kinds[key].count:
                words = f"{vehicles[key, tour['day']]} of {key} on {tour['day']}."
                self.report("too-many-vehicles", tour["tour_id"], words)

    def crew(self, tours: pl.DataFrame, stops: pl.DataFrame) -> None:
        drivers = {driver.driver_id: driver for driver in self.problem.drivers}
        asked: dict[str, set[str]] = defaultdict(set)
        for tour_id, pickup_id in stops.select("tour_id", "pickup_id").iter_rows():
            if pickup_id in self._stops:
                asked[tour_id].update(self._stops[pickup_id].training)
        busy: Counter[tuple[Any, ...]] = Counter()
        for tour in tours.iter_rows(named=True):
            tour_id, day = tour["tour_id"], tour["day"]
            driver = drivers.get(tour["driver_id"])
            if driver is None or driver.depot_id != tour["depot_id"]:
                self.report("no-driver", tour_id, f"No driver of {tour['depot_id']} for {day}.")
                continue
            busy[driver.driver_id, day] += 1
            if busy[driver.driver_id, day] > 1:
                self.report("driver-twice", tour_id, f"{driver.driver_id} has two tours on {day}.")
            if tour["needs_adr"] and not (driver.certified_to is not None and driver.certified_to >= day):
                self.report(
                    "driver-not-certified", tour_id, f"{driver.driver_id} has no certificate on {day}."
                )
            lasts = dict(driver.trainings)
            missing = [name for name in sorted(asked[tour_id]) if name not in lasts or lasts[name] < day]
            if missing:
                self.report("driver-not-trained", tour_id, f"{driver.driver_id} lacks {missing[0]} on {day}.")
