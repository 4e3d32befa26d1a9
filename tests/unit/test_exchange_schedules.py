"""Schedules: which instants match, in UTC, and what is no schedule."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from voltloop.errors import InputError
from voltloop.exchange.schedules import FIELDS, parse_schedule

START = datetime(2026, 11, 23, 13, 37, 52, tzinfo=UTC)  # a Monday


@pytest.mark.parametrize(
    ("schedule", "following"),
    [
        ({"hour": "1", "minute": "5"}, ["2026-11-24T01:05:00", "2026-11-25T01:05:00"]),
        ({"second": "0/30"}, ["2026-11-23T13:38:00", "2026-11-23T13:38:30"]),
        ({"second": "*"}, ["2026-11-23T13:37:53", "2026-11-23T13:37:54"]),
        ({"minute": "*/20"}, ["2026-11-23T13:40:00", "2026-11-23T14:00:00"]),
        ({"second": "[10-12],50"}, ["2026-11-23T13:38:10", "2026-11-23T13:38:11"]),
        ({"dayOfWeek": "7"}, ["2026-11-29T00:00:00", "2026-12-06T00:00:00"]),
        ({"dayOfWeek": "[1-5]", "hour": "8,18"}, ["2026-11-23T18:00:00", "2026-11-24T08:00:00"]),
        ({"dayOfMonth": "31"}, ["2026-12-31T00:00:00", "2027-01-31T00:00:00"]),
        ({"month": "2", "dayOfMonth": "29"}, ["2028-02-29T00:00:00", "2032-02-29T00:00:00"]),
        ({"month": "2", "dayOfMonth": "29", "dayOfWeek": "1"}, ["2044-02-29T00:00:00"]),
        ({"hour": 13, "minute": 37, "second": 52}, ["2026-11-24T13:37:52"]),
    ],
)
def test_matching_instants_follow_one_another(schedule: dict[str, object], following: list[str]) -> None:
    """The second that has begun is past, and finer fields left out are zero."""
    found, at = parse_schedule(schedule), START
    for expected in following:
        after = found.next_after(at)
        assert after is not None
        assert after.isoformat() == f"{expected}+00:00"
        at = after


def test_an_instant_of_another_zone_is_the_same_instant() -> None:
    schedule = parse_schedule({"hour": "1"})
    assert schedule.next_after(START.astimezone(timezone(timedelta(hours=14)))) == schedule.next_after(START)


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({}, "is no schedule"),
        ("every day", "is no schedule"),
        (None, "is no schedule"),
        ({"hours": "1"}, '"hours" is no field of a schedule. Did you mean "hour"?'),
        ({"hour": "24"}, "goes beyond 0 to 23"),
        ({"second": "60"}, "goes beyond 0 to 59"),
        ({"dayOfMonth": "0"}, "goes beyond 1 to 31"),
        ({"dayOfWeek": "[5-9]"}, "goes beyond 1 to 7"),
        ({"minute": "9-3"}, "runs backwards"),
        ({"minute": "1,9-3"}, '"9-3" goes'),
        ({"minute": ""}, "cannot be read"),
        ({"minute": "five"}, "cannot be read"),
        ({"minute": True}, "cannot be read"),
        ({"minute": ["5"]}, "cannot be read"),
        ({"minute": "1-99999999999"}, "cannot be read"),
        ({"minute": "-1"}, "cannot be read"),
        ({"minute": "٣"}, "cannot be read"),
        ({"month": "2", "dayOfMonth": "30"}, "no instant matches"),
    ],
)
def test_what_is_no_schedule_is_told_in_words(given: object, words: str) -> None:
    with pytest.raises(InputError, match="Schedule: ") as raised:
        parse_schedule(given)
    assert words in raised.value.message
    assert raised.value.code == "bad-schedule"


VALUES = st.fixed_dictionaries(
    {},
    optional={
        name: st.lists(st.integers(least, greatest if name != "dayOfMonth" else 28), min_size=1, max_size=4)
        for name, (least, greatest) in FIELDS.items()
    },
).filter(bool)


@given(VALUES, st.integers(0, 40 * 366 * 86_400_000_000))
def test_the_next_instant_matches_and_none_before_it_does(values: dict[str, list[int]], micros: int) -> None:
    """All given fields match, and no matching instant lies between: a step back from the found one is before."""
    moment = datetime(2020, 1, 1, tzinfo=UTC) + timedelta(microseconds=micros)
    schedule = parse_schedule({name: ",".join(map(str, numbers)) for name, numbers in values.items()})
    found = schedule.next_after(moment)
    assert found is not None
    assert found > moment
    assert found.microsecond == 0
    told = {
        "second": found.second,
        "minute": found.minute,
        "hour": found.hour,
        "dayOfMonth": found.day,
        "month": found.month,
        "dayOfWeek": found.isoweekday(),
    }
    assert all(told[name] in numbers for name, numbers in values.items())
    assert schedule.next_after(found - timedelta(microseconds=1)) == found
    between = moment + (found - moment) / 2
    assert between >= found or schedule.next_after(between) == found
