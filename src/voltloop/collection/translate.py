"""From a tour problem to the arrays of the compiled search, and its tours back.

A vehicle kind stands in the arrays once for each way of *using* it: below or above the small-load relief, with each
road profile that a tunnel code asks for, with each set of trainings aboard, on each class of planning days, with each
set of hubs. So everything that depends on such a choice is a number of the kind, and vehicles and drivers are
resources that several kinds share. What the search may do is never more than
:func:`~voltloop.collection.schedule.plan_tour` allows.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from functools import cached_property, reduce
from itertools import accumulate, pairwise
from operator import or_

import numpy as np
from numpy.typing import ArrayLike, NDArray

from voltloop.collection.before import NOTHING, Before
from voltloop.collection.days import day_classes
from voltloop.collection.kernel.arrays import Floats, Ints, KernelProblem, KernelTours
from voltloop.collection.kernel_roads import road_arrays
from voltloop.collection.model import Problem
from voltloop.collection.reach import Demands
from voltloop.collection.uses import Use, find_uses, resources_of
from voltloop.errors import InputError

__all__ = ["Translation", "translate"]

_SLACK = 1e-6
_BITS = 64

Bits = NDArray[np.uint64]


@dataclass(frozen=True)
class Translation:
    """A problem in arrays, and what its numbers mean.

    Attributes
    ----------
    arrays
        The problem of the compiled search.
    stops
        Position in the problem's table of each stop of the arrays.
    uses
        What each kind of the arrays is.
    """

    arrays: KernelProblem
    stops: NDArray[np.int64]
    uses: tuple[Use, ...]

    @cached_property
    def _number(self) -> dict[int, int]:
        return {int(stop): number for number, stop in enumerate(self.stops)}

    def back(self, tours: KernelTours) -> list[tuple[Use, tuple[int, ...]]]:
        """Tours with the use of each and its visits in the problem's numbers; tours without a stop are left out."""
        found = []
        for index, kind in enumerate(tours.kind):
            use, first = self.uses[kind], int(self.arrays.reload[kind])
            visits = tuple(
                int(self.stops[visit]) if visit >= 0 else -1 - use.hubs[-1 - int(visit) - first]
                for visit in tours.visits[tours.begins[index] : tours.begins[index + 1]]
            )
            if any(visit >= 0 for visit in visits):
                found.append((use, visits))
        return found

    def forth(self, tours: Iterable[tuple[int, tuple[int, ...], int | None]]) -> KernelTours:
        """Tours of fleet kinds as arrays, each with the first use that allows it; others and unknown stops left out.

        Parameters
        ----------
        tours
            Position in the fleet, visits, and the planning day (None: any).
        """
        kinds: list[int] = []
        visits: list[list[int]] = []
        for fleet, given, day in tours:
            known = [visit for visit in given if visit < 0 or visit in self._number]
            numbers = [self._number[visit] if visit >= 0 else visit for visit in known]
            hubs = {-1 - visit for visit in known if visit < 0}
            kind = (
                self._first_use(fleet, numbers, hubs, day) if any(visit >= 0 for visit in numbers) else None
            )
            if kind is not None:
                use, first = self.uses[kind], int(self.arrays.reload[kind])
                kinds.append(kind)
                visits.append([
                    visit if visit >= 0 else -1 - first - use.hubs.index(-1 - visit) for visit in numbers
                ])  # fmt: skip
        begins = list(accumulate((len(entry) for entry in visits), initial=0))
        flat = [visit for entry in visits for visit in entry]
        return KernelTours(
            np.array(kinds, dtype=np.int32), np.array(begins, dtype=np.int32), np.array(flat, dtype=np.int32)
        )

    def _first_use(self, fleet: int, visits: list[int], hubs: set[int], day: int | None) -> int | None:
        stops = [visit for visit in visits if visit >= 0]
        for kind, use in enumerate(self.uses):
            if use.fleet != fleet or not hubs.issubset(use.hubs):
                continue
            if day is not None and not use.days.first <= day <= use.days.last:
                continue
            if self.arrays.allowed[stops, kind].all() and self._has_room(kind, visits):
                return kind
        return None

    def _has_room(self, kind: int, visits: list[int]) -> bool:
        """Whether every trip of a tour fits the kind's capacity after each visit."""
        cuts = [-1, *(at for at, visit in enumerate(visits) if visit < 0), len(visits)]
        for begin, end in pairwise(cuts):
            trip = visits[begin + 1 : end]
            change = self.arrays.pick[trip] - self.arrays.drop[trip]
            aboard = np.vstack([np.zeros((1, change.shape[1])), np.cumsum(change, axis=0)])
            aboard += self.arrays.drop[trip].sum(axis=0)
            if (aboard > self.arrays.room[kind] + _SLACK).any():
                return False
        return True


