"""What was recorded wrongly is taken back by an error declaration, and may then be recorded anew."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine

from app_cases import ON
from record_cases import plan_folder
from voltloop.app.ledger_events import events_with
from voltloop.app.own_events import hold, inspection, record_own, seal_check, seal_on
from voltloop.app.record_plan import PlanRecorded, record_plan
from voltloop.app.record_step import StepAsked, record_step
from voltloop.app.steps import Found, goods_of, step_things
from voltloop.app.undo import undo
from voltloop.errors import InputError
from voltloop.ledger.findings_log import findings
from voltloop.ledger.stock import Wanted, lots
from voltloop.ledger.story import custody_history
from voltloop.ledger.where import Whereabouts, where_is

NOW = datetime(2026, 11, 25, 20, 0, tzinfo=UTC)
AT = datetime(2026, 11, 24, 9, 0, tzinfo=UTC)
LATER = AT + timedelta(hours=3)
PACK = "https://id.example.com/battery/Example/0042"


def _quiet(*_: str) -> None:
    pass


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A plan folder with tours and onward loads."""
    return plan_folder(tmp_path_factory.mktemp("plan"))


@pytest.fixture
def recorded(ledger: Engine, folder: Path) -> PlanRecorded:
    """The plan, recorded."""
    return record_plan(ledger, folder, NOW - timedelta(days=2), _quiet)


def _planned(engine: Engine, **fields: str) -> list[dict[str, Any]]:
    with engine.connect() as connection:
        return events_with(connection, {"status": "planned", **fields})


def _load(engine: Engine) -> tuple[str, str, str]:
    """A tour, and a battery and a lot of several pieces that it takes up at its first stop."""
    load, event = next(
        (event["voltloop:load"], event)
        for event in _planned(engine, step="pickup/1")
        if event["bizStep"] == "accepting" and event.get("epcList") and event.get("quantityList")
    )
    return load, event["epcList"][0], event["quantityList"][0]["epcClass"]


def _where(engine: Engine, epc: str, at: datetime = NOW) -> Whereabouts:
    with engine.connect() as connection:
        return where_is(connection, epc, at)


def _pieces(engine: Engine, lot: str) -> dict[str, float]:
    with engine.connect() as connection:
        return {one.holder: one.quantity for one in lots(connection, Wanted(NOW)) if one.lot == lot}


def test_a_step_is_taken_back_whole_and_recorded_anew(ledger: Engine, recorded: PlanRecorded) -> None:
    load, battery, _ = _load(ledger)
    before = _where(ledger, battery)
    wrong = record_step(ledger, StepAsked(load, "pickup/1", Found(AT)), NOW)
    undone = undo(ledger, wrong.event_ids[2], reason="the wrong hour", person="A. Driver", now=NOW)
    assert (set(undone.event_ids), undone.load, undone.step) == (set(wrong.event_ids), load, "pickup/1")
    after = _where(ledger, battery)
    assert (after.place, after.since, after.inside) == (before.place, before.since, ())
    right = StepAsked(load, "pickup/1", Found(AT + timedelta(minutes=10)))
    first, again = record_step(ledger, right, NOW), record_step(ledger, right, NOW)
    assert (first.already, again.already) == (0, again.events)
    assert not set(first.event_ids) & set(wrong.event_ids)
    assert _where(ledger, battery).status == "under way"


def test_the_same_step_counts_again_after_it_was_taken_back(ledger: Engine, recorded: PlanRecorded) -> None:
    load, battery, _ = _load(ledger)
    asked = StepAsked(load, "pickup/1", Found(AT))
    for _ in range(3):
        done = record_step(ledger, asked, NOW)
        assert (done.already, _where(ledger, battery).status) == (0, "under way")
        undo(ledger, done.event_ids[0], reason="did_not_occur", person=None, now=NOW)
        assert _where(ledger, battery).status == "at a place"


