"""Which stops each vehicle kind may serve at all: the rules that concern one stop and one vehicle, for all at once."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from voltloop.collection.loads import clashing_goods
from voltloop.collection.model import Problem, VehicleKind

__all__ = ["Demands", "Way", "pairwise_rule", "surely_possible"]

Bools = NDArray[np.bool_]
Floats = NDArray[np.float64]

V = TypeVar("V", bound=Hashable)
C = TypeVar("C")

_SLACK = 1e-6


class Demands:
    """What some stops ask for, as arrays in the order given.

    ``pick`` and ``drop`` have one row per stop: mass [kg], floor positions, volume [m3], load points, boxes.
    ``tunnel_code`` is the category that counts for goods in packages.
    """

    def __init__(self, problem: Problem, stops: Sequence[int]) -> None:
        self._problem = problem
        self.stops = np.asarray(stops, dtype=np.int64)
        self.entries = [problem.stop_list[stop] for stop in stops]
        entries = self.entries
        self.place = np.array([e.place for e in entries], dtype=np.int64)
        self.pick = _rows(
            [(e.mass_kg, e.floor_positions, e.volume_m3, e.points, e.boxes) for e in entries], 5
        )
        self.drop = _rows(
            [(e.drop_mass_kg, e.drop_floor_positions, e.drop_volume_m3, 0.0, 0.0) for e in entries], 5
        )
        self.service_s = _rows([(e.service_s, e.service_by_hand_s) for e in entries], 2).T
        self.release_s = np.array([e.release_s for e in entries], dtype=np.float64)
        self.training = [frozenset(e.training) for e in entries]
        self.tunnel_code = np.array([e.tunnel_category for e in entries], dtype="U1")
        self.open_to_adr = ~np.array([e.is_closed_to_adr for e in entries], dtype=np.bool_)
        self.needs_adr = np.array([e.needs_adr for e in entries], dtype=np.bool_)
        self.first = np.array([max(e.first_day, 1) for e in entries], dtype=np.int64)
        self.last = np.array([problem.last_day(stop) for stop in stops], dtype=np.int64)

    @cached_property
    def above_relief(self) -> Bools:
        """Stops that take a vehicle above the small-load relief even alone."""
        return np.asarray(self.needs_adr | (self.pick[:, 3] > self._problem.relief_points + _SLACK))

    @cached_property
    def windows(self) -> tuple[Floats, Floats]:
        """Openings and closings, each (N, most windows of a stop), filled up with windows that are never open."""
        given = [e.openings for e in self.entries]
        most = max((len(windows) for windows in given), default=1)
        opens, closes = np.full((len(given), most), np.inf), np.full((len(given), most), -np.inf)
        for row, windows in enumerate(given):
            for column, (first, last) in enumerate(windows):
                opens[row, column], closes[row, column] = first, last
        return opens, closes

    @cached_property
    def fits(self) -> Bools:
        """(N, F) whether a vehicle kind may serve a stop as far as load, access, permits and places to unload go."""
        fleet = self._problem.fleet
        room = _rows(
            [(k.payload_kg, k.floor_positions, k.volume_m3, np.inf, k.critical_boxes) for k in fleet], 5
        )
        load = np.maximum(self.pick, self.drop)
        fits = np.ones((len(self.entries), len(fleet)), dtype=np.bool_)
        for measure in range(5):
            fits &= load[:, measure, None] <= room[None, :, measure] + _SLACK
        for values, rule in (
            ([e.permits for e in self.entries], lambda permits, kind: kind.permits.issuperset(permits)),
            (
                [e.vehicle_types for e in self.entries],
                lambda types, kind: not types or kind.vehicle_type in types,
            ),
            ([e.needs_lift for e in self.entries], lambda lift, kind: kind.has_tail_lift or not lift),
        ):
            fits &= pairwise_rule(values, fleet, rule)
        depots = [e.depots for e in self.entries]
        fits &= self.ends_well | pairwise_rule(depots, fleet, _has_hub)
        fits[:, [kind.count == 0 for kind in fleet]] = False
        fits[[bool(clashing_goods(self._problem, e.goods)) for e in self.entries]] = False
        return fits

    @cached_property
    def ends_well(self) -> Bools:
        """(N, F) whether the goods of a stop may go to where the tours of a vehicle kind end."""
        return pairwise_rule(
            [e.depots for e in self.entries], self._problem.fleet, lambda depots, kind: kind.ends_at in depots
        )

    def reach(self, kind: VehicleKind, profile: str) -> Way:
        """Whether a vehicle can be there and back in time, on a road profile, with a stop as its only one.

        Breaks are left out; where the drive needs none, ``in_time`` is exact.
        """
        problem, rules = self._problem, self._problem.rules
        roads = problem.roads[profile]
        there = roads.drive_s_of(problem.depots[kind.depot_id], self.place)
        back = roads.drive_s_of(self.place, problem.depots[kind.ends_at])
        service = self.service_s[0 if kind.has_tail_lift else 1]
        arrives = np.maximum(kind.shift_start_s, self.release_s) + there
        opens, closes = self.windows
        begins = np.maximum(arrives[:, None], opens)
        begins = np.where(begins <= closes, begins, np.inf).min(axis=1, initial=np.inf)
        driving = there + back
        most = min(kind.max_driving_s, rules.max_driving_s)
        in_time = (
            (there >= 0)
            & (back >= 0)
            & (driving <= most)
            & (driving + service <= min(kind.max_duty_s, rules.max_duty_s))
            & (begins + service + back <= kind.shift_end_s)
        )
        return Way(in_time, driving <= rules.max_stretch_s)


@dataclass(frozen=True, slots=True)
class Way:
    """There and back: whether that is possible in time, and whether without a break."""

    in_time: Bools
    without_break: Bools


def pairwise_rule(values: Sequence[V], columns: Sequence[C], rule: Callable[[V, C], bool]) -> Bools:
    """Apply a rule to every pair of a value and a column; equal values are asked for once. Shape (values, columns)."""
    number = {value: row for row, value in enumerate(dict.fromkeys(values))}
    answers = np.array([[rule(value, column) for column in columns] for value in number], dtype=np.bool_)
    rows = np.array([number[value] for value in values], dtype=np.int64)
    return answers.reshape(len(number), len(columns))[rows]


def surely_possible(problem: Problem, stops: Sequence[int]) -> Bools:
    """Mark stops that some vehicle can serve alone, wherever that can be said without a timetable.

    For the others (the drive needs a break, or unloading on the way) :func:`~voltloop.collection.explain.impossible`
    has the answer, stop by stop.
    """
    demands = Demands(problem, stops)
    sure = np.zeros(len(stops), dtype=np.bool_)
    asked = _asked(demands)
    for index, kind in enumerate(problem.fleet):
        ways: dict[str, Bools] = {}
        for (is_adr, code, training), members in asked:
            able = members & demands.fits[:, index] & demands.ends_well[:, index] & ~sure
            if is_adr:
                able &= demands.open_to_adr & kind.is_adr_equipped
            if not able.any():
                continue
            here = [driver for driver in problem.drivers if driver.depot_id == kind.depot_id]
            able &= _manned(demands, [
                any((driver.is_certified(day) or not is_adr) and driver.holds(training, day) for driver in here)
                for day in problem.days
            ])  # fmt: skip
            profile = problem.tunnel_profiles.get(code, {}).get(kind.profile, kind.profile)
            if profile not in ways:
                way = demands.reach(kind, profile)
                ways[profile] = way.in_time & way.without_break
            sure |= able & ways[profile]
    return sure


def _asked(demands: Demands) -> list[tuple[tuple[bool, str, frozenset[str]], Bools]]:
    """Group stops by what one alone asks for: plates and certificate, roads of a tunnel code, trainings."""
    heavy = demands.above_relief.tolist()
    codes = np.where(demands.above_relief, demands.tunnel_code, "").tolist()
    number: dict[tuple[bool, str, frozenset[str]], int] = {}
    rows = [number.setdefault(key, len(number)) for key in zip(heavy, codes, demands.training, strict=True)]
    return [(key, np.array(rows) == row) for key, row in number.items()]


def _manned(demands: Demands, days: Sequence[bool]) -> Bools:
    """Tell whether some day on which a stop may be served is among those marked."""
    before = np.concatenate([[0], np.cumsum(days)])
    found: Bools = before[demands.last] > before[np.minimum(demands.first, demands.last) - 1]
    return found & (demands.first <= demands.last)


def _has_hub(depots: tuple[str, ...], kind: VehicleKind) -> bool:
    return kind.max_reloads > 0 and not set(kind.reload_at).isdisjoint(depots)


def _rows(rows: list[tuple[float, ...]], columns: int) -> Floats:
    return np.array(rows, dtype=np.float64).reshape(len(rows), columns)