def translate(
    problem: Problem,
    stops: Sequence[int],
    *,
    fleet: Sequence[int] | None = None,
    before: Before = NOTHING,
) -> Translation:
    """Write some stops of a problem, and every vehicle that can serve one of them, as arrays.

    Parameters
    ----------
    stops
        Positions in the problem's table of stops.
    fleet
        Positions in the fleet of the vehicle kinds to use; None: all.
    before
        Vehicles and drivers that are not free, and what serving a stop otherwise than in an earlier plan costs.

    Raises
    ------
    InputError
        More than 64 classes of goods that may not ride together; roads of kinds that do not fit together.

    Notes
    -----
    The tunnel code of a tour is the most restrictive of its stops. Goods that a place to unload at does not take are
    told by bits, as those that clash are.
    """
    demands = Demands(problem, stops)
    kinds_used = range(len(problem.fleet)) if fleet is None else fleet
    uses, allowed = find_uses(problem, demands, kinds_used, day_classes(problem, stops, before.days))
    goods, clash, names = _goods(problem, demands)
    goods, end_clash, reload_clash = _refused(problem, demands, uses, allowed, goods, _BITS - names)
    resources = resources_of(problem, uses, allowed, before.taken)
    profiles = sorted({use.profile for use in uses})
    kinds = [problem.fleet[use.fleet] for use in uses]
    pick, drop, room = _measures(problem, demands, uses)
    window, opens_s, closes_s = _windows(demands)
    release_s = demands.release_s if demands.release_s.any() else np.zeros(0)
    reload, reload_place, reload_s = _reloads(problem, uses)
    needs: list[list[int]] = [[] for _ in uses]
    for number, shared in enumerate(resources):
        for use in shared.uses:
            needs[use].append(number)
    rules, carbon = problem.rules, problem.carbon_price_eur_per_t / 1000.0
    arrays = KernelProblem(
        **road_arrays(problem.roads, profiles),
        place=_int32(demands.place),
        service_s=np.ascontiguousarray(demands.service_s),
        window=window, opens_s=opens_s, closes_s=closes_s, release_s=release_s,
        pick=pick, drop=drop,
        skip_eur=np.array([problem.unserved_eur(stop) for stop in stops], dtype=np.float64),
        goods=goods, clash=clash, end_clash=end_clash, allowed=np.ascontiguousarray(allowed),
        extra_eur=_extra(problem, demands, uses, before),
        starts=_int32([problem.depots[kind.depot_id] for kind in kinds]),
        ends=_int32([problem.depots[kind.ends_at] for kind in kinds]),
        room=room,
        fixed_eur=_float64([kind.fixed_cost_eur for kind in kinds]),
        eur_per_km=_float64([problem.objective_per_km(kind) for kind in kinds]),
        eur_per_s=_float64([kind.cost_eur_per_h / 3600.0 for kind in kinds]),
        eur_per_kg_km=_float64([kind.co2e_kg_per_tkm / 1000.0 * carbon for kind in kinds]),
        from_s=_float64([kind.shift_start_s for kind in kinds]),
        to_s=_float64([kind.shift_end_s for kind in kinds]),
        max_duty_s=_float64([min(kind.max_duty_s, rules.max_duty_s) for kind in kinds]),
        max_driving_s=_float64([min(kind.max_driving_s, rules.max_driving_s) for kind in kinds]),
        by_hand=_int32([not kind.has_tail_lift for kind in kinds]),
        profile=_int32([profiles.index(use.profile) for use in uses]),
        max_reloads=_int32([kind.max_reloads if use.hubs else 0 for kind, use in zip(kinds, uses, strict=True)]),
        reload=reload, reload_place=reload_place, reload_s=reload_s, reload_clash=reload_clash,
        needs=_int32(list(accumulate((len(entry) for entry in needs), initial=0))),
        resource=_int32([number for entry in needs for number in entry]),
        stock=np.array([shared.stock for shared in resources], dtype=np.int64),
        max_stretch_s=float(rules.max_stretch_s), break_s=float(rules.break_s),
        service_is_break=rules.service_is_break,
    )  # fmt: skip
    return Translation(arrays, demands.stops, tuple(uses))


def _measures(problem: Problem, demands: Demands, uses: Sequence[Use]) -> tuple[Floats, Floats, Floats]:
    """Mass, and of the other measures those that some vehicle could run out of."""
    kinds = [problem.fleet[use.fleet] for use in uses]
    room = np.array(
        [
            (kind.payload_kg, kind.floor_positions, kind.volume_m3,
             np.inf if use.is_adr else problem.relief_points, kind.critical_boxes)
            for kind, use in zip(kinds, uses, strict=True)
        ]
    ).reshape(len(uses), 5)  # fmt: skip
    total = (
        np.maximum(demands.pick.sum(axis=0), demands.drop.sum(axis=0)) if len(demands.stops) else np.zeros(5)
    )
    total = total + demands.drop.sum(axis=0)
    counts = (room < total[None, :]).any(axis=0)
    counts[0] = True
    return (
        np.ascontiguousarray(demands.pick[:, counts]),
        np.ascontiguousarray(demands.drop[:, counts]),
        np.ascontiguousarray(room[:, counts]),
    )


def _windows(demands: Demands) -> tuple[Ints, Floats, Floats]:
    opens, closes = demands.windows
    given = closes >= opens
    given[:, 0] |= ~given.any(axis=1)  # a window that is never open is one that no vehicle meets
    begins = np.concatenate([[0], np.cumsum(given.sum(axis=1))])
    return _int32(begins), opens[given], closes[given]


