"""Single tours with every demand: the timetable is the shortest, and the checker agrees with it."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import polars as pl
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from collection_cases import line, problem, random_rich_problem, stop, table, truck
from voltloop.collection import EU_DRIVING, US_DRIVING, Problem, evaluate
from voltloop.collection.loads import first_fault
from voltloop.collection.model import Hub
from voltloop.collection.plan import tabulate
from voltloop.collection.schedule import Tour, plan_tour

CALM = settings(
    max_examples=60, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow]
)
STEP_S = 900
_HOURS = st.integers(24, 60)


@st.composite
def timed_tours(draw: st.DrawFn) -> tuple[Problem, tuple[int, ...]]:
    """A tour of two to four visits, one of them perhaps to a hub, all times in quarters of an hour."""
    count = draw(st.integers(2, 3))
    quarters = st.integers(0, 20)
    rows = []
    for index in range(count):
        opens = sorted(draw(st.lists(_HOURS, min_size=4, max_size=4)))
        windows = [[opens[0] * STEP_S, opens[1] * STEP_S], [opens[2] * STEP_S, opens[3] * STEP_S]]
        rows.append(
            stop(
                f"P{index}", 1 + index, open_s=windows[0][0], close_s=windows[1][1],
                windows=draw(st.sampled_from([None, windows])), service_s=draw(st.integers(0, 4)) * STEP_S,
                release_s=draw(st.sampled_from([0, 0, 30 * STEP_S])),
            )
        )  # fmt: skip
    places = [0.0, *(15.0 * draw(quarters) for _ in range(count + 1))]
    case = problem(
        table(*rows),
        line(*places, speed_km_h=60),
        hubs={"yard": Hub(count + 1, draw(st.integers(0, 3)) * STEP_S)},
        fleet=(truck(shift_end_s=22 * 3600, reload_at=("yard",), max_reloads=1),),
        rules=draw(st.sampled_from([EU_DRIVING, replace(US_DRIVING, max_stretch_s=3 * 3600)])),
    )
    case = replace(case, stops=case.stops.with_columns(depots=pl.lit(["hub", "yard"])))
    visits = draw(st.permutations([*range(count), *draw(st.sampled_from([[], [-1]]))]))
    return case, tuple(visits)


@settings(CALM, max_examples=150)
@given(timed=timed_tours())
def test_no_departure_and_no_choice_of_breaks_makes_a_shorter_day(
    timed: tuple[Problem, tuple[int, ...]],
) -> None:
    """Every departure, and every set of visits to rest at on arrival; breaks that the law forces come last of all."""
    case, visits = timed
    kind = case.fleet[0]
    days = [
        ends - start
        for start in range(kind.shift_start_s, kind.shift_end_s, STEP_S)
        for rests in itertools.product((False, True), repeat=len(visits))
        for ends in [_drive(case, visits, start, rests)]
        if ends is not None and ends - start <= min(kind.max_duty_s, case.rules.max_duty_s)
    ]
    tour = plan_tour(case, 0, visits)
    assert (tour.timetable.duty_s if tour else None) == min(days, default=None)


def _drive(case: Problem, visits: Sequence[int], start: int, rests: Sequence[bool]) -> int | None:
    """Time of return; None where a window, the release or the shift is missed."""
    rules, kind, hub = case.rules, case.fleet[0], case.hubs["yard"]
    split = visits.index(-1) if -1 in visits else len(visits)
    trips = visits[:split], visits[split + 1 :]
    ready = [max((case.stop_list[s].release_s for s in trip), default=0) for trip in trips]
    places = [0, *(hub.place if visit < 0 else case.stop_list[visit].place for visit in visits), 0]
    legs = [int(case.roads["road"].drive_s_of(a, b)) for a, b in itertools.pairwise(places)]
    if start < ready[0] or sum(legs) > min(kind.max_driving_s, rules.max_driving_s):
        return None
    clock, since = start, 0
    for position, leg in enumerate(legs):
        left = leg
        while since + left > rules.max_stretch_s:
            clock += rules.max_stretch_s - since + rules.break_s
            left -= rules.max_stretch_s - since
            since = 0
        clock, since = clock + left, since + left
        if position == len(visits):
            break
        if rests[position]:
            clock, since = clock + rules.break_s, 0
        if visits[position] < 0:
            work = hub.unload_s
            clock = max(clock + work, ready[1])
        else:
            entry = case.stop_list[visits[position]]
            work = entry.service_s
            begins = [max(clock, first) for first, last in entry.openings if max(clock, first) <= last]
            if not begins:
                return None
            clock = min(begins) + work
        if rules.service_is_break and work >= rules.break_s:
            since = 0
    return clock if clock <= kind.shift_end_s else None


@st.composite
def rich_orders(draw: st.DrawFn) -> tuple[Problem, int, tuple[int, ...]]:
    case = random_rich_problem(draw(st.integers(0, 10_000)), 4)
    kind = draw(st.integers(0, len(case.fleet) - 1))
    some = draw(st.lists(st.integers(0, 3), min_size=1, max_size=4, unique=True))
    hubs = [-1] if draw(st.booleans()) and case.fleet[kind].reload_at else []
    return case, kind, tuple(draw(st.permutations([*some, *hubs])))


@settings(CALM, max_examples=300)
@given(order=rich_orders())
def test_what_the_timetable_allows_the_checker_finds_clean(
    order: tuple[Problem, int, tuple[int, ...]],
) -> None:
    case, kind, visits = order
    tour = plan_tour(case, kind, visits)
    if tour is not None and any(driver.holds(tour.training, case.days[0]) for driver in case.drivers):
        assert _codes(case, tour) == set()


@settings(CALM, max_examples=300)
@given(order=rich_orders())
def test_what_the_checker_finds_clean_the_timetable_allows(
    order: tuple[Problem, int, tuple[int, ...]],
) -> None:
    """A timetable made without the demands of stops is legal with them just when no demand forbids the load."""
    case, kind, visits = order
    bare = case.stops.with_columns(
        depots=pl.lit([*case.depots, *case.hubs]), needs_lift=pl.lit(False), permits=pl.lit([], pl.List(pl.String)),
        vehicle_types=pl.lit([], pl.List(pl.String)), goods=pl.lit([], pl.List(pl.String)),
        boxes=pl.lit(0, pl.Int64), is_closed_to_adr=pl.lit(False),
    )  # fmt: skip
    roomy = tuple(
        replace(
            entry, payload_kg=1e9, floor_positions=1e9, volume_m3=1e9, is_adr_equipped=True, max_reloads=1
        )
        for entry in case.fleet
    )
    tour = plan_tour(replace(case, stops=bare, fleet=roomy), kind, visits)
    if tour is not None:
        assert (first_fault(case, case.fleet[kind], visits) is None) is (_codes(case, tour) == set())


def _codes(case: Problem, tour: Tour) -> set[str]:
    tables = tabulate(case, [(tour, tour.first_day)])
    found = evaluate(
        case, tables.tours, tables.stops, tables.breaks, reloads=tables.reloads, check_counts=False
    )
    return {violation.code for violation in found.violations}


@settings(CALM, max_examples=60)
@given(order=rich_orders(), seed=st.integers(0, 1000))
def test_another_leg_or_load_never_makes_a_figure_wrong(
    order: tuple[Problem, int, tuple[int, ...]], seed: int
) -> None:
    """Matrices that break the triangle inequality and differ by direction: length, time and emissions still agree."""
    case, kind, visits = order
    rng = np.random.default_rng(seed)
    roads = {
        name: replace(roads, distance_km=roads.distance_km * rng.uniform(0.5, 1.5, roads.distance_km.shape))
        for name, roads in case.roads.items()
    }
    other = replace(case, roads=roads)
    tour = plan_tour(other, kind, visits)
    if tour is not None:
        assert _codes(other, tour) == set()
