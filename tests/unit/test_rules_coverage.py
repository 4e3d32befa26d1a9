"""What is modelled: rules and cells per edition, and the share of consignments that get a verdict."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from rules_book import FILES, write_book
from voltloop.app.rules_coverage import cover, coverage_document, coverage_lines
from voltloop.compliance import load_rulebook
from voltloop.compliance.rulebook import Rulebook
from voltloop.compliance.upkeep.coverage import edition_coverage, mode_coverage
from voltloop.errors import RulebookError


@pytest.fixture
def book(tmp_path: Path) -> Rulebook:
    return load_rulebook(write_book(tmp_path / "book"))


def test_editions_count_rules_cells_confidence_and_readers(book: Rulebook) -> None:
    found = {one.edition.name: one for one in edition_coverage(book)}
    states = len(book.facts["state"].values)
    old, new, announced = (found[name] for name in ("LAW-1", "LAW-2", "LAW-3"))
    assert (old.tables, old.rules, old.cells) == (1, 3, 3 * states)  # cuts at 20 and at 100 Wh
    assert dict(old.confidence) == {"A": 2, "B": 0, "C": 1}
    assert (new.confirmed, announced.confirmed) == (3, 0)


@pytest.mark.parametrize(("on", "is_open"), [(date(2024, 12, 31), True), (date(2025, 1, 1), False)])
def test_law_that_nobody_has_read_leaves_its_situations_open(book: Rulebook, on: date, is_open: bool) -> None:
    """In the first edition the critical state is undecided; from the second on it is forbidden."""
    found = mode_coverage(book, "law", on)
    by_state = {
        state: (sum(one.situations for one in found.places if one.state == state),
                sum(one.law_open for one in found.places if one.state == state))
        for state in book.facts["state"].values
    }  # fmt: skip
    assert all(total > 0 for total, _ in by_state.values())
    assert {state for state, (_, law) in by_state.items() if law} == ({"critical"} if is_open else set())
    assert [reason.rule_id for reason in found.reasons] == (["LAW.critical.old"] if is_open else [])


def test_situations_are_those_that_the_rules_tell_apart(book: Rulebook) -> None:
    """A used battery is small or not under the first edition: two situations; a damaged one is always the same."""
    found = {
        (place.chemistry, place.form, place.state): place.situations
        for place in mode_coverage(book, "law", date(2024, 6, 1)).places
    }
    assert found["li_ion", "battery", "damaged"] == 1
    assert found["li_ion", "battery", "used"] == 3  # the cut at 100 Wh of the next edition counts as well


def test_facts_that_a_rule_waits_for_are_told_apart_from_open_law(tmp_path: Path) -> None:
    table = FILES["law/verdict.csv"].replace("undecided,,,,Nobody", "undecided,,,,Nobody")
    rows = [row.replace("then.marks", "then.missing_facts") for row in table.splitlines()]
    rows = [row.replace("undecided,,,,", "undecided,,,energy_wh,") for row in rows]
    book = load_rulebook(write_book(tmp_path / "book", law__verdict="\n".join(rows) + "\n"))
    found = mode_coverage(book, "law", date(2024, 6, 1))
    critical = [place for place in found.places if place.state == "critical"]
    assert all((place.law_open, place.fact_open) == (0, place.situations) for place in critical)
    assert found.reasons[0].asks == ("energy_wh",)


def test_lines_fit_and_name_what_is_open(book: Rulebook) -> None:
    text = coverage_lines(cover(book, on=date(2024, 6, 1), mode=None))
    assert any("LAW.critical.old" in line for line in text)
    assert any(line.split()[:2] == ["LAW-3", "announced"] for line in text)
    assert any("Every rule that needs one has a case." in line for line in text)


def test_one_mode_tells_only_of_its_law(book: Rulebook) -> None:
    document = coverage_document(cover(book, on=date(2026, 1, 1), mode="other"))
    assert [one["edition"] for one in document["editions"]] == ["OTHER-1"]
    assert document["cases"] == 2
    assert document["modes"][0]["facts"] == ["state"]


def test_modes_without_an_edition_on_the_day_are_left_out_unless_named(book: Rulebook) -> None:
    assert cover(book, on=date(2023, 6, 1), mode=None).modes == ()
    with pytest.raises(RulebookError, match="No edition of LAW"):
        cover(book, on=date(2023, 6, 1), mode="law")
    with pytest.raises(RulebookError, match="is not a mode"):
        cover(book, on=date(2024, 6, 1), mode="lav")


def test_the_packaged_rulebook_decides_sound_lithium_batteries_on_the_road() -> None:
    """The core of the trade must never fall open: new and used packs alone have a verdict in every situation."""
    found = mode_coverage(load_rulebook(), "road_eu", date(2026, 11, 24))
    core = [place for place in found.places if place.chemistry == "li_ion" and place.form == "battery"]
    assert all(place.decided == place.situations > 0 for place in core)
    for place in found.places:
        assert 0 <= place.decided <= place.situations
