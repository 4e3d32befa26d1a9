"""Ageing with what the ledger has measured."""

from __future__ import annotations

from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from sqlalchemy import Engine

from voltloop.app.age import Lives, age_file
from voltloop.app.ledger_names import DEFAULT_BASE, Names
from voltloop.app.own_events import inspection, record_own
from voltloop.app.undo import undo
from voltloop.ledger.health import health_readings

ON = date(2026, 11, 24)
NOW = datetime(2026, 11, 24, 8, tzinfo=UTC)
PACK = Names(DEFAULT_BASE).battery({"quantity": 1, "serial": None, "battery_id": "A1", "row": 1})


def _inspect(ledger: Engine, month: int, soh: float, method: str = "capacity_test") -> str:
    told = inspection(PACK, soh=soh, method=method, device=None, disposition=None)
    return record_own(ledger, told, datetime(2026, month, 3, tzinfo=UTC), "J. Doe", NOW, is_new=True)


@pytest.fixture
def listed(tmp_path: Path) -> Path:
    path = tmp_path / "returns.csv"
    path.write_text(
        "battery_id;chemistry;SoH (%);produced_on;returned_on;site;country;mass_kg;energy_kwh;form\n"
        "A1;NMC;86;2019-05-01;2026-10-01;Hub;DE;400;60;pack\n",
        encoding="utf-8",
    )
    return path


def test_the_readings_of_the_ledger_sharpen_the_answer(ledger: Engine, listed: Path) -> None:
    _inspect(ledger, 6, 0.80)
    _inspect(ledger, 8, 0.79)
    alone = age_file(listed, Lives(), on=ON).table.row(0, named=True)
    with ledger.connect() as connection:
        found = age_file(listed, Lives(), on=ON, ledger=connection).table.row(0, named=True)
    assert found["soh_read"] == alone["soh_read"] == pytest.approx(0.86)
    assert found["soh"] < alone["soh"]
    assert found["soh_high"] - found["soh_low"] < alone["soh_high"] - alone["soh_low"]


def test_what_the_list_repeats_counts_once(ledger: Engine, listed: Path) -> None:
    _inspect(ledger, 9, 0.86)
    with ledger.connect() as connection:
        found = age_file(listed, Lives(), on=ON, ledger=connection)
    assert found.table.equals(age_file(listed, Lives(), on=ON, readings=_empty(listed)).table)


def _empty(listed: Path) -> Path:
    path = listed.with_name("readings.csv")
    path.write_text("battery_id,on,soh\nother,2026-01-01,0.9\n", encoding="utf-8")
    return path


def test_readings_come_in_their_order_without_what_was_taken_back(ledger: Engine) -> None:
    _inspect(ledger, 8, 0.79, "bms_readout")
    wrong = _inspect(ledger, 7, 0.30)
    _inspect(ledger, 6, 0.81)
    undo(ledger, wrong, reason="wrong battery", person="J. Doe", now=NOW)
    with ledger.connect() as connection:
        found = health_readings(connection, [PACK, "urn:x:never"], NOW)
    assert [(one.at.month, one.soh) for one in found] == [(6, pytest.approx(0.81)), (8, pytest.approx(0.79))]
    assert [one.method for one in found] == ["capacity_test", "bms_readout"]