def test_taking_back_twice_changes_nothing(ledger: Engine) -> None:
    event_id = record_own(ledger, hold([PACK], "smells"), AT, None, NOW, is_new=True)
    assert not undo(ledger, event_id, reason="another pack", person=None, now=NOW).already
    assert undo(ledger, event_id, reason="another pack", person=None, now=NOW).already


def test_a_pickup_stays_while_its_delivery_stands(ledger: Engine, recorded: PlanRecorded) -> None:
    load, _, _ = _load(ledger)
    picked = record_step(ledger, StepAsked(load, "pickup/1", Found(AT)), NOW)
    delivered = record_step(ledger, StepAsked(load, "deliver", Found(LATER)), NOW)
    with pytest.raises(InputError, match="rests on it") as caught:
        undo(ledger, picked.event_ids[0], reason="wrong", person=None, now=NOW)
    assert caught.value.code == "step-followed"
    undo(ledger, delivered.event_ids[0], reason="wrong", person=None, now=NOW)
    undo(ledger, picked.event_ids[0], reason="wrong", person=None, now=NOW)


def test_what_followed_from_a_mistaken_check_ends_with_it(ledger: Engine) -> None:
    on = seal_on(PACK, "AB1", seal_class="H", issuer=None, kind=None)
    record_own(ledger, on, AT, None, NOW, is_new=True)
    wrong = record_own(ledger, seal_check(PACK, "damaged", "AB1"), LATER, None, NOW)
    assert _where(ledger, PACK).hold == "finding:seal-damaged"
    undo(ledger, wrong, reason="another box was looked at", person=None, now=NOW)
    assert _where(ledger, PACK).hold is None
    with ledger.connect() as connection:
        assert findings(connection) == []


@pytest.mark.parametrize(
    ("event_id", "reason", "code"),
    [
        ("urn:uuid:00000000-0000-4000-8000-000000000001", "wrong", "no-such-event"),
        ("urn:x", " ", "undo-words"),
    ],
)
def test_what_cannot_be_taken_back_is_said(ledger: Engine, event_id: str, reason: str, code: str) -> None:
    with pytest.raises(InputError) as caught:
        undo(ledger, event_id, reason=reason, person=None, now=NOW)
    assert caught.value.code == code


@pytest.mark.parametrize(
    "mistyped",
    [PACK.replace("0042", "0024"), PACK.replace("battery", "batery"), PACK.replace("Example/", "Exmaple/")],
)
def test_a_mistyped_thing_is_refused_with_the_nearest(ledger: Engine, mistyped: str) -> None:
    told = inspection(PACK, soh=0.8, method=None, device=None, disposition=None)
    record_own(ledger, told, AT, None, NOW, is_new=True)
    for event in (
        hold([PACK, mistyped], "smells"),
        seal_on(mistyped, "A", seal_class="H", issuer=None, kind=None),
    ):
        with pytest.raises(InputError, match="no event in the ledger names this thing") as caught:
            record_own(ledger, event, AT, None, NOW)
        assert f"Did you mean {PACK}?" in caught.value.message
    with pytest.raises(InputError, match=f"Did you mean {PACK}"):
        _where(ledger, mistyped)


def test_an_older_plan_does_not_take_back_a_newer_one(
    ledger: Engine, recorded: PlanRecorded, folder: Path, tmp_path: Path
) -> None:
    newer = record_plan(ledger, plan_folder(tmp_path, seed=8), NOW, _quiet)
    with pytest.raises(InputError, match=f"was replaced by plan {newer.plan_id}") as caught:
        record_plan(ledger, folder, NOW, _quiet)
    assert caught.value.code == "plan-replaced"
    assert {event["voltloop:plan"] for event in _planned(ledger)} == {newer.plan_id}
    assert record_plan(ledger, tmp_path / "plan-8", NOW, _quiet).already == newer.reported + newer.planned


def test_a_plan_of_an_earlier_day_is_refused(ledger: Engine, recorded: PlanRecorded, tmp_path: Path) -> None:
    """It would take back the loads of a day that lies behind its own."""
    earlier = plan_folder(tmp_path, seed=9, on=ON - timedelta(days=7))
    with pytest.raises(InputError, match=f"has plan {recorded.plan_id}") as caught:
        record_plan(ledger, earlier, NOW, _quiet)
    assert caught.value.code == "plan-older"
    assert {event["voltloop:plan"] for event in _planned(ledger)} == {recorded.plan_id}


