"""Why an item may travel: the words of the command line, the chain of reasons, what follows and who signs."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path

import pytest

from voltloop.app.explain_item import explain_facts, explain_row
from voltloop.app.explain_text import text_of
from voltloop.app.explain_words import facts_help, facts_of_words
from voltloop.app.scenarios import Defaults
from voltloop.compliance import load_rulebook
from voltloop.errors import InputError

BOOK = load_rulebook()
ON = date(2026, 11, 24)
PACK = {
    "chemistry": "li_ion", "form": "battery", "unit_kind": "battery", "energy_wh": "90", "state": "used",
    "package_gross_kg": "35", "un38_3_tested": "yes",
}  # fmt: skip


def test_facts_are_read_from_words() -> None:
    words = "--energy-wh=90 --un38-3-tested --leaking-case no --gross-mass-kg 35 --discharged-0v --run-gt-100 FILE"
    facts, rest = facts_of_words(words.split(), BOOK)
    assert facts == {
        "energy_wh": "90", "un38_3_tested": "yes", "leaking_case": "no", "gross_mass_kg": "35", "run_gt_100": "yes",
        "flags": "discharged_0v",
    }  # fmt: skip
    assert rest == ["FILE"]


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        ("--energy-w 5", "unknown-fact", ["--energy-w is neither", 'mean "--energy-wh"']),
        ("--state --energy-wh 5", "fact-without-value", ["--state needs a value", "one of new, used"]),
        ("--energy-wh", "fact-without-value", ["--energy-wh needs a value"]),
        ("--state new --state used", "fact-twice", ["--state stands twice"]),
        ("--outcome allowed", "unknown-fact", ["--outcome is neither"]),
    ],
)
def test_bad_words_are_refused_with_what_was_meant(words: str, code: str, said: list[str]) -> None:
    with pytest.raises(InputError) as caught:
        facts_of_words(words.split(), BOOK)
    assert caught.value.code == code
    for part in said:
        assert part in caught.value.message


def test_the_help_lists_every_fact_and_flag() -> None:
    text = "\n".join(facts_help(BOOK))
    for name, fact in BOOK.facts.items():
        assert (f"  --{name.replace('_', '-')} " in text) is not fact.is_derived
    for flag in BOOK.flags:
        assert f"--{flag.replace('_', '-')}" in text
    assert max(map(len, text.splitlines())) <= 100


def test_the_chain_names_rule_paragraph_and_reason() -> None:
    item = explain_facts(PACK, BOOK, Defaults("road_eu", ON))
    text = text_of(item)
    assert text.startswith(
        "allowed, UN 3480 LITHIUM ION BATTERIES, class 9, packing P903\nroad_eu on 2026-11-24 under ADR-2025"
    )
    for part in (
        "[ADR.SP188.none; ADR 3.3.1 SP 188]",
        "energy_wh 90 Wh",
        "Labels: 9A",
        "Tunnel code: E",
        "trained person",
    ):
        assert part in text
    assert "not ADR.SP188.alone: package_gross_kg is 35 kg, it asks for <=30" in text
    other = "not ADR.special.sp636: branch is sound, it asks for waste"
    assert other not in text
    assert other in text_of(item, with_considered=True)
    assert max(map(len, text.splitlines())) <= 100


def test_a_long_row_of_near_misses_is_cut_and_counted() -> None:
    item = explain_facts({"material": "graphite"}, BOOK, Defaults("sea", ON))
    text = text_of(item)
    assert text.count("not UN.entry.") <= 6
    assert "others that do not apply (--considered lists them)" in text
    assert "others that do not apply" not in text_of(item, with_considered=True)


def test_numbers_are_shown_as_they_were_stated() -> None:
    item = explain_facts({**PACK, "form": "packed_with", "soc": 30.01 / 100}, BOOK, Defaults("air_cargo", ON))
    assert "soc 0.3001" in text_of(item)
    assert "0.30010" not in text_of(item)


def test_a_missing_fact_is_named_with_whom_to_ask() -> None:
    facts = {name: value for name, value in PACK.items() if name != "package_gross_kg"}
    item = explain_facts(facts, BOOK, Defaults("road_eu", ON))
    assert item.answers["outcome"] == "undecided"
    assert item.ask == {"package_gross_kg": "Ask whoever packs the goods to weigh the package."}
    text = text_of(item)
    assert "If package_gross_kg is" in text
    assert "package_gross_kg: Ask whoever packs the goods" in text


def test_in_a_transition_every_edition_that_was_read_explains_itself() -> None:
    facts = {"chemistry": "li_ion", "form": "vehicle", "state": "new"}
    item = explain_facts(facts, BOOK, Defaults("road_eu", date(2025, 2, 1)))
    assert [(one.edition, one.decides) for one in item.readings] == [("ADR-2025", True), ("ADR-2023", False)]
    assert [one.explanation.verdict["un_number"] for one in item.readings] == ["3556", "3171"]
    text = text_of(item)
    assert "ADR-2023 is lawful on this day as well" in text
    assert "[ADR.id.ev.before;" in text


def test_what_cannot_be_is_told_and_the_rest_still_explained() -> None:
    item = explain_facts({**PACK, "soc_percent": "130"}, BOOK, Defaults("air_cargo", ON))
    assert item.answers["outcome"] == "undecided"
    assert "soc_percent 130 cannot be" in text_of(item)
    nowhere = explain_facts(PACK, BOOK, Defaults(None, ON))
    assert nowhere.readings == ()
    assert "mode: Say how the goods travel." in text_of(nowhere)


def test_the_document_holds_the_same() -> None:
    document = explain_facts(PACK, BOOK, Defaults("road_eu", ON)).document()
    document = json.loads(json.dumps(document))
    assert document["schema"] == "explain/1"
    assert document["verdict"]["outcome"] == "allowed"
    rules = [fired["rule"] for step in document["editions"][0]["steps"] for fired in step["fired"]]
    assert "ADR.lithium.sound" in rules
    assert document["verdict"]["rules"].split(";") == [
        one for one in rules if one in document["verdict"]["rules"].split(";")
    ]


def test_a_row_of_a_file_is_explained_with_its_load(tmp_path: Path) -> None:
    head = "id,chemistry,form,unit_kind,energy_wh,state,mode,date,units,net_battery_mass_kg,load_id,flags\n"
    rows = [
        f"{name},li_ion,battery,battery,40,waste,road_eu,2026-11-24,1,200,L,qa_333kg\n" for name in ("A", "B")
    ]
    (tmp_path / "in.csv").write_text(head + "".join(rows))
    item = explain_row(tmp_path / "in.csv", "B", BOOK, Defaults(), ON)
    assert item.answers["id"] == "B"
    assert item.answers["outcome"] == "allowed"
    rules = [fired.rule_id for step in item.readings[0].explanation.steps for fired in step.fired]
    assert "ADR.quality.above" in rules
    assert "400 kg ride on the unit" in text_of(item)
    for wanted, words in ((None, "--id is missing"), ("C", 'no row has the id "C"')):
        with pytest.raises(InputError) as caught:
            explain_row(tmp_path / "in.csv", wanted, BOOK, Defaults(), ON)
        assert words in caught.value.message
