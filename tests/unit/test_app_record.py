"""A plan in the ledger: planned and actual are told apart, and steps that are carried out move the stock."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import Engine, select

from record_cases import plan_folder
from voltloop.app.ledger_events import events_with
from voltloop.app.own_events import handover, hold, inspection, record_own, seal_check, seal_off, seal_on
from voltloop.app.plan_events import planned_events, reported_events
from voltloop.app.record_plan import PlanRecorded, record_plan
from voltloop.app.record_step import StepAsked, record_step
from voltloop.app.recorded_plan import read_plan
from voltloop.app.release import release
from voltloop.app.steps import Found, step_things
from voltloop.epcis.identifiers import key_of
from voltloop.errors import InputError, VoltloopError
from voltloop.ledger.findings_log import findings
from voltloop.ledger.naming import UNDER_WAY_ID
from voltloop.ledger.seals import seals_of
from voltloop.ledger.tables.knowledge import state
from voltloop.ledger.under_way import late, under_way

NOW = datetime(2026, 11, 25, 20, 0, tzinfo=UTC)
AT = datetime(2026, 11, 24, 9, 0, tzinfo=UTC)


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


def _of_another_load(engine: Engine, load: str) -> str:
    """A sound battery that the plan has in another load."""
    with engine.connect() as connection:
        others = events_with(connection, {"status": "planned", "step": "pickup/1"})
    return next(
        epc
        for event in others
        if event["voltloop:load"] != load and event.get("voltloop:packing_instruction") in {"P903", "P909"}
        for epc in event.get("childEPCs", ())
    )


def _place(engine: Engine, epc: str) -> object:
    with engine.connect() as connection:
        return connection.scalar(select(state.c.place_id).where(state.c.epc_id == key_of(epc)))


def _row(engine: Engine, epc: str) -> object:
    with engine.connect() as connection:
        return connection.execute(select(state).where(state.c.epc_id == key_of(epc))).one()


def _first_tour(engine: Engine) -> tuple[str, list[dict[str, object]]]:
    with engine.connect() as connection:
        events = events_with(connection, {"status": "planned", "step": "pickup/1"})
    load = min(event["voltloop:load"] for event in events)
    return load, [event for event in events if event["voltloop:load"] == load]


def test_every_event_of_a_plan_is_valid_and_has_its_own_id(folder: Path) -> None:
    from voltloop.epcis import EventValidator

    plan = read_plan(folder)
    events = [*reported_events(plan, NOW), *planned_events(plan)]
    assert EventValidator().first_problem(events) is None
    assert len({event["eventID"] for event in events}) == len(events)
    assert {event["voltloop:status"] for event in planned_events(plan)} == {"planned"}


def test_planned_events_name_all_planned_batteries_packages_and_papers(folder: Path) -> None:
    plan = read_plan(folder)
    events = list(planned_events(plan))
    rows = plan.batteries.filter(plan.batteries["plan_status"] == "planned")
    names = {plan.names.battery(row) for row in rows.iter_rows(named=True)}
    tours = [event for event in events if event["voltloop:step"].startswith("pickup/")]
    assert step_things(tours) == names
    lots = sum(row["quantity"] for row in rows.iter_rows(named=True) if row["quantity"] > 1)
    packed = [
        lot for event in tours if event["bizStep"] == "packing" for lot in event.get("childQuantityList", ())
    ]
    assert sum(lot["quantity"] for lot in packed) == lots
    packages = {package for ids in rows["package_id"] for package in ids.split(";")}
    assert {event["parentID"] for event in tours if event["bizStep"] == "packing"} == {
        plan.names.package(package) for package in packages
    }
    bound = {entry["bizTransaction"] for event in events for entry in event.get("bizTransactionList", ())}
    papers = [path for row in plan.loads["documents"] for path in row.split(";")]
    assert len(bound) == len(papers)


def test_a_reported_battery_stands_where_the_list_says_and_a_planned_step_moves_nothing(
    ledger: Engine, folder: Path, recorded: PlanRecorded
) -> None:
    plan = read_plan(folder)
    for row in plan.batteries.filter(plan.batteries["quantity"] == 1).iter_rows(named=True):
        epc = plan.names.battery(row)
        assert _place(ledger, epc) == (row["point_id"] and key_of(plan.names.place(row["point_id"])))
        found = _row(ledger, epc)
        assert found.container_id is None
        if row["soh"] is not None:
            assert found.health == pytest.approx(row["soh"])


def test_recording_twice_changes_nothing(ledger: Engine, folder: Path, recorded: PlanRecorded) -> None:
    again = record_plan(ledger, folder, NOW, _quiet)
    assert again == replace(recorded, already=recorded.reported + recorded.planned)


def test_a_later_plan_takes_back_what_nobody_carried_out(
    ledger: Engine, folder: Path, recorded: PlanRecorded, tmp_path: Path
) -> None:
    load, planned = _first_tour(ledger)
    record_step(ledger, StepAsked(load, "pickup/1", Found(AT)), NOW)
    other = plan_folder(tmp_path, seed=8)
    second = record_plan(ledger, other, NOW, _quiet)
    with ledger.connect() as connection:
        live = events_with(connection, {"status": "planned", "plan": recorded.plan_id})
    assert second.superseded == recorded.planned - len(live)
    assert {event["eventID"] for event in live} >= {event["eventID"] for event in planned}
    assert {event["voltloop:load"] for event in live if event["voltloop:load"].startswith("EU-T")} == {load}
    asked = StepAsked(load, "deliver", Found(AT + timedelta(hours=3)), plan=recorded.plan_id)
    assert record_step(ledger, asked, NOW).moved  # the vehicle that was on its way still arrives


def test_a_pickup_and_a_delivery_move_place_and_custody(
    ledger: Engine, folder: Path, recorded: PlanRecorded
) -> None:
    plan = read_plan(folder)
    load, planned = _first_tour(ledger)
    things = sorted(thing for thing in step_things(planned) if "/lot/" not in thing)
    record_step(ledger, StepAsked(load, "pickup/1", Found(AT, "A. Driver")), NOW)
    for thing in things:
        assert _row(ledger, thing).custody_id == key_of(plan.names.party(plan.operator))
    record_step(ledger, StepAsked(load, "deliver", Found(AT + timedelta(hours=3))), NOW)
    depot = plan.tours.filter(plan.tours["tour_id"] == load)["depot_id"][0]
    for thing in things:
        row = _row(ledger, thing)
        assert row.place_id == key_of(plan.names.place(depot))
        assert row.custody_id == key_of(plan.names.party(depot))


def test_what_stayed_behind_is_not_delivered(ledger: Engine, folder: Path, recorded: PlanRecorded) -> None:
    load, planned = _first_tour(ledger)
    left = min(thing for thing in step_things(planned) if "/lot/" not in thing)
    before = _place(ledger, left)
    record_step(ledger, StepAsked(load, "pickup/1", Found(AT, missing=frozenset({left}))), NOW)
    done = record_step(ledger, StepAsked(load, "deliver", Found(AT + timedelta(hours=3))), NOW)
    assert left not in done.moved
    assert f"{left} was not there" in done.differences
    assert _place(ledger, left) == before


def test_leaving_the_first_stop_is_not_leaving_the_second(ledger: Engine, recorded: PlanRecorded) -> None:
    with ledger.connect() as connection:
        stops = events_with(connection, {"status": "planned", "step": "pickup/2"})
    load = min(event["voltloop:load"] for event in stops)
    record_step(ledger, StepAsked(load, "pickup/1", Found(AT)), NOW)
    with ledger.connect() as connection:
        open_ = [one for one in late(connection, NOW) if one.load == load]
    assert {one.load_step for one in open_} >= {"pickup/2", "deliver"}
    assert "departing" in {one.step for one in open_ if one.load_step == "pickup/2"}
    assert "pickup/1" not in {one.load_step for one in open_}


def test_what_a_carried_out_step_left_behind_is_not_late(ledger: Engine, recorded: PlanRecorded) -> None:
    load, planned = _first_tour(ledger)
    left = min(thing for thing in step_things(planned) if "/lot/" not in thing)
    record_step(ledger, StepAsked(load, "pickup/1", Found(AT, missing=frozenset({left}))), NOW)
    with ledger.connect() as connection:
        assert not [one for one in late(connection, NOW) if (one.load, one.load_step) == (load, "pickup/1")]


def test_being_carried_does_not_change_the_condition(
    ledger: Engine, folder: Path, recorded: PlanRecorded
) -> None:
    plan = read_plan(folder)
    load, planned = _first_tour(ledger)
    things = [thing for thing in step_things(planned) if "/lot/" not in thing]
    before = {thing: _row(ledger, thing).disposition for thing in things}
    record_step(ledger, StepAsked(load, "pickup/1", Found(AT)), NOW)
    record_step(ledger, StepAsked(load, "deliver", Found(AT + timedelta(hours=3))), NOW)
    assert {thing: _row(ledger, thing).disposition for thing in things} == before
    assert set(before.values()) <= {"returned", "damaged", "non_conformant"}
    assert _row(ledger, plan.names.load(load)).disposition == "in_progress"


def test_what_is_not_there_on_delivery_does_not_arrive_with_its_package(
    ledger: Engine, recorded: PlanRecorded
) -> None:
    load, planned = _first_tour(ledger)
    lost = min(thing for thing in step_things(planned) if "/lot/" not in thing)
    extra = _of_another_load(ledger, load)
    record_step(ledger, StepAsked(load, "pickup/1", Found(AT, extra=(extra,))), NOW)
    carrier = _row(ledger, lost).custody_id
    found = Found(AT + timedelta(hours=3), missing=frozenset({lost}))
    assert lost not in record_step(ledger, StepAsked(load, "deliver", found), NOW).moved
    row = _row(ledger, lost)
    assert (row.place_id, row.container_id, row.custody_id) == (UNDER_WAY_ID, None, carrier)
    with ledger.connect() as connection:
        (alone,) = under_way(connection, NOW)
        (finding,) = findings(connection)
    assert (alone.epc, alone.hold) == (lost, "finding:delivery-short")
    assert (finding.code, finding.epc) == ("delivery-short", lost)
    assert f"{lost}: loaded on {load}, and 1 piece not there on delivery." in finding.message
    assert _row(ledger, extra).container_id is None


def test_what_came_on_top_may_be_missing_on_delivery(ledger: Engine, recorded: PlanRecorded) -> None:
    load, _ = _first_tour(ledger)
    extra = _of_another_load(ledger, load)
    record_step(ledger, StepAsked(load, "pickup/1", Found(AT, extra=(extra,))), NOW)
    found = Found(AT + timedelta(hours=3), missing=frozenset({extra}))
    assert extra not in record_step(ledger, StepAsked(load, "deliver", found), NOW).moved
    assert _place(ledger, extra) == UNDER_WAY_ID


def test_a_load_delivered_before_is_not_the_one_of_the_next_plan(
    ledger: Engine, recorded: PlanRecorded, tmp_path: Path
) -> None:
    load, _ = _first_tour(ledger)
    record_step(ledger, StepAsked(load, "pickup/1", Found(AT)), NOW)
    record_step(ledger, StepAsked(load, "deliver", Found(AT + timedelta(hours=3))), NOW)
    other = record_plan(ledger, plan_folder(tmp_path, seed=8), NOW, _quiet)
    done = record_step(ledger, StepAsked(load, "pickup/1", Found(AT + timedelta(hours=8))), NOW)
    assert done.plan == other.plan_id


def test_the_same_step_again_changes_nothing_and_another_is_refused(
    ledger: Engine, recorded: PlanRecorded
) -> None:
    load, _ = _first_tour(ledger)
    first = record_step(ledger, StepAsked(load, "pickup/1", Found(AT)), NOW)
    again = record_step(ledger, StepAsked(load, "pickup/1", Found(AT)), NOW)
    assert (first.already, again.already) == (0, again.events)
    with pytest.raises(InputError, match=r"was recorded before, and otherwise: eventID") as caught:
        record_step(ledger, StepAsked(load, "pickup/1", Found(AT + timedelta(hours=1))), NOW)
    assert caught.value.code == "step-recorded"


@pytest.mark.parametrize(
    ("load", "step", "code"),
    [
        ("EU-T9999", "pickup/1", "no-such-step"),
        (None, "pickup/99", "no-such-step"),
        (None, "deliver", "not-loaded"),
    ],
)
def test_steps_that_cannot_be_are_refused_in_words(
    ledger: Engine, recorded: PlanRecorded, load: str | None, step: str, code: str
) -> None:
    with pytest.raises(InputError) as caught:
        record_step(ledger, StepAsked(load or _first_tour(ledger)[0], step, Found(AT)), NOW)
    assert caught.value.code == code


def test_held_goods_do_not_leave(ledger: Engine, recorded: PlanRecorded) -> None:
    load, planned = _first_tour(ledger)
    thing = min(thing for thing in step_things(planned) if "/lot/" not in thing)
    record_own(ledger, hold([thing], "smells of solvent"), AT, "A. Driver", NOW)
    with pytest.raises(InputError, match="not to be moved") as caught:
        record_step(ledger, StepAsked(load, "pickup/1", Found(AT + timedelta(minutes=5))), NOW)
    assert caught.value.code == "held"
    left = Found(AT + timedelta(minutes=5), missing=frozenset({thing}))
    assert thing not in record_step(ledger, StepAsked(load, "pickup/1", left), NOW).moved


def test_a_sound_pack_found_damaged_is_judged_anew(
    ledger: Engine, folder: Path, recorded: PlanRecorded
) -> None:
    with ledger.connect() as connection:
        events = events_with(connection, {"status": "planned"})
    sound = next(
        event for event in events
        if event["bizStep"] == "packing" and event.get("voltloop:packing_instruction") in {"P903", "P909"}
        and event.get("childEPCs")
    )  # fmt: skip
    epc = sound["childEPCs"][0]
    asked = StepAsked(sound["voltloop:load"], sound["voltloop:step"], Found(AT, damaged=frozenset({epc})))
    with pytest.raises(InputError, match="P908") as caught:
        record_step(ledger, asked, NOW)
    assert caught.value.code == "unlawful-as-found"
    done = record_step(ledger, replace(asked, repacked=frozenset({epc})), NOW)
    assert f"{epc} is damaged" in done.differences
    assert _row(ledger, epc).disposition == "damaged"


def test_nothing_is_written_where_a_step_is_refused(ledger: Engine, recorded: PlanRecorded) -> None:
    load, _ = _first_tour(ledger)
    with pytest.raises(VoltloopError):
        record_step(ledger, StepAsked(load, "pickup/1", Found(NOW + timedelta(days=1))), NOW)
    with ledger.connect() as connection:
        assert events_with(connection, {"status": "actual"}) == []


def test_a_plan_folder_that_is_not_whole_is_refused(ledger: Engine, folder: Path, tmp_path: Path) -> None:
    broken = tmp_path / "broken"
    shutil.copytree(folder, broken)
    (broken / "stops.csv").unlink()
    with pytest.raises(InputError, match="not a whole plan folder"):
        record_plan(ledger, broken, NOW, _quiet)


@pytest.mark.parametrize(
    ("name", "change", "words"),
    [
        ("loads.csv", lambda text: text[: text.rindex("\nEU-") + 1], "loads.csv does not"),
        ("stops.csv", lambda text: text[: text.rindex("\nEU-") + 1], "stands in one of stops.csv"),
        ("tours.csv", lambda text: text[: text.rindex("\nEU-") + 1], "tours.csv does not"),
        ("tours.csv", lambda text: text.replace("2026-11-24", "tomorrow", 1), "not of the form YYYY-MM-DD"),
    ],
)
def test_a_plan_folder_that_was_cut_or_edited_is_refused(
    folder: Path, tmp_path: Path, name: str, change: Callable[[str], str], words: str
) -> None:
    broken = tmp_path / "broken"
    shutil.copytree(folder, broken)
    (broken / name).write_text(change((broken / name).read_text()))
    with pytest.raises(InputError, match=words):
        read_plan(broken)


def test_own_events_are_valid_and_idempotent(ledger: Engine) -> None:
    box, pack = "https://id.example.com/box", "https://id.example.com/pack"
    made = [
        seal_on(box, "AB1", seal_class="H", issuer="shipper", kind="bolt"),
        seal_check(box, "intact", "AB1"),
        seal_off(box, "AB1", issuer="shipper", reason="customs"),
        handover(
            [pack],
            "https://id.example.com/a",
            "https://id.example.com/b",
            "https://id.example.com/dock",
            None,
        ),
        inspection(
            pack, soh=0.83, method="capacity_test", device="https://id.example.com/tester", disposition=None
        ),
        hold([pack], "smells"),
    ]
    first = [record_own(ledger, event, AT, "C. Tester", NOW, is_new=True) for event in made]
    assert first == [record_own(ledger, event, AT, "C. Tester", NOW) for event in made]
    assert len(set(first)) == len(made)
    assert _row(ledger, pack).health == pytest.approx(0.83)


def test_a_seal_comes_off_by_its_number_whoever_issued_it(ledger: Engine) -> None:
    box = "https://id.example.com/box"
    on = seal_on(box, "AB1", seal_class="H", issuer="shipper", kind="bolt")
    record_own(ledger, on, AT, None, NOW, is_new=True)
    off = seal_off(box, "AB1", issuer=None, reason="customs")
    later = AT + timedelta(hours=1)
    assert record_own(ledger, off, later, None, NOW) == record_own(ledger, off, later, None, NOW)
    with ledger.connect() as connection:
        (seal,) = seals_of(connection, box, NOW)
        assert (seal.off_at, findings(connection)) == (later, [])
    record_own(ledger, seal_off(box, "AB2", issuer=None, reason=None), later, None, NOW)
    with ledger.connect() as connection:
        assert [one.code for one in findings(connection)] == ["seal-number-differs"]


def test_what_was_damaged_before_a_hold_is_damaged_after_it(ledger: Engine) -> None:
    pack, other = "https://id.example.com/pack", "https://id.example.com/other"
    told = inspection(pack, soh=None, method=None, device=None, disposition="damaged")
    record_own(ledger, told, AT, None, NOW, is_new=True)
    record_own(ledger, hold([pack, other], "smells"), AT + timedelta(minutes=1), None, NOW, is_new=True)
    record_own(ledger, hold([pack, other], "still smells"), AT + timedelta(minutes=2), None, NOW)
    assert _row(ledger, pack).hold == "still smells"
    for epc, disposition in ((pack, "damaged"), (other, "available")):
        release(ledger, epc, person="C. Shift", reason="aired", at=AT + timedelta(hours=1), now=NOW)
        assert (_row(ledger, epc).hold, _row(ledger, epc).disposition) == (None, disposition)


@pytest.mark.parametrize(
    ("make", "code"),
    [
        (lambda: seal_on("urn:x:1", "A", seal_class="X", issuer=None, kind=None), "bad-seal-class"),
        (lambda: seal_check("urn:x:1", "fine", None), "bad-seal-state"),
        (lambda: inspection("urn:x:1", soh=83.0, method=None, device=None, disposition=None), "bad-soh"),
        (
            lambda: inspection("urn:x:1", soh=None, method=None, device=None, disposition=None),
            "nothing-found",
        ),
    ],
)
def test_bad_words_are_refused(make: object, code: str) -> None:
    with pytest.raises(InputError) as caught:
        make()
    assert caught.value.code == code
