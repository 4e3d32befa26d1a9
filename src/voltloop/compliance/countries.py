"""Questions that depend on countries: mode between two of them, waste shipment procedure, time in store."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from functools import cache
from pathlib import Path

import polars as pl

from voltloop.catalogue import countries as catalogue_countries
from voltloop.compliance.one import judge_one
from voltloop.compliance.rulebook import Rulebook, load_rulebook
from voltloop.compliance.vocabulary import rows_of, split
from voltloop.errors import InputError, RulebookError, nearest

__all__ = [
    "BorderProcedure",
    "StorageRule",
    "StorageRules",
    "border_procedure",
    "mode_between",
    "storage_rules",
]


@dataclass(frozen=True, slots=True)
class BorderProcedure:
    """What a shipment across a border needs.

    Attributes
    ----------
    kind
        ``none``, ``annex_vii``, ``notification``, ``prohibited`` or ``undecided``.
    documents
        What must travel or be arranged before.
    cite, say
        Places in the law, and our own sentence.
    rules, edition, missing
        Rule ids, edition of the waste shipment rules, and facts that would decide an undecided case.
    """

    kind: str
    documents: tuple[str, ...]
    cite: tuple[str, ...]
    say: str
    rules: tuple[str, ...]
    edition: str
    missing: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class StorageRule:
    """One limit on the time that goods may wait at a collection point."""

    id: str
    area: str
    from_on: date
    until_on: date | None
    goods: str
    max_days: int
    say: str
    cite: tuple[str, ...]
    confidence: str


@dataclass(frozen=True, slots=True)
class StorageRules:
    """How long batteries may wait at a collection point, in days; None where no rule sets a limit.

    Figures for damaged and critical batteries are practice and not law: replace them per site.
    """

    waste_days: int
    waste_for_disposal_days: int
    used_days: int | None
    damaged_days: int
    critical_days: int
    rules: tuple[StorageRule, ...]


_Groups = Mapping[str, frozenset[str]]
"""What each country belongs to, by ISO-2 code; with a question mark where the catalogue does not know."""

_MEMBERSHIPS = ("eu", "eea", "oecd", "basel_party", "adr_party")


@cache
def _groups() -> _Groups:
    return _memberships(catalogue_countries())


def _memberships(frame: pl.DataFrame) -> _Groups:
    names = [name for name in _MEMBERSHIPS if name in frame.columns]
    rows = frame.select("iso2", *names).rows(named=True)
    return {
        row["iso2"]: frozenset(
            name if row[name] else f"{name}?" for name in names if row[name] is None or row[name]
        )
        for row in rows
    }


def _known(country: str, groups: _Groups) -> str:
    code = country.strip().upper()
    if code not in groups:
        raise InputError(
            f'"{country}" is not a country code of ISO 3166-1 alpha-2, such as DE or US.{nearest(code, groups)}',
            code="unknown-country",
        )
    return code


def mode_between(from_country: str, to_country: str, countries: pl.DataFrame | None = None) -> str | None:
    """Give the road mode between two countries.

    Parameters
    ----------
    from_country, to_country
        ISO-2 codes.
    countries
        Frame with ``iso2``, ``eu``, ``oecd``, ``basel_party``, ``adr_party``; the catalogue's by default.

    Returns
    -------
    str or None
        ``road_eu`` when both are contracting states of ADR, ``road_us`` within the USA, None otherwise: no road
        rules of the rulebook cover the whole way.

    Raises
    ------
    InputError
        A code is unknown.

    Examples
    --------
    >>> mode_between("DE", "PL"), mode_between("US", "US"), mode_between("DE", "US")
    ('road_eu', 'road_us', None)
    """
    groups = _groups() if countries is None else _memberships(countries)
    start, end = _known(from_country, groups), _known(to_country, groups)
    if "adr_party" in groups[start] and "adr_party" in groups[end]:
        return "road_eu"
    return "road_us" if start == end == "US" else None


def _shipment_group(code: str, groups: _Groups) -> str:
    mine = groups[code]
    return (
        "eu" if "eu" in mine else "oecd" if "oecd" in mine else "basel" if "basel_party" in mine else "other"
    )


def border_procedure(
    waste_code: str | None,
    is_waste: bool | None,
    from_country: str,
    to_country: str,
    on: date,
    *,
    is_listed: bool | None = None,
    rulebook: Rulebook | None = None,
) -> BorderProcedure:
    """Give the waste shipment procedure for a way from one country to another on a day.

    Parameters
    ----------
    waste_code
        Code from the verdict; an asterisk marks hazardous waste. Codes that are open between a hazardous and
        another one (``16 06 10*|16 06 12``), and None, leave the question open. Universal waste of the
        USA is hazardous.
    is_waste
        Whether the goods are waste; None where nobody knows.
    from_country, to_country
        ISO-2 codes.
    on
        Day of dispatch. Notifications acknowledged before 2026-05-21 run on under the old act and are not modelled.
    is_listed
        Whether the Commission lists the country of destination as one that takes this non-hazardous waste; asked from
        2027-05-21 on for countries outside the OECD.
    rulebook
        The packaged one by default.

    Raises
    ------
    InputError
        A country code is unknown.
    RulebookError
        No edition of the waste shipment rules covers the day.

    References
    ----------
    Regulations (EC) 1013/2006 and (EU) 2024/1157; Regulation (EU) 2023/1542, Article 72 and Annex XIV.

    Examples
    --------
    >>> border_procedure("16 06 07*", True, "DE", "PL", date(2026, 11, 24)).kind
    'notification'
    """
    book = rulebook or load_rulebook()
    groups = _groups()
    start, end = _known(from_country, groups), _known(to_country, groups)
    codes = split(waste_code or "", "|")
    marked = {code.endswith("*") or code.startswith("40 CFR 273") for code in codes}
    goods = {
        "is_waste": is_waste,
        "is_hazardous": marked.pop() if len(marked) == 1 else None,
        "origin": _shipment_group(start, groups),
        "destination": "same" if start == end else _shipment_group(end, groups),
        "listed_for_green_waste": is_listed,
    }
    chain = book.chain("border_eu", on)
    verdict = judge_one(goods, book, chain)
    answers = dict(zip(book.answers, verdict.answers, strict=True))
    rules = [book.rules[name] for name in verdict.rules]
    is_open = bool(verdict.missing) or answers["procedure"] is None
    return BorderProcedure(
        "undecided" if is_open else str(answers["procedure"]),
        () if is_open else split(answers["documents"] or "", ";"),
        tuple(dict.fromkeys(cite for rule in rules for cite in rule.cite)),
        " ".join(rule.say for rule in rules) or " ".join(f"{note}." for note in verdict.notes),
        verdict.rules,
        chain.edition.name,
        verdict.missing,
    )


@cache
def _storage_rules(folder: Path) -> tuple[StorageRule, ...]:
    shown = f"{folder.name}/storage/collection_points.csv"
    columns = ("id", "area", "from_on", "until_on", "goods", "max_days", "say", "cite", "confidence")
    found = []
    for place, row in rows_of(folder / "storage" / "collection_points.csv", shown, columns):
        try:
            found.append(
                StorageRule(
                    row["id"],
                    row["area"],
                    date.fromisoformat(row["from_on"]),
                    date.fromisoformat(row["until_on"]) if row["until_on"] else None,
                    row["goods"],
                    int(row["max_days"]),
                    row["say"],
                    split(row["cite"], ";"),
                    row["confidence"],
                )
            )
        except ValueError as error:
            raise RulebookError(
                f"{place}: {error}. Dates are written 2026-11-23, days as a whole number.",
                code="rulebook-value",
            ) from None
    return tuple(found)


def storage_rules(country: str, on: date, *, rulebook: Rulebook | None = None) -> StorageRules:
    """Give how long batteries may wait at a collection point of a country.

    Parameters
    ----------
    country
        ISO-2 code.
    on
        Day for which the rules are asked.
    rulebook
        The packaged one by default.

    Raises
    ------
    InputError
        The country code is unknown.
    RulebookError
        No rule covers the day.

    Examples
    --------
    >>> storage_rules("DE", date(2026, 11, 24)).waste_days
    1095
    """
    book = rulebook or load_rulebook()
    groups = _groups()
    code = _known(country, groups)
    area = "us" if code == "US" else "eu" if {"eu", "eea"} & groups[code] else "other"
    held = [
        rule
        for rule in _storage_rules(book.folder)
        if rule.from_on <= on and (rule.until_on is None or on <= rule.until_on)
    ]
    # A country's own rule goes before that of its area.
    valid = {rule.goods: rule for name in ("any", area, code.lower()) for rule in held if rule.area == name}
    for goods in ("waste_recovery", "waste_disposal", "damaged", "critical"):
        if goods not in valid:
            raise RulebookError(
                f"No storage rule for {goods} covers {on} in {code}. Add one to storage/collection_points.csv.",
                code="date-outside-editions",
            )
    used = valid.get("used")
    return StorageRules(
        valid["waste_recovery"].max_days,
        valid["waste_disposal"].max_days,
        used.max_days if used else None,
        valid["damaged"].max_days,
        valid["critical"].max_days,
        tuple(valid.values()),
    )
