from datetime import UTC, date, datetime, time, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from voltloop.errors import InputError
from voltloop.transport.calendars import Service, next_departure, read_services

FRIDAYS = Service("sea", "CNSHA", "NLRTM", frozenset({4}), time(18))


@given(
    st.integers(0, 365 * 24 * 60).map(
        lambda minutes: datetime(2026, 1, 1, tzinfo=UTC) + timedelta(minutes=minutes)
    ),
    st.sets(st.integers(0, 6), min_size=1),
    st.floats(0, 100),
)
def test_the_departure_is_the_first_that_the_goods_make(ready_at, days, cut_off_h):
    line = Service("sea", "A", "B", frozenset(days), time(12))
    found = next_departure(line, ready_at, cut_off_h)
    latest = ready_at + timedelta(hours=cut_off_h)
    assert found >= latest
    assert found.weekday() in days
    earlier = found - timedelta(days=1)
    while earlier >= latest:
        assert earlier.weekday() not in days
        earlier -= timedelta(days=1)


def test_a_minute_after_the_cut_off_means_the_next_week():
    friday = datetime(2026, 12, 4, 18, tzinfo=UTC)
    assert next_departure(FRIDAYS, friday - timedelta(hours=48), 48.0) == friday
    late = friday - timedelta(hours=47, minutes=59)
    assert next_departure(FRIDAYS, late, 48.0) == friday + timedelta(days=7)


def test_nothing_leaves_after_the_last_day_nor_before_the_first():
    line = Service(
        "sea", "A", "B", frozenset({4}), time(18), first_on=date(2026, 12, 10), last_on=date(2026, 12, 12)
    )
    assert next_departure(line, datetime(2026, 11, 1, tzinfo=UTC), 0.0).date() == date(2026, 12, 11)
    assert next_departure(line, datetime(2026, 12, 12, tzinfo=UTC), 0.0) is None


ROW = {
    "mode": "sea",
    "from": "CNSHA",
    "to": "NLRTM",
    "days": "mon thu",
    "departs": "18:30",
    "transit_h": "700",
}


def test_a_row_is_read():
    (line,) = read_services([ROW], "calendar.csv", ["CNSHA", "NLRTM"])
    assert line == Service("sea", "CNSHA", "NLRTM", frozenset({0, 3}), time(18, 30), transit_h=700.0)
    (daily,) = read_services([ROW | {"days": "daily"}], "calendar.csv", ["CNSHA", "NLRTM"])
    assert len(daily.days) == 7


def test_all_mistakes_are_named_at_once_with_row_and_column():
    rows = [
        ROW | {"mode": "boat"},
        ROW | {"from": "CNSHB"},
        ROW | {"days": "someday"},
        ROW | {"departs": "25:00"},
        ROW | {"transit_h": "-1"},
        ROW | {"last_on": "never"},
        ROW,
    ]
    with pytest.raises(InputError) as error:
        read_services(rows, "calendar.csv", ["CNSHA", "NLRTM"])
    lines = error.value.message.splitlines()
    assert [line.split(":")[0] for line in lines] == [
        f"calendar.csv, row {number}, column {name}"
        for number, name in enumerate(("mode", "from", "days", "departs", "transit_h", "last_on"), 2)
    ]
    assert 'Did you mean "CNSHA"' in error.value.message


def test_a_missing_column_is_named():
    with pytest.raises(InputError, match="column departs is missing"):
        read_services([{k: v for k, v in ROW.items() if k != "departs"}], "calendar.csv", [])
