"""The independent checker: replays the timetable of a finished plan and lists every broken rule.

It takes the printed plan at its word (departure, arrivals, breaks) and asks whether a driver could drive it and
whether the law allows it. It shares no calculation with the solver or with the making of timetables: it reads
the tables, the roads and the vehicles, and nothing else.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import polars as pl

from voltloop.collection.model import Problem, Stop, VehicleKind

__all__ = ["Evaluation", "Violation", "evaluate"]


@dataclass(frozen=True, slots=True)
class Violation:
    """A broken rule: stable code, the tour concerned (empty for the plan as a whole) and a sentence."""

    code: str
    tour_id: str
    words: str


@dataclass(frozen=True, slots=True)
class Evaluation:
    """What the checker found.

    ``totals`` holds its own sums: ``tours``, ``served``, ``km``, ``driving_h``, ``duty_h``, ``mass_kg``,
    ``cost_eur``, ``co2e_kg``, ``tour_objective_eur``.
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
    unserved: pl.DataFrame | None = None,
    check_counts: bool = True,
) -> Evaluation:
    """Check a plan against its problem.

    Parameters
    ----------
    tours, stops, breaks
        Tables of a :class:`~voltloop.collection.plan.Plan`.
    unserved
        With it, every stop of the problem must be either in a tour or here.
    check_counts
        Whether vehicles and drivers per day are counted (not for baselines).
    """
    check = _Checker(problem)
    visits: dict[str, list[dict[str, Any]]] = defaultdict(list)
    for row in stops.sort("tour_id", "seq").iter_rows(named=True):
        visits[row["tour_id"]].append(row)
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
    return Evaluation(tuple(check.violations), check.totals)


