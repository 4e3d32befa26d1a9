"""Modes between countries, waste shipments, and time in store."""

from __future__ import annotations

from datetime import date

import polars as pl
import pytest

from voltloop.compliance import border_procedure, mode_between, storage_rules
from voltloop.errors import InputError, RulebookError


@pytest.mark.parametrize(
    ("start", "end", "mode"),
    [("DE", "PL", "road_eu"), ("DE", "GB", "road_eu"), ("de", "ch", "road_eu"), ("US", "US", "road_us"),
     ("US", "CA", None), ("DE", "US", None), ("US", "DE", None)],
)  # fmt: skip
def test_mode_between(start: str, end: str, mode: str | None) -> None:
    assert mode_between(start, end) == mode


def test_memberships_may_be_given() -> None:
    frame = pl.DataFrame({"iso2": ["AA", "BB"], "adr_party": [True, None]})
    assert mode_between("AA", "AA", frame) == "road_eu"
    assert mode_between("AA", "BB", frame) is None


def test_an_unknown_country_is_an_input_error() -> None:
    with pytest.raises(InputError, match="XX"):
        mode_between("DE", "XX")


@pytest.mark.parametrize(
    ("code", "is_waste", "start", "end", "on", "kind"),
    [
        ("16 06 07*", True, "DE", "DE", "2026-11-24", "none"),
        ("16 06 07*", True, "DE", "PL", "2026-11-24", "notification"),
        ("16 06 07*", True, "DE", "CH", "2026-11-24", "notification"),
        ("16 06 07*", True, "DE", "CN", "2026-11-24", "prohibited"),
        ("16 06 05", True, "DE", "PL", "2026-11-08", "annex_vii"),
        ("16 06 05", True, "DE", "CN", "2026-11-08", "undecided"),
        ("16 06 01*", True, "DE", "PL", "2026-05-20", "notification"),
        ("16 06 10*|16 06 12", True, "DE", "PL", "2026-11-24", "undecided"),
        ("16 06 10*|16 06 12", True, "DE", "DE", "2026-11-24", "none"),
        (None, True, "DE", "PL", "2026-11-24", "undecided"),
        ("16 06 07*", None, "DE", "PL", "2026-11-24", "undecided"),
        ("16 06 07*", False, "DE", "CN", "2026-11-24", "none"),
        ("40 CFR 273", True, "US", "US", "2026-11-24", "none"),
        ("40 CFR 273", True, "US", "DE", "2026-11-24", "notification"),
        ("16 06 07*", True, "CN", "DE", "2026-11-24", "notification"),
    ],
)
def test_border_procedure(
    code: str | None, is_waste: bool | None, start: str, end: str, on: str, kind: str
) -> None:
    found = border_procedure(code, is_waste, start, end, date.fromisoformat(on))
    assert found.kind == kind
    assert found.say
    assert bool(found.cite) or found.missing


@pytest.mark.parametrize(
    ("on", "edition", "article"),
    [("2026-05-20", "WSR-1013-2006", "1013/2006"), ("2026-05-21", "WSR-2024-1157", "2024/1157")],
)
def test_the_act_changes_on_21_may_2026(on: str, edition: str, article: str) -> None:
    found = border_procedure("16 06 01*", True, "DE", "FR", date.fromisoformat(on))
    assert found.edition == edition
    assert article in found.cite[0]
    assert "movement document" in found.documents


def test_used_batteries_need_their_evidence() -> None:
    found = border_procedure("16 06 07*", False, "DE", "NO", date(2026, 11, 24))
    assert "Annex XIV" in found.documents[0]


def test_before_the_acts_there_is_no_answer() -> None:
    with pytest.raises(RulebookError) as caught:
        border_procedure("16 06 01*", True, "DE", "FR", date(2010, 1, 1))
    assert caught.value.code == "date-outside-editions"


@pytest.mark.parametrize(
    ("country", "recovery", "disposal"),
    [("DE", 1095, 365), ("NO", 1095, 365), ("US", 365, 365), ("BR", 365, 365), ("GB", 1095, 365)],
)
def test_time_in_store(country: str, recovery: int, disposal: int) -> None:
    found = storage_rules(country, date(2026, 11, 24))
    assert (found.waste_days, found.waste_for_disposal_days) == (recovery, disposal)
    assert found.used_days is None
    assert found.critical_days <= found.damaged_days
    practice = [rule for rule in found.rules if rule.area == "any"]
    assert {rule.confidence for rule in practice} == {"C"}
    assert all(rule.cite for rule in found.rules)


def test_no_storage_rule_on_a_day_is_an_error() -> None:
    with pytest.raises(RulebookError, match="collection_points"):
        storage_rules("DE", date(1980, 1, 1))


@pytest.mark.parametrize(
    ("on", "is_listed", "kind", "missing"),
    [
        ("2027-05-20", None, "undecided", ("legal_advice",)),
        ("2027-05-20", True, "undecided", ("legal_advice",)),
        ("2027-05-21", None, "undecided", ("listed_for_green_waste",)),
        ("2027-05-21", True, "annex_vii", ()),
        ("2027-05-21", False, "prohibited", ()),
    ],
)
def test_green_waste_leaves_the_oecd_only_to_listed_countries(
    on: str, is_listed: bool | None, kind: str, missing: tuple[str, ...]
) -> None:
    """Regulation (EU) 2024/1157, Articles 40, 41 and 86 (2)."""
    found = border_procedure("16 06 15", True, "DE", "VN", date.fromisoformat(on), is_listed=is_listed)
    assert (found.kind, found.missing) == (kind, missing)
