"""Adding a constraint never makes the best plan of a tiny problem cheaper."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any, Final

import polars as pl
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from collection_brute import best_by_brute_force
from collection_cases import random_rich_problem
from voltloop.collection import Problem
from voltloop.collection.roads import Roads

Change = Callable[[Problem], Problem]


def of_a_stop(column: str, value: Any) -> Change:
    """The first stop asks for something."""

    def change(case: Problem) -> Problem:
        given = pl.lit(value, case.stops.schema[column])
        asked = pl.when(pl.int_range(pl.len()) == 0).then(given).otherwise(column)
        return replace(case, stops=case.stops.with_columns(asked.alias(column)))

    return change


def more(column: str, amount: float) -> Change:
    """Every stop asks for more."""
    return lambda case: replace(case, stops=case.stops.with_columns(pl.col(column) + amount))


def of_the_fleet(**limits: Any) -> Change:
    """Every vehicle gets tighter limits; a number below 1 is a factor."""

    def tighter(old: Any, new: Any) -> Any:
        return old * new if isinstance(new, float) else new

    def change(case: Problem) -> Problem:
        return replace(
            case,
            fleet=tuple(
                replace(kind, **{name: tighter(getattr(kind, name), new) for name, new in limits.items()})
                for kind in case.fleet
            ),
        )

    return change


def of_the_problem(**changes: Any) -> Change:
    return lambda case: replace(case, **changes)


def fewer_drivers(case: Problem) -> Problem:
    return replace(case, drivers=case.drivers[1:])


def no_certificates(case: Problem) -> Problem:
    return replace(case, drivers=tuple(replace(driver, certified_to=None) for driver in case.drivers))


def later_windows(case: Problem) -> Problem:
    rows = [
        [[max(opens, 30_000), closes] for opens, closes in stop.openings if closes >= 30_000] or [[1, 0]]
        for stop in case.stop_list
    ]
    return replace(
        case, stops=case.stops.with_columns(windows=pl.Series(rows, dtype=pl.List(pl.List(pl.Int64))))
    )


def longer_roads(case: Problem) -> Problem:
    return replace(
        case,
        roads={
            name: Roads(roads.distance_km * 1.1, roads.duration_h * 1.1)
            for name, roads in case.roads.items()
            if isinstance(roads, Roads)
        },
    )


def one_home(case: Problem) -> Problem:
    return replace(case, stops=case.stops.with_columns(pl.col("depots").list.head(1)))


HARDER: Final[dict[str, Change]] = {
    "a window": of_a_stop("close_s", 9 * 3600),
    "windows of all": later_windows,
    "release": of_a_stop("release_s", 9 * 3600),
    "longer service": more("service_s", 900),
    "heavier": more("mass_kg", 300.0),
    "more points": more("points", 300.0),
    "larger": more("volume_m3", 2.0),
    "deliveries": more("drop_mass_kg", 300.0),
    "a permit": of_a_stop("permits", ["waste"]),
    "training": of_a_stop("training", ["damaged goods"]),
    "access": of_a_stop("vehicle_types", ["truck"]),
    "a lift": of_a_stop("needs_lift", True),
    "no relief": of_a_stop("needs_adr", True),
    "a closed zone": of_a_stop("is_closed_to_adr", True),
    "one home": one_home,
    "a first day": of_a_stop("first_day", 2),
    "a deadline": of_a_stop("due_day", 1),
    "an exclusive load": of_a_stop("goods", ["damaged"]),
    "a usual day": of_a_stop("usual_weekday", 7),
    "clashes": of_the_problem(
        clashes=frozenset(
            {frozenset({"acid", "lithium"}), frozenset({"damaged"}), frozenset({"waste", "lithium"})}
        )
    ),
    "less relief": of_the_problem(relief_points=300.0),
    "all tunnels": of_the_problem(
        tunnel_profiles={code: {"road": "no tunnels"} for code in "BCDE"}
    ),
    "payload": of_the_fleet(payload_kg=0.5),
    "floor": of_the_fleet(floor_positions=0.5),
    "volume": of_the_fleet(volume_m3=0.3),
    "no boxes": of_the_fleet(critical_boxes=0),
    "no plates": of_the_fleet(is_adr_equipped=False),
    "no reloads": of_the_fleet(max_reloads=0),
    "one of each": of_the_fleet(count=1),
    "duty": of_the_fleet(max_duty_s=0.5),
    "driving": of_the_fleet(max_driving_s=0.4),
    "shift": of_the_fleet(shift_start_s=8 * 3600),
    "drivers": fewer_drivers,
    "certificates": no_certificates,
    "roads": longer_roads,
}  # fmt: skip


@settings(max_examples=100, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow])
@given(seed=st.integers(0, 300), names=st.lists(st.sampled_from(sorted(HARDER)), min_size=1, max_size=2))
def test_a_constraint_never_lowers_the_least_cost(seed: int, names: list[str]) -> None:
    case = replace(random_rich_problem(seed, 3, planning_days=2), missed_penalty_eur=5000.0)
    harder = case
    for name in names:
        harder = HARDER[name](harder)
    assert best_by_brute_force(harder) >= best_by_brute_force(case) - 1e-6
