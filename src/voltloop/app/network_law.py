"""What the law says of every way in a scenario of a network, for dangerous goods and waste, period by period."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from functools import cache
from typing import Any

import polars as pl

from voltloop.app.itinerary import facts_of, law_between, law_of_goods
from voltloop.catalogue import countries
from voltloop.compliance import Rulebook, border_procedure, load_rulebook
from voltloop.errors import InputError, RulebookError
from voltloop.findings import Finding, make
from voltloop.network.arcs import arcs_of
from voltloop.network.instance import periods_of
from voltloop.network.scenario import Scenario
from voltloop.transport import Permission

__all__ = ["law_findings", "with_law"]

_NO_DATE = "date-outside-editions"
_OPEN = {"none", "annex_vii"}
_DECIDED = Permission(True)


def with_law(scenario: Scenario, rulebook: Rulebook | None = None) -> Scenario:
    """Give a scenario with the law's answer for each way of its dangerous goods and waste.

    Parameters
    ----------
    scenario
        Its ``goods`` are facts in the law's words, its ``waste_code`` the code of waste.
    rulebook
        The law; the built-in one by default.

    Raises
    ------
    InputError
        ``goods-fact`` and others of :func:`voltloop.app.itinerary.facts_of`, with the commodity named.

    Notes
    -----
    A way is open in a period when it is on the period's first and its last day, in each of its modes. Days after the
    last edition are judged by that edition, and the answer says so. Waste that needs a notification may go, on
    condition of the consent. A way that no law of the rulebook covers is kept, marked as undecided.
    """
    regulated = scenario.commodities.filter(pl.col("goods").is_not_null() | pl.col("is_waste"))
    if not regulated.height:
        return scenario
    law = _Law(rulebook or load_rulebook())
    country = dict(scenario.sites.select("site", "country").iter_rows())
    ways = (
        arcs_of(scenario)
        .filter(pl.col("commodity").is_in(regulated["commodity"].to_list()))
        .select(
            "commodity",
            mode=pl.col("modes").str.split(";"),
            from_country=pl.col("origin").replace_strict(country),
            to_country=pl.col("destination").replace_strict(country),
        )
        .unique(maintain_order=True)
        .explode("mode", empty_as_null=True)
        .with_columns(pl.col("mode").str.strip_chars())
        .unique(maintain_order=True)
    )
    goods = {row["commodity"]: row for row in regulated.iter_rows(named=True)}
    periods = periods_of(scenario)
    rows = []
    for commodity, mode, start, end in ways.iter_rows():
        for name, first, last in zip(periods.names, periods.first_on, periods.last_on, strict=True):
            answers = [law.answer(goods[commodity], mode, start, end, day) for day in (first, last)]
            worst = next((one for one in answers if not one.is_allowed), answers[0])
            decided = all(one.is_decided for one in answers)
            rows.append((commodity, mode, start, end, name, worst.is_allowed, decided, worst.said))
    return replace(scenario, law=pl.DataFrame(rows, schema=scenario.law.schema, orient="row"))


def law_findings(scenario: Scenario) -> list[Finding]:
    """Say which ways the law closes, and which it does not decide."""
    found = []
    for code, kept in (
        ("scenario-way-barred", ~pl.col("is_allowed")),
        ("scenario-way-undecided", pl.col("is_allowed") & ~pl.col("is_decided")),
    ):
        groups = scenario.law.filter(kept).group_by("commodity", "mode", maintain_order=True)
        for (commodity, mode), rows in groups:
            ways = (
                rows.select(pl.concat_str("from_country", "to_country", separator="-")).to_series().unique()
            )
            shown = ", ".join(ways.sort()[:8]) + (f" and {ways.len() - 8} more" if ways.len() > 8 else "")
            found.append(make(code, where=str(commodity), field=str(mode), raw=shown, value=rows["said"][0]))
    return found


class _Law:
    """Answers once for each distinct question."""

    def __init__(self, rulebook: Rulebook) -> None:
        self._book = rulebook
        self._areas = {row["iso2"]: row for row in countries().iter_rows(named=True)}
        self._goods = cache(self._goods_of)
        self._borders = cache(self._border)
        self._days = cache(self._day)

    def answer(self, goods: dict[str, Any], mode: str, start: str, end: str, on: date) -> Permission:
        """Give the law of carriage and, across a border, that of waste."""
        answers = list(self._answers(goods, mode, start, end, on))
        barred = [one for one in answers if not one.is_allowed]
        if barred:
            return barred[0]
        said = "; ".join(one.said for one in answers if one.said)
        return Permission(True, said, all(one.is_decided for one in answers))

    def _answers(
        self, goods: dict[str, Any], mode: str, start: str, end: str, on: date
    ) -> Iterator[Permission]:
        yield _DECIDED
        if goods["goods"]:
            law = None if mode == "barge" else law_between(mode, start, end)
            if law is None:
                said = f"undecided: no law of the rulebook covers {mode} from {start} to {end}"
                yield Permission(True, said, False)
            else:
                day = self._days(law, on)
                asked = self._goods(goods["commodity"], goods["goods"], day)(mode, start, end, day)
                yield replace(asked, said=asked.said + _later(on, day))
        if goods["is_waste"] and start != end:
            if not (self._areas[start]["eu"] or self._areas[end]["eu"]):
                yield Permission(
                    True, f"undecided: waste from {start} to {end} is not ruled by EU law", False
                )
            else:
                day = self._days("border_eu", on)
                edition = self._book.chain("border_eu", day).edition.name
                asked = self._borders(goods["waste_code"], start, end, edition, day)
                yield replace(asked, said=asked.said + _later(on, day))

    def _goods_of(self, commodity: str, goods: str, on: date) -> Any:
        try:
            return law_of_goods(facts_of(goods, self._book, on), self._book)
        except InputError as error:
            raise InputError(
                f'commodities.csv, "{commodity}", column "goods": {error.message}', code=error.code
            ) from error

    def _border(self, code: str | None, start: str, end: str, edition: str, on: date) -> Permission:
        found = border_procedure(code, True, start, end, on, rulebook=self._book)
        said = f"{found.kind} ({edition}): {found.say}"
        return Permission(found.kind in _OPEN | {"notification"}, said)

    def _day(self, mode: str, on: date) -> date:
        """Give the day, or the last one before it that an edition covers."""
        ends = {one.until_on for known in self._book.editions.values() for one in known if one.until_on}
        for day in (on, *sorted((end for end in ends if end < on), reverse=True)):
            try:
                self._book.chain(mode, day)
            except RulebookError as error:
                if error.code != _NO_DATE:
                    raise
                continue
            return day
        return on


def _later(on: date, day: date) -> str:
    return "" if on == day else f" (as on {day}: no edition is known for {on})"
