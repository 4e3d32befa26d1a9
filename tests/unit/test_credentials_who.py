"""Who may do a piece of work on a day, and what a lapse stops."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import polars as pl
import pytest

from voltloop.compliance import (
    CREDENTIAL_COLUMNS,
    Entitlement,
    PlannedWork,
    Work,
    classify,
    load_rulebook,
    stopped_work,
    who_may_carry,
    work_of,
)
from voltloop.compliance.credentials.rules import Need, Requirement
from voltloop.compliance.credentials.work import applies
from voltloop.errors import InputError, RulebookError

BOOK = load_rulebook()
ON = date(2026, 11, 24)
ABOVE = {"regulated": True, "above_limit": True, "waste": False}


def credentials(*rows: dict[str, Any]) -> pl.DataFrame:
    names = (*CREDENTIAL_COLUMNS, "holder_kind")
    cells = [{name: row.get(name) for name in names} for row in rows]
    return pl.DataFrame(cells, schema=dict.fromkeys(names, pl.String))


def held(
    holder: str, kind: str, start: str = "2026-01-01", end: str = "2027-12-31", **more: str
) -> dict[str, str]:
    return {"holder": holder, "kind": kind, "valid_from": start, "valid_to": end, **more}


def goods(mode: str, on: date = ON, **facts: Any) -> pl.DataFrame:
    row = {"chemistry": "li_ion", "form": "battery", "unit_kind": "battery", "energy_wh": 50000.0, "state": "used",
           "un38_3_tested": "yes", "net_mass_kg": 400.0, "quantity": 1.0, "package_gross_kg": 430.0,
           **facts}  # fmt: skip
    frame = pl.DataFrame([row])
    verdicts = classify(frame, BOOK, mode=mode, on=on)
    return verdicts.with_columns(frame.select("net_mass_kg", "quantity", "package_gross_kg", "state"))


def answers(found: tuple[Entitlement, ...], role: str) -> dict[str, str]:
    return {one.holder: one.answer for one in found if one.role == role}


def lacks(found: tuple[Entitlement, ...], holder: str, role: str = "driver") -> dict[str, str]:
    (one,) = [one for one in found if one.holder == holder and one.role == role]
    return {lack.requirement: lack.status for lack in one.lacks}


@pytest.mark.parametrize(
    ("end", "answer"), [("2026-11-24", "yes"), ("2026-11-23", "no"), ("2027-01-01", "yes")]
)
def test_a_driver_certificate_holds_to_its_last_day(end: str, answer: str) -> None:
    work = work_of(None, mode="road_eu", on=ON, countries=["DE"], stated=ABOVE)
    found = who_may_carry(credentials(held("Anna", "adr_driver", "2022-01-01", end)), work, ON)
    assert answers(found, "driver") == {"Anna": answer}
    if answer == "no":
        assert lacks(found, "Anna")["ADR.cred.driver"] == "expired"


@pytest.mark.parametrize(("start", "answer"), [("2026-11-24", "yes"), ("2026-11-25", "no")])
def test_a_certificate_does_not_hold_before_its_first_day(start: str, answer: str) -> None:
    work = work_of(None, mode="road_eu", on=ON, countries=["DE"], stated=ABOVE)
    found = who_may_carry(credentials(held("Anna", "adr_driver", start, "2031-01-01")), work, ON)
    assert answers(found, "driver") == {"Anna": answer}


@pytest.mark.parametrize(("mass", "needs"), [(333.0, False), (333.1, True)])
def test_the_certificate_is_needed_above_the_small_load_limit(mass: float, needs: bool) -> None:
    work = work_of(goods("road_eu", net_mass_kg=mass), mode="road_eu", on=ON, countries=["DE"])
    found = who_may_carry(credentials(held("Ben", "awareness_training", end="")), work, ON)
    assert answers(found, "driver") == {"Ben": "no" if needs else "yes"}
    assert ("ADR.cred.driver" in lacks(found, "Ben")) is needs


def test_every_answer_names_requirement_paragraph_and_edition() -> None:
    work = work_of(None, mode="road_eu", on=ON, countries=["DE"], stated=ABOVE)
    (anna,) = [
        one for one in who_may_carry(credentials(held("Anna", "dgsa")), work, ON) if one.role == "driver"
    ]
    lack = anna.lacks[0]
    assert (lack.status, lack.cite, lack.edition) == ("missing", ("ADR 8.2.1",), "ADR-2025")
    assert lack.say.endswith(".")


def test_a_german_certificate_holds_in_france_and_an_american_one_does_not() -> None:
    work = work_of(None, mode="road_eu", on=ON, countries=["DE", "FR"], stated=ABOVE)
    table = credentials(
        held("Anna", "adr_driver", jurisdiction="DE"), held("Bob", "adr_driver", jurisdiction="US")
    )
    found = who_may_carry(table, work, ON)
    assert answers(found, "driver") == {"Anna": "yes", "Bob": "no"}
    assert lacks(found, "Bob")["ADR.cred.driver"] == "elsewhere"


@pytest.mark.parametrize(
    ("scope", "answer"), [("", "yes"), ("9", "yes"), ("UN 3480", "yes"), ("8", "no"), ("3;8", "no")]
)
def test_the_scope_of_a_certificate_must_cover_the_goods(scope: str, answer: str) -> None:
    work = work_of(goods("road_eu"), mode="road_eu", on=ON, countries=["DE"])
    found = who_may_carry(credentials(held("Anna", "adr_driver", scope=scope)), work, ON)
    assert answers(found, "driver") == {"Anna": answer}
    if answer == "no":
        assert lacks(found, "Anna")["ADR.cred.driver"] == "out_of_scope"


def test_a_narrow_scope_over_unknown_goods_is_undecided() -> None:
    work = work_of(None, mode="road_eu", on=ON, countries=["DE"], stated=ABOVE)
    found = who_may_carry(credentials(held("Anna", "adr_driver", scope="9")), work, ON)
    assert answers(found, "driver") == {"Anna": "undecided"}


def test_what_nobody_stated_leaves_only_those_undecided_who_would_need_it() -> None:
    """Whether the load is above the limit is open: the certificate holder may drive it either way."""
    work = work_of(None, mode="road_eu", on=ON, countries=["DE"], stated={"regulated": True, "waste": False})
    table = credentials(held("Anna", "adr_driver"), held("Ben", "awareness_training"))
    found = who_may_carry(table, work, ON)
    assert answers(found, "driver") == {"Anna": "yes", "Ben": "undecided"}
    (ben,) = [one for one in found if one.holder == "Ben" and one.role == "driver"]
    assert ben.lacks[0].facts == ("above_limit",)


def test_awareness_training_older_than_the_edition_is_due_but_does_not_stop() -> None:
    work = work_of(
        None,
        mode="road_eu",
        on=ON,
        countries=["DE"],
        stated={"regulated": True, "above_limit": False, "waste": False},
    )
    table = credentials(
        held("Old", "awareness_training", "2024-12-31", ""),
        held("New", "awareness_training", "2025-01-01", ""),
    )
    found = who_may_carry(table, work, ON)
    assert answers(found, "driver") == {"New": "yes", "Old": "yes"}
    status = {one.holder: one.requirements[0].status for one in found if one.role == "driver"}
    assert status == {"New": "held", "Old": "refresh_due"}


@pytest.mark.parametrize(("day", "status"), [(date(2025, 6, 30), "held"), (date(2025, 7, 1), "refresh_due")])
def test_training_is_due_when_the_new_edition_becomes_mandatory(day: date, status: str) -> None:
    work = work_of(
        None,
        mode="road_eu",
        on=day,
        countries=["DE"],
        stated={"regulated": True, "above_limit": False, "waste": False},
    )
    found = who_may_carry(credentials(held("Old", "awareness_training", "2024-06-01", "")), work, day)
    assert [one.requirements[0].status for one in found if one.role == "driver"] == [status]


@pytest.mark.parametrize(
    ("day", "answer", "status"),
    [(date(2026, 11, 30), "yes", "grace"), (date(2026, 12, 1), "no", "missing")],
)
def test_new_american_staff_have_90_days(day: date, answer: str, status: str) -> None:
    work = work_of(None, mode="road_us", on=day, stated={"regulated": True, "placarded": False})
    found = who_may_carry(credentials(held("Dan", "employment", "2026-09-01", "")), work, day)
    assert answers(found, "driver") == {"Dan": answer}
    assert [one.requirements[0].status for one in found if one.role == "driver"] == [status]


@pytest.mark.parametrize(("day", "answer"), [(date(2026, 9, 30), "yes"), (date(2026, 10, 1), "no")])
def test_american_training_holds_three_years(day: date, answer: str) -> None:
    work = work_of(goods("road_us", day), mode="road_us", on=day)
    found = who_may_carry(credentials(held("Eve", "hazmat_training", "2023-10-01", "")), work, day)
    assert answers(found, "driver") == {"Eve": answer}


@pytest.mark.parametrize(
    ("chemistry", "gross", "placarded"),
    [
        ("li_ion", 5000.0, False),
        ("lead_acid_flooded", 454.0, False),
        ("lead_acid_flooded", 454.1, True),
        ("na_nicl2", 10.0, True),
    ],
)
def test_american_placards_ask_for_an_endorsement(chemistry: str, gross: float, placarded: bool) -> None:
    """Class 9 needs none within the country; class 8 above 1001 lb and class 4.3 at any quantity do."""
    items = goods("road_us", chemistry=chemistry, net_mass_kg=9.0, package_gross_kg=gross)
    work = work_of(items, mode="road_us", on=ON)
    assert work.load["placarded"] is placarded
    found = who_may_carry(credentials(held("Eve", "hazmat_training")), work, ON)
    assert ("49CFR.cred.cdl" in lacks(found, "Eve")) is placarded


def test_waste_needs_a_registration_in_each_country_on_the_way() -> None:
    stated = {"regulated": True, "above_limit": False, "waste": True, "procedure": "notification"}
    work = work_of(None, mode="road_eu", on=ON, countries=["DE", "FR", "CH"], stated=stated)
    one = credentials(held("Carrier", "waste_carrier", jurisdiction="DE"))
    both = pl.concat([one, credentials(held("Carrier", "waste_carrier", jurisdiction="FR"))])
    assert answers(who_may_carry(one, work, ON), "carrier") == {"Carrier": "no"}
    assert answers(who_may_carry(both, work, ON), "carrier") == {"Carrier": "yes"}
    (lack,) = who_may_carry(one, work, ON)[-1].lacks
    assert (lack.status, lack.countries) == ("elsewhere", ("FR",))


@pytest.mark.parametrize(("on", "covered"), [(date(2026, 11, 8), False), (date(2026, 11, 9), True)])
def test_the_scope_of_a_waste_permit_follows_the_list_of_waste(on: date, covered: bool) -> None:
    """Lithium batteries are 16 06 07* from 2026-11-09; a permit for that code does not cover the code before."""
    work = work_of(goods("road_eu", on, state="waste"), mode="road_eu", on=on, countries=["DE"])
    table = credentials(held("Carrier", "waste_carrier", jurisdiction="DE", scope="16 06 07*"))
    assert answers(who_may_carry(table, work, on), "carrier") == {"Carrier": "yes" if covered else "no"}


def test_a_notified_shipment_needs_consent_guarantee_and_contract() -> None:
    work = work_of(goods("road_eu", state="waste"), mode="road_eu", on=ON, countries=["DE", "PL"])
    assert work.load["procedure"] == "notification"
    table = credentials(
        held("Sender", "waste_consent", jurisdiction="DE;PL"), held("Sender", "waste_contract")
    )
    found = who_may_carry(table, work, ON, activity="export")
    assert lacks(found, "Sender", "consignor") == {"WSR.cred.guarantee": "missing"}


def test_one_safety_adviser_is_enough_for_all() -> None:
    work = work_of(None, mode="road_eu", on=ON, countries=["DE"], stated=ABOVE)
    found = who_may_carry(credentials(held("Anna", "dgsa"), held("Ben", "adr_driver")), work, ON)
    assert answers(found, "adviser") == {"Anna": "yes"}
    found = who_may_carry(credentials(held("Ben", "adr_driver")), work, ON)
    assert answers(found, "adviser") == {"": "no"}


def test_holders_without_any_credential_can_be_named() -> None:
    work = work_of(None, mode="road_eu", on=ON, countries=["DE"], stated=ABOVE)
    found = who_may_carry(credentials(held("Anna", "adr_driver")), work, ON, holders={"Zoe": "person"})
    assert answers(found, "driver") == {"Anna": "yes", "Zoe": "no"}


def test_exempt_goods_need_nothing() -> None:
    small = goods("road_eu", energy_wh=60.0, net_mass_kg=8.0, package_gross_kg=10.0)
    assert (
        who_may_carry(
            credentials(),
            work_of(small, mode="road_eu", on=ON, countries=["DE"], stated={"waste": False}),
            ON,
        )
        == ()
    )


@pytest.mark.parametrize(
    ("facts", "approval"),
    [
        ({"state": "prototype"}, "ICAO.cred.A88"),
        ({"state": "waste"}, "ICAO.cred.A183"),
        ({"soc": 0.31}, "ICAO.cred.A331"),
    ],
)
def test_approvals_by_air_are_asked_of_the_consignor(facts: dict[str, Any], approval: str) -> None:
    items = goods(
        "air_cargo",
        **{"soc": 0.3, "package_net_kg": 20.0, "net_mass_kg": 20.0, "package_gross_kg": 25.0, **facts},
    )
    work = work_of(items, mode="air_cargo", on=ON, countries=["DE", "US"])
    kind = approval.replace("ICAO.cred.A", "approval_a")
    table = credentials(
        held("Sender", kind, scope="UN 3480"), held("Other", "liability_insurance", jurisdiction="DE")
    )
    found = who_may_carry(table, work, ON, activity="consign")
    assert lacks(found, "Sender", "consignor") == {}
    assert lacks(found, "Other", "consignor") == {approval: "missing"}


@pytest.mark.parametrize(("day", "answer"), [(date(2026, 9, 30), "yes"), (date(2026, 10, 1), "no")])
def test_air_training_holds_24_months(day: date, answer: str) -> None:
    work = work_of(
        None, mode="air_cargo", on=day, countries=["DE"], stated={"regulated": True, "small_air": False}
    )
    found = who_may_carry(credentials(held("Fay", "iata_cbta", "2024-10-01", "")), work, day, activity="pack")
    assert answers(found, "packer") == {"Fay": answer}


def test_instruction_is_enough_for_small_batteries_by_air() -> None:
    work = work_of(None, mode="air_pax", on=ON, stated={"regulated": False, "small_air": True})
    found = who_may_carry(
        credentials(held("Gus", "section_ii_instruction", end="")), work, ON, activity="pack"
    )
    assert answers(found, "packer") == {"Gus": "yes"}


def test_damaged_and_critical_batteries_ask_for_expert_and_packaging() -> None:
    work = work_of(
        goods("road_eu", state="critical", liable_to_react="yes"), mode="road_eu", on=ON, countries=["DE"]
    )
    found = who_may_carry(credentials(held("Sender", "dgsa", holder_kind="person")), work, ON, activity="consign",
                          holders={"Recycler": "undertaking"})  # fmt: skip
    assert lacks(found, "Recycler", "consignor") == {"ADR.cred.critical": "missing"}
    assert answers(found, "assessor") == {"": "no"}


def test_a_site_stores_and_treats_waste_under_its_permits() -> None:
    work = work_of(
        None,
        mode="road_eu",
        on=ON,
        countries=["DE"],
        stated={"waste": True, "regulated": True, "above_limit": True},
    )
    table = credentials(held("Hub", "waste_storage_permit", jurisdiction="DE"))
    assert answers(who_may_carry(table, work, ON, activity="store"), "site") == {"Hub": "yes"}
    assert answers(who_may_carry(table, work, ON, activity="treat"), "site") == {"Hub": "no"}


@pytest.mark.parametrize(("stored", "answer"), [(4999.9, "yes"), (5000.0, "no")])
def test_large_american_handlers_notify_epa(stored: float, answer: str) -> None:
    work = work_of(None, mode="road_us", on=ON, stated={"waste": True, "stored_kg": stored})
    found = who_may_carry(credentials(), work, ON, activity="store", holders={"Hub": "site"})
    assert answers(found, "site").get("Hub", "yes") == answer


def test_bad_questions_are_refused_in_words() -> None:
    with pytest.raises(InputError, match="above_limit"):
        work_of(None, mode="road_eu", on=ON, stated={"above_limt": True})
    with pytest.raises(InputError, match="yes or no"):
        work_of(None, mode="road_eu", on=ON, stated={"waste": "perhaps"})
    with pytest.raises(InputError, match="XX"):
        work_of(None, mode="road_eu", on=ON, countries=["XX"])
    with pytest.raises(RulebookError):
        who_may_carry(credentials(), Work("rode_eu"), ON)
    with pytest.raises(InputError, match="cannot be used"):
        who_may_carry(credentials({"holder": "A", "kind": "nothing"}), Work("road_eu"), ON)


def job(name: str, on: date, **assigned: tuple[str, ...]) -> PlannedWork:
    return PlannedWork(
        name, on, work_of(None, mode="road_eu", on=on, countries=["DE"], stated=ABOVE), assigned
    )


def test_a_lapse_stops_the_work_after_it_and_not_before() -> None:
    table = credentials(
        held("Anna", "adr_driver", "2022-01-01", "2026-12-01"), held("Ben", "adr_driver"), held("DG", "dgsa")
    )
    jobs = [job(f"T{day}", ON + timedelta(days=day), driver=("Anna",)) for day in (0, 7, 8, 30, 31)]
    found = stopped_work(jobs, table, ON, 30)
    lost = found.filter(pl.col("requirement") == "ADR.cred.driver")
    assert lost["work_id"].to_list() == ["T8", "T30"]
    assert lost["is_new"].to_list() == [True, True]
    assert lost["lapsed_after"].to_list() == [date(2026, 12, 1)] * 2
    assert lost["instead"].to_list() == ["Ben", "Ben"]


def test_a_renewal_without_a_day_between_stops_nothing() -> None:
    rows = [held("Anna", "adr_driver", "2022-01-01", "2026-12-01"), held("DG", "dgsa")]
    jobs = [job("T8", ON + timedelta(days=8), driver=("Anna",))]
    on_time = credentials(*rows, held("Anna", "adr_driver", "2026-12-02", "2031-12-01"))
    late = credentials(*rows, held("Anna", "adr_driver", "2026-12-03", "2031-12-02"))
    assert stopped_work(jobs, on_time, ON, 30).is_empty()
    assert stopped_work(jobs, late, ON, 30)["work_id"].unique().to_list() == ["T8"]


def test_what_was_lacking_before_is_told_apart_from_what_lapses() -> None:
    jobs = [job("T1", ON, driver=("Zoe",))]
    found = stopped_work(jobs, credentials(held("DG", "dgsa")), ON, 5)
    assert set(found["is_new"].to_list()) == {False}
    assert set(found["status"].to_list()) == {"missing"}


def test_a_safety_adviser_is_missed_even_where_nobody_is_assigned() -> None:
    found = stopped_work([job("T1", ON)], credentials(held("DG", "dgsa", end="2026-11-23")), ON, 5)
    assert found.select("role", "holder", "status").rows() == [("adviser", "DG", "expired")]


def test_an_unknown_role_is_refused() -> None:
    with pytest.raises(InputError, match="driver"):
        stopped_work([job("T1", ON, drivr=("Anna",))], credentials(), ON, 5)


def test_nobody_may_carry_goods_that_may_not_travel() -> None:
    """No credential heals a forbidden load; an undecided one names the fact."""
    table = credentials(held("Anna", "adr_driver"))
    forbidden = work_of(goods("road_eu", un38_3_tested="no"), mode="road_eu", on=ON, countries=["DE"])
    assert set(answers(who_may_carry(table, forbidden, ON), "driver").values()) == {"no"}
    assert lacks(who_may_carry(table, forbidden, ON), "Anna")["goods"] == "forbidden"
    undecided = work_of(goods("road_eu", un38_3_tested=None), mode="road_eu", on=ON, countries=["DE"])
    found = who_may_carry(table, undecided, ON)
    assert set(answers(found, "driver").values()) <= {"undecided", "no"}
    assert "un38_3_tested" in found[0].requirements[0].facts
    jobs = [PlannedWork("T1", ON, forbidden, {"driver": ("Anna",)})]
    assert "goods" in stopped_work(jobs, table, ON, 1)["requirement"].to_list()


def test_a_prohibited_export_is_open_to_nobody() -> None:
    work = work_of(goods("road_eu", state="waste"), mode="sea", on=ON, countries=["DE", "NG"])
    assert work.load["procedure"] == "prohibited"
    found = who_may_carry(credentials(held("Sender", "waste_contract")), work, ON, activity="export")
    assert {one.answer for one in found} == {"no"}


@pytest.mark.parametrize("requirement", BOOK.credentials.requirements, ids=lambda one: one.id)
def test_each_requirement_asks_exactly_under_its_conditions(requirement: Requirement) -> None:
    """It asks when all its conditions hold, not when one fails, and is open while one is unknown."""
    silent = {
        name: fact.unless_stated for name, (_, fact) in BOOK.credentials.facts.items() if fact.unless_stated
    }
    met: dict[str, Any] = {need.fact: value_that(need, True) for need in requirement.when}
    fails: dict[str, Any] = {need.fact: value_that(need, False) for need in requirement.when}
    assert applies(requirement, work_with(requirement, met), silent) == (True, frozenset())
    for need in requirement.when:
        assert (
            applies(requirement, work_with(requirement, {**met, need.fact: fails[need.fact]}), silent)[0]
            is False
        )
        asked, facts = applies(requirement, work_with(requirement, {**met, need.fact: None}), silent)
        if need.fact in silent:
            assert asked is need.holds(silent[need.fact])
        else:
            assert (asked, facts) == (None, {need.fact})


def value_that(need: Need, is_met: bool) -> Any:
    fact = BOOK.credentials.facts[need.fact][1]
    choices: list[Any] = {
        "boolean": [True, False],
        "decimal": [0.0, 4999.9, 5000.0],
        "choice": list(fact.values),
    }.get(fact.kind, ["nothing", *need.words])
    return next(value for value in choices if need.holds(value) is is_met)


def work_with(requirement: Requirement, facts: dict[str, Any]) -> Work:
    of = {need.fact: need.of for need in requirement.when}
    load = {name: value for name, value in facts.items() if of[name] == "load" and value is not None}
    row = {name: value for name, value in facts.items() if of[name] == "goods"}
    return Work(min(requirement.modes), ("DE",), load, (row,))


@pytest.mark.parametrize(
    ("hazard_class", "gross", "quantity", "placarded"),
    [("9", 9000.0, 1.0, False), ("3 (8)", 454.0, 1.0, False), ("3 (8)", 455.0, 1.0, True), ("4.3", 1.0, 1.0, True),
     ("6.1", 500.0, 1.0, True), ("8", None, 1.0, None), ("8", 100.0, 4.0, False), ("8", 100.0, 5.0, None),
     ("8", None, 455.0, True)],
)  # fmt: skip
def test_american_placards_by_class_and_gross_mass(
    hazard_class: str, gross: float | None, quantity: float, placarded: bool | None
) -> None:
    frame = pl.DataFrame(
        {"outcome": ["allowed"], "hazard_class": [hazard_class], "net_mass_kg": [1.0], "quantity": [quantity],
         "package_gross_kg": [gross], "is_waste": [False]},
        schema_overrides={"package_gross_kg": pl.Float64},
    )  # fmt: skip
    assert work_of(frame, mode="road_us", on=ON).load.get("placarded") is placarded


def test_a_role_that_nobody_in_the_table_could_fill_is_said() -> None:
    """A table without a single person must not look as if a load above the limit had its driver."""
    work = work_of(None, mode="road_eu", on=ON, countries=("DE",), stated=ABOVE)
    found = who_may_carry(
        credentials(held("Carrier Ltd", "liability_insurance", holder_kind="undertaking")), work, ON
    )
    assert answers(found, "driver") == {"": "no"}
