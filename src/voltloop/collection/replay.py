"""One tour of a finished plan, replayed visit by visit for the independent checker."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Any

import numpy as np

from voltloop.collection.model import Problem, Stop, VehicleKind

__all__ = ["Replay", "Violation"]

_TINY = 1e-6


@dataclass(frozen=True, slots=True)
class Violation:
    """A broken rule: stable code, the tour concerned (empty for the plan as a whole) and a sentence."""

    code: str
    tour_id: str
    words: str


@dataclass(frozen=True, slots=True)
class _Trip:
    """Stops between two places where the vehicle is empty, and the depot or hub where their goods arrive."""

    entries: tuple[Stop, ...]
    arrives_at: str

    @property
    def ready_s(self) -> int:
        return max((entry.release_s for entry in self.entries), default=0)

    def mass_after(self, count: int) -> float:
        """Mass aboard after so many stops: what they gave and what the others still get."""
        done, ahead = self.entries[:count], self.entries[count:]
        return sum(entry.mass_kg for entry in done) + sum(entry.drop_mass_kg for entry in ahead)

    def floor_after(self, count: int) -> float:
        done, ahead = self.entries[:count], self.entries[count:]
        return sum(entry.floor_positions for entry in done) + sum(
            entry.drop_floor_positions for entry in ahead
        )

    def volume_after(self, count: int) -> float:
        done, ahead = self.entries[:count], self.entries[count:]
        return sum(entry.volume_m3 for entry in done) + sum(entry.drop_volume_m3 for entry in ahead)


class Replay:
    """Drive one tour again.

    Parameters
    ----------
    tour, visits, rests
        Rows of the plan: the tour, its visits to stops and hubs in order, its breaks in order.
    stops
        Stops by pick-up id.

    Attributes
    ----------
    violations
        Broken rules of load, law, time and figures.
    figures
        Own sums, as in :attr:`~voltloop.collection.evaluator.Evaluation.totals`.
    """

    def __init__(
        self,
        problem: Problem,
        tour: Mapping[str, Any],
        kind: VehicleKind,
        visits: Sequence[Mapping[str, Any]],
        rests: Sequence[Mapping[str, Any]],
        stops: Mapping[str, Stop],
    ) -> None:
        self.violations: list[Violation] = []
        self.figures: dict[str, float] = {}
        self._problem = problem
        self._tour = tour
        self._kind = kind
        self._visits = visits
        self._rests = rests
        self._stops = stops
        self._trips = self._find_trips()
        self._entries = [entry for trip in self._trips for entry in trip.entries]
        for trip in self._trips:
            self._capacity(trip)
            self._goods(trip)
        self._law()
        driven = self._times()
        if driven is not None:
            self._money(*driven)

    def _report(self, code: str, words: str) -> None:
        self.violations.append(Violation(code, self._tour["tour_id"], words))

    def _find_trips(self) -> list[_Trip]:
        trips: list[_Trip] = []
        aboard: list[Stop] = []
        for visit in self._visits:
            if "hub_id" in visit:
                trips.append(_Trip(tuple(aboard), visit["hub_id"]))
                aboard = []
            else:
                aboard.append(self._stops[visit["pickup_id"]])
        return [*trips, _Trip(tuple(aboard), self._kind.end_depot_id or self._kind.depot_id)]

    def _capacity(self, trip: _Trip) -> None:
        kind, states = self._kind, range(len(trip.entries) + 1)
        carried = {
            "mass": (max(trip.mass_after(count) for count in states), kind.payload_kg, "kg"),
            "floor": (
                max(trip.floor_after(count) for count in states),
                kind.floor_positions,
                "floor positions",
            ),
            "volume": (max(trip.volume_after(count) for count in states), kind.volume_m3, "m3"),
            "boxes": (sum(entry.boxes for entry in trip.entries), kind.critical_boxes, "certified boxes"),
        }
        for name, (amount, most, unit) in carried.items():
            if amount > most + _TINY:
                self._report(f"over-{name}", f"{amount:.2f} {unit} aboard, {most:.2f} fit.")
        for entry in trip.entries:
            if trip.arrives_at not in entry.depots:
                self._report("depot-not-allowed", f"{entry.pickup_id} may not go to {trip.arrives_at}.")

    def _goods(self, trip: _Trip) -> None:
        if not self._problem.clashes:
            return
        for one, other in combinations(trip.entries, 2):
            if any(frozenset((a, b)) in self._problem.clashes for a in one.goods for b in other.goods):
                self._report(
                    "goods-clash", f"{one.pickup_id} and {other.pickup_id} may not ride on one trip."
                )
        for entry in trip.entries:
            if any(frozenset(pair) in self._problem.clashes for pair in combinations(entry.goods, 2)):
                self._report("goods-clash", f"{entry.pickup_id} holds goods that may not ride together.")

    def _law(self) -> None:
        tour, kind, problem = self._tour, self._kind, self._problem
        points = max(sum(entry.points for entry in trip.entries) for trip in self._trips)
        above = points > problem.relief_points + _TINY or any(entry.needs_adr for entry in self._entries)
        if above != tour["needs_adr"]:
            self._report(
                "adr-flag-wrong", f"The tour has {points:.1f} load points but says {tour['needs_adr']}."
            )
        wanted = kind.profile
        if above:
            if not kind.is_adr_equipped:
                self._report("not-equipped", f"{points:.1f} load points aboard a vehicle without equipment.")
            for entry in self._entries:
                if entry.is_closed_to_adr:
                    self._report("closed-zone", f"{entry.pickup_id} lies in a zone closed to such loads.")
            # Packages: the last letter of a tunnel code counts (ADR 8.6.4), and B closes more than E.
            letters = {entry.tunnel_code[-1] for entry in self._entries if entry.tunnel_code} & set("BCDE")
            detours = problem.tunnel_profiles.get(min(letters), {}) if letters else {}
            wanted = detours.get(kind.profile, kind.profile)
        if tour["road_profile"] != wanted:
            self._report(
                "wrong-roads", f"Driven on the roads {tour['road_profile']!r}, these goods need {wanted!r}."
            )

    def _times(self) -> tuple[float, float, int, int] | None:
        """Kilometres, tonne kilometres, seconds of driving and of duty; None where no road leads."""
        problem, tour = self._problem, self._tour
        roads = problem.roads.get(tour["road_profile"], problem.roads[self._kind.profile])
        route = np.array([problem.depots[self._kind.depot_id], *map(self._place, [*self._visits, None])])
        drives = roads.drive_s_of(route[:-1], route[1:]).tolist()
        ways = roads.km_of(route[:-1], route[1:]).tolist()
        clock, since, driving, km, tkm = int(tour["starts_s"]), 0, 0, 0.0, 0.0
        number, loaded = 0, 0
        if clock < self._trips[0].ready_s:
            self._report("before-release", f"Out at {clock} s, ready at {self._trips[0].ready_s} s.")
        for leg, visit in enumerate([*self._visits, None], start=1):
            drive, way = drives[leg - 1], ways[leg - 1]
            if drive < 0:
                self._report("no-road", f"No road leads to visit {leg}.")
                return None
            km += way
            tkm += way * self._trips[number].mass_after(loaded) / 1000
            driving += drive
            clock, on_arrival, since = self._drive(leg, drive, clock, since)
            if visit is None:
                break
            if "hub_id" in visit:
                clock, since = self._reload(visit, number, clock, on_arrival, since)
                number, loaded = number + 1, 0
            else:
                clock, since = self._visit(visit, clock, on_arrival, since)
                loaded += 1
        self._limits(clock + on_arrival, driving)
        return km, tkm, driving, clock + on_arrival - int(tour["starts_s"])

    def _place(self, visit: Mapping[str, Any] | None) -> int:
        problem, kind = self._problem, self._kind
        if visit is None:
            return problem.depots[kind.end_depot_id or kind.depot_id]
        if "hub_id" in visit:
            name = visit["hub_id"]
            return problem.hubs[name].place if name in problem.hubs else problem.depots[name]
        return self._stops[visit["pickup_id"]].place

    def _drive(self, leg: int, drive: int, clock: int, since: int) -> tuple[int, int, int]:
        """Time on arrival, length of the breaks taken there, and driving since the last break."""
        gone, on_arrival = 0, 0
        for rest in (entry for entry in self._rests if entry["leg"] == leg):
            if not gone <= rest["after_s"] <= drive or rest["break_s"] < self._problem.rules.break_s:
                self._report("break-wrong", f"The break on leg {leg} is too short or out of place.")
            self._stretch(since + rest["after_s"] - gone)
            since, gone = 0, rest["after_s"]
            if gone == drive:
                on_arrival += rest["break_s"]
            else:
                clock += rest["break_s"]
        since += drive - gone
        self._stretch(since)
        return clock + drive, on_arrival, since

    def _stretch(self, since: int) -> None:
        rules = self._problem.rules
        if since > rules.max_stretch_s:
            self._report("no-break", f"{since} s of driving without a break ({rules.name}).")

    def _visit(self, visit: Mapping[str, Any], clock: int, rest: int, since: int) -> tuple[int, int]:
        entry = self._stops[visit["pickup_id"]]
        service = entry.service_s if self._kind.has_tail_lift else entry.service_by_hand_s
        if visit["arrives_s"] != clock:
            self._report(
                "arrival-wrong", f"{entry.pickup_id}: arrives {clock} s, not {visit['arrives_s']} s."
            )
        begins = visit["begins_s"]
        open_at = entry.windows if entry.windows else ((entry.open_s, entry.close_s),)
        if begins < clock + rest or not any(first <= begins <= last for first, last in open_at):
            self._report("outside-window", f"{entry.pickup_id}: loading starts at {begins} s.")
        if visit["departs_s"] != begins + service:
            self._report("service-wrong", f"{entry.pickup_id}: loading takes {service} s.")
        return int(visit["departs_s"]), self._rested(service, since)

    def _reload(
        self, visit: Mapping[str, Any], number: int, clock: int, rest: int, since: int
    ) -> tuple[int, int]:
        name, trip = visit["hub_id"], self._trips[number]
        service = self._problem.hubs[name].unload_s if name in self._problem.hubs else 0
        if visit["arrives_s"] != clock:
            self._report("arrival-wrong", f"{name}: arrives {clock} s, not {visit['arrives_s']} s.")
        if visit["departs_s"] < clock + rest + service:
            self._report("service-wrong", f"{name}: unloading takes {service} s.")
        ready = self._trips[number + 1].ready_s
        if visit["departs_s"] < ready:
            self._report("before-release", f"{name}: leaves at {visit['departs_s']} s, ready at {ready} s.")
        unloaded = sum(entry.mass_kg for entry in trip.entries)
        if abs(unloaded - visit["mass_kg"]) > _TINY * max(1.0, unloaded):
            self._report("figure-wrong", f"{name}: {unloaded:.2f} kg unloaded, not {visit['mass_kg']:.2f}.")
        return int(visit["departs_s"]), self._rested(service, since)

    def _rested(self, service: int, since: int) -> int:
        rules = self._problem.rules
        return 0 if rules.service_is_break and service >= rules.break_s else since

    def _limits(self, back: int, driving: int) -> None:
        tour, kind, rules = self._tour, self._kind, self._problem.rules
        if back != tour["ends_s"]:
            self._report("return-wrong", f"Back at {back} s, the plan says {tour['ends_s']} s.")
        limits = (
            ("before-shift", tour["starts_s"] < kind.shift_start_s),
            ("after-shift", back > kind.shift_end_s),
            ("duty-too-long", back - tour["starts_s"] > min(kind.max_duty_s, rules.max_duty_s)),
            ("driving-too-long", driving > min(kind.max_driving_s, rules.max_driving_s)),
        )
        for code, broken in limits:
            if broken:
                self._report(code, f"Out {tour['starts_s']} s, back {back} s, driving {driving} s.")

    def _money(self, km: float, tkm: float, driving: int, duty: int) -> None:
        tour, kind, duty_h = self._tour, self._kind, duty / 3600
        cost = kind.fixed_cost_eur + km * kind.cost_eur_per_km + duty_h * kind.cost_eur_per_h
        co2e = km * kind.co2e_kg_per_km + tkm * kind.co2e_kg_per_tkm
        objective = cost + co2e / 1000 * self._problem.carbon_price_eur_per_t
        mass = sum(entry.mass_kg for entry in self._entries)
        own = {"km": km, "cost_eur": cost, "co2e_kg": co2e, "objective_eur": objective, "mass_kg": mass}
        for name, value in own.items():
            if abs(value - tour[name]) > _TINY * max(1.0, abs(value)):
                self._report("figure-wrong", f"{name} is {value:.4f}, the plan says {tour[name]:.4f}.")
        self.figures = {
            "tours": 1.0,
            "served": float(len(self._entries)),
            "km": km,
            "driving_h": driving / 3600,
            "duty_h": duty_h,
            "mass_kg": mass,
            "cost_eur": cost,
            "co2e_kg": co2e,
            "tour_objective_eur": objective,
        }