class _Checker:
    def __init__(self, problem: Problem) -> None:
        self.problem = problem
        self.violations: list[Violation] = []
        names = (
            "tours",
            "served",
            "km",
            "driving_h",
            "duty_h",
            "mass_kg",
            "cost_eur",
            "co2e_kg",
            "tour_objective_eur",
        )
        self.totals: dict[str, float] = dict.fromkeys(names, 0.0)
        self._stops = {stop.pickup_id: (index, stop) for index, stop in enumerate(problem.stop_list)}
        self._kinds = {(kind.depot_id, kind.vehicle_type, kind.name): kind for kind in problem.fleet}

    def report(self, code: str, tour_id: str, words: str) -> None:
        self.violations.append(Violation(code, tour_id, words))

    def tour(self, tour: dict[str, Any], visits: list[dict[str, Any]], rests: list[dict[str, Any]]) -> None:
        tour_id = tour["tour_id"]
        kind = self._kinds.get((tour["depot_id"], tour["vehicle_type"], tour["vehicle_name"]))
        if kind is None:
            self.report("unknown-vehicle", tour_id, f"No such vehicle type at depot {tour['depot_id']}.")
            return
        unknown = [visit["pickup_id"] for visit in visits if visit["pickup_id"] not in self._stops]
        if unknown or not visits:
            self.report("unknown-stop", tour_id, f"The tour has no stops or unknown ones: {unknown}.")
            return
        entries = [self._stops[visit["pickup_id"]][1] for visit in visits]
        self._load(tour, kind, entries)
        self._deadline(tour, visits)
        km, driving = self._times(tour, kind, list(zip(visits, entries, strict=True)), rests)
        self._money(tour, kind, km, driving, entries)

    def _load(self, tour: dict[str, Any], kind: VehicleKind, entries: Sequence[Stop]) -> None:
        tour_id = tour["tour_id"]
        carried = {
            "mass": (sum(e.mass_kg for e in entries), kind.payload_kg, "kg"),
            "floor": (sum(e.floor_positions for e in entries), kind.floor_positions, "floor positions"),
            "boxes": (sum(e.boxes for e in entries), kind.critical_boxes, "certified boxes"),
        }
        for name, (amount, most, unit) in carried.items():
            if amount > most + 1e-6:
                self.report(f"over-{name}", tour_id, f"{amount:.2f} {unit} aboard, {most:.2f} fit.")
        points = sum(e.points for e in entries)
        above = points > self.problem.relief_points + 1e-6 or any(e.needs_adr for e in entries)
        if above and not kind.is_adr_equipped:
            self.report(
                "not-equipped", tour_id, f"{points:.1f} load points aboard a vehicle without equipment."
            )
        if above != tour["needs_adr"]:
            self.report(
                "adr-flag-wrong",
                tour_id,
                f"The tour has {points:.1f} load points but says {tour['needs_adr']}.",
            )
        for entry in entries:
            if kind.depot_id not in entry.depots:
                self.report("depot-not-allowed", tour_id, f"{entry.pickup_id} may not go to {kind.depot_id}.")
            if entry.needs_lift and not kind.has_tail_lift:
                self.report("no-tail-lift", tour_id, f"{entry.pickup_id} needs a tail lift.")

    def _deadline(self, tour: dict[str, Any], visits: Sequence[dict[str, Any]]) -> None:
        problem = self.problem
        day = tour["day_no"]
        if not 1 <= day <= len(problem.days) or problem.days[day - 1] != tour["day"]:
            self.report("unknown-day", tour["tour_id"], f"{tour['day']} is not planning day {day}.")
        for visit in visits:
            entry = self._stops[visit["pickup_id"]][1]
            if (
                entry.due_day is not None
                and entry.due_day <= len(problem.days)
                and day > max(entry.due_day, 1)
            ):
                self.report("too-late", tour["tour_id"], f"{entry.pickup_id} was due on day {entry.due_day}.")

    def _times(
        self,
        tour: dict[str, Any],
        kind: VehicleKind,
        visits: Sequence[tuple[dict[str, Any], Stop]],
        rests: list[dict[str, Any]],
    ) -> tuple[float, int]:
        problem, tour_id = self.problem, tour["tour_id"]
        roads, rules = problem.roads[kind.profile], problem.rules
        here = problem.depots[kind.depot_id]
        clock, since, driving, km = int(tour["starts_s"]), 0, 0, 0.0
        ends = [entry.place for _, entry in visits] + [here]
        for leg, place in enumerate(ends, start=1):
            drive = int(roads.drive_s_of(here, place))
            if drive < 0:
                self.report("no-road", tour_id, f"No road leads to stop {leg}.")
                return km, driving
            km += float(roads.km_of(here, place))
            driving += drive
            gone, on_arrival = 0, 0
            for rest in (entry for entry in rests if entry["leg"] == leg):
                if not gone <= rest["after_s"] <= drive or rest["break_s"] < rules.break_s:
                    self.report(
                        "break-wrong", tour_id, f"The break on leg {leg} is too short or out of place."
                    )
                self._stretch(tour_id, since + rest["after_s"] - gone)
                since, gone = 0, rest["after_s"]
                clock += rest["break_s"]
                on_arrival += rest["break_s"] if gone == drive else 0
            since += drive - gone
            self._stretch(tour_id, since)
            clock += drive
            if leg <= len(visits):
                clock, since = self._visit(
                    tour_id, kind, visits[leg - 1], clock - on_arrival, on_arrival, since
                )
            here = place
        if clock != tour["ends_s"]:
            self.report("return-wrong", tour_id, f"Back at {clock} s, the plan says {tour['ends_s']} s.")
        limits = (
            ("before-shift", tour["starts_s"] < kind.shift_start_s),
            ("after-shift", clock > kind.shift_end_s),
            ("duty-too-long", clock - tour["starts_s"] > min(kind.max_duty_s, rules.max_duty_s)),
            ("driving-too-long", driving > min(kind.max_driving_s, rules.max_driving_s)),
        )
        for code, broken in limits:
            if broken:
                self.report(code, tour_id, f"Out {tour['starts_s']} s, back {clock} s, driving {driving} s.")
        return km, driving

    def _stretch(self, tour_id: str, since: int) -> None:
        if since > self.problem.rules.max_stretch_s:
            self.report(
                "no-break", tour_id, f"{since} s of driving without a break ({self.problem.rules.name})."
            )

    def _visit(
        self,
        tour_id: str,
        kind: VehicleKind,
        visit: tuple[dict[str, Any], Stop],
        clock: int,
        rest: int,
        since: int,
    ) -> tuple[int, int]:
        row, entry = visit
        service = entry.service_s if kind.has_tail_lift else entry.service_by_hand_s
        if row["arrives_s"] != clock:
            self.report(
                "arrival-wrong", tour_id, f"{entry.pickup_id}: arrives {clock} s, not {row['arrives_s']} s."
            )
        if row["begins_s"] < clock + rest or not entry.open_s <= row["begins_s"] <= entry.close_s:
            self.report(
                "outside-window", tour_id, f"{entry.pickup_id}: loading starts at {row['begins_s']} s."
            )
        if row["departs_s"] != row["begins_s"] + service:
            self.report("service-wrong", tour_id, f"{entry.pickup_id}: loading takes {service} s.")
        rested = self.problem.rules.service_is_break and service >= self.problem.rules.break_s
        return int(row["departs_s"]), 0 if rested else since

    def _money(
        self, tour: dict[str, Any], kind: VehicleKind, km: float, driving: int, entries: Sequence[Stop]
    ) -> None:
        duty_h = (tour["ends_s"] - tour["starts_s"]) / 3600
        cost = kind.fixed_cost_eur + km * kind.cost_eur_per_km + duty_h * kind.cost_eur_per_h
        co2e = km * kind.co2e_kg_per_km
        objective = cost + co2e / 1000 * self.problem.carbon_price_eur_per_t
        for name, own in (("km", km), ("cost_eur", cost), ("co2e_kg", co2e), ("objective_eur", objective)):
            if abs(own - tour[name]) > 1e-6 * max(1.0, abs(own)):
                self.report(
                    "figure-wrong", tour["tour_id"], f"{name} is {own:.4f}, the plan says {tour[name]:.4f}."
                )
        figures = {
            "tours": 1.0,
            "served": float(len(entries)),
            "km": km,
            "driving_h": driving / 3600,
            "duty_h": duty_h,
            "mass_kg": sum(entry.mass_kg for entry in entries),
            "cost_eur": cost,
            "co2e_kg": co2e,
            "tour_objective_eur": objective,
        }
        for name, value in figures.items():
            self.totals[name] += value

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
        drivers = {driver.driver_id: driver for driver in self.problem.drivers}
        vehicles: Counter[tuple[Any, ...]] = Counter()
        busy: Counter[tuple[Any, ...]] = Counter()
        for tour in tours.iter_rows(named=True):
            tour_id, day = tour["tour_id"], tour["day"]
            key = (tour["depot_id"], tour["vehicle_type"], tour["vehicle_name"])
            vehicles[key, day] += 1
            if key in self._kinds and vehicles[key, day] > self._kinds[key].count:
                self.report("too-many-vehicles", tour_id, f"{vehicles[key, day]} of {key} on {day}.")
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
