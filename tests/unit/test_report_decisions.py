"""What needs a decision, ranked."""

from __future__ import annotations

from dataclasses import replace

import polars as pl

from report_cases import empty_plan, small_plan
from voltloop.documents.report.decisions import decisions
from voltloop.findings import Severity, kinds, make


def test_nothing_to_decide_gives_nothing() -> None:
    assert decisions(empty_plan()) == []


def test_the_law_comes_first_and_deferrals_last() -> None:
    found = decisions(small_plan())
    assert [item.word for item in found] == [
        "Forbidden",
        "Undecided",
        "Review",
        "Rejected",
        "Rejected",
        "Deferred",
    ]
    assert [item.rank for item in found] == sorted(item.rank for item in found)


def test_an_undecided_battery_names_the_fact_and_whom_to_ask() -> None:
    item = next(item for item in decisions(small_plan()) if item.word == "Undecided")
    assert item.title == "Missing: chemistry"
    assert item.next_step == "Read the rating plate."
    assert (item.target, item.search) == ("held", "chemistry")


def test_facts_are_shown_with_their_unit_in_words() -> None:
    data = small_plan()
    held = data.held.with_columns(missing_facts=pl.lit("energy_wh;reaction_risk"))
    titles = {item.title for item in decisions(replace(data, held=held))}
    assert "Missing: energy (Wh), reaction risk" in titles


def test_like_cases_are_one_decision_with_their_number() -> None:
    data = small_plan()
    many = pl.concat([data.held.head(1)] * 7).with_columns(quantity=pl.lit(2))
    (item,) = [item for item in decisions(replace(data, held=many)) if item.target == "held"]
    assert item.size == 14
    assert item.text == "The chemistry is not known."


def test_blank_words_are_not_taken_for_advice() -> None:
    data = small_plan()
    held = pl.concat([data.held.head(1)] * 2).with_columns(
        kind=pl.lit("no_hub"), missing_facts=pl.lit(""), ask=pl.Series(["", "Ask the depot."])
    )
    (item,) = [item for item in decisions(replace(data, held=held)) if item.target == "held"]
    assert (item.word, item.title, item.next_step) == ("Held", "No depot may take it", "Ask the depot.")


def test_findings_of_the_plan_take_title_and_help_from_the_catalogue() -> None:
    kind = next(kind for kind in kinds().values() if kind.severity is Severity.WARNING)
    names = {"where": "here", **dict.fromkeys(_names(kind.template), "7")}
    findings = [make(kind.code, **names), make(kind.code, **names)]
    (item,) = decisions(replace(empty_plan(), findings=findings))
    assert (item.word, item.title, item.next_step, item.size) == ("Warning", kind.title, kind.help, 2)


def _names(template: str) -> list[str]:
    import string

    return [name for _, name, _, _ in string.Formatter().parse(template) if name and name != "where"]
