"""Why a verdict is what it is."""

from __future__ import annotations

from datetime import date

import pytest

from voltloop.compliance import Explanation, explain, load_rulebook

BOOK = load_rulebook()
ON = date(2026, 11, 24)
PACK = {"chemistry": "li_ion", "form": "battery", "unit_kind": "battery", "state": "used", "energy_wh": 90,
        "package_gross_kg": 35, "un38_3_tested": True}  # fmt: skip


def why(**facts: object) -> Explanation:
    return explain({**PACK, **facts}, BOOK, "road_eu", ON)


def test_each_table_asked_gives_a_step_with_rule_and_paragraph() -> None:
    found = why()
    assert [step.table for step in found.steps][:4] == ["goods", "kind", "condition", "identity"]
    assert all(fired.cite and fired.say for step in found.steps for fired in step.fired)
    named = {fired.rule_id for step in found.steps for fired in step.fired}
    assert set(found.verdict["rules"].split(";")) <= named


def test_rules_that_did_not_answer_say_why() -> None:
    relief = next(step for step in why().steps if step.title == "Special provision 188")
    reasons = {other.rule_id: other.why_not for other in relief.considered}
    assert reasons["ADR.SP188.alone"] == "package_gross_kg is 35 kg, it asks for <=30"


def test_an_exception_that_goes_first_is_named() -> None:
    relief = next(step for step in why(package_gross_kg=20).steps if step.title == "Special provision 188")
    assert {other.why_not for other in relief.considered if other.rule_id == "ADR.SP188.none"} == {
        "ADR.SP188.alone goes before it"
    }


def test_an_unknown_fact_shows_both_branches_and_whom_to_ask() -> None:
    found = why(energy_wh=None, package_gross_kg=20)
    assert found.verdict["outcome"] == "undecided"
    assert set(found.ask) == {"energy_wh"}
    size = next(step for step in found.steps if step.table == "size")
    assert {fired.rule_id for fired in size.fired} == {
        "ADR.size.energy.battery.small",
        "ADR.size.energy.battery.large",
    }
    assert all("energy_wh" in fired.assuming for fired in size.fired)


def test_the_text_reads_from_verdict_to_notes() -> None:
    text = why(soc=1.3).text(with_considered=True)
    assert text.startswith("undecided under ADR-2025")
    assert "ADR 3.3.1 SP 188" in text
    assert "not ADR.SP188.alone: package_gross_kg is 35 kg" in text
    assert "soc 1.3 cannot be" in text


def test_nothing_stated_is_explained_too() -> None:
    assert explain({}, BOOK, "road_us", ON).verdict["outcome"] == "undecided"


@pytest.mark.parametrize(("on", "is_open"), [(date(2026, 12, 31), True), (date(2027, 1, 1), False)])
def test_a_transitional_measure_ends_with_its_day(on: date, is_open: bool) -> None:
    """The lithium battery mark with a telephone number may be used on road until 31 December 2026."""
    goods = {
        "chemistry": "li_ion", "form": "battery", "unit_kind": "battery", "state": "new", "energy_wh": 60.0,
        "package_gross_kg": 10.0, "un38_3_tested": True,
    }  # fmt: skip
    found = explain(goods, load_rulebook(), "road_eu", on)
    assert ("telephone number" in found.text()) is is_open
    assert found.verdict["marks"] == "battery mark with UN 3480"
