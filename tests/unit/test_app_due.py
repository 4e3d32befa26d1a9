"""A battery leaves its point before the store overflows and before the law's period ends."""

from __future__ import annotations

from datetime import date

import polars as pl
from hypothesis import given
from hypothesis import strategies as st

from voltloop.app.due import due_dates, planning_days

ON = date(2026, 11, 24)


def _batteries(masses: list[float], returned: list[date | None], max_days: int | None = None) -> pl.DataFrame:
    return pl.DataFrame(
        {
            "row": range(1, len(masses) + 1),
            "point_id": ["P"] * len(masses),
            "mass_kg": masses,
            "returned_on": pl.Series(returned, dtype=pl.Date),
            "max_days": pl.Series([max_days] * len(masses), dtype=pl.Int64),
            "can_leave": [True] * len(masses),
        }
    )


def _points(limit: float | None, per_year: float | None) -> pl.DataFrame:
    return pl.DataFrame(
        {"point_id": ["P"], "storage_limit_kg": [limit], "expected_kg_per_year": [per_year]},
        schema_overrides={"storage_limit_kg": pl.Float64, "expected_kg_per_year": pl.Float64},
    )


def test_weekends_and_holidays_are_no_planning_days() -> None:
    """Vehicles run on working days that are no holidays."""
    week = ("Mon", "Tue", "Wed", "Thu", "Fri")
    assert planning_days(date(2026, 12, 24), 2, week, [date(2026, 12, 25)]) == (
        date(2026, 12, 24),
        date(2026, 12, 28),
    )
    assert planning_days(ON, 3, (), ()) == ()


def test_an_overfull_store_is_late_with_its_oldest() -> None:
    """400 kg lie where 250 are allowed: the two oldest of 100 kg each are late, the others have no deadline."""
    returned: list[date | None] = [date(2026, 11, day) for day in (4, 3, 2, 1)]
    due = due_dates(_batteries([100.0] * 4, returned), _points(250, None), on=ON)
    late = date(2026, 11, 23)
    assert due["due_on"].to_list() == [None, None, late, late]
    assert due["due_why"].to_list() == [None, None, "storage_limit", "storage_limit"]


def test_inflow_sets_the_day() -> None:
    """With 100 kg of room and 10 kg a day, the first battery must go after ten days, the second after twenty."""
    returned: list[date | None] = [date(2026, 11, 1), date(2026, 11, 2)]
    due = due_dates(_batteries([100.0, 100.0], returned), _points(300, 3652.5), on=ON)
    assert due["due_on"].to_list() == [date(2026, 12, 4), date(2026, 12, 14)]


def test_the_law_comes_first_when_it_is_earlier() -> None:
    """A year of storage ends on a day of its own, even when it has passed already."""
    due = due_dates(_batteries([1.0], [date(2025, 1, 1)], max_days=365), _points(None, None), on=ON)
    assert due.row(0) == (1, date(2026, 1, 1), "storage_period")


def test_a_battery_that_cannot_leave_has_no_deadline_but_takes_room() -> None:
    """A held battery fills the store; the others must make room for it."""
    table = _batteries([100.0, 100.0], [date(2026, 11, 1), date(2026, 11, 2)]).with_columns(
        pl.Series("can_leave", [False, True])
    )
    assert due_dates(table, _points(150, None), on=ON)["due_on"].to_list() == [None, date(2026, 11, 23)]


@given(
    st.lists(st.integers(1, 500), min_size=1, max_size=12),
    st.integers(0, 3000),
    st.integers(0, 100),
    st.integers(0, 40),
)
def test_fetching_what_is_due_keeps_the_limit(masses: list[int], limit: int, inflow: int, days: int) -> None:
    """Whatever the store, removing all that is due by a day leaves it within its limit on that day, or empty."""
    returned: list[date | None] = [date(2026, 10, 1)] * len(masses)
    table = _batteries([float(mass) for mass in masses], returned)
    due = due_dates(table, _points(limit, inflow * 365.25), on=ON)
    day = date.fromordinal(ON.toordinal() + days)
    stays = table.join(due, on="row").filter(pl.col("due_on").is_null() | (pl.col("due_on") >= day))
    assert stays.is_empty() or stays["mass_kg"].sum() + inflow * (days - 1) <= limit + 1e-6 or days == 0
