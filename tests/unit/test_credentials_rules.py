"""The credentials part of the rulebook: its data, and what loading refuses."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from voltloop.compliance import load_rulebook
from voltloop.compliance.credential_rules import read_credential_rules
from voltloop.compliance.rulebook import packaged_folder
from voltloop.errors import RulebookError

BOOK = load_rulebook()
RULES = BOOK.credentials


def test_every_requirement_says_what_and_where() -> None:
    for one in RULES.requirements:
        assert one.say.endswith("."), one.id
        assert one.cite, one.id
        assert one.id.startswith(f"{one.regime}.cred."), one.id
        assert one.modes, one.id


def test_what_is_needed_can_be_held_by_whoever_needs_it() -> None:
    for one in RULES.requirements:
        for kind in one.needs:
            assert RULES.roles[one.role].holder_kind in RULES.kinds[kind].holder_kinds, one.id


def test_every_kind_says_what_it_is_and_every_fact_whom_to_ask() -> None:
    for kind in RULES.kinds.values():
        assert kind.say.endswith("."), kind.name
        assert kind.cite, kind.name
    for _, fact in RULES.facts.values():
        assert fact.ask, fact.name
        assert fact.meaning, fact.name


@pytest.mark.parametrize(
    ("kind", "months", "recognised"),
    [
        ("adr_driver", 60, "adr_party"), ("dgsa", 60, "adr_party"), ("iata_cbta", 24, "world"),
        ("hazmat_training", 36, "US"), ("awareness_training", None, "world"), ("imdg_training", None, "world"),
        ("waste_carrier", None, ""),
    ],
)  # fmt: skip
def test_periods_are_those_of_the_law(kind: str, months: int | None, recognised: str) -> None:
    assert (RULES.kinds[kind].validity_months, RULES.kinds[kind].recognised) == (months, recognised)


@pytest.mark.parametrize(
    ("file", "old", "new", "code", "word"),
    [
        ("requirements.csv", ",adr_driver,driver,", ",adr_drivr,driver,", "rulebook-value",
         'Did you mean "adr_driver"'),
        ("requirements.csv", ",adr_driver,driver,", ",adr_driver,drivers,", "rulebook-value", "drivers"),
        ("requirements.csv", "ADR.cred.driver,ADR,road_eu", "ADR.cred.driver,ADR,road", "rulebook-value", "road"),
        ("requirements.csv", "ADR.cred.driver,ADR,road_eu,,ADR-2023", "ADR.cred.driver,ADR,road_eu,,ADR-2022",
         "rulebook-edition", "ADR-2022"),
        ("requirements.csv", "ADR.cred.driver,", "ADR.cred.driver_awareness,", "rulebook-twice",
         "ADR.cred.driver_awareness"),
        ("requirements.csv", "when.waste", "when.wast", "rulebook-fact", 'Did you mean "waste"'),
        ("requirements.csv", ",grace_days,", ",grace,", "rulebook-columns", "grace"),
        ("requirements.csv", ",90,employment,", ",ninety,employment,", "rulebook-value", "ninety"),
        ("kinds.csv", "ADR driver certificate,person", "ADR driver certificate,driver", "rulebook-value", "driver"),
        ("kinds.csv", "a88,Prototypes", "a99,Prototypes", "rulebook-twice", "a99"),
        ("roles.csv", "person,any", "person,some", "rulebook-value", "some"),
        ("facts.csv", "waste,load,boolean", "waste,lorry,boolean", "rulebook-value", "lorry"),
    ],
)  # fmt: skip
def test_what_cannot_be_is_refused(
    tmp_path: Path, file: str, old: str, new: str, code: str, word: str
) -> None:
    folder = tmp_path / "credentials"
    shutil.copytree(packaged_folder() / "credentials", folder)
    text = (folder / file).read_text(encoding="utf-8")
    assert old in text
    (folder / file).write_text(text.replace(old, new, 1), encoding="utf-8")
    with pytest.raises(RulebookError, match=word) as caught:
        read_credential_rules(folder, "credentials", BOOK.editions, BOOK.modes)
    assert caught.value.code == code
    assert f"credentials/{file}" in caught.value.message
