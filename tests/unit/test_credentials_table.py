"""Reading a table of credentials: every row is accepted or rejected with its reason."""

from __future__ import annotations

from datetime import date
from typing import Any

import polars as pl
import pytest

from voltloop.compliance import CREDENTIAL_COLUMNS, CredentialTable, load_rulebook, read_credentials
from voltloop.compliance.credentials.table import read_scope
from voltloop.errors import InputError

BOOK = load_rulebook()


def table(*rows: dict[str, Any]) -> CredentialTable:
    """Read rows in which only what matters is given."""
    names = (*CREDENTIAL_COLUMNS, "holder_kind")
    return read_credentials(
        pl.DataFrame(
            [{name: row.get(name) for name in names} for row in rows], schema=dict.fromkeys(names, pl.String)
        )
    )


DRIVER = {"holder": "Anna", "kind": "adr_driver", "valid_from": "2023-06-01", "valid_to": "2028-05-31"}


def test_a_sound_row_is_accepted_and_its_holder_kind_filled_in() -> None:
    read = table(DRIVER)
    assert read.credentials.row(0, named=True) == {
        "row": 1, "holder": "Anna", "holder_kind": "person", "kind": "adr_driver", "scope": None, "jurisdiction": None,
        "valid_from": date(2023, 6, 1), "valid_to": date(2028, 5, 31), "document": None,
    }  # fmt: skip
    assert (read.rejected.height, read.findings) == (0, ())


@pytest.mark.parametrize(
    ("row", "code", "words"),
    [
        ({"holder": " "}, "credential-holder-missing", ["row 1"]),
        ({"kind": "adr_drivr"}, "credential-kind-unknown", ["adr_drivr", 'Did you mean "adr_driver"']),
        ({"holder_kind": "vehicle"}, "credential-holder-kind", ["vehicle", "person"]),
        ({"valid_to": "31.05.2028"}, "credential-date", ["31.05.2028", "valid_to", "YYYY-MM-DD"]),
        ({"valid_to": "2028-02-30"}, "credential-date", ["2028-02-30"]),
        ({"valid_from": "20230601"}, "credential-date", ["20230601"]),
        ({"valid_from": "2028-06-01"}, "credential-dates-swapped", ["2028-06-01 to 2028-05-31"]),
        ({"valid_from": "", "valid_to": ""}, "credential-end-unknown", ["60 months"]),
        ({"scope": "tanks only"}, "credential-scope", ["tanks only"]),
        ({"jurisdiction": "DE;Atlantis"}, "credential-jurisdiction", ["Atlantis"]),
    ],
)
def test_a_bad_row_is_a_finding_and_the_others_are_read(
    row: dict[str, str], code: str, words: list[str]
) -> None:
    read = table({**DRIVER, **row}, {**DRIVER, "holder": "Ben"})
    assert [finding.code for finding in read.findings] == [code]
    assert read.rejected["row"].to_list() == [1]
    for word in words:
        assert word in read.rejected["reason"][0]
    assert read.credentials["holder"].to_list() == ["Ben"]


def test_rows_in_are_rows_accepted_and_rejected() -> None:
    read = table(
        DRIVER, DRIVER, {**DRIVER, "kind": "x"}, {**DRIVER, "valid_from": "2028-06-01", "valid_to": ""}
    )
    assert read.credentials.height + read.rejected.height == 4
    assert [finding.code for finding in read.findings] == [
        "credential-twice", "credential-kind-unknown", "credential-open",
    ]  # fmt: skip


def test_a_renewal_is_no_duplicate() -> None:
    assert (
        table(DRIVER, {**DRIVER, "valid_from": "2028-06-01", "valid_to": "2033-05-31"}).rejected.height == 0
    )


