"""Two editions laid over each other: every rule, limit, duty and verdict that changes is told, and nothing else."""

from __future__ import annotations

from pathlib import Path

import pytest

from rules_book import FILES, write_book
from voltloop.compliance import load_rulebook
from voltloop.compliance.rulebook import Rulebook
from voltloop.compliance.upkeep.difference import compare
from voltloop.compliance.upkeep.difference_text import difference_document, difference_lines
from voltloop.errors import RulebookError


@pytest.fixture
def book(tmp_path: Path) -> Rulebook:
    return load_rulebook(write_book(tmp_path / "book"))


def test_rules_that_begin_end_or_take_a_place_are_told_with_the_goods_they_change(book: Rulebook) -> None:
    found = {
        (change.before.id, change.after.id): (change.is_new, change.is_over, change.where)
        for change in compare(book, "LAW-1", "LAW-2").rules
    }
    assert found == {
        ("LAW.any", "LAW.small"): (True, False, ("state new or used, energy_wh >20 <=100 Wh",)),
        ("LAW.small.old", "LAW.small"): (True, True, ("state new or used, energy_wh <=20 Wh",)),
        ("LAW.critical.old", "LAW.critical"): (True, True, ("state critical",)),
    }


def test_only_answers_that_differ_are_told(book: Rulebook) -> None:
    changes = {change.after.id: change for change in compare(book, "LAW-1", "LAW-2").rules if change.is_over}
    assert changes["LAW.small"].answers == ()
    told = {one.answer: (one.before, one.after) for one in changes["LAW.critical"].answers}
    assert told["outcome"] == (None, "forbidden")
    assert told["effect"] == ("undecided", "forbid")


def test_limits_and_duties_that_change_are_paired(book: Rulebook) -> None:
    entries = compare(book, "LAW-1", "LAW-2").entries
    assert [(one.kind, one.before and one.before.id, one.after and one.after.id) for one in entries] == [
        ("limit", "LAW.total.old", "LAW.total"),
        ("duty", None, "LAW.plates"),
    ]


def test_sample_consignments_change_from_before_to_after(book: Rulebook) -> None:
    """Goods at 20 Wh stay relieved, 20.1 and 100 Wh become so, 100.1 Wh stays out; the critical one is decided."""
    difference = compare(book, "LAW-1", "LAW-2")
    changed = {
        change.case.id: (change.before["outcome"], change.after["outcome"]) for change in difference.cases
    }
    assert changed == {
        "small.20.1": ("allowed", "exempt_small"),
        "small.100": ("allowed", "exempt_small"),
        "critical.old": ("undecided", "forbidden"),
    }
    assert difference.cases_compared == 5  # the two critical cases state the same goods


def test_the_order_in_which_editions_are_named_does_not_matter(book: Rulebook) -> None:
    assert difference_document(compare(book, "LAW-2", "LAW-1")) == difference_document(
        compare(book, "LAW-1", "LAW-2")
    )


def test_editions_without_a_change_say_so_and_list_what_is_to_be_read(book: Rulebook) -> None:
    difference = compare(book, "LAW-2", "LAW-3")
    assert difference.is_empty
    text = " ".join(difference_lines(difference, book))
    assert "Nothing changes" in text
    assert "announced only" in text
    assert "Nobody has confirmed 3 of 3 rules and 2 entries on loads" in text
    assert list(difference.reading_list) == ["Law 1", "Law 2", "Law 3", "Law 7", "Law 8"]


def test_an_edition_that_was_read_has_nothing_to_read(book: Rulebook) -> None:
    assert "has been read" in difference_lines(compare(book, "LAW-1", "LAW-2"), book)[-1]


def test_sentences_name_rule_goods_answer_and_place(book: Rulebook) -> None:
    text = " ".join(difference_lines(compare(book, "LAW-1", "LAW-2"), book))
    for words in (
        "LAW.small begins and goes before LAW.any. Where: state new or used, energy_wh >20 <=100 Wh. "
        "Then outcome allowed becomes exempt_small. Small ones are free. [Law 2; confidence A]",
        "LAW.small takes the place of LAW.small.old. Where: state new or used, energy_wh <=20 Wh. "
        "The answer stays the same.",
        "Undecided until then; now outcome forbidden; un_number 3480.",
        "total points 500 points becomes total points 1000 points",
        'LAW.plates begins: "Plates at the front." (regulated)',
        "LAW-2 may be used from 2025-01-01 and must be used from 2025-07-01. LAW-1 ends on 2025-06-30.",
    ):
        assert words in text


def test_a_rule_that_ends_gives_its_goods_back(tmp_path: Path) -> None:
    """An exception that runs out: the rule that it replaced answers again."""
    rows = [row for row in FILES["law/verdict.csv"].splitlines() if not row.startswith("LAW.small,")]
    book = load_rulebook(write_book(tmp_path / "book", law__verdict="\n".join(rows) + "\n"))
    (change,) = [one for one in compare(book, "LAW-1", "LAW-2").rules if one.before.id == "LAW.small.old"]
    assert (change.after.id, change.is_new, change.is_over) == ("LAW.any", False, True)
    assert "LAW.small.old ends and LAW.any answers instead" in " ".join(
        difference_lines(compare(book, "LAW-1", "LAW-2"), book)
    )


@pytest.mark.parametrize(
    ("editions", "code", "words"),
    [
        (("LAW-1", "LAW-22"), "unknown-edition", 'Did you mean "LAW-2"?'),
        (("LAW-1", "OTHER-1"), "two-regimes", "Only two editions of one regime"),
    ],
)
def test_editions_that_cannot_be_compared(
    book: Rulebook, editions: tuple[str, str], code: str, words: str
) -> None:
    with pytest.raises(RulebookError, match=r".") as caught:
        compare(book, *editions)
    assert caught.value.code == code
    assert words in caught.value.message


def test_an_edition_compared_with_itself_has_no_change(book: Rulebook) -> None:
    assert compare(book, "LAW-2", "LAW-2").is_empty


@pytest.mark.parametrize(
    "names", [("ADR-2023", "ADR-2025"), ("ADR-2025", "ADR-2027"), ("IMDG-41-22", "IMDG-42-24")]
)
def test_editions_of_the_packaged_rulebook_can_be_told(names: tuple[str, str]) -> None:
    book = load_rulebook()
    difference = compare(book, *names)
    assert difference_lines(difference, book)
    assert all(change.where for change in difference.rules)
    if difference.after.status == "announced":
        assert len(difference.unconfirmed) == difference.active


def test_the_new_waste_codes_are_found() -> None:
    difference = compare(load_rulebook(), "LOW-2014", "LOW-2025")
    told = {
        (one.before, one.after)
        for change in difference.rules
        for one in change.answers
        if one.answer == "waste_code"
    }
    assert ("16 06 05", "16 06 07*") in told
