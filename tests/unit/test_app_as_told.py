"""What is told of a step is understood in any spelling, and refused in words where it cannot be."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine

from record_cases import plan_folder
from voltloop.app.as_told import in_spelling_of_plan
from voltloop.app.ledger_events import capture_own, events_with
from voltloop.app.own_events import hold, record_own
from voltloop.app.record_plan import PlanRecorded, record_plan
from voltloop.app.record_step import StepAsked, record_step
from voltloop.app.steps import Found
from voltloop.errors import InputError
from voltloop.ledger.under_way import under_way

NOW = datetime(2026, 11, 25, 20, 0, tzinfo=UTC)
AT = datetime(2026, 11, 24, 9, 0, tzinfo=UTC)
URN = "urn:epc:id:sgtin:9521234.012345.7"
LINK = "https://id.gs1.org/01/09521234123453/21/7"
PACKED: dict[str, Any] = {
    "type": "AggregationEvent", "action": "ADD", "bizStep": "packing",
    "eventID": "urn:uuid:6f0ae2ff-6d0c-5e1c-9f55-0c6b6f7a5f3e",
    "eventTime": "2026-11-24T09:00:00.000+00:00", "eventTimeZoneOffset": "+00:00", "parentID": "urn:x:package:1",
    "childEPCs": [URN], "voltloop:plan": "P", "voltloop:load": "T1", "voltloop:step": "pickup/1",
    "voltloop:status": "planned",
}  # fmt: skip


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A plan folder with tours of several stops."""
    return plan_folder(tmp_path_factory.mktemp("plan"))


@pytest.fixture
def recorded(ledger: Engine, folder: Path) -> PlanRecorded:
    """The plan, recorded."""
    return record_plan(ledger, folder, NOW - timedelta(days=2), lambda *_: None)


def _accepted(engine: Engine, step: str) -> Sequence[dict[str, Any]]:
    with engine.connect() as connection:
        events = events_with(connection, {"status": "planned", "step": step})
    return [event for event in events if event["bizStep"] == "accepting" and event.get("epcList")]


def test_both_spellings_of_an_identifier_name_the_planned_one(ledger: Engine) -> None:
    with ledger.begin() as connection:
        capture_own(connection, [PACKED], NOW)
        told = Found(
            AT, missing=frozenset({LINK}), extra=(LINK,), damaged=frozenset({LINK}), short={LINK: 2.0}
        )
        found, repacked = in_spelling_of_plan(connection, [PACKED], told, frozenset({LINK}))
    assert (found.missing, found.extra, found.damaged) == ({URN}, (URN,), {URN})
    assert (found.short, repacked) == ({URN: 2.0}, {URN})


@pytest.mark.parametrize(
    ("found", "repacked", "code", "words"),
    [
        (
            Found(AT, extra=("nonsense",)),
            (),
            "not-a-uri",
            '"nonsense" is said to be extra, and is no identifier',
        ),
        (Found(AT), ("urn:x:y",), "not-in-step", "neither to be damaged nor to be extra"),
        (Found(NOW + timedelta(minutes=6)), (), "in-the-future", "only what was done can be recorded"),
    ],
)
def test_what_cannot_be_is_refused_in_words(
    ledger: Engine, recorded: PlanRecorded, found: Found, repacked: tuple[str, ...], code: str, words: str
) -> None:
    load = _accepted(ledger, "pickup/1")[0]["voltloop:load"]
    with pytest.raises(InputError, match=words) as caught:
        record_step(ledger, StepAsked(load, "pickup/1", found, repacked=frozenset(repacked)), NOW)
    assert caught.value.code == code


def test_what_people_record_lies_not_ahead(ledger: Engine) -> None:
    with pytest.raises(InputError, match="with --at") as caught:
        record_own(ledger, hold([URN], "smell"), NOW + timedelta(hours=1), None, NOW, is_new=True)
    assert caught.value.code == "in-the-future"


def test_a_damaged_one_that_stays_behind_is_told_in_one_step(ledger: Engine, recorded: PlanRecorded) -> None:
    """The refusal of a damaged battery advises to leave it; saying both together is what people do then."""
    event = next(one for one in _accepted(ledger, "pickup/1") if len(one["epcList"]) > 1)
    load, battery = event["voltloop:load"], event["epcList"][0]
    found = Found(AT, missing=frozenset({battery}), damaged=frozenset({battery}))
    step = record_step(ledger, StepAsked(load, "pickup/1", found), NOW)
    assert battery not in step.moved
    assert step.differences == (f"{battery} was not there", f"{battery} is damaged")


def test_a_delivery_comes_after_its_pickups(ledger: Engine, recorded: PlanRecorded) -> None:
    """Goods delivered before they were taken up would count as under way for ever."""
    load = _accepted(ledger, "pickup/2")[0]["voltloop:load"]
    record_step(ledger, StepAsked(load, "pickup/1", Found(AT)), NOW)
    early = StepAsked(load, "deliver", Found(AT - timedelta(minutes=1)))
    with pytest.raises(InputError, match="pickup/1 is recorded at 2026-11-24T09:00") as caught:
        record_step(ledger, early, NOW)
    assert caught.value.code == "step-order"
    delivered = StepAsked(load, "deliver", Found(AT + timedelta(hours=3)))
    record_step(ledger, delivered, NOW)
    with pytest.raises(InputError, match="without what pickup/2 took up") as caught:
        record_step(
            ledger, StepAsked(load, "pickup/2", Found(AT + timedelta(hours=1)), recorded.plan_id), NOW
        )
    assert caught.value.code == "step-order"
    again = record_step(ledger, delivered, NOW)
    assert again.already == again.events
    with ledger.connect() as connection:
        assert under_way(connection, NOW) == []
