"""What lapses, what follows it, and the calendar of renewals."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any

import polars as pl
import pytest

from voltloop.compliance import (
    CREDENTIAL_COLUMNS,
    lapsing,
    load_rulebook,
    read_credentials,
    renewal_calendar,
    renewals,
    review_credentials,
)
from voltloop.compliance.credentials.validity import last_day, months_later

BOOK = load_rulebook()
ON = date(2026, 11, 24)


def credentials(*rows: tuple[str, ...]) -> pl.DataFrame:
    """Rows of holder, kind, first and last day, then country, scope and document."""
    names = ("holder", "kind", "valid_from", "valid_to", "jurisdiction", "scope", "document")
    cells = [dict(zip(names, row, strict=False)) for row in rows]
    return pl.DataFrame(
        [{name: cell.get(name) for name in CREDENTIAL_COLUMNS} for cell in cells],
        schema=dict.fromkeys(CREDENTIAL_COLUMNS, pl.String),
    )


ANNA = ("Anna", "adr_driver", "2022-01-15", "2027-01-14")


@pytest.mark.parametrize(("days", "listed"), [(50, 0), (51, 1), (90, 1)])
def test_the_last_day_of_the_window_is_inside(days: int, listed: int) -> None:
    assert lapsing(credentials(ANNA), ON, days).height == listed


def test_what_lapsed_yesterday_no_longer_lapses_and_what_ends_today_does() -> None:
    assert lapsing(credentials(ANNA), date(2027, 1, 14), 0)["days_left"].to_list() == [0]
    assert lapsing(credentials(ANNA), date(2027, 1, 15), 90).is_empty()


@pytest.mark.parametrize(
    ("start", "until", "goes_on"),
    [
        ("2026-12-01", date(2032, 1, 14), None),
        ("2027-01-15", date(2032, 1, 14), None),
        ("2027-01-16", date(2027, 1, 14), date(2027, 1, 16)),
    ],
)
def test_a_renewal_covers_only_without_a_day_between(start: str, until: date, goes_on: date | None) -> None:
    table = renewals(credentials(ANNA, ("Anna", "adr_driver", start, "2032-01-14")), ON)
    first = table.row(0, named=True)
    assert (first["valid_until"], first["goes_on"]) == (until, goes_on)
    assert table.height == (1 if goes_on is None else 2)


def test_several_renewals_in_a_row_are_one_chain() -> None:
    later = [("Cem", "iata_cbta", f"{year}-01-01", f"{year + 1}-12-31") for year in (2031, 2027, 2029, 2025)]
    assert renewals(credentials(*later), ON)["valid_until"].to_list() == [date(2032, 12, 31)]


@pytest.mark.parametrize(
    ("country", "scope", "is_renewed"),
    [
        ("DE", "", True),
        ("DE;FR", "", True),
        ("world", "", True),
        ("FR", "", False),
        ("DE", "16 06 07*", False),
    ],
)
def test_a_renewal_must_cover_at_least_as_much(country: str, scope: str, is_renewed: bool) -> None:
    table = credentials(
        ("C", "waste_carrier", "2022-01-01", "2026-12-31", "DE"),
        ("C", "waste_carrier", "2027-01-01", "2031-12-31", country, scope),
    )
    assert lapsing(table, ON, 60).is_empty() is is_renewed


def test_what_has_no_end_never_lapses() -> None:
    assert renewals(credentials(("C", "waste_carrier", "2022-01-01", "", "DE")), ON).is_empty()


def test_each_kind_has_its_own_time_to_renew() -> None:
    row = renewals(credentials(ANNA), ON).row(0, named=True)
    assert row["start_by"] == date(2027, 1, 14) - timedelta(days=180)
    assert "ADR.cred.driver" in row["asked_by"].split(";")
    assert row["cite"].startswith("ADR 8.2.1")


@pytest.mark.parametrize(
    ("rows", "on", "code"),
    [
        ([ANNA], date(2026, 7, 18), None),
        ([ANNA], date(2026, 7, 19), "credential-lapses-soon"),
        ([ANNA], date(2027, 1, 14), "credential-lapses-soon"),
        ([ANNA], date(2027, 1, 15), "credential-expired"),
        ([ANNA], date(2022, 1, 14), "credential-not-yet-valid"),
        ([ANNA, ("Anna", "adr_driver", "2027-01-15", "2032-01-14")], date(2027, 1, 15), None),
        ([ANNA, ("Anna", "adr_driver", "2027-02-01", "2032-01-31")], date(2027, 1, 20), "credential-gap"),
    ],
)
def test_a_review_says_what_to_look_at(rows: list[tuple[str, ...]], on: date, code: str | None) -> None:
    codes = {finding.code for finding in review_credentials(credentials(*rows), on)} - {
        "credential-not-yet-valid"
    }
    if code == "credential-not-yet-valid":
        codes = {finding.code for finding in review_credentials(credentials(*rows), on)}
    assert codes == ({code} if code else set())


def parsed(text: str) -> list[Any]:
    from icalendar import Calendar

    calendar = Calendar.from_ical(text)
    assert (str(calendar["version"]), str(calendar["prodid"])) == ("2.0", "-//voltloop//credentials//EN")
    return list(calendar.walk("VEVENT"))


def test_the_calendar_reads_back_as_it_was_meant() -> None:
    (event,) = parsed(renewal_calendar(credentials((*ANNA, "DE", "", 'Nr. 1; Köln, "A"')), ON))
    assert event.decoded("dtstart") == date(2027, 1, 14)
    assert event.decoded("dtend") == date(2027, 1, 15)
    assert event.decoded("dtstamp") == datetime(2026, 11, 24, tzinfo=UTC)
    assert str(event["summary"]) == "Last day: ADR driver certificate, Anna"
    assert 'Document: Nr. 1; Köln, "A"' in str(event["description"])
    triggers = sorted(alarm.decoded("trigger") for alarm in event.walk("VALARM"))
    assert triggers == [timedelta(days=-180), timedelta(days=-7)]


def test_an_event_keeps_its_identity_when_the_credential_is_renewed() -> None:
    before = parsed(renewal_calendar(credentials(ANNA), ON))
    after = parsed(
        renewal_calendar(credentials(ANNA, ("Anna", "adr_driver", "2027-01-15", "2032-01-14")), ON)
    )
    assert [str(event["uid"]) for event in before] == [str(event["uid"]) for event in after]
    assert after[0].decoded("dtstart") == date(2032, 1, 14)


def test_all_events_have_different_identities() -> None:
    rows = [(name, "adr_driver", "2022-01-15", "2027-01-14", land) for name in "AB" for land in ("DE", "FR")]
    gap = [("C", "dgsa", "2022-01-01", "2026-12-31"), ("C", "dgsa", "2027-03-01", "2032-02-28")]
    events = parsed(renewal_calendar(credentials(*rows, *gap), ON))
    assert len({str(event["uid"]) for event in events}) == len(events) == 6


def test_the_same_table_and_day_give_the_same_text() -> None:
    table = credentials(ANNA, ("B", "dgsa", "2023-01-01", ""))
    assert renewal_calendar(table, ON) == renewal_calendar(table, ON)
    assert renewal_calendar(table, ON).endswith("END:VCALENDAR\r\n")
    assert all(len(line.encode()) <= 75 for line in renewal_calendar(table, ON).split("\r\n"))


def test_the_calendar_can_be_cut_off() -> None:
    table = credentials(ANNA, ("B", "dgsa", "2023-01-01", "2027-12-31"))
    assert len(parsed(renewal_calendar(table, ON, days=51))) == 1
    assert len(parsed(renewal_calendar(table, ON))) == 2
    assert parsed(renewal_calendar(credentials(), ON)) == []


def test_a_read_table_and_its_frame_answer_alike() -> None:
    frame = credentials(ANNA)
    assert lapsing(read_credentials(frame), ON, 90).equals(lapsing(frame, ON, 90))


@pytest.mark.parametrize(
    ("start", "months", "expected"),
    [
        (date(2024, 2, 29), 12, date(2025, 2, 28)), (date(2026, 1, 31), 1, date(2026, 2, 28)),
        (date(2026, 12, 15), 1, date(2027, 1, 15)), (date(9999, 6, 1), 12, date.max),
    ],
)  # fmt: skip
def test_months_are_counted_by_the_calendar(start: date, months: int, expected: date) -> None:
    assert months_later(start, months) == expected
    assert last_day(start, months) in (expected - timedelta(days=1), date.max)
