"""A tour problem as PyVRP's, and tours there and back.

PyVRP calculates in integers. Where all costs of a problem are whole numbers, they are its unit; elsewhere money is
counted so finely that a leg costs some million units. Loads are scaled to match, because PyVRP's penalties are bounded
numbers per unit of load and second. Its matrix of lengths holds the money of each leg, so that any price per kilometre
is exact, and what serving a stop with a vehicle costs besides.

What PyVRP does not know: goods that may not ride together (:meth:`PyvrpModel.can_model`), breaks, drivers and vehicles
that several ways of using a vehicle share, and emissions by load. So its tours are proposals.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Sequence
from functools import cached_property
from typing import TYPE_CHECKING, Any, Final

import numpy as np
from numpy.typing import NDArray

from voltloop.collection.model import Problem
from voltloop.collection.pyvrp_ways import Way, ways_of
from voltloop.collection.schedule import plan_tour
from voltloop.collection.translate import Translation

if TYPE_CHECKING:
    import pyvrp

__all__ = ["PyvrpModel", "can_model"]

Bools = NDArray[np.bool_]
Whole = NDArray[np.int64]
Tours = tuple[tuple[int, tuple[int, ...]], ...]
"""Position in the fleet and visits of each tour, in the problem's numbers."""

_SLACK: Final = 1e-6
# A leg that costs less than that in whole euros is counted more finely; others are, so that it costs that.
_COARSE: Final = 30.0
_FINE: Final = 3e6
# Loads are scaled so that what a stop loads is this share of what a leg costs.
_LOAD_SHARE: Final = 0.1


def can_model(found: Translation) -> bool:
    """Whether PyVRP can be asked at all: not where some goods may not ride with others."""
    return not found.arrays.clash.any()


