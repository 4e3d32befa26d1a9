"""Yesterday's plan and today's: what moved, and where the money went."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from collection_cases import MONDAY, days, line, problem, stop, table, truck, van
from voltloop.collection import Problem
from voltloop.collection.compare import compare
from voltloop.collection.plan import UNSERVED_COLUMNS, tabulate
from voltloop.collection.schedule import plan_tour


@dataclass(frozen=True)
class Tables:
    tours: pl.DataFrame
    stops: pl.DataFrame
    unserved: pl.DataFrame


def case_of(*names: str, **changes: Any) -> Problem:
    rows = [stop(name, place, due_day=2, points=0.0) for place, name in enumerate(names, start=1)]
    return problem(table(*rows), line(*range(0, 10 * len(names) + 10, 10)), days=days(2), **changes)


def plan(case: Problem, *tours: tuple[int, str, int]) -> Tables:
    """Tours as (kind, letters of the stops in order, day)."""
    number = {entry.pickup_id: index for index, entry in enumerate(case.stop_list)}
    planned = []
    for kind, letters, day in tours:
        tour = plan_tour(case, kind, [number[letter] for letter in letters])
        assert tour is not None
        planned.append((tour, day))
    served = {letter for _, letters, _ in tours for letter in letters}
    left = [
        {"pickup_id": name, "point_id": f"point of {name}", "words": f"{name} waits."}
        for name in number
        if name not in served
    ]
    return Tables(*tabulate(case, planned)[:2], pl.DataFrame(left, schema=UNSERVED_COLUMNS))


def test_a_plan_against_itself_has_no_change() -> None:
    same = plan(case_of("A", "B", "C"), (0, "AB", 1), (1, "C", 2))
    found = compare(same, same)
    assert found.changes.is_empty()
    assert found.causes.select("cause", "tours_before", "tours_after", "cost_eur").rows() == [
        ("same-tours", 2, 2, 0.0)
    ]
    assert found.totals["kept"] == (3.0, 3.0)
    assert found.words[0].startswith("no change in EUR")


def test_each_kind_of_change_is_named() -> None:
    before = plan(case_of("A", "B", "C", "D", "E"), (0, "AB", 1), (0, "C", 1))
    after = plan(case_of("A", "B", "C", "E", "F"), (0, "AB", 1), (1, "EF", 2))
    found = compare(before, after)
    kinds = dict(found.changes.select("pickup_id", "change").iter_rows())
    assert kinds == {"C": "left-out", "D": "gone", "E": "taken-up", "F": "added"}
    words = dict(found.changes.select("pickup_id", "words").iter_rows())
    assert "C waits." in words["C"]
    assert str(MONDAY) in words["C"]
    causes = dict(found.causes.select("cause", "cost_eur").iter_rows())
    assert set(causes) == {"same-tours", "stops-in", "stops-out"}
    assert causes["stops-out"] == pytest.approx(
        -before.tours.filter(pl.col("stop_count") == 1)["cost_eur"].sum()
    )
    assert causes["stops-in"] == pytest.approx(
        after.tours.filter(pl.col("vehicle_type") == "truck")["cost_eur"].sum()
    )


def test_moves_of_day_tour_vehicle_and_time() -> None:
    case = case_of("A", "B", "C", "D")
    before = plan(case, (0, "ABC", 1), (0, "D", 2))
    after = plan(case, (0, "CBA", 1), (1, "D", 2))
    moved = {row["pickup_id"]: row for row in compare(before, after).changes.iter_rows(named=True)}
    assert moved["D"]["is_other_vehicle"]
    assert not moved["D"]["is_other_tour"]
    assert moved["A"]["is_other_time"]
    assert "B" not in moved
    again = compare(before, plan(case, (0, "AB", 1), (0, "CD", 2)))
    row = again.changes.filter(pl.col("pickup_id") == "C").row(0, named=True)
    assert row["is_other_day"]
    assert row["is_other_tour"]
    assert again.causes["cause"].to_list() == ["replanned"]


def test_pick_ups_numbered_anew_are_matched_by_their_point() -> None:
    before = plan(case_of("A", "B"), (0, "AB", 1))
    renamed = before.stops.with_columns(pl.concat_str(pl.lit("new "), "pickup_id").alias("pickup_id"))
    found = compare(before, Tables(before.tours, renamed, before.unserved), key="point_id")
    assert found.changes.is_empty()
    assert compare(before, Tables(before.tours, renamed, before.unserved)).changes.height == 4


@settings(max_examples=60, deadline=None)
@given(
    st.lists(st.integers(0, 3), min_size=6, max_size=6), st.lists(st.integers(0, 3), min_size=6, max_size=6)
)
def test_causes_add_up_and_every_stop_is_accounted_for(first: list[int], second: list[int]) -> None:
    """Stops dealt to tours 1 to 3 (0: left out) before and after."""
    case = case_of(*"ABCDEF", fleet=(van(count=3, floor_positions=6.0, payload_kg=2000.0), truck()))

    def deal(groups: list[int]) -> Tables:
        letters = [
            "".join(name for name, group in zip("ABCDEF", groups, strict=True) if group == g)
            for g in (1, 2, 3)
        ]
        return plan(case, *((0, some, 1) for some in letters if some))

    before, after = deal(first), deal(second)
    found = compare(before, after)
    for name in ("km", "duty_h", "cost_eur", "co2e_kg"):
        whole = after.tours[name].sum() - before.tours[name].sum()
        assert found.causes[name].sum() == pytest.approx(whole, abs=1e-6)
    came = sum(b == 0 < a for b, a in zip(first, second, strict=True))
    assert found.causes["stops_in"].sum() == came
    assert found.changes.filter(pl.col("change") == "taken-up").height == came
