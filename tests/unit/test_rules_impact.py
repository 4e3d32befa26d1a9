"""Whose verdict differs between days: exactly the rows whose answers differ, and from what to what."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import polars as pl
import pytest

from voltloop.app.rules_impact import CHANGES, impact
from voltloop.app.rules_report import impact_document, impact_lines
from voltloop.compliance import load_rulebook
from voltloop.errors import InputError, RulebookError

READ_ON = date(2026, 11, 24)
LIST = """serial,manufacturer,model,chemistry,energy_kwh,mass_kg,returned_on,condition,country
A1,Acme,One,NMC,50,300,2026-11-01,ok,DE
A2,Acme,Two,lead-acid,1,20,2026-11-01,ok,DE
A3,Acme,Three,NMC,50,300,2026-11-01,critical,FR
A4,Acme,Four,NMC,50,300,2026-11-01,ok,US
"""


@pytest.fixture
def returns(tmp_path: Path) -> Path:
    path = tmp_path / "returns.csv"
    path.write_text(LIST, encoding="utf-8")
    return path


def _days(*texts: str) -> list[date]:
    return [date.fromisoformat(text) for text in texts]


def test_the_day_on_which_waste_codes_change(returns: Path) -> None:
    """Lithium batteries get another code on 9 November 2026; lead batteries keep theirs, the USA has its own law."""
    result = impact(returns, _days("2026-11-08", "2026-11-09"), load_rulebook(), mode=None, read_on=READ_ON)
    (step,) = result.steps
    assert (result.asked, step.rows) == (4, 2)
    assert set(result.changes["id"]) == {"2", "4"}
    assert set(result.changes["as"]) == {"used", "waste"}
    assert set(result.changes["column"]) == {"waste_code"}
    assert step.kinds == (("waste_code", "16 06 05", "16 06 07*", 2),)
    assert list(result.changes.schema) == list(CHANGES)


@pytest.mark.parametrize("days", [("2026-11-09", "2026-11-10"), ("2026-11-07", "2026-11-08")])
def test_days_under_the_same_law_change_nothing(returns: Path, days: tuple[str, str]) -> None:
    result = impact(returns, _days(*days), load_rulebook(), mode=None, read_on=READ_ON)
    assert result.changes.height == 0
    assert result.steps[0].rows == 0


def test_an_edition_that_ends_takes_its_answers_with_it(returns: Path) -> None:
    """Until 30 June 2025 a critical battery may go without SP 677 as well; on 1 July the older edition has ended."""
    result = impact(returns, _days("2025-06-30", "2025-07-01"), load_rulebook(), mode=None, read_on=READ_ON)
    (step,) = result.steps
    assert set(result.changes["id"]) == {"4"}
    before, after = step.editions["road_eu"]
    assert "ADR-2023" in before
    assert "ADR-2023" not in after
    kinds = {column: (old, new) for column, old, new, _ in step.kinds}
    old, new = kinds["special_provisions"]
    assert old.startswith(f"{new} or ")


def test_more_than_two_days_are_compared_in_the_order_of_time(returns: Path) -> None:
    days = _days("2026-11-09", "2024-12-31", "2026-11-08")
    result = impact(returns, days, load_rulebook(), mode=None, read_on=READ_ON)
    assert [(step.before_on, step.after_on) for step in result.steps] == [
        (date(2024, 12, 31), date(2026, 11, 8)),
        (date(2026, 11, 8), date(2026, 11, 9)),
    ]
    assert result.changes["from_on"].is_sorted()


def test_an_announced_edition_is_named_and_left_out(returns: Path) -> None:
    result = impact(
        returns, _days("2026-12-31", "2027-01-01"), load_rulebook(), mode="road_eu", read_on=READ_ON
    )
    assert "ADR-2027" in result.steps[0].unread
    assert "Nobody has read ADR-2027" in " ".join(impact_lines(result, "returns.csv"))


def test_rows_that_cannot_be_asked_are_counted(tmp_path: Path) -> None:
    path = tmp_path / "returns.csv"
    path.write_text(LIST + "A5,Acme,Five,NMC,50,300,2026-11-01,ok,CN\n", encoding="utf-8")
    result = impact(path, _days("2026-11-08", "2026-11-09"), load_rulebook(), mode=None, read_on=READ_ON)
    assert (result.asked, result.left_out) == (4, 1)
    asked_all = impact(
        path, _days("2026-11-08", "2026-11-09"), load_rulebook(), mode="road_eu", read_on=READ_ON
    )
    assert (asked_all.asked, asked_all.left_out) == (5, 0)
    assert "no road law" in " ".join(impact_lines(result, "returns.csv"))


def test_one_day_is_not_enough_and_unknown_modes_are_refused(returns: Path) -> None:
    with pytest.raises(InputError, match="Two different days"):
        impact(returns, _days("2026-11-08", "2026-11-08"), load_rulebook(), mode=None, read_on=READ_ON)
    with pytest.raises(RulebookError, match="is not a mode"):
        impact(returns, _days("2026-11-08", "2026-11-09"), load_rulebook(), mode="rode_eu", read_on=READ_ON)
    with pytest.raises(RulebookError, match="covers 1999-01-01"):
        impact(returns, _days("1999-01-01", "2026-11-09"), load_rulebook(), mode=None, read_on=READ_ON)


def test_document_holds_every_change(returns: Path) -> None:
    result = impact(returns, _days("2026-11-08", "2026-11-09"), load_rulebook(), mode=None, read_on=READ_ON)
    document = impact_document(result)
    assert document["schema"] == "rules-impact/1"
    assert len(document["changes"]) == result.changes.height
    assert pl.DataFrame(document["steps"][0]["kinds"])["rows"].to_list() == [2]


HEAD = (
    "id,mode,date,chemistry,form,unit_kind,energy_wh,gross_mass_kg,net_battery_mass_kg,state,un38_3_tested,"
    "soc_percent\n"
)
ROWS = """V1,road_eu,2026-03-10,li_ion,vehicle,vehicle,60000,1900,400,new,yes,
V2,road_eu,2026-03-10,lead_acid_flooded,vehicle,vehicle,1000,900,30,new,yes,
A1,air_pax,2026-03-10,li_ion,packed_with,battery,60,6,3,new,yes,50
X1,teleport,2026-03-10,li_ion,battery,battery,60,6,3,new,yes,
"""


@pytest.fixture
def scenarios(tmp_path: Path) -> Path:
    path = tmp_path / "scenarios.csv"
    path.write_text(HEAD + ROWS, encoding="utf-8")
    return path


def test_vehicles_lose_their_old_number_when_the_older_edition_ends(scenarios: Path) -> None:
    """ADR 2023 has UN 3171 for every electric vehicle, and could be used to 30 June 2025."""
    result = impact(scenarios, _days("2025-06-30", "2025-07-01"), load_rulebook(), mode=None, read_on=READ_ON)
    told = {(row["id"], row["column"]): (row["before"], row["after"]) for row in result.changes.to_dicts()}
    assert told["V1", "un_number"] == ("3556 or 3171", "3556")
    assert ("V2", "un_number") not in told
    assert (result.asked, result.left_out) == (3, 1)


def test_a_recommendation_that_becomes_a_duty_stops_a_row(scenarios: Path) -> None:
    """By air the 30 % limit for batteries packed with equipment binds from 1 January 2026."""
    result = impact(scenarios, _days("2025-12-31", "2026-01-01"), load_rulebook(), mode=None, read_on=READ_ON)
    outcome = result.changes.filter((pl.col("id") == "A1") & (pl.col("column") == "outcome")).row(
        0, named=True
    )
    assert (outcome["before"], outcome["after"]) == ("exempt_small", "approval_needed")