def _goods(problem: Problem, demands: Demands) -> tuple[Bits, Bits, int]:
    """Bit sets of the classes of goods at each stop that clash with something, of what they clash with; bits used."""
    present = {name for entry in demands.entries for name in entry.goods}
    pairs = [tuple(pair) * (3 - len(pair)) for pair in problem.clashes if present.issuperset(pair)]
    names = sorted({name for pair in pairs for name in pair[:2]})
    if len(names) > _BITS:
        raise InputError(
            f"{len(names)} classes of goods may not ride with some other class. Expected no more than {_BITS}. "
            "Join classes that clash with the same others into one.",
            code="tours-too-many-clashes",
        )
    if not names:
        return np.zeros(len(demands.entries), np.uint64), np.zeros(len(demands.entries), np.uint64), 0
    bit = {name: 1 << number for number, name in enumerate(names)}
    against = dict.fromkeys(names, 0)
    for first, second, *_ in pairs:
        against[first] |= bit[second]
        against[second] |= bit[first]
    goods, clash = [], []
    for entry in demands.entries:
        here = [name for name in entry.goods if name in bit]
        goods.append(sum(bit[name] for name in here))
        clash.append(reduce(or_, (against[name] for name in here), 0))
    return np.array(goods, dtype=np.uint64), np.array(clash, dtype=np.uint64), len(names)


def _refused(
    problem: Problem, demands: Demands, uses: list[Use], allowed: NDArray[np.bool_], goods: Bits, bits: int
) -> tuple[Bits, Bits, Bits]:
    """Goods with a bit for each place to unload at that does not take them, and the bits of ends and of hubs.

    Places that refuse the goods of the same stops share a bit. A use for whose places no bit is left loses its hubs.
    """
    depots = [entry.depots for entry in demands.entries]
    bit_of: dict[bytes, np.uint64] = {np.zeros(len(depots), np.bool_).tobytes(): np.uint64(0)}
    known: dict[str, bytes] = {}
    ends: list[np.uint64] = []
    hubs: list[np.uint64] = []
    for number, use in enumerate(uses):
        kind = problem.fleet[use.fleet]
        names = [kind.ends_at, *(kind.reload_at[hub] for hub in use.hubs)]
        for name in names if use.hubs else ():
            if name not in known:
                known[name] = np.array([name not in given for given in depots], dtype=np.bool_).tobytes()
        new = {known[name] for name in names if use.hubs} - set(bit_of)
        if not use.hubs or len(bit_of) + len(new) > bits + 1:
            uses[number] = replace(use, hubs=())
            allowed[:, number] &= demands.ends_well[:, use.fleet]
            ends.append(np.uint64(0))
            continue
        for refused in sorted(new):
            bit_of[refused] = np.uint64(1 << (_BITS - len(bit_of)))
            goods = np.where(np.frombuffer(refused, np.bool_), goods | bit_of[refused], goods)
        ends.append(bit_of[known[names[0]]])
        hubs.extend(bit_of[known[name]] for name in names[1:])
    return goods, np.array(ends, dtype=np.uint64), np.array(hubs, dtype=np.uint64)


def _reloads(problem: Problem, uses: Sequence[Use]) -> tuple[Ints, Ints, Floats]:
    begins, places, seconds = [0], [], []
    for use in uses:
        for hub in use.hubs:
            name = problem.fleet[use.fleet].reload_at[hub]
            known = problem.hubs.get(name)
            places.append(problem.depots[name] if known is None else known.place)
            seconds.append(0.0 if known is None else float(known.unload_s))
        begins.append(len(places))
    return _int32(begins), _int32(places), _float64(seconds)


def _extra(problem: Problem, demands: Demands, uses: Sequence[Use], before: Before) -> Floats:
    """Price what an unusual weekday, and leaving the plan before, cost, by stop and use."""
    found = np.zeros((len(demands.stops), len(uses)))
    if problem.consistency.weekday_eur > 0:
        usual = np.array([entry.usual_weekday or 0 for entry in demands.entries])
        for number, use in enumerate(uses):
            # Classes are single days wherever weekdays count.
            weekday = problem.days[use.days.first - 1].isoweekday()
            found[:, number] += problem.consistency.weekday_eur * ((usual != weekday) & (usual > 0))
    if before.change_eur > 0:
        was = [before.places.get(int(stop), (-1, 0)) for stop in demands.stops]
        fleet, day = np.array(was, dtype=np.int64).reshape(-1, 2).T
        for number, use in enumerate(uses):
            same = (fleet == use.fleet) & (day >= use.days.first) & (day <= use.days.last)
            found[:, number] += before.change_eur * ((fleet >= 0) & ~same)
    return found if found.any() else np.zeros((0, len(uses)))


def _int32(values: ArrayLike) -> Ints:
    return np.array(values, dtype=np.int32)


def _float64(values: ArrayLike) -> Floats:
    return np.array(values, dtype=np.float64)
