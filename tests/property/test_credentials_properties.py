"""Credentials over any table of intervals: the answers equal a look at every single day."""

from __future__ import annotations

from datetime import date, timedelta

import polars as pl
from hypothesis import given, settings
from hypothesis import strategies as st

from voltloop.compliance import (
    CREDENTIAL_COLUMNS,
    PlannedWork,
    lapsing,
    load_rulebook,
    read_credentials,
    renewals,
    stopped_work,
    who_may_carry,
    work_of,
)

BOOK = load_rulebook()
ON = date(2026, 6, 1)
SPAN = 40
WORK = work_of(None, mode="road_eu", on=ON, countries=["DE"],
               stated={"regulated": True, "above_limit": True, "waste": False})  # fmt: skip
SPANS = st.lists(st.tuples(st.integers(-10, SPAN), st.integers(0, 15)), min_size=1, max_size=6, unique=True)


def table(spans: list[tuple[int, int]], holder: str = "Anna") -> pl.DataFrame:
    rows = [
        {"holder": holder, "kind": "adr_driver", "jurisdiction": "DE",
         "valid_from": str(ON + timedelta(days=start)), "valid_to": str(ON + timedelta(days=start + length))}
        for start, length in spans
    ]  # fmt: skip
    adviser = {"holder": "DG", "kind": "dgsa", "valid_from": "2026-01-01", "valid_to": "2030-12-31"}
    cells = [{name: row.get(name) for name in CREDENTIAL_COLUMNS} for row in [*rows, adviser]]
    return pl.DataFrame(cells, schema=dict.fromkeys(CREDENTIAL_COLUMNS, pl.String))


def holds(spans: list[tuple[int, int]], day: int) -> bool:
    return any(start <= day <= start + length for start, length in spans)


@settings(max_examples=60, deadline=None, derandomize=True)
@given(spans=SPANS, day=st.integers(0, SPAN))
def test_who_may_carry_is_who_holds_it_on_the_day(spans: list[tuple[int, int]], day: int) -> None:
    found = who_may_carry(table(spans), WORK, ON + timedelta(days=day))
    (anna,) = [one for one in found if one.role == "driver" and one.holder == "Anna"]
    assert (anna.answer == "yes") is holds(spans, day)


@settings(max_examples=60, deadline=None, derandomize=True)
@given(spans=SPANS)
def test_a_lapse_is_a_held_day_before_a_day_without(spans: list[tuple[int, int]]) -> None:
    """Renewals are found in whatever order the rows stand, and gaps between them too."""
    ends = renewals(table(spans), ON).filter(pl.col("holder") == "Anna")
    last = [day for day in range(70) if holds(spans, day) and not holds(spans, day + 1)]
    assert sorted(set(ends["valid_until"].to_list())) == [ON + timedelta(days=day) for day in last]
    for row in ends.iter_rows(named=True):
        end = (row["valid_until"] - ON).days
        later = [start for start, _ in spans if start > end]
        assert row["goes_on"] == (ON + timedelta(days=min(later)) if later else None)


@settings(max_examples=60, deadline=None, derandomize=True)
@given(spans=SPANS, days=st.integers(0, 60))
def test_what_lapses_in_fewer_days_lapses_in_more(spans: list[tuple[int, int]], days: int) -> None:
    sooner, later = (lapsing(table(spans), ON, ahead) for ahead in (days, days + 7))
    assert set(sooner["valid_until"]) <= set(later["valid_until"])


@settings(max_examples=40, deadline=None, derandomize=True)
@given(spans=SPANS, day=st.integers(0, SPAN))
def test_work_is_stopped_exactly_when_its_driver_may_not(spans: list[tuple[int, int]], day: int) -> None:
    job = PlannedWork("T", ON + timedelta(days=day), WORK, {"driver": ("Anna",)})
    found = stopped_work([job], table(spans), ON, SPAN).filter(pl.col("requirement") == "ADR.cred.driver")
    assert found.is_empty() is holds(spans, day)
    if found.height:
        assert found["is_new"][0] is holds(spans, 0)


@settings(max_examples=60, deadline=None, derandomize=True)
@given(
    rows=st.lists(
        st.fixed_dictionaries(
            {
                "holder": st.sampled_from(["Anna", "", "Ben"]),
                "kind": st.sampled_from(["adr_driver", "dgsa", "nonsense", "ADR certificate"]),
                "jurisdiction": st.sampled_from([None, "DE", "Atlantis"]),
                "scope": st.sampled_from([None, "9", "UN 3480", "tanks"]),
                "valid_from": st.sampled_from([None, "2026-01-01", "2030-01-01", "yesterday"]),
                "valid_to": st.sampled_from([None, "2028-01-01", "2026-13-01", "9999-12-31"]),
            }
        ),
        max_size=12,
    )
)
def test_every_row_is_accepted_or_rejected_with_a_reason(rows: list[dict[str, str | None]]) -> None:
    cells = [{name: row.get(name) for name in CREDENTIAL_COLUMNS} for row in rows]
    read = read_credentials(pl.DataFrame(cells, schema=dict.fromkeys(CREDENTIAL_COLUMNS, pl.String)))
    seen = [*read.credentials["row"], *read.rejected["row"]]
    assert sorted(seen) == list(range(1, len(rows) + 1))
    assert all(read.rejected["reason"])
    assert len(read.held) == read.credentials.height