def test_a_delivery_stays_while_its_goods_went_on(ledger: Engine, recorded: PlanRecorded) -> None:
    onward = {goods: event for event in _planned(ledger, step="depart") for goods in goods_of(event)}
    stop, event = next(
        (one, onward[goods])
        for one in _planned(ledger, step="pickup/1")
        if one["bizStep"] == "accepting"
        for goods in goods_of(one)
        if goods in onward
    )
    tour, load = stop["voltloop:load"], event["voltloop:load"]
    record_step(ledger, StepAsked(tour, "pickup/1", Found(AT)), NOW)
    delivered = record_step(ledger, StepAsked(tour, "deliver", Found(LATER)), NOW)
    left = record_step(ledger, StepAsked(load, "depart", Found(LATER + timedelta(hours=1))), NOW)
    with pytest.raises(InputError, match=f"departure of {load} is recorded and rests on it") as caught:
        undo(ledger, delivered.event_ids[0], reason="the wrong hour", person=None, now=NOW)
    assert caught.value.code == "step-followed"
    undo(ledger, left.event_ids[0], reason="the wrong hour", person=None, now=NOW)
    assert not undo(ledger, delivered.event_ids[0], reason="the wrong hour", person=None, now=NOW).already


def test_what_only_a_taken_back_event_names_is_said_to_be_so(ledger: Engine, recorded: PlanRecorded) -> None:
    load, _, _ = _load(ledger)
    wrong = record_step(ledger, StepAsked(load, "pickup/1", Found(AT, extra=(PACK,))), NOW)
    undo(ledger, wrong.event_ids[0], reason="another pack", person=None, now=NOW)
    with pytest.raises(InputError, match="or one that was taken back"):
        _where(ledger, PACK)


def test_lots_are_counted_once_wherever_they_are(ledger: Engine, recorded: PlanRecorded) -> None:
    load, _, lot = _load(ledger)
    (before,) = _pieces(ledger, lot).values()
    record_step(ledger, StepAsked(load, "pickup/1", Found(AT)), NOW)
    assert sum(_pieces(ledger, lot).values()) == before
    record_step(ledger, StepAsked(load, "deliver", Found(LATER)), NOW)
    pieces = _pieces(ledger, lot)
    assert sum(pieces.values()) == before
    assert all("/package/" in holder for holder in pieces)


@pytest.mark.parametrize("share", [0.5, 1.0])
def test_what_is_missing_of_a_lot_stays_with_the_carrier_and_is_held(
    ledger: Engine, recorded: PlanRecorded, share: float
) -> None:
    load, _, lot = _load(ledger)
    (before,) = _pieces(ledger, lot).values()
    gone = before if share == 1.0 else before // 2
    record_step(ledger, StepAsked(load, "pickup/1", Found(AT)), NOW)
    some = Found(LATER, short={lot: gone}) if gone < before else Found(LATER, missing=frozenset({lot}))
    done = record_step(ledger, StepAsked(load, "deliver", some), NOW)
    assert (lot in done.moved) == (gone < before)
    pieces = _pieces(ledger, lot)
    assert (pieces["under way"], sum(pieces.values())) == (gone, before)
    with ledger.connect() as connection:
        (finding,) = findings(connection)
    assert (finding.code, finding.epc) == ("delivery-short", lot)
    assert f"{gone:g} of {before:g} pieces not there" in finding.message
    assert _where(ledger, lot).hold == "finding:delivery-short"
    undo(ledger, done.event_ids[0], reason="all of it was there", person=None, now=NOW)
    with pytest.raises(InputError, match="of a lot voltloop stock"):
        _where(ledger, lot)
    assert record_step(ledger, StepAsked(load, "deliver", Found(LATER)), NOW).already == 0
    assert sum(count for holder, count in _pieces(ledger, lot).items() if "/package/" in holder) == before


