"""The credentials part of the rulebook: its data, and what loading refuses."""

from __future__ import annotations

import shutil
from pathlib import Path

import polars as pl
import pytest

from voltloop.compliance import load_rulebook
from voltloop.compliance.credentials.rules import read_credential_rules
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
    ("file", "row", "column", "value", "code", "word"),
    [
        (
            "requirements",
            "ADR.cred.driver",
            "needs",
            "adr_drivr",
            "rulebook-value",
            'Did you mean "adr_driver"',
        ),
        ("requirements", "ADR.cred.driver", "needs", "", "rulebook-value", "needs"),
        ("requirements", "ADR.cred.driver", "role", "drivers", "rulebook-value", "drivers"),
        ("requirements", "ADR.cred.driver", "modes", "road", "rulebook-value", "road"),
        ("requirements", "ADR.cred.driver", "since", "ADR-2022", "rulebook-edition", "ADR-2022"),
        (
            "requirements",
            "ADR.cred.driver",
            "id",
            "ADR.cred.driver_awareness",
            "rulebook-twice",
            "driver_awareness",
        ),
        ("requirements", "ADR.cred.driver", "activity", "drive", "rulebook-value", "drive"),
        ("requirements", "ADR.cred.driver", "when.above_limit", "often", "rulebook-value", "often"),
        ("requirements", "49CFR.cred.driver_training", "grace_days", "ninety", "rulebook-value", "ninety"),
        ("requirements", "49CFR.cred.driver_training", "grace_kind", "hired", "rulebook-value", "hired"),
        ("requirements", "49CFR.cred.driver_training", "countries", "USA", "rulebook-value", "USA"),
        ("kinds", "adr_driver", "holder_kinds", "driver", "rulebook-value", "driver"),
        ("kinds", "adr_driver", "recognised", "europe", "rulebook-value", "europe"),
        ("kinds", "adr_driver", "validity_months", "five", "rulebook-value", "five"),
        ("kinds", "approval_a88", "also", "a99", "rulebook-twice", "a99"),
        ("roles", "adviser", "how", "some", "rulebook-value", "some"),
        ("facts", "waste", "of", "lorry", "rulebook-value", "lorry"),
    ],
)
def test_what_cannot_be_is_refused(
    tmp_path: Path, file: str, row: str, column: str, value: str, code: str, word: str
) -> None:
    folder = tmp_path / "credentials"
    shutil.copytree(packaged_folder() / "credentials", folder)
    table = pl.read_csv(folder / f"{file}.csv", infer_schema=False)
    here = pl.col(table.columns[0]) == row
    assert table.filter(here).height == 1
    table.with_columns(pl.when(here).then(pl.lit(value)).otherwise(pl.col(column)).alias(column)).write_csv(
        folder / f"{file}.csv"
    )
    with pytest.raises(RulebookError, match=word) as caught:
        read_credential_rules(folder, "credentials", BOOK.editions, BOOK.modes)
    assert caught.value.code == code
    assert f"credentials/{file}.csv" in caught.value.message


@pytest.mark.parametrize(
    ("column", "name", "code"),
    [("when.waste", "when.wast", "rulebook-fact"), ("grace_days", "grace", "rulebook-columns")],
)
def test_an_unknown_column_is_refused(tmp_path: Path, column: str, name: str, code: str) -> None:
    folder = tmp_path / "credentials"
    shutil.copytree(packaged_folder() / "credentials", folder)
    table = pl.read_csv(folder / "requirements.csv", infer_schema=False)
    table.rename({column: name}).write_csv(folder / "requirements.csv")
    with pytest.raises(RulebookError, match=name) as caught:
        read_credential_rules(folder, "credentials", BOOK.editions, BOOK.modes)
    assert caught.value.code == code