@pytest.mark.parametrize(
    ("start", "end", "counted", "code"),
    [
        ("2023-06-01", "", date(2028, 5, 31), "credential-open"),
        ("2023-06-01", "2028-05-31", date(2028, 5, 31), None),
        ("2022-09-01", "2028-05-31", date(2028, 5, 31), None),
        ("2022-06-01", "2028-05-31", date(2028, 5, 31), None),
        ("2022-05-31", "2028-05-31", date(2028, 5, 30), "credential-too-long"),
        ("2020-01-01", "2030-01-01", date(2025, 12, 31), "credential-too-long"),
        ("", "2028-05-31", date(2028, 5, 31), None),
    ],
)
def test_a_certificate_counts_no_longer_than_the_law_lets_it_run(
    start: str, end: str, counted: date, code: str | None
) -> None:
    """Five years (ADR 8.2.2.8.2); a renewal in the year before the old end begins where the old one ends."""
    read = table({**DRIVER, "valid_from": start, "valid_to": end})
    assert read.held[0].until_on == counted
    assert [finding.code for finding in read.findings] == ([code] if code else [])


@pytest.mark.parametrize(
    ("kind", "months", "last"),
    [
        ("hazmat_training", 36, date(2026, 9, 30)),
        ("iata_cbta", 24, date(2025, 9, 30)),
        ("dgsa", 60, date(2028, 9, 30)),
    ],
)
def test_training_without_a_last_day_ends_by_its_own_law(kind: str, months: int, last: date) -> None:
    read = table({"holder": "Cem", "kind": kind, "valid_from": "2023-10-01"})
    assert BOOK.credentials.kinds[kind].validity_months == months
    assert read.held[0].until_on == last


def test_other_names_of_a_kind_are_understood() -> None:
    read = table(
        {**DRIVER, "kind": "ADR certificate"}, {**DRIVER, "holder": "B", "kind": "ADR driver certificate"}
    )
    assert read.credentials["kind"].to_list() == ["adr_driver", "adr_driver"]


def test_a_national_permit_without_a_country_counts_nowhere_and_says_so() -> None:
    read = table({"holder": "Carrier GmbH", "kind": "waste_carrier"})
    assert [finding.code for finding in read.findings] == ["credential-nowhere"]
    assert read.held[0].countries == frozenset()


@pytest.mark.parametrize(
    ("jurisdiction", "kind", "inside", "outside"),
    [
        ("DE", "adr_driver", ["DE", "FR", "CH"], ["US"]),
        ("", "adr_driver", ["DE", "TR"], ["US"]),
        ("US", "adr_driver", ["US"], ["DE"]),
        ("DE", "waste_carrier", ["DE"], ["FR"]),
        ("DE;FR", "waste_carrier", ["DE", "FR"], ["PL"]),
        ("EU", "waste_carrier", ["DE", "PL"], ["CH", "NO"]),
        ("EEA", "waste_carrier", ["NO", "PL"], ["CH"]),
        ("", "hazmat_training", ["US"], ["DE"]),
    ],
)
def test_where_a_credential_holds(
    jurisdiction: str, kind: str, inside: list[str], outside: list[str]
) -> None:
    row = {"holder": "X", "kind": kind, "jurisdiction": jurisdiction, "valid_from": "2026-01-01"}
    countries = table(row).held[0].countries
    assert set(inside) <= countries
    assert not set(outside) & countries


def test_the_world_is_everywhere() -> None:
    assert table({"holder": "X", "kind": "waste_carrier", "jurisdiction": "world"}).held[0].countries == {"*"}


@pytest.mark.parametrize(
    ("text", "covers"),
    [
        ("UN 3480; 3481", {"un:3480", "un:3481"}),
        ("class 9;8", {"class:9", "class:8"}),
        ("16 06 07*;160606", {"waste:160607", "waste:160606"}),
        ("basic", set()),
        ("", set()),
    ],
)
def test_scopes_are_read(text: str, covers: set[str]) -> None:
    assert read_scope(text, BOOK.credentials.kinds["adr_driver"]) == (covers, ())


def test_days_may_be_days() -> None:
    frame = pl.DataFrame({"holder": ["A"], "kind": ["dgsa"], "valid_to": [date(2027, 1, 1)]})
    assert read_credentials(frame).held[0].until_on == date(2027, 1, 1)


@pytest.mark.parametrize(
    ("columns", "word"),
    [(["holder", "kind"], "valid_to"), (["holder", "kind", "valid_to", "holdr"], "holdr")],
)
def test_columns_are_checked(columns: list[str], word: str) -> None:
    with pytest.raises(InputError, match=word):
        read_credentials(pl.DataFrame({name: ["x"] for name in columns}))
