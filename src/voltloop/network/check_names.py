"""Names in a scenario that its tables do not have."""

from __future__ import annotations

from collections.abc import Sequence

import polars as pl

from voltloop.errors import nearest
from voltloop.network.arcs import commodity_words
from voltloop.network.check_book import REFERENCES, Book
from voltloop.network.dictionary import scenario_dictionary

__all__ = ["check_names"]

_LISTS = {
    "lanes": ["commodities"],
    "modes": ["commodities"],
    "tariffs": ["commodities"],
    "bans": ["commodities"],
    "targets": ["commodities", "of_commodities"],
}


def check_names(book: Book) -> None:
    """Tell every name that is not known, with the nearest one."""
    _unknown(book)
    _unknown_in_lists(book)
    _unknown_places(book)
    _unknown_whats(book)


def _unknown(book: Book) -> None:
    for table, columns in REFERENCES.items():
        for column, target in columns.items():
            known = book.keys(target)
            if known:
                _tell_unknown(book, table, column, known, f"{target}.csv")


def _tell_unknown(book: Book, table: str, column: str, known: Sequence[str], source: str) -> None:
    cells = book.scenario.table(table)[column]
    for row in (cells.is_not_null() & ~cells.is_in(list(known))).arg_true():
        book.tell(
            "scenario-unknown",
            book.where(table, row, column),
            raw=cells[row],
            value=source,
            hint=nearest(cells[row], known),
        )


def _unknown_in_lists(book: Book) -> None:
    words = commodity_words(book.scenario)["word"].unique(maintain_order=True).to_list()
    jobs = [(table, column, words, "commodities.csv") for table in _LISTS for column in _LISTS[table]]
    activities = book.scenario.activities
    known = [*activities["activity"].drop_nulls(), *activities["family"].drop_nulls()]
    jobs.append(("facilities", "activities", known, "activities.csv"))
    choices = list(scenario_dictionary()["modes.csv"]["mode"].choices)
    jobs.append(("lanes", "modes", choices, "the list of modes"))
    for table, column, names, source in jobs:
        if not set(names) - {"*"}:
            continue
        for row, cell in enumerate(book.scenario.table(table)[column]):
            for word in (cell or "").split(";"):
                if word.strip() and word.strip() not in names:
                    book.tell(
                        "scenario-unknown",
                        book.where(table, row, column),
                        raw=word.strip(),
                        value=source,
                        hint=nearest(word.strip(), names),
                    )


def _unknown_places(book: Book) -> None:
    from voltloop.catalogue import countries

    sites = book.scenario.sites
    areas = {part.strip() for cell in sites["areas"].drop_nulls() for part in cell.split(";")}
    known = areas | set(sites["country"].drop_nulls()) | {"*"} | set(countries()["iso2"])
    for table, columns in (
        ("tariffs", ("from_place", "to_place")),
        ("bans", ("from_place", "to_place")),
        ("utilities", ("place",)),
    ):
        names = known | set(book.keys("sites")) if table == "utilities" else known
        for column in columns:
            _tell_unknown(book, table, column, sorted(names), "sites.csv, as a country or an area")


def _unknown_whats(book: Book) -> None:
    """Check what contracts bind and shocks strike."""
    from voltloop.transport.passages import passages

    scenario = book.scenario
    sites = book.keys("sites")
    areas = {part.strip() for cell in scenario.sites["areas"].drop_nulls() for part in cell.split(";")}
    words = commodity_words(scenario)["word"].to_list()
    lanes = scenario.lanes.select(
        pl.coalesce("lane", pl.concat_str("origin", "destination", "modes", separator="-"))
    ).to_series()
    named = {
        "site": sites,
        "country": sorted(areas | set(scenario.sites["country"].drop_nulls())),
        "lane": [name for name in lanes if name],
        "passage": list(passages()),
        "facility": book.keys("facilities"),
    }
    of_contract = {"supply": sites, "demand": sites}
    of_shock = dict.fromkeys(("tariff", "price", "supply", "demand"), words)
    for table, own in (("contracts", of_contract), ("shocks", of_shock)):
        for row, (kind, what) in enumerate(scenario.table(table).select("kind", "what").iter_rows()):
            known = (named | own).get(kind)
            is_implied = kind == "lane" and scenario.modes["connects"].any()
            if known is None or what is None or what in known or is_implied:
                continue
            hint = nearest(what, known)
            book.tell(
                "scenario-unknown",
                book.where(table, row, "what"),
                raw=what,
                value=f"what is known as {kind}",
                hint=hint,
            )