class PyvrpModel:
    """One part of a problem as PyVRP's data.

    Parameters
    ----------
    problem, found
        The problem, and the part as arrays.
    start
        Tours that the search begins with; required stops that they serve are served to the end.
    is_cautious
        Tell planning days apart, and bound driving and add breaks about as long as they will be. Otherwise days are
        left to the choice among tours, and breaks and driving to the timetable, except where all is exact.

    Attributes
    ----------
    data
        PyVRP's problem.
    """

    def __init__(
        self, problem: Problem, found: Translation, start: Tours = (), *, is_cautious: bool = False
    ) -> None:
        self._problem = problem
        self._found = found
        self._is_cautious = is_cautious
        p = found.arrays
        self._start = found.forth((fleet, visits, None) for fleet, visits in start)
        self._ways = ways_of(found, Counter(self._start.kind.tolist()), is_cautious=is_cautious)
        self._way_of = {kind: number for number, way in enumerate(self._ways) for kind in way.kinds}
        self._depots, self._hub_depots = self._find_depots()
        self._places = np.concatenate([np.array([place for place, _ in self._depots], np.int64), p.place])
        roads = sorted({found.uses[way.kinds[0]].profile for way in self._ways})
        pairs = self._places[:, None], self._places[None, :]
        self._km = {name: problem.roads[name].km_of(*pairs) for name in roads}
        self._drive = {name: problem.roads[name].drive_s_of(*pairs).astype(np.float64) for name in roads}
        self._unit, self._leg_eur = self._money()
        self._copies = [
            (stop, window) for stop in range(len(p.place)) for window in range(*p.window[stop : stop + 2])
        ]
        self.data = self._data()

    def solution(self) -> pyvrp.Solution:
        """Write the tours to start with; what PyVRP would not allow is left out."""
        import pyvrp

        routes = []
        tours = self._start
        left = [way.number for way in self._ways]
        for index, kind in enumerate(tours.kind.tolist()):
            way = self._way_of.get(kind)
            if way is None or left[way] == 0:
                continue
            visits = tours.visits[tours.begins[index] : tours.begins[index + 1]].tolist()
            route = pyvrp.Route(self.data, self._activities(kind, visits), way)
            if route.is_feasible():
                left[way] -= 1
                routes.append(route)
        return pyvrp.Solution(self.data, routes)

    def tours(self, solution: pyvrp.Solution, *, only_legal: bool = False) -> Tours:
        """Read tours in the problem's numbers."""
        found = []
        for route in solution.routes():
            if only_legal and not route.is_feasible():
                continue
            kind = self._ways[route.vehicle_type()].kinds[0]
            use = self._found.uses[kind]
            visits: list[int] = []
            for visit in list(route)[1:-1]:
                if visit.is_client():
                    visits.append(int(self._found.stops[self._copies[visit.idx][0]]))
                elif visits and visits[-1] >= 0:
                    visits.append(-1 - use.hubs[self._hub_depots[kind].index(visit.idx)])
            while visits and visits[-1] < 0:
                visits.pop()
            if visits:
                found.append((use.fleet, tuple(visits)))
        return tuple(found)

    def _activities(self, kind: int, visits: Sequence[int]) -> list[pyvrp.Activity]:
        """Write visits; of a stop's several windows the one that the timetable takes."""
        from pyvrp import Activity, ActivityType

        p, first = self._found.arrays, int(self._found.arrays.reload[kind])
        at = {copy: index for index, copy in enumerate(self._copies)}
        begins: list[float] = [0.0] * len(visits)
        if len(self._copies) > len(p.place):
            use = self._found.uses[kind]
            given = [
                int(self._found.stops[visit]) if visit >= 0 else -1 - use.hubs[-1 - visit - first]
                for visit in visits
            ]
            tour = plan_tour(self._problem, use.fleet, given)
            begins = begins if tour is None else list(tour.timetable.begins_s)
        activities = []
        for visit, begin in zip(visits, begins, strict=True):
            if visit < 0:
                activities.append(Activity(ActivityType.DEPOT, self._hub_depots[kind][-1 - visit - first]))
            else:
                windows = range(*p.window[visit : visit + 2])
                window = next((w for w in windows if p.opens_s[w] <= begin <= p.closes_s[w]), windows[0])
                activities.append(Activity(ActivityType.CLIENT, at[visit, window]))
        return activities

    def _find_depots(self) -> tuple[list[tuple[int, int]], dict[int, list[int]]]:
        """List places to start, end and unload at with the seconds that takes, and the hubs of each kind."""
        p = self._found.arrays
        kinds = [way.kinds[0] for way in self._ways]
        hubs = {}
        for kind in kinds:
            mine = slice(int(p.reload[kind]), int(p.reload[kind + 1]))
            hubs[kind] = [
                (int(at), int(s)) for at, s in zip(p.reload_place[mine], p.reload_s[mine], strict=True)
            ]
        homes = [(int(place), 0) for kind in kinds for place in (p.starts[kind], p.ends[kind])]
        depots = list(dict.fromkeys([*homes, *(hub for kind in kinds for hub in hubs[kind])]))
        return depots, {kind: [depots.index(hub) for hub in members] for kind, members in hubs.items()}

    def _money(self) -> tuple[float, float]:
        """Units of money per euro, and what a short leg costs [EUR]."""
        p, kinds = self._found.arrays, [way.kinds[0] for way in self._ways]
        homes = len(self._depots)
        km = next(iter(self._km.values()), np.zeros((0, 0)))[homes:, homes:]
        near = np.sort(np.where(km > 0, km, np.inf), axis=1)[:, :10]
        per_km = float(np.mean(p.eur_per_km[kinds])) if kinds else 0.0
        leg = float(np.mean(near[np.isfinite(near)])) * per_km if np.isfinite(near).any() else 0.0
        leg = max(leg, 1e-3)
        whole = [p.eur_per_km[kinds], p.fixed_eur[kinds], p.eur_per_s[kinds], *self._km.values(), p.extra_eur]
        is_whole = all(bool(np.all(np.mod(values[np.isfinite(values)], 1.0) == 0)) for values in whole)
        return (1.0 if is_whole and leg >= _COARSE else 10.0 ** round(np.log10(_FINE / leg))), leg

    @cached_property
    def _required(self) -> Bools:
        """Stops that must be served: required ones that the start serves."""
        served = np.zeros(len(self._found.stops), np.bool_)
        served[self._start.visits[self._start.visits >= 0]] = True
        return served & np.array(
            [self._problem.is_required(int(stop)) for stop in self._found.stops], np.bool_
        )

    @cached_property
    def _is_timed(self) -> bool:
        """Whether some window, shift or time to wait for counts; PyVRP is faster without."""
        p, kinds = self._found.arrays, [way.kinds[0] for way in self._ways]
        return bool(
            (p.closes_s < p.to_s[kinds].max(initial=0.0)).any()
            or (p.opens_s > p.from_s[kinds].min(initial=np.inf)).any()
            or len(p.release_s)
            or any((self._most_s >= p.to_s[kind] - p.from_s[kind]) for kind in kinds)
        )

    @cached_property
    def _most_s(self) -> float:
        """Seconds in which any tour ends that never waits."""
        longest = max(float(np.max(drive, initial=0.0)) for drive in self._drive.values())
        p = self._found.arrays
        return (
            (len(p.place) + 1) * longest
            + float(p.service_s.max(axis=0).sum())
            + float(p.reload_s.sum()) * len(p.place)
        )

    def _data(self) -> pyvrp.ProblemData:
        import pyvrp

        p = self._found.arrays
        loads, rooms = self._loads()
        matrices: list[tuple[Any, Any]] = []
        far = self._far()
        vehicles = [
            self._vehicle(way, room, matrices, far) for way, room in zip(self._ways, rooms, strict=True)
        ]
        groups: dict[int, list[int]] = defaultdict(list)
        for index, (stop, _) in enumerate(self._copies):
            groups[stop].append(index)
        several = [stop for stop, members in groups.items() if len(members) > 1]
        clients = [
            pyvrp.Client(
                location=len(self._depots) + stop,
                pickup=loads[0][stop],
                delivery=loads[1][stop],
                service_duration=int(p.service_s[:, stop].min()),
                release_time=int(p.release_s[stop]) if len(p.release_s) else 0,
                prize=0 if self._required[stop] else round(float(p.skip_eur[stop]) * self._unit),
                required=bool(self._required[stop]) and stop not in several,
                group=several.index(stop) if stop in several else None,
                **self._window(window),
            )
            for stop, window in self._copies
        ]
        return pyvrp.ProblemData(
            [pyvrp.Location(0, 0) for _ in self._places],
            clients,
            [pyvrp.Depot(location=i, service_duration=spent) for i, (_, spent) in enumerate(self._depots)],
            [pyvrp.VehicleType(**arguments) for arguments in vehicles],
            [matrix[0] for matrix in matrices],
            [matrix[1] for matrix in matrices],
            [pyvrp.ClientGroup(groups[stop], required=bool(self._required[stop])) for stop in several],
        )

    def _window(self, window: int) -> dict[str, Any]:
        p = self._found.arrays
        opens, closes = float(p.opens_s[window]), float(p.closes_s[window])
        if not self._is_timed:
            return {}
        if closes >= float(p.to_s.max()):
            return {"tw_early": int(opens)}
        return {"tw_early": int(opens), "tw_late": int(max(closes, opens))}

    def _loads(self) -> tuple[tuple[list[list[int]], list[list[int]]], list[list[int]]]:
        """Amounts of the measures that can bind, by stop, and the room of each vehicle type."""
        p, kinds = self._found.arrays, [way.kinds[0] for way in self._ways]
        total = p.pick.sum(axis=0) + p.drop.sum(axis=0)
        binds = np.flatnonzero((p.room[kinds] + _SLACK < total).any(axis=0))
        load = np.maximum(p.pick, p.drop)[:, binds]
        mean = np.maximum(load.sum(axis=0) / np.maximum((load > 0).sum(axis=0), 1), 1e-9)
        scale = 10.0 ** np.round(np.log10(_LOAD_SHARE * self._leg_eur * self._unit / mean))
        both = np.concatenate([p.pick[:, binds], p.drop[:, binds]])
        whole = np.mod(both, 1.0).max(axis=0, initial=0.0) == 0
        scale = np.where(
            whole, np.maximum(scale, 1.0), np.maximum(scale, 10.0 ** np.ceil(np.log10(1e3 / mean)))
        )
        up = np.ceil(both * scale - _SLACK).astype(np.int64).reshape(2, len(p.place), -1)
        most = np.floor(np.minimum(p.room[kinds][:, binds], total[binds] + 1.0) * scale + _SLACK).astype(
            np.int64
        )
        return (up[0].tolist(), up[1].tolist()), most.tolist()

    def _far(self) -> tuple[int, int]:
        """Money and seconds of a leg that may not be driven: more than it is ever worth, but not absurdly much."""
        p, kinds = self._found.arrays, [way.kinds[0] for way in self._ways]
        longest = max(float(np.max(km[np.isfinite(km)], initial=0.0)) for km in self._km.values())
        dearest = 4.0 * longest * float(p.eur_per_km[kinds].max()) + float(p.fixed_eur[kinds].max())
        prize = 2.0 * float(p.skip_eur[~self._required].max(initial=0.0))
        seconds = float(p.to_s[kinds].max() - p.from_s[kinds].min()) + 1.0 if self._is_timed else 0.0
        return round((max(dearest, prize) + 1.0) * self._unit), int(seconds)

    def _vehicle(
        self, way: Way, room: list[int], matrices: list[tuple[Any, Any]], far: tuple[int, int]
    ) -> dict[str, Any]:
        p, kind = self._found.arrays, way.kinds[0]
        money, seconds, most = self._legs(way, far)
        profile = next(
            (
                number
                for number, known in enumerate(matrices)
                if np.array_equal(known[0], money) and np.array_equal(known[1], seconds)
            ),
            len(matrices),
        )
        if profile == len(matrices):
            matrices.append((money, seconds))
        vehicle: dict[str, Any] = {
            "num_available": min(way.number, len(p.place)),
            "capacity": room,
            "start_depot": self._depots.index((int(p.starts[kind]), 0)),
            "end_depot": self._depots.index((int(p.ends[kind]), 0)),
            "fixed_cost": round(float(p.fixed_eur[kind]) * self._unit),
            "unit_duration_cost": round(float(p.eur_per_s[kind]) * self._unit),
            "profile": profile,
        }
        if self._is_timed:
            vehicle |= {"tw_early": int(p.from_s[kind]), "tw_late": int(max(p.to_s[kind], p.from_s[kind]))}
        if p.max_duty_s[kind] < min(
            self._most_s + p.to_s[kind] * self._is_timed, p.to_s[kind] - p.from_s[kind]
        ):
            vehicle["shift_duration"] = int(p.max_duty_s[kind])
        if most is not None:
            vehicle["max_distance"] = most
        if self._hub_depots[kind] and p.max_reloads[kind]:
            vehicle |= {"reload_depots": self._hub_depots[kind], "max_reloads": int(p.max_reloads[kind])}
        return vehicle

    def _legs(self, way: Way, far: tuple[int, int]) -> tuple[Whole, Whole, int | None]:
        """Money and seconds of the legs of a vehicle type, and the most money for driving, where that counts."""
        p, kind, homes = self._found.arrays, way.kinds[0], len(self._depots)
        road = self._found.uses[kind].profile
        km, drive = self._km[road], self._drive[road]
        joined = np.isfinite(km) & (drive >= 0)
        paid = np.where(joined, km, 0.0) * float(p.eur_per_km[kind]) * self._unit
        drive = np.where(joined, drive, 0.0)
        most = self._most_money(paid, drive, joined, float(p.max_driving_s[kind]))
        if len(p.extra_eur):
            paid[:, homes:] += (
                np.min([p.extra_eur[:, one] for one in way.kinds], axis=0)[None, :] * self._unit
            )
        if self._is_cautious:
            drive = drive * (1.0 + p.break_s / max(p.max_stretch_s, 1.0))
        joined[:, homes:] &= way.allowed[None, :]
        money = np.where(joined, np.rint(paid), far[0]).astype(np.int64)
        seconds = np.where(joined, np.ceil(drive - _SLACK), np.maximum(far[1], drive)).astype(np.int64)
        seconds[homes:] += (p.service_s[int(p.by_hand[kind])] - p.service_s.min(axis=0)).astype(np.int64)[
            :, None
        ]
        np.fill_diagonal(money, 0)
        np.fill_diagonal(seconds, 0)
        return money, seconds, most

    def _most_money(self, paid: Any, drive: Any, joined: Bools, most_s: float) -> int | None:
        """Bound the money of a tour's legs in place of their time, where the two go together."""
        known = joined & (drive > 0) & (paid > 0)
        if not known.any() or most_s >= (len(self._found.stops) + 1) * float(drive.max()):
            return None
        rate = paid[known] / drive[known]
        if np.ptp(rate) <= _SLACK * float(rate.max()):
            return int(most_s * float(rate.mean()) + 0.5)
        return int(most_s * float(np.median(rate))) if self._is_cautious else None
