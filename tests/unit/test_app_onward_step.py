"""An onward load takes up at the hub what tours brought there, in the packages in which it came."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine

from record_cases import plan_folder
from voltloop.app.ledger_events import events_with
from voltloop.app.record_plan import PlanRecorded, record_plan
from voltloop.app.record_step import StepAsked, record_step
from voltloop.app.steps import Found, goods_of
from voltloop.errors import InputError
from voltloop.ledger.where import where_is

NOW = datetime(2026, 12, 25, 20, 0, tzinfo=UTC)
AT = datetime(2026, 11, 24, 9, 0, tzinfo=UTC)
LATER = AT + timedelta(days=7)


@pytest.fixture
def recorded(ledger: Engine, tmp_path: Path) -> PlanRecorded:
    """A plan with onward loads, recorded."""
    return record_plan(ledger, plan_folder(tmp_path), NOW - timedelta(days=40), lambda *_: None)


def _planned(engine: Engine, **fields: str) -> list[dict[str, Any]]:
    with engine.connect() as connection:
        return events_with(connection, {"status": "planned", **fields})


def _onward(engine: Engine) -> tuple[str, list[str]]:
    """The first onward load, and the single batteries that it is to take up."""
    load = min(event["voltloop:load"] for event in _planned(engine, step="depart"))
    (handover,) = [e for e in _planned(engine, load=load, step="depart") if e["bizStep"] == "accepting"]
    return load, handover.get("epcList", [])


def test_goods_leave_in_their_packages_though_no_tour_was_recorded(
    ledger: Engine, recorded: PlanRecorded
) -> None:
    load, batteries = _onward(ledger)
    first = record_step(ledger, StepAsked(load, "depart", Found(LATER)), NOW)
    with ledger.connect() as connection:
        for epc in batteries:
            found = where_is(connection, epc, LATER)
            assert (found.status, len(found.inside)) == ("under way", 2)
    again = record_step(ledger, StepAsked(load, "depart", Found(LATER)), NOW)
    assert (first.already, again.already) == (0, again.events)


def test_what_a_tour_left_behind_does_not_leave_the_hub(ledger: Engine, recorded: PlanRecorded) -> None:
    load, batteries = _onward(ledger)
    pickup, left = next(
        (event, epc)
        for event in _planned(ledger)
        if event["bizStep"] == "accepting" and event["voltloop:step"].startswith("pickup/")
        for epc in goods_of(event)
        if epc in batteries
    )
    tour, step = pickup["voltloop:load"], pickup["voltloop:step"]
    record_step(ledger, StepAsked(tour, step, Found(AT, missing=frozenset({left}))), NOW)
    record_step(ledger, StepAsked(tour, "deliver", Found(AT + timedelta(hours=5))), NOW)
    with ledger.connect() as connection:
        before = where_is(connection, left, AT)
    done = record_step(ledger, StepAsked(load, "depart", Found(LATER)), NOW)
    assert left not in done.moved
    assert f"{left} was not there" in done.differences
    with ledger.connect() as connection:
        after = where_is(connection, left, LATER)
    assert (after.place, after.inside) == (before.place, ())


def test_a_pack_found_damaged_at_the_hub_is_judged_before_it_leaves(
    ledger: Engine, recorded: PlanRecorded
) -> None:
    sound = next(
        event
        for event in _planned(ledger)
        if event["bizStep"] == "packing"
        and event.get("voltloop:packing_instruction") in {"P903", "P909"}
        and set(event.get("childEPCs", ())) & set(_onward(ledger)[1])
    )
    epc = next(epc for epc in sound["childEPCs"] if epc in _onward(ledger)[1])
    asked = StepAsked(_onward(ledger)[0], "depart", Found(LATER, damaged=frozenset({epc})))
    with pytest.raises(InputError, match="is damaged") as caught:
        record_step(ledger, asked, NOW)
    assert caught.value.code == "unlawful-as-found"