def test_pieces_that_stayed_behind_are_not_delivered(ledger: Engine, recorded: PlanRecorded) -> None:
    load, _, lot = _load(ledger)
    ((point, before),) = _pieces(ledger, lot).items()
    record_step(ledger, StepAsked(load, "pickup/1", Found(AT, short={lot: 1})), NOW)
    record_step(ledger, StepAsked(load, "deliver", Found(LATER)), NOW)
    pieces = _pieces(ledger, lot)
    assert (pieces[point], sum(pieces.values())) == (1, before)
    with pytest.raises(InputError, match="Give fewer") as caught:
        record_step(ledger, StepAsked(load, "pickup/1", Found(AT, short={lot: before})), NOW)
    assert caught.value.code == "not-so-many"


def test_an_extra_one_that_nobody_knows_stays_and_is_held(ledger: Engine, recorded: PlanRecorded) -> None:
    load, battery, _ = _load(ledger)
    point = _where(ledger, battery).place
    asked = StepAsked(load, "pickup/1", Found(AT, extra=(PACK,)))
    done, again = record_step(ledger, asked, NOW), record_step(ledger, asked, NOW)
    assert PACK not in done.moved
    assert any(f"{PACK} is held, since the ledger knows nothing of it" in words for words in done.differences)
    assert again.already == again.events
    found = _where(ledger, PACK)
    assert (found.place, found.inside) == (point, ())
    assert found.hold is not None
    assert found.hold.startswith("the ledger knows nothing of it")


def test_an_extra_one_of_the_list_is_judged_by_what_is_known(ledger: Engine, recorded: PlanRecorded) -> None:
    load, _, _ = _load(ledger)
    packings = [
        event
        for event in _planned(ledger)
        if event["bizStep"] == "packing" and event["voltloop:load"] != load
    ]
    sound = next(
        epc
        for event in packings
        if event.get("voltloop:packing_instruction") in {"P903", "P909"}
        for epc in event.get("childEPCs", ())
    )
    damaged = next(
        epc
        for event in packings
        if "P908" in str(event.get("voltloop:packing_instruction"))
        for epc in event.get("childEPCs", ())
    )
    done = record_step(ledger, StepAsked(load, "pickup/1", Found(AT, extra=(sound, damaged))), NOW)
    assert sound in done.moved
    assert damaged not in done.moved
    assert any(f"{damaged} is held" in words for words in done.differences)


def test_an_unknown_one_that_arrives_is_received_and_held(ledger: Engine, recorded: PlanRecorded) -> None:
    load, battery, _ = _load(ledger)
    record_step(ledger, StepAsked(load, "pickup/1", Found(AT)), NOW)
    record_step(ledger, StepAsked(load, "deliver", Found(LATER, extra=(PACK,))), NOW)
    assert _where(ledger, PACK).place == _where(ledger, battery).place
    assert _where(ledger, PACK).hold


def test_the_collection_point_is_the_first_who_has_a_battery(ledger: Engine, recorded: PlanRecorded) -> None:
    load, battery, _ = _load(ledger)
    place = _where(ledger, battery).place
    record_step(ledger, StepAsked(load, "pickup/1", Found(AT)), NOW)
    with ledger.connect() as connection:
        first, second = custody_history(connection, battery, NOW)
    assert place is not None
    assert first.party == place.replace("/place/", "/party/")
    assert second.from_party == first.party


def test_the_things_of_a_pickup_are_those_of_its_delivery(ledger: Engine, recorded: PlanRecorded) -> None:
    for load in {event["voltloop:load"] for event in _planned(ledger)}:
        steps: dict[str, set[str]] = {}
        for event in _planned(ledger, load=load):
            steps.setdefault(event["voltloop:step"], set()).update(step_things([event]))
        delivered = steps.pop("deliver")
        assert delivered == set().union(*steps.values())
    assert goods_of({"epcList": [PACK], "childQuantityList": [{"epcClass": "urn:x:lot"}]}) == [
        PACK,
        "urn:x:lot",
    ]
