"""Dated duties of the EU Battery Regulation."""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path

import pytest

from voltloop.compliance import BATTERY_CATEGORIES, battery_duties
from voltloop.errors import InputError, RulebookError

EVER = battery_duties(date(2100, 1, 1)) + tuple(
    duty for duty in battery_duties(date(2024, 1, 1), within_days=40_000) if duty.until_on is not None
)


@pytest.mark.parametrize("duty", EVER, ids=lambda duty: duty.id)
def test_battery_duty_holds_from_its_first_to_its_last_day(duty: object) -> None:
    first, last = duty.from_on, duty.until_on  # type: ignore[attr-defined]
    assert duty not in battery_duties(first - timedelta(days=1))
    assert duty in battery_duties(first)
    assert duty in battery_duties(first - timedelta(days=30), within_days=30)
    assert duty not in battery_duties(first - timedelta(days=31), within_days=30)
    if last is not None:
        assert duty in battery_duties(last)
        assert duty not in battery_duties(last + timedelta(days=1))


def test_battery_targets_follow_one_another_without_a_gap() -> None:
    """The day after an old target ends, the next one of its kind starts."""
    starts = {duty.from_on for duty in EVER if duty.kind == "target"}
    ends = [duty.until_on for duty in EVER if duty.until_on is not None]
    assert ends
    assert all(end + timedelta(days=1) in starts for end in ends)


def test_battery_duties_differ_by_category() -> None:
    on = date(2027, 3, 1)
    ids = {name: {duty.id for duty in battery_duties(on, category=name)} for name in BATTERY_CATEGORIES}
    assert "BATREG.passport" in ids["ev"] & ids["lmt"] & ids["industrial"]
    assert "BATREG.passport" not in ids["portable"] | ids["sli"]
    assert "BATREG.removable" in ids["portable"] - ids["ev"]


def test_battery_duties_refuse_what_cannot_be() -> None:
    with pytest.raises(InputError, match='Did you mean "portable"') as caught:
        battery_duties(date(2026, 1, 1), category="portabel")
    assert caught.value.code == "battery-category"
    with pytest.raises(InputError, match="within_days is -1"):
        battery_duties(date(2026, 1, 1), within_days=-1)


@pytest.mark.parametrize(
    ("row", "code"),
    [
        ("X,2024-13-01,,ev,duty,s,c,B", "rulebook-date"),
        ("X,2024-01-01,,bus,duty,s,c,B", "rulebook-value"),
        ("X,2024-01-01,,ev,wish,s,c,B", "rulebook-value"),
        ("X,2024-01-01,,ev,duty,s,c,B\nX,2024-01-01,,ev,duty,s,c,B", "rulebook-value"),
    ],
)
def test_battery_duties_refuse_a_broken_table(tmp_path: Path, row: str, code: str) -> None:
    (tmp_path / "battery_regulation").mkdir()
    head = "id,from_on,until_on,categories,kind,say,cite,confidence"
    (tmp_path / "battery_regulation" / "duties.csv").write_text(f"{head}\n{row}\n", encoding="utf-8")
    with pytest.raises(RulebookError, match=r"duties\.csv, row") as caught:
        battery_duties(date(2026, 1, 1), folder=tmp_path)
    assert caught.value.code == code
