"""Checks the stock of a store, area by area, against every storage rule that applies there."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date

import numpy as np
import numpy.typing as npt
import polars as pl

from voltloop.catalogue import countries as catalogue_countries
from voltloop.compliance.rulebook import Rulebook
from voltloop.compliance.storage.book import StorageBook, StoreRule, load_storage_book
from voltloop.compliance.storage.lots import read_areas, read_lots
from voltloop.compliance.storage.measures import Cell, Members, State, measured, measures
from voltloop.compliance.storage.tables import Facts, Mask, bits_of
from voltloop.errors import nearest
from voltloop.findings import Finding, make

__all__ = ["GroupAnswer", "StoreAnswers", "answer_store", "exempt_by", "members_of", "settled_by"]

_ALWAYS = ("site", "law", "practice")
"""Forces that bind whether or not the table of areas names the code."""


@dataclass(frozen=True)
class GroupAnswer:
    """Alternatives of one requirement in every area or site.

    Attributes
    ----------
    rules
        The alternatives.
    members
        The lots they are about.
    cells
        Limits of each alternative.
    states
        State of each alternative in every unit.
    state
        State of the whole.
    is_site
        Whether the units are sites.
    binds
        Where a piece of advice binds, because the site set the figure itself.
    """

    code: str
    edition: str
    rules: tuple[StoreRule, ...]
    members: Members
    cells: tuple[tuple[Cell, ...], ...]
    states: tuple[npt.NDArray[np.int64], ...]
    state: npt.NDArray[np.int64]
    is_site: bool
    binds: Mask


@dataclass(frozen=True)
class StoreAnswers:
    """Everything that the check found, before it is put into words."""

    on: date
    book: StorageBook
    areas: Facts
    lots: Facts
    area_of: npt.NDArray[np.int64]
    site_of: npt.NDArray[np.int64]
    sites: tuple[str, ...]
    applies: Mapping[str, Mask]
    exempt: Mapping[str, tuple[Mask, Mask]]
    groups: tuple[GroupAnswer, ...]
    values: Mapping[str, npt.NDArray[np.float64]]
    findings: list[Finding] = field(default_factory=list)


def answer_store(
    areas: pl.DataFrame, stock: pl.DataFrame, on: date, *, rulebook: Rulebook | None = None
) -> StoreAnswers:
    """Ask every storage rule about every area.

    Parameters
    ----------
    areas, stock
        Tables as in :func:`voltloop.compliance.check_store`.
    on
        Day of the check.
    rulebook
        The packaged one by default.

    Raises
    ------
    InputError
        A table lacks a column that it must have.
    """
    book = load_storage_book(rulebook.folder if rulebook else None)
    groups = catalogue_countries().select("iso2", "eu")
    read = read_areas(areas, book, groups["iso2"])
    lots = read_lots(stock, book, read.frame["area_id"], on)
    area_of = _places(read.frame["area_id"], lots.frame["area_id"])
    sites = read.frame["site_id"].unique(maintain_order=True)
    site_of = _places(sites, read.frame["site_id"])
    findings = [*read.findings, *lots.findings]
    applies = _applies(book, read, set(groups.filter(pl.col("eu"))["iso2"]), findings)
    values = measures(lots)
    exempt: dict[str, tuple[Mask, Mask]] = {}
    answers: list[GroupAnswer] = []
    names = lots.frame["group_id"]
    groups_of = names.rank("dense").cast(pl.Int64).fill_null(0).to_numpy() - 1
    for code in book.codes:
        edition = book.edition(code, on)
        if not applies[code].any():
            continue
        _tell_editions(book, code, on, int(applies[code].sum()), findings)
        if edition is None:
            continue
        asked = book.groups(code, on)
        exempt[code] = exempt_by(asked, lots)
        for rules in asked:
            if rules[0].effect != "exempt":
                members = members_of(rules[0], read, lots, applies[code], exempt[code], (area_of, site_of))
                sites_or_none = site_of if rules[0].scope == "site" else None
                cells = tuple(
                    tuple(
                        measured(one, members, values, groups_of, read, sites_or_none) for one in rule.bounds
                    )
                    for rule in rules
                )
                answers.append(_answer(code, edition.name, rules, members, cells))
    return StoreAnswers(
        on,
        book,
        read,
        lots,
        area_of,
        site_of,
        tuple(sites.to_list()),
        applies,
        exempt,
        tuple(answers),
        values,
        findings,
    )


def settled_by(
    groups: Iterable[tuple[StoreRule, Members]], lots: Facts, exempt: Mapping[str, tuple[Mask, Mask]],
    applies: Mapping[str, Mask], area_of: npt.NDArray[np.int64],
) -> Mask:  # fmt: skip
    """Which lots are for certain under a rule by which a code lets goods be stored, or exempt from a code.

    Rules that part the values of one fact among them, such as the classes of power, settle together what none of
    them settles alone.
    """
    settled = np.zeros(lots.height, np.bool_)
    parts: dict[str, npt.NDArray[np.int64]] = {}
    for rule, members in groups:
        if not rule.settles:
            continue
        settled |= members.certain
        if len(rule.lot) == 1:
            ((name, condition),) = rule.lot.items()
            if lots.facts[name].kind != "decimal":
                bits = np.where(members.possible, bits_of(lots.facts[name], condition.values), 0)
                parts[name] = parts.get(name, np.zeros(lots.height, np.int64)) | bits
    for name, bits in parts.items():
        settled |= (lots.words[name] & ~bits) == 0
    for code, (certain, _) in exempt.items():
        settled |= certain & applies[code][area_of]
    return settled


def _places(names: pl.Series, wanted: pl.Series) -> npt.NDArray[np.int64]:
    known = {name: at for at, name in enumerate(names.to_list())}
    return (
        wanted.replace_strict(known, default=-1, return_dtype=pl.Int64).to_numpy().astype(np.int64, copy=True)
    )


def _applies(book: StorageBook, areas: Facts, eu: set[str], findings: list[Finding]) -> dict[str, Mask]:
    """Which codes apply in each area: by its country, or those that it names; the law in any case."""
    country = areas.frame["country"].to_list()
    named = [
        None
        if text is None
        else [part.strip().upper() for part in text.replace("|", ";").split(";") if part.strip()]
        for text in areas.frame["codes"].to_list()
    ]
    for area, names in zip(areas.frame["area_id"].to_list(), named, strict=True):
        for name in names or ():
            if name not in book.codes:
                findings.append(
                    make("store-code-unknown", where=f"area {area}", field="codes", raw=name,
                         value=", ".join(book.codes), hint=nearest(name, book.codes))
                )  # fmt: skip
    found: dict[str, Mask] = {}
    for code in book.codes.values():
        by_country = [
            code.where == "any" or code.where.upper() == one or (code.where == "eu" and one in eu)
            for one in country
        ]
        found[code.name] = np.array(
            [
                name in names or (code.force in _ALWAYS and home) if names is not None else home
                for names, home, name in zip(named, by_country, [code.name] * len(named), strict=True)
            ],
            np.bool_,
        )
    return found


def _tell_editions(book: StorageBook, code: str, on: date, count: int, findings: list[Finding]) -> None:
    edition, newer = book.edition(code, on), book.unread(code, on)
    if edition is None:
        findings.append(make("store-edition-none", where=f"{count} area(s)", value=code))
    elif newer is not None:
        findings.append(
            make("store-edition-newer", where=f"{count} area(s)", value=newer.name, raw=edition.name)
        )


def exempt_by(asked: tuple[tuple[StoreRule, ...], ...], lots: Facts) -> tuple[Mask, Mask]:
    """Which lots a code exempts for certain, and which it may exempt."""
    certain, possible = np.zeros(lots.height, np.bool_), np.zeros(lots.height, np.bool_)
    for rules in asked:
        if rules[0].effect == "exempt":
            met, may = lots.select(rules[0].lot)
            certain |= met
            possible |= may
    return certain, possible


def members_of(
    rule: StoreRule,
    areas: Facts,
    lots: Facts,
    applies: Mask,
    exempt: tuple[Mask, Mask],
    places: tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]],
) -> Members:
    """Give the lots that a rule is about; ``places`` are the area of each lot and the site of each area."""
    area_of, site_of = places
    met, may = lots.select(rule.lot)
    area_met, area_may = areas.select(rule.area)
    certain = met & (area_met & applies)[area_of] & ~exempt[1]
    possible = may & (area_may & applies)[area_of] & ~exempt[0]
    if rule.scope == "site":
        return Members(site_of[area_of], int(site_of.max(initial=-1)) + 1, certain, possible)
    return Members(area_of, areas.height, certain, possible)


def _answer(
    code: str,
    edition: str,
    rules: tuple[StoreRule, ...],
    members: Members,
    cells: tuple[tuple[Cell, ...], ...],
) -> GroupAnswer:
    here = members.number(members.possible) > 0
    sure = members.number(members.certain) > 0
    none = np.full(members.count, State.NONE, np.int64)
    binds = np.zeros(members.count, np.bool_)
    states = []
    for own in cells:
        state = none
        for cell in own:
            state = np.maximum(state, cell.state)
            binds |= cell.is_own
        states.append(np.where(here, state, State.NONE))
    if rules[0].effect == "forbid":
        states = [np.where(sure, State.EXCEEDED, np.where(here, State.UNKNOWN, State.NONE))]
    return GroupAnswer(
        code, edition, rules, members, cells, tuple(states), _either(rules, states, cells), rules[0].scope == "site",
        binds,
    )  # fmt: skip


def _either(
    rules: tuple[StoreRule, ...],
    states: list[npt.NDArray[np.int64]],
    cells: tuple[tuple[Cell, ...], ...],
) -> npt.NDArray[np.int64]:
    """Give the state of alternatives: one that holds suffices, but not on a figure that nobody has confirmed."""
    best = np.full(len(states[0]), State.NONE, np.int64)
    for rule, found, own in zip(rules, states, cells, strict=True):
        state = found
        if rule.confidence == "C" and rule.effect == "require":
            trusted = np.zeros(len(state), np.bool_)
            for cell in own:
                trusted |= cell.is_own
            state = np.where((state == State.OK) & ~trusted, State.UNCONFIRMED, state)
        best = np.where(
            best == State.NONE, state, np.where(state == State.NONE, best, np.minimum(best, state))
        )
    return best
